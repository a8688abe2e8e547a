"""Every loss beside Keras's, over reductions, weights and masks."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from torchkeras import losses

# Class, options, kind of data.
CASES = [
    ("MeanSquaredError", {}, "values"),
    ("MeanAbsoluteError", {}, "values"),
    ("MeanAbsolutePercentageError", {}, "values"),
    ("MeanSquaredLogarithmicError", {}, "values"),
    ("CosineSimilarity", {}, "values"),
    ("CosineSimilarity", {"axis": 1}, "values"),
    ("Huber", {}, "values"),
    ("Huber", {"delta": 0.4}, "values"),
    ("LogCosh", {}, "values"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "bits"),
    ("SquaredHinge", {}, "bits"),
    ("CategoricalHinge", {}, "one_hot"),
    ("KLDivergence", {}, "distributions"),
    ("Poisson", {}, "bits"),
    ("BinaryCrossentropy", {}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "bits"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True}, "bits"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.0}, "bits"),
    ("CategoricalCrossentropy", {}, "one_hot"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "one_hot"),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4]}, "one_hot"),
    ("CategoricalFocalCrossentropy", {"from_logits": True}, "one_hot"),
    ("SparseCategoricalCrossentropy", {}, "classes"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "classes"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, "classes"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 0}, "classes"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.3}, "classes"),
    ("Dice", {}, "bits"),
    ("Dice", {"axis": [1, 2]}, "bits"),
    ("Tversky", {"alpha": 0.2, "beta": 0.7, "axis": -1}, "bits"),
]
WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "bincount")
REDUCTIONS = ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None]


class NoReading(TorchDispatchMode):
    """Fail on functions that need a tensor's values on the host."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert function.__name__.split(".")[0] not in WAITING, f"{function} waits for the device"
        return function(*args, **(kwargs or {}))


def data(kind, seed, batch=5, steps=3, features=4):
    """Labels ``(b, t, f)`` (classes: ``(b, t)``) and predictions ``(b, t, f)``."""
    random = np.random.default_rng(seed)
    shape = (batch, steps, features)
    y_pred = random.uniform(0.02, 0.98, shape).astype("float32")
    if kind == "values":
        return random.normal(size=shape).astype("float32"), y_pred * 4 - 2
    if kind == "signs":
        return random.choice([-1.0, 1.0], shape).astype("float32"), y_pred * 4 - 2
    if kind == "bits":
        return random.integers(0, 2, shape).astype("float32"), y_pred
    classes = random.integers(0, features, (batch, steps))
    if kind == "classes":
        return classes, y_pred / y_pred.sum(-1, keepdims=True)
    if kind == "one_hot":
        return np.eye(features, dtype="float32")[classes], y_pred
    return random.dirichlet(np.ones(features), (batch, steps)).astype("float32"), y_pred


def shape_of_values(name, options, batch, steps=3, features=4):
    """Shape of the values of a loss, which weights and masks have too."""
    if name == "Dice":
        return (batch,) if options else ()
    return (batch, features) if options.get("axis") == 1 else (batch, steps)


