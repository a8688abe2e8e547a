"""Functions called by themselves: spellings, ranks, types and messages."""

import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import activations, losses
from torchkeras.core.settings import settings

SAME_ARGUMENTS = [
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error", "cosine_similarity", "huber", "log_cosh", "kl_divergence",
    "poisson", "hinge", "squared_hinge", "categorical_hinge", "binary_crossentropy",
    "binary_focal_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy",
]  # fmt: skip


@pytest.mark.parametrize("name", SAME_ARGUMENTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_are_those_of_keras(name, dtype):
    random = np.random.default_rng(0)
    y_true = random.integers(0, 2, (4, 3)).astype(dtype)
    y_pred = random.uniform(0.01, 0.99, (4, 3)).astype(dtype)
    ours = getattr(losses, name)(y_true, y_pred)
    theirs = getattr(keras.losses, name)(y_true, y_pred)
    assert str(ours.dtype) == f"torch.{dtype}"
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mse", "mean_squared_error"), ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"), ("MAE", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"), ("MAPE", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"), ("MSLE", "mean_squared_logarithmic_error"),
        ("kld", "kl_divergence"), ("KLD", "kl_divergence"), ("bce", "binary_crossentropy"),
        ("BCE", "binary_crossentropy"), ("logcosh", "log_cosh"),
        ("kullback_leibler_divergence", "kl_divergence"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
    ],
)  # fmt: skip
def test_every_spelling_is_a_function_and_a_name(name, function):
    assert getattr(losses, name) is getattr(losses, function)
    assert losses.get(name) is getattr(losses, function)


def test_get_takes_classes_configurations_and_callables():
    assert isinstance(losses.get("SparseCategoricalCrossentropy"), losses.Loss)
    config = {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}
    assert losses.get(config).from_logits
    assert losses.get({"class_name": "Huber", "config": {"reduction": "auto"}}).delta == 1.0
    assert losses.get(max) is max
    assert losses.get(None) is None
    assert isinstance(losses.get(losses.Hinge), losses.Hinge)
    with pytest.raises(ValueError, match="mean_squared_error"):
        losses.get("mean_squared_eror")


def test_functions_are_saved_under_their_names():
    expected = {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }
    assert losses.serialize(losses.mse) == expected
    assert losses.deserialize(expected) is losses.mean_squared_error
    assert losses.deserialize("mse") is losses.mean_squared_error


def test_vectors_and_columns_fit():
    flat = torch.tensor([1.0, 2.0])
    assert losses.mse(flat, flat[:, None] + 1).tolist() == [1.0, 1.0]
    assert losses.mse(flat[:, None], flat + 1).tolist() == [1.0, 1.0]
    assert losses.sparse_categorical_crossentropy([[1], [0]], torch.full((2, 2), 0.5)).ndim == 1


def test_integers_are_taken_as_numbers():
    assert losses.mse([[0, 1]], [[1, 3]]).tolist() == [2.5]
    assert losses.mse(np.array([[0]], "uint8"), np.array([[255.0]], "float32")).item() == 65025.0


def test_ends_of_probabilities_are_clipped_as_in_keras():
    ends = torch.tensor([[0.0], [1.0]])
    ours = losses.binary_crossentropy(1 - ends, ends)
    theirs = keras.losses.binary_crossentropy(1 - ends, ends)
    torch.testing.assert_close(ours, theirs)


def test_ignored_classes_give_zero_and_a_mask():
    values = losses.sparse_categorical_crossentropy(
        [0, 255], torch.full((2, 3), 1 / 3), ignore_class=255
    )
    assert values[1] == 0
    assert values._keras_mask.tolist() == [True, False]


