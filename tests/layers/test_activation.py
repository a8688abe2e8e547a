"""Activations as layers, beside Keras over their arguments."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import layers

numbers_up_to = st.floats(0, 2, width=16)


@given(limit=st.none() | numbers_up_to, slope=numbers_up_to, threshold=numbers_up_to)
def test_relu_computes_what_keras_computes(limit, slope, threshold):
    arguments = {"max_value": limit, "negative_slope": slope, "threshold": threshold}
    compare("ReLU", arguments, numbers((3, 7)) * 2)


@pytest.mark.parametrize("shared", [None, [1], [1, 2], 2])
def test_prelu_shares_its_slope_along_axes(shared):
    compare("PReLU", {"shared_axes": shared}, numbers((2, 3, 4, 5)), training=True)


def test_leaky_relu_takes_both_names_of_its_slope():
    assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1
    assert layers.LeakyReLU(0.2).get_config()["negative_slope"] == 0.2
    assert "alpha" not in layers.LeakyReLU(alpha=0.1).get_config()


def test_thresholded_relu_passes_what_is_above():
    x = torch.tensor([-1.0, 0.5, 1.0, 1.5])
    assert layers.ThresholdedReLU()(x).tolist() == [0, 0, 0, 1.5]


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
def test_softmax_gives_masked_elements_nothing(axis):
    mask = np.array([[True, False, True], [False, False, False]])
    arguments = {"axis": axis}
    options = {"mask": np.broadcast_to(mask[:, :, None], (2, 3, 4)).copy()}
    compare("Softmax", arguments, numbers((2, 3, 4)), options=options)


def test_softmax_remembers_its_logits():
    x = torch.randn(2, 3)
    assert layers.Softmax()(x)._keras_logits is x
    assert layers.Activation("sigmoid")(x)._keras_logits is x


def test_a_layer_may_be_an_activation():
    layer = layers.Dense(2, activation=layers.LeakyReLU(0.1))
    layer(torch.zeros(1, 3))
    assert layers.Dense.from_config(layer.get_config()).activation.negative_slope == 0.1


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="negative_slope is -1"):
        layers.LeakyReLU(-1)
    with pytest.raises(ValueError, match="max_value is -1"):
        layers.ReLU(max_value=-1)
    with pytest.raises(ValueError, match="negative_slope is None"):
        layers.ReLU(negative_slope=None)
    with pytest.raises(ValueError, match="theta is -1"):
        layers.ThresholdedReLU(-1)
    with pytest.raises(ValueError, match="relu"):
        layers.Activation("rellu")
    with pytest.raises(ValueError, match="must be broadcastable"):
        layers.Softmax()(torch.zeros(2, 3), mask=torch.ones(2, 4, dtype=torch.bool))