def evaluate(room, name, options, y_true, y_pred, weight, mask):
    """Value and gradient of a loss of ``room``."""
    y_pred = torch.tensor(y_pred, requires_grad=True)
    given = y_pred * 1.0
    if mask is not None:
        given._keras_mask = torch.tensor(mask)
        if room is keras.losses:
            keras.src.backend.set_keras_mask(given, torch.tensor(mask))
    loss = getattr(room, name)(**options)(torch.tensor(y_true), given, sample_weight=weight)
    loss.sum().backward()
    return loss.detach().numpy(), y_pred.grad.numpy()


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@given(
    weighted=st.booleans(),
    masked=st.booleans(),
    batch=st.integers(1, 5),
    seed=st.integers(0, 999),
)
def test_value_and_gradient_are_those_of_keras(
    name, options, kind, reduction, weighted, masked, batch, seed
):
    y_true, y_pred = data(kind, seed, batch)
    random = np.random.default_rng(seed + 1)
    shape = shape_of_values(name, options, batch)
    weight = random.uniform(0, 2, shape).astype("float32") if weighted and shape else None
    mask = random.integers(0, 2, shape).astype(bool) if masked and shape else None
    given = dict(options, reduction=reduction)
    ours = evaluate(losses, name, given, y_true, y_pred, weight, mask)
    theirs = evaluate(keras.losses, name, given, y_true, y_pred, weight, mask)
    assert ours[0].shape == theirs[0].shape
    np.testing.assert_allclose(ours[0], theirs[0], rtol=2e-4, atol=2e-6)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_losses_never_wait_for_the_device(name, options, kind):
    y_true, y_pred = (torch.tensor(value) for value in data(kind, 0))
    y_pred.requires_grad_()
    loss = getattr(losses, name)(**options)
    with NoReading():
        loss(y_true, y_pred).backward()
        y_pred._keras_mask = torch.ones(5, 3, dtype=torch.bool)
        if name not in ("Dice", "CosineSimilarity"):
            loss(y_true, y_pred, torch.ones(5)).backward()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_circle_is_that_of_keras(reduction):
    random = np.random.default_rng(0)
    y_pred = random.normal(size=(8, 4)).astype("float32")
    y_pred /= np.linalg.norm(y_pred, axis=-1, keepdims=True)
    y_true = np.array([0, 0, 1, 1, 2, 2, 3, 4])
    given = {"gamma": 20.0, "margin": 0.3, "reduction": reduction}
    ours = losses.Circle(**given)(torch.tensor(y_true), torch.tensor(y_pred))
    theirs = keras.losses.Circle(**given)(torch.tensor(y_true), torch.tensor(y_pred))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-5)


def test_circle_has_finite_gradients_without_pairs():
    y_pred = torch.eye(3).requires_grad_()
    losses.Circle()(torch.tensor([0, 1, 2]), y_pred).backward()
    assert y_pred.grad.isfinite().all()


def test_ctc_is_that_of_keras():
    random = np.random.default_rng(0)
    y_pred = torch.tensor(random.normal(size=(3, 9, 5)).astype("float32"))
    y_true = torch.tensor([[1, 2, 3, 0], [4, 4, 0, 0], [1, 0, 0, 0]])
    ours, theirs = losses.CTC()(y_true, y_pred), keras.losses.CTC()(y_true, y_pred)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_configurations_make_the_same_loss_again(name, options, kind):
    loss = getattr(losses, name)(**options, reduction="sum", name="mine")
    theirs = getattr(keras.losses, name)(**options, reduction="sum", name="mine")
    config = loss.get_config()
    # Keras 3 forgets some options (delta, axis); what it writes is the same.
    assert {**config, **theirs.get_config()} == config
    assert "dtype" not in config
    again = losses.deserialize(losses.serialize(loss))
    assert again.get_config() == config
    read = getattr(keras.losses, name).from_config(config)
    y_true, y_pred = (torch.tensor(value) for value in data(kind, 0))
    assert again(y_true, y_pred) == loss(y_true, y_pred)
    assert read(y_true, y_pred).item() == pytest.approx(loss(y_true, y_pred).item(), rel=1e-4)


def test_an_explicit_dtype_is_kept_and_used():
    loss = losses.MeanSquaredError(dtype="float64")
    assert loss(torch.zeros(2, 2), torch.ones(2, 2)).dtype == torch.float64
    assert losses.deserialize(losses.serialize(loss)).dtype == "float64"
    half = torch.ones(2, 2, dtype=torch.bfloat16)
    assert losses.MeanSquaredError()(torch.zeros(2, 2), half).dtype == torch.float32


def test_generalized_cross_entropy_rejects_q_out_of_range():
    with pytest.raises(ValueError, match=r"q is 1\.0; expected a fraction"):
        losses.CategoricalGeneralizedCrossEntropy(q=1.0)
