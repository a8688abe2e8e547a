"""Padded convolutions, against padding by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from torchkeras.nn.conv import (
    CroppedConvTranspose2d,
    PaddedConv2d,
    convolution,
    convolve_transposed,
    separable,
    transposed_convolution,
)
from torchkeras.nn.geometry import Window, transposed_lengths, transposed_margins


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


def test_weights_are_kept_in_the_format_of_the_tensors():
    last = Window((3, 3), (1, 1), (1, 1), "same", "channels_last")
    first = Window((3, 3), (1, 1), (1, 1), "same", "channels_first")
    for make in (
        lambda window: convolution(window, 3, 4, 1, True).weight,
        lambda window: separable(window, 3, 2, 4, True).depthwise.weight,
        lambda window: transposed_convolution(window, (None, None), 3, 4, True).weight,
    ):
        assert make(last).is_contiguous(memory_format=torch.channels_last)
        assert make(first).is_contiguous()
    line = convolution(Window((3,), (1,), (1,), "same", "channels_last"), 3, 4, 1, True)
    plane = line.weight.unsqueeze(2)
    assert plane.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("extra", [(None,), (0,), (1,)])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_transposed_convolution_is_the_gradient_of_a_convolution(size, extra, padding):
    window = Window((size,), (2,), (1,), padding)
    module = transposed_convolution(window, extra, 3, 4, True)
    x = torch.randn(2, 3, 5)
    y = module(x)
    assert y.shape[2:] == transposed_lengths(window, (5,), extra)
    # The whole result, cut and padded as the margins say.
    whole = F.conv_transpose1d(x, module.weight, None, 2)
    ((before, after),) = transposed_margins(window, extra)
    torch.testing.assert_close(y, F.pad(whole, (before, after)) + module.bias.unsqueeze(-1))
    torch.testing.assert_close(
        convolve_transposed(x, module.weight, window, extra) + module.bias.unsqueeze(-1), y
    )


def test_zeros_are_added_where_the_output_padding_is_larger_than_torch_takes():
    window = Window((2,), (1,), (1,))
    x, weight = torch.randn(1, 3, 4), torch.randn(3, 2, 2)
    y = convolve_transposed(x, weight, window, (3,))
    assert y.shape == (1, 2, 8)
    assert not y[..., 5:].any()


def test_the_module_is_torchs_own_where_the_same_is_cut_off_both_sides():
    def kind(size, padding):
        window = Window((size, size), (2, 2), (1, 1), padding)
        return type(transposed_convolution(window, (None, None), 3, 4, True))

    assert kind(2, "valid") is kind(4, "same") is nn.ConvTranspose2d
    assert kind(3, "same") is CroppedConvTranspose2d