def test_the_axis_of_classes_may_be_any():
    logits = torch.randn(2, 5, 3)
    classes = torch.randint(0, 5, (2, 3))
    ours = losses.sparse_categorical_crossentropy(classes, logits, from_logits=True, axis=1)
    moved = losses.sparse_categorical_crossentropy(classes, logits.mT, from_logits=True)
    torch.testing.assert_close(ours, moved)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.bce(torch.ones(2), torch.ones(2, 1)), "same shape as y_pred"),
        (lambda: losses.binary_focal_crossentropy(torch.ones(2), torch.ones(3)), "same shape"),
        (lambda: losses.categorical_crossentropy(torch.ones(2), torch.ones(2, 2)), "same shape"),
        (
            lambda: losses.sparse_categorical_crossentropy(torch.ones(3), torch.ones(2, 2)),
            r"expected \(2,\), as y_pred of shape \(2, 2\)",
        ),
        (lambda: losses.ctc(torch.ones(2), torch.ones(2, 3, 4)), "max_length"),
        (lambda: losses.ctc(torch.ones(2, 3), torch.ones(2, 3)), "num_classes"),
    ],
)
def test_shapes_that_do_not_fit_are_shown(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_boolean_is_no_axis():
    with pytest.raises(TypeError, match="axis is True"):
        losses.categorical_crossentropy(torch.ones(2, 2), torch.ones(2, 2), axis=True)


def test_a_single_class_is_warned_of():
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(torch.ones(2, 1), torch.ones(2, 1))


@pytest.mark.parametrize("name", ["mean_squared_error", "huber", "poisson", "hinge", "log_cosh"])
def test_shapes_that_do_not_fit_are_refused(name):
    with pytest.raises(ValueError, match=r"y_true.shape is \(4, 5\); expected .*\(4, 3\)"):
        getattr(losses, name)(torch.zeros(4, 5), torch.ones(4, 3))
    assert getattr(losses, name)(torch.ones(1, 3), torch.ones(4, 3)).shape == (4,)


@pytest.mark.parametrize("name", SAME_ARGUMENTS)
def test_on_symbolic_tensors_they_are_parts_of_a_model_that_is_saved(name, tmp_path):
    y_true, y_pred = torchkeras.Input((3,)), torchkeras.Input((3,))
    values = getattr(losses, name)(y_true, y_pred)
    assert values.shape == getattr(keras.losses, name)(keras.Input((3,)), keras.Input((3,))).shape
    model = torchkeras.Model([y_true, y_pred], values)
    model.save(tmp_path / "model.keras")
    x = [np.eye(3, dtype="float32"), np.full((3, 3), 0.3, "float32")]
    expected = getattr(losses, name)(*x)
    for each in (model, torchkeras.models.load_model(tmp_path / "model.keras")):
        torch.testing.assert_close(each(x), expected)


def test_in_scripts_a_crossentropy_takes_the_logits_of_any_activation(monkeypatch):
    """TensorFlow 2.21 gives these for a sigmoid's outputs, in Keras 2 and 3."""
    logits = torch.tensor([[2.0, -1.0, 0.5]])
    y_pred = activations.sigmoid(logits)
    y_true = torch.tensor([[0.0, 1.0, 0.0]])
    expected = torch.nn.functional.cross_entropy(logits, y_true)
    assert losses.categorical_crossentropy(y_true, y_pred) != pytest.approx(float(expected))
    monkeypatch.setattr(settings, "any_logits", True)
    assert losses.categorical_crossentropy(y_true, y_pred) == pytest.approx(float(expected))


def test_class_indices_may_lack_axes_of_length_1():
    """As in tf.keras 2, where a decoder of one step gives (batch, 1, classes)."""
    y_pred = torch.tensor([[[0.7, 0.3]], [[0.4, 0.6]]])
    expected = losses.sparse_categorical_crossentropy(torch.tensor([[0], [1]]), y_pred)
    found = losses.sparse_categorical_crossentropy(torch.tensor([0, 1]), y_pred)
    torch.testing.assert_close(found, expected)
    with pytest.raises(ValueError, match=r"y_true.shape is \(3,\)"):
        losses.sparse_categorical_crossentropy(torch.tensor([0, 1, 1]), y_pred)
