"""Rounding matrices to unsigned levels, with scales and zero points per output and group."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

_SMALLEST_SCALE = 1e-8
_MOST_BYTE = 255


@dataclass
class Levels:
    """How levels of a matrix ``(outputs, inputs)`` stand for numbers: ``(level - zero) * scale``.

    Args:
        scale: Size of a level, ``(outputs, groups)``.
        zero: Level of 0, whole numbers in [0, 255], ``(outputs, groups)``.
        most: Highest level.
    """

    scale: Tensor
    zero: Tensor
    most: int

    def of(self, x: Tensor, groups: Tensor | None = None) -> Tensor:
        """Levels of ``x``, as floats; ``groups`` says to which group each column belongs."""
        scale, zero = self._by_column(groups)
        return (x / scale + zero).round().clamp(0, self.most)

    def back(self, levels: Tensor, groups: Tensor | None = None) -> Tensor:
        """The numbers that levels stand for."""
        scale, zero = self._by_column(groups)
        return (levels - zero) * scale

    def _by_column(self, groups: Tensor | None) -> tuple[Tensor, Tensor]:
        if groups is None:
            return self.scale, self.zero
        groups = groups.long()
        return self.scale.index_select(1, groups), self.zero.index_select(1, groups)


def group_numbers(count: int, size: int, device: torch.device) -> Tensor:
    """Column numbers over the length of a group, whose whole parts are the groups; -1 is one."""
    numbers = torch.arange(count, dtype=torch.float32, device=device)
    return numbers / (count if size == -1 else size)


def fit_levels(
    x: Tensor,
    bits: int,
    symmetric: bool = False,
    per_channel: bool = True,
    group_size: int = -1,
) -> Levels:
    """Levels that spread over the range of each output and group.

    Args:
        x: Matrix ``(outputs, inputs)``.
        bits: Bits of a level.
        symmetric: Whether the range is symmetric about 0.
        per_channel: Whether outputs have ranges of their own.
        group_size: Inputs of a group; -1 is all. Groups need ``per_channel``.
    """
    outputs, inputs = x.shape
    if per_channel and 0 < group_size < inputs:
        grouped = F.pad(x, (0, -inputs % group_size)).unflatten(1, (-1, group_size))
    else:
        grouped = x[:, None] if per_channel else x.reshape(1, 1, -1)
    least, most = grouped.amin(2), grouped.amax(2)
    if symmetric:
        largest = torch.maximum(least.abs(), most)
        least, most = torch.where(least < 0, -largest, least), largest
    constant = least == most
    least, most = torch.where(constant, least - 1, least), torch.where(constant, most + 1, most)
    highest = 2**bits - 1
    scale, zero = _spread(least, most, highest, symmetric)
    # A zero point that no byte holds: let the range reach 0.
    beyond = (zero < 0) | (zero > _MOST_BYTE)
    wider = _spread(least.clamp(max=0), most.clamp(min=0), highest, symmetric)
    scale, zero = (torch.where(beyond, w, v) for w, v in zip(wider, (scale, zero), strict=True))
    if not per_channel:
        scale, zero = scale.expand(outputs, 1), zero.expand(outputs, 1)
    return Levels(scale.contiguous(), zero.contiguous(), highest)


def _spread(least: Tensor, most: Tensor, highest: int, symmetric: bool) -> tuple[Tensor, Tensor]:
    scale = (most - least) / highest
    scale = torch.where(scale <= 0, _SMALLEST_SCALE, scale)
    middle = torch.full_like(scale, (highest + 1) / 2)
    return scale, middle if symmetric else (-least / scale).round()
