"""Depthwise and separable convolutions beside Keras, and what is special about them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers


@st.composite
def windows(draw, rank):
    return {
        "kernel_size": draw(st.tuples(*[st.integers(1, 3)] * rank)),
        "strides": draw(st.tuples(*[st.integers(1, 3)] * rank)),
        "dilation_rate": draw(st.tuples(*[st.integers(1, 2)] * rank)),
        "padding": draw(st.sampled_from(["valid", "same"])),
        "depth_multiplier": draw(st.integers(1, 3)),
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
        "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from([None, "relu", "tanh"])),
    }


def shape_for(arguments, lengths):
    first = arguments["data_format"] == "channels_first"
    return (2, 3, *lengths) if first else (2, *lengths, 3)


@pytest.mark.parametrize("rank", [1, 2])
@given(data=st.data())
def test_depthwise_convolutions_compute_what_keras_computes(rank, data):
    arguments = data.draw(windows(rank))
    lengths = data.draw(st.tuples(*[st.integers(5, 7)] * rank))
    x = numbers(shape_for(arguments, lengths))
    compare(f"DepthwiseConv{rank}D", arguments, x, training=True)


@pytest.mark.parametrize("rank", [1, 2])
@given(data=st.data())
def test_separable_convolutions_compute_what_keras_computes(rank, data):
    arguments = {"filters": data.draw(st.integers(1, 4)), **data.draw(windows(rank))}
    lengths = data.draw(st.tuples(*[st.integers(5, 7)] * rank))
    x = numbers(shape_for(arguments, lengths))
    compare(f"SeparableConv{rank}D", arguments, x, training=True)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
@pytest.mark.parametrize("name", ["DepthwiseConv2D", "SeparableConv2D"])
def test_number_types_follow_the_policy(name, policy):
    arguments = {"kernel_size": 3, "strides": 2, "padding": "same", "dtype": policy}
    arguments |= {"filters": 4} if name == "SeparableConv2D" else {}
    compare(name, arguments, numbers((2, 5, 4, 2)), relative=0.05, absolute=0.02)


def test_filters_of_one_channel_lie_side_by_side():
    layer = layers.DepthwiseConv1D(1, depth_multiplier=2, use_bias=False)
    x = torch.eye(3).unsqueeze(0)  # step t has channel t only
    layer(x)
    layer.kernel.assign(torch.arange(6.0).reshape(1, 3, 2))
    wanted = [[0, 1, 0, 0, 0, 0], [0, 0, 2, 3, 0, 0], [0, 0, 0, 0, 4, 5]]
    assert layer(x)[0].tolist() == wanted
    assert layer.depthwise_kernel is layer.kernel


def test_the_modules_are_torchs_own():
    layer = layers.SeparableConv2D(4, 3, padding="same", depth_multiplier=2)
    layer(torch.zeros(1, 5, 5, 3))
    assert type(layer.conv.depthwise) is type(layer.conv.pointwise) is torch.nn.Conv2d
    assert layer.conv.depthwise.groups == 3
    assert layer.depthwise_kernel.shape == (3, 3, 3, 2)
    assert layer.pointwise_kernel.shape == (1, 1, 6, 4)


def test_a_hook_on_the_module_sees_what_relu_has_not_touched():
    layer = layers.SeparableConv2D(4, 3, activation="relu")
    x = torch.randn(1, 5, 5, 3)
    layer(x)
    seen = []
    layer.conv.register_forward_hook(lambda module, inputs, y: seen.append(y))
    layer(x)
    assert seen[0].min() < 0


def test_images_stay_channels_last_between_layers():
    x = torch.randn(2, 8, 8, 3)
    for layer in (layers.DepthwiseConv2D(3, 2, padding="same"), layers.SeparableConv2D(4, 3)):
        x = layer(x)
        assert x.is_contiguous()


def test_causal_separable_convolution_never_looks_ahead():
    # Keras 3 refuses "causal" here; tf.keras, which takes it, pads zeros before the first step.
    layer = layers.SeparableConv1D(3, 3, padding="causal", dilation_rate=2)
    x = torch.randn(1, 9, 2)
    padded = torch.cat([torch.zeros(1, 4, 2), x], 1)
    y = layer(x)
    valid = layers.SeparableConv1D(3, 3, dilation_rate=2)
    valid.build(padded.shape)
    valid.set_weights(layer.get_weights())
    torch.testing.assert_close(y, valid(padded))


def test_the_operation_with_another_kernel_is_that_of_the_layer():
    layer = layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False)
    x = torch.randn(2, 5, 5, 3)
    torch.testing.assert_close(layer(x), layer.convolution_op(x, layer.kernel))


def test_unknown_lengths_stay_unknown():
    layer = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")
    assert layer(Input((None, 8, 3))).shape == (None, None, 8, 6)
    with pytest.raises(ValueError, match="a known length of axis -1"):
        layers.DepthwiseConv2D(3)(Input((8, 8, None)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth_multiplier": 0}, "depth_multiplier is 0; expected an integer, 1 or more"),
        ({"filters": 0}, "filters is 0; expected an integer, 1 or more"),
        ({"kernel_size": 0}, "kernel_size is 0"),
        ({"padding": "full"}, "padding is 'full'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.SeparableConv2D(**{"filters": 4, "kernel_size": 3, **arguments})


def test_a_window_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="Computed output size would be negative"):
        layers.DepthwiseConv2D(5)(torch.zeros(1, 4, 8, 3))
