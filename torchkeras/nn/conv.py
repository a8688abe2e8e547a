"""Convolutions with padding that torch's own modules don't have, and separable ones."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torchkeras.nn.geometry import (
    CHANNELS_LAST,
    Lengths,
    Pads,
    Window,
    is_symmetric,
    pad,
    pad_unevenly,
    split_pads,
    to_channels_first,
    to_channels_last,
    transposed_margins,
)

FUNCTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
PLAIN = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED_FUNCTIONS = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


FORMATS = {2: torch.channels_last, 3: torch.channels_last_3d}


def _in_format(module: nn.Module, window: Window) -> nn.Module:
    """``module``, its weight in the memory format of the tensors it will meet.

    Otherwise torch copies the weight at each call, and its gradient.
    """
    if window.layout == CHANNELS_LAST and window.rank in FORMATS:
        module.to(memory_format=FORMATS[window.rank])
    elif as_plane(window) is not None:
        module.weight.data = module.weight.data.mT.contiguous().mT
    return module


def as_plane(window: Window) -> Window | None:
    """The window on ``(b, c, 1, length)`` where that is the faster way to go along one axis.

    torch copies the inputs of its one-dimensional convolutions to have the channels before the
    steps; its two-dimensional ones take them as they lie.
    """
    if window.rank > 1 or window.layout != CHANNELS_LAST:
        return None
    size, strides, dilation = ((1, *n) for n in (window.size, window.strides, window.dilation))
    return Window(size, strides, dilation, window.padding, window.layout)


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int = 1
) -> Tensor:
    """Convolution of ``(b, c, *lengths)`` with ``(filters, c / groups, *size)``."""
    plane = as_plane(window)
    if plane is not None:
        return _convolve(x.unsqueeze(2), weight.unsqueeze(2), bias, plane, groups).squeeze(2)
    return _convolve(x, weight, bias, window, groups)


def _convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int
) -> Tensor:
    function, padding = FUNCTIONS[window.rank], 0
    if window.padding != "valid":
        x, padding = pad_unevenly(x, window.pads(tuple(x.shape[2:])))
    return function(x, weight, bias, window.strides, padding, window.dilation, groups)


class _Padded:
    """What the padded convolutions share: pad as the window says, then convolve.

    Args:
        window: The window.
        in_channels, out_channels, groups, bias: As in ``nn.Conv2d``.

    Attributes:
        moved: The window, as a plane where it goes as one.
        pads: The window's padding, split, if it depends on no length.
    """

    def __init__(
        self,
        window: Window,
        in_channels: int,
        out_channels: int,
        groups: int = 1,
        bias: bool = True,
        **factory: object,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            window.size,
            stride=window.strides,
            dilation=window.dilation,
            groups=groups,
            bias=bias,
            **factory,
        )
        self.window = window
        self.moved = as_plane(window) or window
        fixed = self.moved.fixed_pads
        self.pads: tuple[tuple[int, ...], Pads | None] | None
        self.pads = None if fixed is None else split_pads(fixed)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        window = self.moved
        padding, surplus = self.pads or split_pads(window.pads(tuple(x.shape[2:])))
        x = x if surplus is None else pad(x, surplus)
        function = FUNCTIONS[window.rank]
        return function(x, weight, bias, window.strides, padding, window.dilation, self.groups)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(x, weight, bias)


class PaddedConv1d(_Padded, nn.Conv1d):
    """``nn.Conv1d`` that pads as its window says: "same" with strides, "causal".

    Channels_last tensors it takes as planes, see ``as_plane``.
    """

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.moved.rank == 1:
            return self._convolve(x, weight, bias)
        return self._convolve(x.unsqueeze(2), weight.unsqueeze(2), bias).squeeze(2)


class PaddedConv2d(_Padded, nn.Conv2d):
    """``nn.Conv2d`` that pads as its window says: "same" with strides, even sizes."""


class PaddedConv3d(_Padded, nn.Conv3d):
    """``nn.Conv3d`` that pads as its window says: "same" with strides, even sizes."""


PADDED = {1: PaddedConv1d, 2: PaddedConv2d, 3: PaddedConv3d}


def convolution(
    window: Window, in_channels: int, out_channels: int, groups: int, bias: bool, **factory: object
) -> nn.Module:
    """The module that convolves ``(b, c, *lengths)`` with a window.

    torch's own wherever its padding says the same and it is as fast, else a padded one.
    """
    fixed, plane = window.fixed_pads, as_plane(window)
    if plane is not None or fixed is None or not is_symmetric(fixed):
        kind = PADDED[window.rank]
        module = kind(window, in_channels, out_channels, groups, bias, **factory)
        return _in_format(module, window)
    module = PLAIN[window.rank](
        in_channels,
        out_channels,
        window.size,
        stride=window.strides,
        padding=tuple(before for before, _ in fixed),
        dilation=window.dilation,
        groups=groups,
        bias=bias,
        **factory,
    )
    return _in_format(module, window)


def separable(
    window: Window,
    in_channels: int,
    multiplier: int,
    out_channels: int,
    bias: bool,
    **factory: object,
) -> nn.Sequential:
    """``depthwise``, which gives each channel ``multiplier`` filters, then ``pointwise``.

    The second mixes the channels with a window of 1.
    """
    between = in_channels * multiplier
    ones = (1,) * window.rank
    point = Window(ones, ones, ones, "valid", window.layout)
    return nn.Sequential(
        OrderedDict(
            depthwise=convolution(window, in_channels, between, in_channels, False, **factory),
            pointwise=convolution(point, between, out_channels, 1, bias, **factory),
        )
    )


def _as_torch_pads(
    window: Window, extra: Lengths
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
    """The margins of a transposed convolution as torch takes them, and what it can't take.

    Returns:
        padding: Cut off both sides of each axis.
        output_padding: Of these, not cut off at the end.
        rest: (0, what is still to be added at the end, or cut off there if below 0).
    """
    padding, output_padding, rest = [], [], []
    for (before, after), stride, dilation, extent in zip(
        transposed_margins(window, extra),
        window.strides,
        window.dilation,
        window.extents,
        strict=True,
    ):
        surplus = after - before
        # What will be cut off may as well be there: kernels like lengths that strides divide.
        wanted = surplus if surplus >= 0 else -(extent + 2 * before) % stride
        kept = min(wanted, max(stride, dilation) - 1)
        padding.append(-before)
        output_padding.append(kept)
        rest.append((0, surplus - kept))
    return tuple(padding), tuple(output_padding), tuple(rest)


def _finish(y: Tensor, rest: tuple[tuple[int, int], ...], layout: str) -> Tensor:
    """Zeros added at the ends of the last axes, or elements cut off there."""
    if any(after > 0 for _, after in rest):
        return pad(y, rest)
    last = layout == CHANNELS_LAST
    y = to_channels_last(y) if last else y  # so that gradients come in this format, too
    for axis, (_, after) in enumerate(rest, start=1 if last else 2):
        if after:
            y = y.narrow(axis, 0, y.shape[axis] + after)
    return to_channels_first(y) if last else y


def convolve_transposed(x: Tensor, weight: Tensor, window: Window, extra: Lengths) -> Tensor:
    """Transposed convolution of ``(b, c, *lengths)`` with ``(c, filters, *size)``.

    Args:
        extra: Output padding of each axis; None gives ``n * stride`` elements for "same", and all
            that the windows reach, at least ``n * stride``, for "valid".
    """
    plane = as_plane(window)
    if plane is not None:
        y = convolve_transposed(x.unsqueeze(2), weight.unsqueeze(2), plane, (0, *extra))
        return y.squeeze(2)
    padding, output_padding, rest = _as_torch_pads(window, extra)
    function = TRANSPOSED_FUNCTIONS[window.rank]
    y = function(x, weight, None, window.strides, padding, output_padding, 1, window.dilation)
    return _finish(y, rest, window.layout)


class _Cropped:
    """What the cropped transposed convolutions share: torch's, then cut at the ends of the axes.

    Args:
        window: The window.
        in_channels, out_channels, bias: As in ``nn.ConvTranspose2d``.
        extra: Output padding of each axis, see ``convolve_transposed``.

    Attributes:
        rest: For each axis (0, what is to be added at the end, or cut off there if below 0).
    """

    def __init__(
        self,
        window: Window,
        in_channels: int,
        out_channels: int,
        extra: Lengths,
        bias: bool = True,
        **factory: object,
    ) -> None:
        padding, output_padding, rest = _as_torch_pads(window, extra)
        super().__init__(
            in_channels,
            out_channels,
            window.size,
            stride=window.strides,
            padding=padding,
            output_padding=output_padding,
            bias=bias,
            dilation=window.dilation,
            **factory,
        )
        self.window, self.extra, self.rest = window, extra, rest
        self.plane = as_plane(window)

    def forward(self, x: Tensor) -> Tensor:
        return _finish(super().forward(x), self.rest, self.window.layout)


class CroppedConvTranspose1d(_Cropped, nn.ConvTranspose1d):
    """``nn.ConvTranspose1d`` that cuts ``rest`` off the end of the result.

    On channels_last tensors it goes as ``plane`` says, see ``as_plane``.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.plane is None:
            return super().forward(x)
        y = F.conv_transpose2d(
            x.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            self.plane.strides,
            (0, *self.padding),
            (0, *self.output_padding),
            self.groups,
            self.plane.dilation,
        )
        return _finish(y, ((0, 0), *self.rest), self.window.layout).squeeze(2)


