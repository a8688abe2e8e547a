"""Slices that go backwards, which torch's tensors don't take."""

from typing import Any

import torch
from torch import Tensor


def goes_backwards(index: Any) -> bool:
    """Whether a slice in ``index`` has a negative step.

    Example:
        >>> goes_backwards((0, slice(None, None, -1))), goes_backwards(slice(2, 0, 1))
        (True, False)
    """
    if type(index) is tuple:
        return any(type(part) is slice and _backward(part) for part in index)
    return type(index) is slice and _backward(index)


def forwards(index: Any, rank: int) -> tuple[list[int], tuple]:
    """The axes to flip, and an index into what was flipped that goes forwards alone.

    Args:
        index: What stands in brackets behind a tensor.
        rank: Number of the tensor's axes.

    Example:
        >>> forwards((Ellipsis, slice(3, None, -2)), 3)
        ([2], (Ellipsis, slice(-4, None, 2)))
    """
    parts = index if isinstance(index, tuple) else (index,)
    axis, flipped, found = 0, [], []
    for part in parts:
        if part is Ellipsis:
            axis = rank - sum(_axes_of(later) for later in parts[len(found) + 1 :])
        elif type(part) is slice and _backward(part):
            flipped.append(axis)
            step = None if part.step == -1 else -part.step
            part = slice(_from_behind(part.start), _from_behind(part.stop), step)
        found.append(part)
        axis += _axes_of(part)
    return flipped, tuple(found)


def _backward(part: slice) -> bool:
    return isinstance(part.step, int) and part.step < 0


def _from_behind(place: Any) -> Any:
    """A place counted from the other end: the last is the first, -1 is 0."""
    return None if place is None else -1 - place


def _axes_of(part: Any) -> int:
    """How many axes of the tensor a part of an index stands for."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    return part.dim() if isinstance(part, Tensor) and part.dtype is torch.bool else 1
