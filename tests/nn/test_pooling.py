"""Pools with padding, against every window by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from torchkeras.nn.geometry import Window
from torchkeras.nn.pooling import largest, masked_mean, pool


def by_hand(x, window, reduction):
    """Each window over the elements that exist."""
    (before, _), (left, _) = window.pads(tuple(x.shape[2:]))
    rows, columns = window.output_lengths(tuple(x.shape[2:]))
    y = torch.empty(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            top, side = i * window.strides[0] - before, j * window.strides[1] - left
            part = x[
                :,
                :,
                max(top, 0) : top + window.size[0],
                max(side, 0) : side + window.size[1],
            ]
            y[:, :, i, j] = part.amax((2, 3)) if reduction == "max" else part.mean((2, 3))
    return y


pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


@pytest.mark.parametrize("reduction", ["max", "average"])
@given(size=pairs, strides=pairs, lengths=st.tuples(st.integers(1, 8), st.integers(1, 8)))
def test_same_pools_take_only_real_elements(reduction, size, strides, lengths):
    window = Window(size, strides, (1, 1), "same")
    x = torch.randn(2, 3, *lengths, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(pool(window, reduction)(x), by_hand(x, window, reduction))


def test_valid_pools_are_torchs_own():
    window = Window((2, 2), (2, 2), (1, 1), "valid")
    assert type(pool(window, "max")) is nn.MaxPool2d
    assert type(pool(window, "average")) is nn.AvgPool2d


def test_masked_mean_counts_what_is_kept():
    x = torch.tensor([[[1.0], [3.0], [8.0]]])
    mask = torch.tensor([[True, True, False]]).unsqueeze(-1)
    assert masked_mean(x, mask, 1).tolist() == [[2.0]]
    assert masked_mean(x, mask, 1, keepdims=True).shape == (1, 1, 1)
    for kind in (torch.bool, torch.int32, torch.float64):
        assert masked_mean(x.half(), mask.to(kind), 1).dtype is torch.float16


def test_largest_reduces_several_axes():
    assert largest(torch.arange(8.0).reshape(1, 2, 2, 2), (1, 2)).tolist() == [[6.0, 7.0]]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_a_maximum_along_time_is_the_same_in_both_layouts(padding, strides):
    x = torch.randn(2, 9, 3)
    last, first = [
        pool(Window((3,), (strides,), (1,), padding, layout), "max")
        for layout in ("channels_last", "channels_first")
    ]
    y = last(x.mT)
    assert torch.equal(y, first(x.mT.contiguous()))
    assert y.mT.is_contiguous()
    assert isinstance(pool(Window((3,), (1,), (1,)), "max"), nn.MaxPool1d)
