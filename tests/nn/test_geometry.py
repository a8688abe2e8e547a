"""Lengths and padding of windows, against counting by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.nn.geometry import (
    Permute,
    Window,
    is_symmetric,
    pad,
    pad_unevenly,
    product,
    to_channels_first,
    to_channels_last,
    transposed_lengths,
)

windows = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
lengths = st.integers(1, 12)


def window(size, stride, dilation, padding, layout="channels_last"):
    return Window((size,), (stride,), (dilation,), padding, layout)


@given(windows, lengths)
def test_valid_windows_are_those_that_fit(shape, n):
    size, stride, dilation = shape
    extent = (size - 1) * dilation + 1
    count = len([start for start in range(0, n, stride) if start + extent <= n])
    assert max(window(*shape, "valid").output_lengths((n,))[0], 0) == count


@given(windows, lengths)
def test_same_gives_a_window_per_stride_and_pads_as_little_as_that_takes(shape, n):
    size, stride, dilation = shape
    found = window(*shape, "same")
    (count,) = found.output_lengths((n,))
    ((before, after),) = found.pads((n,))
    assert count == -(-n // stride)
    assert after - before in (0, 1)
    needed = (count - 1) * stride + (size - 1) * dilation + 1 - n
    assert before + after == max(needed, 0)


@given(windows, lengths)
def test_causal_padding_is_all_before(shape, n):
    assert window(*shape, "causal").pads((n,)) == (((shape[0] - 1) * shape[2], 0),)


def test_padding_is_fixed_unless_it_depends_on_the_length():
    assert window(3, 1, 2, "same").fixed_pads == ((2, 2),)
    assert window(3, 2, 1, "same").fixed_pads is None
    assert window(3, 2, 1, "valid").fixed_pads == ((0, 0),)


def test_output_shape_follows_the_layout_and_unknown_lengths():
    last = Window((2, 3), (2, 1), (1, 1), "same")
    assert last.output_shape((None, 5, None, 3), 8) == (None, 3, None, 8)
    first = Window((2, 3), (2, 1), (1, 1), "valid", "channels_first")
    assert first.output_shape((4, 3, 5, 7), 8) == (4, 8, 2, 5)


def test_uneven_padding_leaves_the_common_part_to_the_kernel():
    x = torch.ones(1, 1, 2, 2)
    padded, common = pad_unevenly(x, ((1, 2), (0, 0)))
    assert padded.shape == (1, 1, 3, 2)
    assert common == (1, 0)
    assert padded[0, 0, 2].tolist() == [0, 0]
    assert pad_unevenly(x, ((1, 1), (2, 2)))[0] is x
    assert is_symmetric(((1, 1),))


def test_pad_counts_axes_from_the_last():
    assert pad(torch.zeros(1, 2, 3), ((1, 0), (0, 2))).shape == (1, 3, 5)


def test_layouts_are_views():
    x = torch.zeros(2, 5, 6, 3)
    view = to_channels_first(x)
    assert view.shape == (2, 3, 5, 6)
    assert view.is_contiguous(memory_format=torch.channels_last)
    assert to_channels_last(view).data_ptr() == x.data_ptr()
    assert to_channels_last(view).is_contiguous()
    assert Permute([0, 2, 3, 1])(view).shape == x.shape


@pytest.mark.parametrize(
    "padding, extra, length", [("valid", None, 9), ("same", None, 8), ("valid", 1, 10)]
)
def test_transposed_lengths(padding, extra, length):
    found = Window((3,), (2,), (1,), padding)
    assert transposed_lengths(found, (4,), (extra,)) == (length,)
    assert transposed_lengths(found, (None,), (extra,)) == (None,)


def test_product_of_an_unknown_length_is_unknown():
    assert product((2, 3)) == 6
    assert product((2, None)) is None
