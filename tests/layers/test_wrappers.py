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


@recipe
def sequence(package):
    return package.layers.Bidirectional(package.layers.LSTM(2, return_sequences=True))


@recipe
def network(package):
    return package.Sequential(
        [package.layers.Flatten(), package.layers.Dense(3), package.layers.BatchNormalization()]
    )


@recipe
def pooling(package):
    return package.layers.GlobalAveragePooling1D()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("inner", [convolution, normalization, sequence, network, pooling])
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


def test_masked_steps_reach_the_layer_as_in_keras():
    mask = np.random.default_rng(0).random((2, 3, 5)) > 0.3
    compare(
        "TimeDistributed",
        {"layer": recipe(lambda package: package.layers.GRU(3))},
        numbers((2, 3, 5, 4)),
        options={"mask": mask},
    )


def test_structures_go_in_and_come_out():
    class Both(layers.Layer):
        def call(self, inputs):
            return {"sum": inputs["a"] + inputs["b"], "last": inputs["a"][:, -1:]}

        def compute_output_shape(self, input_shape):
            return {"sum": input_shape["a"], "last": (input_shape["a"][0], 1)}

    layer = layers.TimeDistributed(Both())
    x = {"a": torch.randn(2, 3, 4), "b": torch.randn(2, 3, 4)}
    y = layer(x)
    torch.testing.assert_close(y["sum"], x["a"] + x["b"])
    assert y["last"].shape == (2, 3, 1)
    symbols = layer({"a": Input((3, 4)), "b": Input((3, 4))})
    assert symbols["last"].shape == (None, 3, 1)


def test_a_stateful_layer_sees_one_step_after_another():
    layer = layers.TimeDistributed(layers.GRU(3, stateful=True))
    x = torch.randn(2, 3, 5, 4)
    y = layer(x)
    layer.layer.reset_state()
    joined = layer.layer(x.flatten(1, 2))
    torch.testing.assert_close(y[:, -1], joined)


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
