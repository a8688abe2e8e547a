"""Layers around layers."""

import numpy as np
import pytest
import torch
from parity import compare, numbers, recipe

from torchkeras import Input, layers


@recipe
def convolution(package):
    return package.layers.Conv1D(3, 2, activation="relu")


@recipe
def normalization(package):
    return package.layers.BatchNormalization(momentum=0.5)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("inner", [convolution, normalization])
def test_each_step_is_treated_as_in_keras(inner, training):
    compare(
        "TimeDistributed", {"layer": inner}, numbers((2, 3, 5, 4)), training=training, absolute=1e-5
    )


def test_masks_of_steps_reach_the_layer():
    inner = layers.GRU(3)
    layer = layers.TimeDistributed(inner)
    x = torch.randn(2, 3, 5, 4)
    mask = torch.rand(2, 3, 5) > 0.3
    y = layer(x, mask=mask)
    torch.testing.assert_close(y[:, 1], inner(x[:, 1], mask=mask[:, 1]))
    with pytest.raises(ValueError, match="one that begins with the batch and steps"):
        layer(x, mask=mask[:, :2])


def test_shapes_with_unknown_steps_are_known_otherwise():
    layer = layers.TimeDistributed(layers.Dense(2))
    assert layer(Input((None, 4))).shape == (None, None, 2)
    with pytest.raises(ValueError, match="at least 3 dimensions"):
        layers.TimeDistributed(layers.Dense(2))(Input((4,)))


def test_a_wrapper_holds_and_builds_its_layer():
    wrapper = layers.Wrapper(layers.Dense(2))
    wrapper.build((None, 3))
    assert wrapper.layer.built
    assert len(wrapper.weights) == 2
    twin = layers.Wrapper.from_config(wrapper.get_config())
    assert twin.layer.units == 2
    with pytest.raises(ValueError, match="a valid Keras layer"):
        layers.Wrapper(np.zeros(3))