class CroppedConvTranspose2d(_Cropped, nn.ConvTranspose2d):
    """``nn.ConvTranspose2d`` that cuts ``rest`` off the ends of the result."""


class CroppedConvTranspose3d(_Cropped, nn.ConvTranspose3d):
    """``nn.ConvTranspose3d`` that cuts ``rest`` off the ends of the result."""


CROPPED = {1: CroppedConvTranspose1d, 2: CroppedConvTranspose2d, 3: CroppedConvTranspose3d}


def transposed_convolution(
    window: Window,
    extra: Lengths,
    in_channels: int,
    out_channels: int,
    bias: bool,
    **factory: object,
) -> nn.Module:
    """The module that does what ``convolve_transposed`` does, with a bias.

    torch's own wherever the same is cut off both sides, or less after, and it is as fast; else a
    cropped one. Each ``extra`` has to be below its stride.
    """
    padding, output_padding, rest = _as_torch_pads(window, extra)
    if as_plane(window) is not None or any(after for _, after in rest):
        kind = CROPPED[window.rank]
        return _in_format(kind(window, in_channels, out_channels, extra, bias, **factory), window)
    module = TRANSPOSED[window.rank](
        in_channels,
        out_channels,
        window.size,
        stride=window.strides,
        padding=padding,
        output_padding=output_padding,
        bias=bias,
        dilation=window.dilation,
        **factory,
    )
    return _in_format(module, window)
