"""Pools whose padding follows the input's length, and reductions over whole axes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torchkeras.nn.geometry import CHANNELS_LAST, Pads, Window, is_open, pad

MAXIMA = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
MEANS = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
FUNCTIONS = {"max": MAXIMA, "average": MEANS}


def goes_as_plane(window: Window) -> bool:
    """Whether a window along one axis is faster on ``(b, c, 1, length)``.

    Without gradients, torch copies the inputs of its one-dimensional maximum to have the channels
    before the steps; its two-dimensional one takes them as they lie.
    """
    return window.rank == 1 and window.layout == CHANNELS_LAST


class PlaneMaxPool1d(nn.MaxPool1d):
    """``nn.MaxPool1d`` for channels_last tensors; see ``goes_as_plane``."""

    def forward(self, x: Tensor) -> Tensor:
        size, strides = (1, *self.kernel_size), (1, *self.stride)
        return F.max_pool2d(x.unsqueeze(2), size, strides).squeeze(2)


class _SamePool(nn.Module):
    """A pool over ``ceil(n / stride)`` positions, with padding that takes no part.

    torch pads both sides alike. Where "same" puts one element more after the axis, a pool with
    strides reaches it in ``ceil_mode``; without strides one more is padded before, and the first
    result dropped.
    """

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window = window

    def pool(self, x: Tensor, padding: tuple[int, ...]) -> Tensor:
        raise TypeError(f"{type(self).__name__} is a base class; use MaxPool or AveragePool.")

    def pool_padded(self, x: Tensor, pads: Pads) -> Tensor:
        """The pool, with elements put around ``x`` that take no part."""
        raise TypeError(f"{type(self).__name__} is a base class; use MaxPool or AveragePool.")

    def forward(self, x: Tensor) -> Tensor:
        pads = self.window.pads(tuple(x.shape[2:]))
        if is_open(pads):
            return self.pool_padded(x, pads)
        uneven = [
            stride == 1 and before != after
            for stride, (before, after) in zip(self.window.strides, pads, strict=True)
        ]
        padding = tuple(pair[odd] for pair, odd in zip(pads, uneven, strict=True))
        y = self.pool(x, padding)
        for axis, odd in enumerate(uneven, start=2):
            if odd:
                y = y.narrow(axis, 1, y.shape[axis] - 1)
        return y

    def extra_repr(self) -> str:
        return f"size={self.window.size}, strides={self.window.strides}"


class SameMaxPool(_SamePool):
    """Largest element of each window, "same" padding."""

    def pool(self, x: Tensor, padding: tuple[int, ...]) -> Tensor:
        window = self.window
        if goes_as_plane(window):
            plane = ((1, *n) for n in (window.size, window.strides))
            return F.max_pool2d(x.unsqueeze(2), *plane, (0, *padding), 1, True).squeeze(2)
        dilation = (1,) * window.rank
        function = MAXIMA[window.rank]
        return function(x, window.size, window.strides, padding, dilation, ceil_mode=True)

    def pool_padded(self, x: Tensor, pads: Pads) -> Tensor:
        lowest = float("-inf") if x.is_floating_point() else torch.iinfo(x.dtype).min
        x, (size, strides) = pad(x, pads, lowest), (self.window.size, self.window.strides)
        if self.window.rank == 1:  # which torch settles the length for
            return F.max_pool2d(x.unsqueeze(2), (1, *size), (1, *strides)).squeeze(2)
        return MAXIMA[self.window.rank](x, size, strides)


class SameAveragePool(_SamePool):
    """Mean over the real elements of each window, "same" padding."""

    def pool(self, x: Tensor, padding: tuple[int, ...]) -> Tensor:
        window = self.window
        function = MEANS[window.rank]
        return function(x, window.size, window.strides, padding, True, False)

    def pool_padded(self, x: Tensor, pads: Pads) -> Tensor:
        mean, size = MEANS[self.window.rank], (self.window.size, self.window.strides)
        share = mean(pad(torch.ones_like(x[:1, :1]), pads), *size)  # of the window that is x's
        return mean(pad(x, pads), *size) / share


PLAIN = {
    "max": {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d},
    "average": {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d},
}
ADAPTIVE_FUNCTIONS = {
    "max": {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d},
    "average": {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d},
}
ADAPTIVE = {
    "max": {1: nn.AdaptiveMaxPool1d, 2: nn.AdaptiveMaxPool2d, 3: nn.AdaptiveMaxPool3d},
    "average": {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d},
}
PADDED = {"max": SameMaxPool, "average": SameAveragePool}


def pool(window: Window, reduction: str) -> nn.Module:
    """The module that pools ``(b, c, *lengths)`` with a window, by "max" or "average"."""
    if window.padding == "valid" and reduction == "max" and goes_as_plane(window):
        return PlaneMaxPool1d(window.size, window.strides)
    if window.padding == "valid":
        return PLAIN[reduction][window.rank](window.size, window.strides)
    return PADDED[reduction](window)


def masked_mean(x: Tensor, mask: Tensor, axis: int, keepdims: bool = False) -> Tensor:
    """Mean over ``axis`` of the elements where ``mask`` isn't 0; ``mask`` broadcasts to x."""
    mask = mask if mask.dtype is torch.bool else mask != 0
    total = torch.where(mask, x, 0).sum(axis, keepdim=keepdims)
    return total / mask.sum(axis, keepdim=keepdims)


def largest(x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    """Maximum over axes; at ties the gradient is shared evenly."""
    return torch.amax(x, axes, keepdim=keepdims)
