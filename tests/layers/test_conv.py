"""Convolutions beside Keras over their arguments, and what is special about them."""

import inspect

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, fill, numbers
from torch.profiler import ProfilerActivity, profile

import torchkeras
from torchkeras import Input, layers


@st.composite
def convolutions(draw, rank):
    strides = draw(st.tuples(*[st.integers(1, 3)] * rank))
    dilation = (1,) * rank if max(strides) > 1 else draw(st.tuples(*[st.integers(1, 2)] * rank))
    groups = draw(st.sampled_from([1, 2]))
    words = ["valid", "same", "causal"] if rank == 1 else ["valid", "same"]
    return {
        "filters": 2 * draw(st.integers(1, 2)),
        "kernel_size": draw(st.tuples(*[st.integers(1, 3)] * rank)),
        "strides": strides,
        "dilation_rate": dilation,
        "padding": draw(st.sampled_from(words)),
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
        "groups": groups,
        "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from([None, "relu", "tanh"])),
    }


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
def test_convolutions_compute_what_keras_computes(rank, data):
    arguments = data.draw(convolutions(rank))
    lengths = data.draw(st.tuples(*[st.integers(5, 7)] * rank))
    first = arguments["data_format"] == "channels_first"
    shape = (2, 4, *lengths) if first else (2, *lengths, 4)
    compare(f"Conv{rank}D", arguments, numbers(shape), training=True)


def test_causal_convolution_takes_channels_first():
    last = layers.Conv1D(3, 2, padding="causal")
    first = layers.Conv1D(3, 2, padding="causal", data_format="channels_first")
    x = torch.randn(2, 5, 4)
    last(x)
    first(x.mT)
    first.set_weights(last.get_weights())
    torch.testing.assert_close(first(x.mT).mT, last(x))


def test_images_stay_channels_last_between_layers():
    x = torch.randn(2, 8, 8, 3)
    model = [layers.Conv2D(4, 3, padding="same"), layers.MaxPooling2D(), layers.Conv2D(4, 3, 2)]
    for layer in model:
        x = layer(x)
        assert x.is_contiguous()
    assert model[0].conv.weight.shape == (4, 3, 3, 3)
    assert model[0].kernel.shape == (3, 3, 3, 4)


def copies(made, x):
    """Which copying functions a step through these layers calls."""
    model = torchkeras.Sequential(made)
    model(x)
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        model(x, training=True).square().sum().backward()
    names = {event.key for event in profiled.key_averages()}
    assert "aten::convolution_backward" in names
    return names & {"aten::clone", "aten::contiguous"}


def test_nothing_is_copied_between_layers_of_images():
    made = [
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.SeparableConv2D(16, 3, padding="same"),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.AveragePooling2D(),
        layers.DepthwiseConv2D(3, padding="same"),
        layers.Conv2DTranspose(4, 2, 2),
        layers.GlobalAveragePooling2D(),
    ]
    assert not copies(made, torch.randn(2, 16, 16, 3))


