"""Windows that slide over axes: lengths, padding and layout, in one place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Length = int | None
Lengths = tuple[Length, ...]
Pads = tuple[tuple[int, int], ...]  # (before, after) of each axis

CHANNELS_LAST, CHANNELS_FIRST = "channels_last", "channels_first"


@dataclass(frozen=True)
class Window:
    """A window and how it moves: what convolutions, pools and patches have in common.

    Args:
        size: Elements along each axis, 1 or more.
        strides: Steps along each axis, 1 or more.
        dilation: Distance between neighbouring elements, 1 or more.
        padding: "valid" (none), "same" (output length is ``ceil(n / stride)``, the odd element goes
            after) or "causal" (all of it before).
        layout: "channels_last" for ``(batch, *lengths, channels)``, "channels_first" for
            ``(batch, channels, *lengths)``.

    Source: TensorFlow's padding algorithms.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str = "valid"
    layout: str = CHANNELS_LAST

    @property
    def rank(self) -> int:
        """Number of axes that the window moves along."""
        return len(self.size)

    @property
    def channel_axis(self) -> int:
        """Axis of the channels in a batch."""
        return -1 if self.layout == CHANNELS_LAST else 1

    @property
    def extents(self) -> tuple[int, ...]:
        """Elements from the window's first to its last, dilation included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))

    def output_lengths(self, lengths: Lengths) -> Lengths:
        """How many positions the window takes along each axis; None where unknown.

        A length of 0 or less means that the window doesn't fit.
        """
        fitted = self.padding == "valid"
        return tuple(
            None if n is None else ((n - extent) // stride + 1 if fitted else -(-n // stride))
            for n, extent, stride in zip(lengths, self.extents, self.strides, strict=True)
        )

    def output_shape(self, shape: Lengths, channels: Length) -> Lengths:
        """Shape of the result for a batch of this shape, in the window's layout."""
        batch, *rest = shape
        if self.layout == CHANNELS_LAST:
            return (batch, *self.output_lengths(tuple(rest[:-1])), channels)
        return (batch, channels, *self.output_lengths(tuple(rest[1:])))

    @property
    def fixed_pads(self) -> Pads | None:
        """Padding of each axis if it depends on no length, else None."""
        if self.padding == "valid":
            return ((0, 0),) * self.rank
        if self.padding == "causal":
            return tuple((extent - 1, 0) for extent in self.extents)
        if any(stride > 1 for stride in self.strides):
            return None
        return tuple(((extent - 1) // 2, extent // 2) for extent in self.extents)

    def pads(self, lengths: tuple[int, ...]) -> Pads:
        """Padding of each axis for these lengths."""
        fixed = self.fixed_pads
        if fixed is not None:
            return fixed
        return tuple(
            same_pads(n, extent, stride)
            for n, extent, stride in zip(lengths, self.extents, self.strides, strict=True)
        )


def same_pads(length: int, extent: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis, so that ``ceil(length / stride)`` windows fit."""
    if extent == 1:
        return 0, 0
    # Nothing below 0 is divided, which programs in other languages round differently.
    total = (length - 1) // stride * stride + extent - length
    if extent < stride:  # else it can't be below 0, which a length left open needn't be asked for
        total = max(total, 0) if isinstance(total, int) else torch.sym_max(total, 0)
    return total // 2, total - total // 2


def is_open(pads: Pads) -> bool:
    """Whether they depend on a length that a graph leaves open."""
    return any(isinstance(size, torch.SymInt) for pair in pads for size in pair)


def is_symmetric(pads: Pads) -> bool:
    """Whether both sides of every axis get the same."""
    return all(before == after for before, after in pads)


def pad(x: Tensor, pads: Pads, value: float = 0.0, mode: str = "constant") -> Tensor:
    """``x`` with its last axes padded; ``pads`` names them in order."""
    flat = [size for pair in reversed(pads) for size in pair]
    return F.pad(x, flat, mode, value) if mode == "constant" else F.pad(x, flat, mode)


def split_pads(pads: Pads) -> tuple[tuple[int, ...], Pads | None]:
    """What both sides of each axis get, as torch's kernels can pad by themselves, and the rest.

    The rest is None if there is none. Of pads that are open, all is the rest, since kernels take
    numbers alone.
    """
    if is_open(pads):
        return (0,) * len(pads), pads
    common = tuple(min(pair) for pair in pads)
    if is_symmetric(pads):
        return common, None
    return common, tuple((b - c, a - c) for (b, a), c in zip(pads, common, strict=True))


def pad_unevenly(x: Tensor, pads: Pads, value: float = 0.0) -> tuple[Tensor, tuple[int, ...]]:
    """Pad only what one side gets more than the other.

    Returns:
        x: padded by the surplus, or as it was if there is none.
        common: what remains to be padded on both sides, as torch's kernels can do by themselves.
    """
    common, surplus = split_pads(pads)
    return (x if surplus is None else pad(x, surplus, value)), common


# Orders of axes by rank; twice as fast as movedim.
_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}


def to_channels_first(x: Tensor) -> Tensor:
    """``(b, *lengths, c)`` seen as ``(b, c, *lengths)``: a view in torch's channels_last format."""
    order = _FIRST.get(x.ndim)
    return x.movedim(-1, 1) if order is None else x.permute(*order)


def to_channels_last(x: Tensor) -> Tensor:
    """``(b, c, *lengths)`` seen as ``(b, *lengths, c)``."""
    order = _LAST.get(x.ndim)
    return x.movedim(1, -1) if order is None else x.permute(*order)


class Permute(nn.Module):
    """``x.permute(axes)``."""

    def __init__(self, axes: Sequence[int]) -> None:
        super().__init__()
        self.axes = tuple(axes)

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes)


def transposed_lengths(window: Window, lengths: Lengths, extra: Lengths) -> Lengths:
    """Output lengths of a transposed convolution; ``extra`` is its output padding or None."""
    result: list[Length] = []
    for n, k, s, d, p in zip(
        lengths, window.size, window.strides, window.dilation, extra, strict=True
    ):
        extent = (k - 1) * d + 1
        if n is None:
            result.append(None)
        elif p is not None:
            shrink = 2 * (extent // 2) if window.padding == "same" else 0
            result.append((n - 1) * s + extent - shrink + p)
        else:
            result.append(n * s + (max(extent - s, 0) if window.padding == "valid" else 0))
    return tuple(result)


def transposed_margins(window: Window, extra: Lengths) -> Pads:
    """What a transposed convolution adds before and after each axis of the whole result.

    The whole result has ``(n - 1) * stride + extent`` elements. Numbers below 0 are cut off.
    ``extra`` is the output padding or None.
    """
    result = []
    for extent, stride, p in zip(window.extents, window.strides, extra, strict=True):
        if window.padding == "valid":
            result.append((0, max(stride - extent, 0) if p is None else p))
            continue
        total = stride + extent - 2 if p is None else extent + extent % 2 - 2 + p
        before = min(total - total // 2, extent - 1)
        result.append((before - extent + 1, total - before - extent + 1))
    return tuple(result)


def product(sizes: Lengths) -> Length:
    """Product of lengths; None if any is unknown."""
    return None if None in sizes else math.prod(sizes)
