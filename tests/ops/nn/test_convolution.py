"""Convolutions: what the table of parity leaves out."""

import keras
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import ops


@given(
    rank=st.sampled_from([1, 2, 3]),
    strides=st.sampled_from([1, 2]),
    dilation=st.sampled_from([1, 2]),
    padding=st.sampled_from(["valid", "same"]),
    first=st.booleans(),
    groups=st.sampled_from([1, 2]),
)
def test_convolutions_are_those_of_keras(rank, strides, dilation, padding, first, groups):
    if strides > 1 and dilation > 1:
        return  # Keras refuses both
    lengths = (7, 6, 5)[:rank]
    x = torch.randn(2, 4, *lengths) if first else torch.randn(2, *lengths, 4)
    kernel = torch.randn(*(3, 2, 3)[:rank], 4 // groups, 6)
    layout = "channels_first" if first else "channels_last"
    arguments = (x, kernel, strides, padding, layout, dilation)
    torch.testing.assert_close(
        ops.conv(*arguments), keras.ops.conv(*arguments), rtol=1e-4, atol=1e-5
    )


@given(
    rank=st.sampled_from([1, 2, 3]),
    strides=st.sampled_from([1, 2, 3]),
    padding=st.sampled_from(["valid", "same"]),
    size=st.sampled_from([1, 2, 3, 4]),
)
def test_transposed_convolutions_are_those_of_keras(rank, strides, padding, size):
    x = torch.randn(2, *(4, 3, 2)[:rank], 3)
    kernel = torch.randn(*[size] * rank, 5, 3)
    torch.testing.assert_close(
        ops.conv_transpose(x, kernel, strides, padding),
        keras.ops.conv_transpose(x, kernel, strides, padding),
        rtol=1e-4, atol=1e-5,
    )  # fmt: skip


def test_arguments_that_do_not_fit_are_named():
    x, kernel = torch.ones(1, 4, 4, 3), torch.ones(2, 2, 3, 5)
    with pytest.raises(ValueError, match="must be a tuple of 2 integers"):
        ops.conv(x, kernel, strides=(1, 2, 3))
    with pytest.raises(ValueError, match="expected 'valid' or 'same'"):
        ops.conv(x, kernel, padding="full")
    with pytest.raises(ValueError, match="divisible by kernel input channels"):
        ops.conv(x, torch.ones(2, 2, 2, 5))
    with pytest.raises(ValueError, match="ndim=3, 4, or 5"):
        ops.conv(torch.ones(1, 3), torch.ones(3, 5))
    with pytest.raises(ValueError, match="the last axis of the kernel"):
        ops.conv_transpose(x, kernel)


def test_blocks_go_to_depth_and_back():
    x = torch.arange(64.0).reshape(1, 4, 4, 4)
    for layout in ("channels_last", "channels_first"):
        deep = ops.space_to_depth(x, 2, layout)
        assert torch.equal(ops.depth_to_space(deep, 2, layout), x)


@given(first=st.booleans())
def test_blocks_are_ordered_as_in_tensorflow(first):
    layout = "channels_first" if first else "channels_last"
    x = torch.arange(64.0).reshape(1, 4, 4, 4)
    if not first:
        expected = keras.ops.depth_to_space(x, 2, layout)
        assert torch.equal(ops.depth_to_space(x, 2, layout), expected)


def test_arguments_seen_before_are_still_checked():
    x, kernel = torch.randn(1, 6, 6, 2), torch.randn(3, 3, 2, 4)
    y = ops.conv(x, kernel, strides=2)
    for strides in ((2, 2), [2, 2], 2):
        torch.testing.assert_close(ops.conv(x, kernel, strides=strides), y)
    with pytest.raises((TypeError, ValueError)):
        ops.conv(x, kernel, strides=2.0)
    first = ops.conv(x.movedim(-1, 1), kernel, strides=2, data_format="channels_first")
    torch.testing.assert_close(first, y.movedim(-1, 1))