def test_nothing_is_copied_between_layers_of_sequences():
    made = [
        layers.Conv1D(8, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling1D(),
        layers.SeparableConv1D(16, 3, padding="same"),
        layers.AveragePooling1D(),
        layers.DepthwiseConv1D(3, padding="same"),
        layers.Conv1DTranspose(4, 2, 2),
        layers.GlobalAveragePooling1D(),
    ]
    assert not copies(made, torch.randn(2, 16, 3))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_number_types_follow_the_policy(policy):
    arguments = {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "dtype": policy}
    compare("Conv2D", arguments, numbers((2, 5, 4, 2)), relative=0.05, absolute=0.02)


def standardized(package):
    """A convolution as users write it: the kernel normalized in the place made for that."""

    class Standardized(package.layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            mean = package.ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
            return super().convolution_op(inputs, kernel - mean)

    return Standardized


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_an_overridden_operation_is_called(layout):
    arguments = {"filters": 3, "kernel_size": 2, "activation": "relu", "data_format": layout}
    x = torch.tensor(numbers((2, 5, 5, 5)))
    ours, theirs = standardized(torchkeras)(**arguments), standardized(keras)(**arguments)
    for layer in (ours, theirs):
        layer(x)
    fill(ours, theirs)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    plain = layers.Conv2D(**arguments)
    plain.build(x.shape)
    plain.set_weights(ours.get_weights())
    assert not torch.allclose(plain(x), ours(x))


def test_the_operation_with_another_kernel_is_that_of_the_layer():
    layer = layers.Conv1D(4, 3, padding="causal", dilation_rate=2, groups=2, use_bias=False)
    x = torch.randn(2, 7, 6)
    torch.testing.assert_close(layer(x), layer.convolution_op(x, layer.kernel))


def test_the_kernel_is_there_once_it_is_built():
    layer = layers.Conv2D(4, 3)
    assert not hasattr(layer, "kernel")
    layer.build((None, 5, 5, 2))
    assert layer.kernel.shape == (3, 3, 2, 4)
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones((2, 4), "float32"))
    assert not torch.equal(layer.kernel, layer.conv.weight.permute(2, 3, 1, 0))


def test_signatures_show_a_number_for_each_axis():
    shown = inspect.signature(layers.Conv2D).parameters
    assert shown["strides"].default == (1, 1)
    assert inspect.signature(layers.Conv1D).parameters["strides"].default == 1
    assert inspect.signature(layers.MaxPooling3D).parameters["pool_size"].default == (2, 2, 2)

    class Mine(layers.Conv2D):
        def __init__(self, width, strides=3):
            super().__init__(width, 3, strides)

    assert str(inspect.signature(Mine)) == "(width, strides=3)"


def test_one_axis_goes_as_a_plane_without_copies():
    layer = layers.Conv1D(4, 3, 2, padding="same")
    y = layer(torch.randn(2, 8, 3))
    assert y.is_contiguous()
    assert isinstance(layer.conv, torch.nn.Conv1d)
    assert layer.conv.weight.shape == (4, 3, 3)


def test_numpy_integers_are_sizes():
    layer = layers.Conv2D(np.int64(4), tuple(np.array([2, 3])), strides=np.int64(2))
    assert type(layer.filters) is int
    assert layer.kernel_size == (2, 3)
    assert layer.get_config()["strides"] == (2, 2)
    assert type(layer.strides[0]) is int


def test_the_module_is_torchs_own_where_it_can_be():
    layer = layers.Conv2D(4, 3, padding="same")
    layer(torch.zeros(1, 8, 8, 3))
    assert type(layer.conv) is torch.nn.Conv2d


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0, "kernel_size": 3}, "filters is 0; expected an integer, 1 or more"),
        (
            {"filters": 3, "kernel_size": 3, "groups": 2},
            "filters is 3; expected .* multiple of groups",
        ),
        ({"filters": 4, "kernel_size": 3, "groups": 0}, "groups is 0"),
        ({"filters": 4, "kernel_size": (3, 3, 3)}, "kernel_size is .* expected 2 integers"),
        ({"filters": 4, "kernel_size": 0}, "kernel_size is 0"),
        ({"filters": 4, "kernel_size": 3, "strides": (2, 0)}, "strides is"),
        ({"filters": 4, "kernel_size": 3, "padding": "causal"}, "padding is 'causal'"),
        ({"filters": 4, "kernel_size": 3, "padding": "sane"}, 'Did you mean "same"'),
        ({"filters": 4, "kernel_size": 3, "data_format": "last"}, "data_format is 'last'"),
        (
            {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.Conv2D(**arguments)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Computed output size would be negative"):
        layers.Conv2D(4, 5)(torch.zeros(1, 4, 8, 3))
    with pytest.raises(ValueError, match="multiple of groups"):
        layers.Conv2D(4, 3, groups=2)(torch.zeros(1, 8, 8, 3))
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        layers.Conv2D(4, 3)(torch.zeros(8, 8, 3))
    with pytest.raises(ValueError, match="a known length of axis -1"):
        layers.Conv2D(4, 3)(Input((8, 8, None)))
    layer = layers.Conv2D(4, 3)
    layer(torch.zeros(1, 8, 8, 3))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer(torch.zeros(1, 8, 8, 5))


def test_unknown_lengths_stay_unknown():
    assert layers.Conv2D(4, 3, padding="same")(Input((None, 8, 3))).shape == (None, None, 8, 4)


def test_kernel_round_trips_through_numpy():
    layer = layers.Conv2D(4, (2, 3))
    layer.build((None, 8, 8, 3))
    kernel = np.arange(72, dtype="float32").reshape(2, 3, 3, 4)
    layer.kernel.assign(kernel)
    assert np.array_equal(layer.get_weights()[0], kernel)
    assert layer.conv.weight[1, 2, 0, 1] == kernel[0, 1, 2, 1]
