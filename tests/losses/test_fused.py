"""Fused means equal the formulas, from probabilities, logits and noted logits."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import losses

EXACT = {"rtol": 1e-5, "atol": 1e-6}


def through(activation, logits):
    """``activation`` as a layer applies it: the result remembers its logits."""
    y_pred = logits.softmax(-1) if activation == "softmax" else logits.sigmoid()
    y_pred._keras_logits, y_pred._keras_activation = logits, activation
    return y_pred


def slow(loss, y_true, y_pred):
    """The loss by its formula and the general reduction."""
    values = loss.call(y_true.to(y_pred.dtype) if y_true.is_floating_point() else y_true, y_pred)
    return values.mean()


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(),
        losses.MeanAbsoluteError(),
        losses.Huber(0.7),
        losses.BinaryCrossentropy(),
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        losses.CategoricalCrossentropy(from_logits=True),
        losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        losses.SparseCategoricalCrossentropy(from_logits=True, axis=1),
    ],
    ids=lambda loss: loss.name,
)
@given(shape=st.lists(st.integers(2, 4), min_size=2, max_size=4), seed=st.integers(0, 99))
def test_fused_means_are_the_means_of_the_formulas(loss, shape, seed):
    torch.manual_seed(seed)
    y_pred = torch.rand(shape)
    y_true = torch.rand(shape)
    if "categorical" in loss.name:
        y_true = y_true.softmax(-1)
    if "sparse" in loss.name:
        size = shape.copy()
        classes = size.pop(loss.axis)
        y_true = torch.randint(0, classes, size)
    torch.testing.assert_close(loss(y_true, y_pred), slow(loss, y_true, y_pred), **EXACT)


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 5)])
def test_noted_logits_are_used_and_agree_with_probabilities(shape):
    logits = torch.randn(shape)
    classes = torch.randint(0, 5, shape[:-1])
    one_hot = torch.nn.functional.one_hot(classes, 5).float()
    for loss, labels, activation in [
        (losses.SparseCategoricalCrossentropy(), classes, "softmax"),
        (losses.SparseCategoricalCrossentropy(), classes[..., None].to(torch.uint8), "softmax"),
        (losses.CategoricalCrossentropy(label_smoothing=0.1), one_hot, "softmax"),
        (losses.BinaryCrossentropy(), one_hot, "sigmoid"),
    ]:
        noted = through(activation, logits)
        plain = noted * 1.0
        for weight in (None, torch.rand(shape[:-1])):
            torch.testing.assert_close(
                loss(labels, noted, weight), loss(labels, plain, weight), **EXACT
            )


def test_logits_of_another_activation_or_axis_are_left_alone():
    logits = torch.randn(3, 3)
    one_hot = torch.eye(3)
    categorical, binary = losses.CategoricalCrossentropy(), losses.BinaryCrossentropy()
    first = losses.CategoricalCrossentropy(axis=0)
    for loss, activation in [(categorical, "sigmoid"), (binary, "softmax"), (first, "softmax")]:
        noted = through(activation, logits)
        for weight in (None, torch.rand(3)):
            torch.testing.assert_close(
                loss(one_hot, noted, weight), loss(one_hot, noted * 1.0, weight), **EXACT
            )


def test_activations_note_their_logits():
    from torchkeras import activations

    logits = torch.randn(3, 4)
    labels = torch.tensor([0, 1, 2])
    expected = torch.nn.functional.cross_entropy(logits, labels)
    value = losses.SparseCategoricalCrossentropy()(labels, activations.softmax(logits))
    torch.testing.assert_close(value, expected)
    assert not hasattr(activations.softmax(logits, axis=0), "_keras_logits")


def test_logits_stay_exact_where_probabilities_end():
    logits = torch.tensor([[40.0, 0.0]], requires_grad=True)
    loss = losses.SparseCategoricalCrossentropy()
    assert loss(torch.tensor([1]), through("softmax", logits)).item() == pytest.approx(40.0)
    assert loss(torch.tensor([1]), logits.softmax(-1)).item() == pytest.approx(16.118, abs=1e-3)
    loss(torch.tensor([1]), through("softmax", logits)).backward()
    assert logits.grad.abs().sum() == pytest.approx(2.0)


def test_half_precision_logits_are_taken_to_the_losss_type():
    logits = torch.randn(4, 5, dtype=torch.bfloat16)
    labels = torch.randint(0, 5, (4,))
    expected = losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits.float())
    value = losses.SparseCategoricalCrossentropy()(labels, through("softmax", logits))
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, expected)
    weighted = losses.SparseCategoricalCrossentropy()(
        labels, through("softmax", logits), torch.ones(4)
    )
    torch.testing.assert_close(weighted, expected)


def test_no_class_is_left_out_in_silence():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    with pytest.raises((IndexError, RuntimeError)):
        loss(torch.tensor([-100, 1]), torch.zeros(2, 3))


@pytest.mark.parametrize(
    "loss",
    [losses.SparseCategoricalCrossentropy(from_logits=True), losses.MeanSquaredError()],
    ids=lambda loss: loss.name,
)
def test_losses_compile_into_one_graph(loss):
    y_pred = torch.randn(4, 3)
    y_true = torch.randint(0, 3, (4,)) if "sparse" in loss.name else torch.randn(4, 3)
    compiled = torch.compile(loss, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(y_true, y_pred), loss(y_true, y_pred))
    weight = torch.rand(4)
    torch.testing.assert_close(compiled(y_true, y_pred, weight), loss(y_true, y_pred, weight))
