"""Transposed convolutions beside Keras over their arguments, and what is special about them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import layers


@st.composite
def transposed(draw, rank):
    strides = draw(st.tuples(*[st.integers(1, 3)] * rank))
    dilation = (1,) * rank if max(strides) > 1 else draw(st.tuples(*[st.integers(1, 2)] * rank))
    extra = st.tuples(*[st.integers(0, stride - 1) for stride in strides])
    return {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": draw(st.tuples(*[st.integers(1, 4)] * rank)),
        "strides": strides,
        "dilation_rate": dilation,
        "padding": draw(st.sampled_from(["valid", "same"])),
        "output_padding": draw(st.one_of(st.none(), extra)),
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
        "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from([None, "relu", "tanh"])),
    }


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
def test_transposed_convolutions_compute_what_keras_computes(rank, data):
    arguments = data.draw(transposed(rank))
    lengths = data.draw(st.tuples(*[st.integers(2, 4)] * rank))
    first = arguments["data_format"] == "channels_first"
    shape = (2, 3, *lengths) if first else (2, *lengths, 3)
    compare(f"Conv{rank}DTranspose", arguments, numbers(shape), training=True)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_number_types_follow_the_policy(policy):
    arguments = {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same", "dtype": policy}
    compare("Conv2DTranspose", arguments, numbers((2, 3, 4, 2)), relative=0.05, absolute=0.02)


def test_the_module_is_torchs_own_where_it_can_be():
    layer = layers.Conv2DTranspose(4, 2, 2)
    layer(torch.zeros(1, 4, 4, 3))
    assert type(layer.conv) is torch.nn.ConvTranspose2d
    assert layer.kernel.shape == (2, 2, 4, 3)
    assert layer.conv.weight.shape == (3, 4, 2, 2)


def test_images_stay_channels_last():
    for padding, size in (("valid", 2), ("same", 3)):
        layer = layers.Conv2DTranspose(4, size, 2, padding=padding, activation="relu")
        assert layer(torch.randn(2, 5, 5, 3)).is_contiguous()


def test_both_orders_of_arguments_in_three_dimensions():
    x = torch.randn(1, 3, 2, 2, 2)
    later = layers.Conv3DTranspose(2, 2, 2, "valid", "channels_first", 1)
    older = layers.Conv3DTranspose(2, 2, 2, "valid", (1, 1, 1), "channels_first")
    assert later(x).shape == older(x).shape == (1, 2, 5, 5, 5)
    assert later.output_padding == older.output_padding == (1, 1, 1)
    plane = layers.Conv2DTranspose(2, 2, 2, "valid", "channels_first", 1)
    assert plane.data_format == "channels_first"
    assert plane.output_padding == (1, 1)


def test_it_undoes_the_shape_of_a_convolution():
    x = torch.randn(2, 8, 8, 3)
    small = layers.Conv2D(4, 3, 2, padding="same")(x)
    assert layers.Conv2DTranspose(3, 3, 2, padding="same")(small).shape == x.shape


def test_the_operation_with_another_kernel_is_that_of_the_layer():
    layer = layers.Conv2DTranspose(4, 3, 2, padding="same", use_bias=False)
    x = torch.randn(2, 5, 5, 3)
    torch.testing.assert_close(layer(x), layer.convolution_op(x, layer.kernel))
    kernel = np.zeros((3, 3, 4, 3), "float32")
    assert not layer.convolution_op(x, kernel).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "filters is 0; expected an integer, 1 or more"),
        ({"output_padding": 2, "strides": 2}, "must be strictly less than `strides`"),
        ({"output_padding": (1, 1, 1), "strides": 2}, "expected 2 integers, 0 or more"),
        ({"strides": 2, "dilation_rate": 2}, "not supported in conjunction"),
        ({"padding": "causal"}, "padding is 'causal'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.Conv2DTranspose(**{"filters": 4, "kernel_size": 3, **arguments})


def test_an_empty_output_is_refused():
    layer = layers.Conv1DTranspose(2, 2, 1, padding="same", output_padding=0)
    with pytest.raises(ValueError, match="use a larger output_padding"):
        layer(torch.zeros(1, 1, 3))
