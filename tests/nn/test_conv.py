"""Padded convolutions, against padding by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from torchkeras.nn.conv import PaddedConv2d, convolution
from torchkeras.nn.geometry import Window


def make(size, strides, dilation, padding):
    torch.manual_seed(1)
    return convolution(Window(size, strides, dilation, padding), 3, 4, 1, True)


def test_symmetric_fixed_padding_takes_torchs_own_module():
    assert type(make((3, 3), (1, 1), (1, 1), "same")) is nn.Conv2d
    assert type(make((3, 2), (2, 1), (1, 1), "valid")) is nn.Conv2d
    assert type(make((2, 2), (1, 1), (1, 1), "same")) is PaddedConv2d
    assert type(make((3, 3), (2, 2), (1, 1), "same")) is PaddedConv2d


@pytest.mark.parametrize("n", [5, 6, 7, 8])
def test_same_with_strides_pads_the_odd_zero_after(n):
    module = make((3, 2), (2, 3), (1, 1), "same")
    x = torch.randn(2, 3, n, n)
    (top, bottom), (left, right) = module.window.pads((n, n))
    padded = F.pad(x, (left, right, top, bottom))
    wanted = F.conv2d(padded, module.weight, module.bias, (2, 3))
    torch.testing.assert_close(module(x), wanted)
    assert module(x).shape[2:] == (-(-n // 2), -(-n // 3))


def test_causal_convolution_never_looks_ahead():
    module = make((3,), (1,), (2,), "causal")
    x = torch.randn(1, 3, 9)
    changed = x.clone()
    changed[:, :, 5:] += 1
    assert torch.equal(module(x)[:, :, :5], module(changed)[:, :, :5])
    assert module(x).shape == (1, 4, 9)


def test_channels_last_format_is_kept():
    for padding, size in (("same", (2, 2)), ("valid", (3, 3)), ("same", (3, 3))):
        module = make(size, (2, 2), (1, 1), padding)
        x = torch.randn(2, 7, 7, 3).permute(0, 3, 1, 2)
        assert module(x).is_contiguous(memory_format=torch.channels_last)
