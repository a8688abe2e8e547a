"""Operations that ONNX lacks, made of such as it has."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten


def argsort(x: Tensor, *, stable: bool = True, dim: int = -1, descending: bool = False) -> Tensor:
    """Places of the values in their order; ONNX's ``TopK`` takes the first of equal ones first."""
    return sort(x, stable=stable, dim=dim, descending=descending)[1]


def sort(
    x: Tensor, *, stable: bool | None = True, dim: int = -1, descending: bool = False
) -> tuple[Tensor, Tensor]:
    """Values in their order, and their places."""
    narrow = not x.is_floating_point() and x.dtype not in (torch.int32, torch.int64)
    values, places = torch.topk(
        x.to(torch.int32) if narrow else x, x.shape[dim], dim, descending, True
    )
    return values.to(x.dtype), places


def largest(x: Tensor, dim: tuple[int, ...] = (), keepdim: bool = False) -> Tensor:
    """``amax``, of all axes by name."""
    return _along_all(aten.amax.default, x, dim, keepdim)


def smallest(x: Tensor, dim: tuple[int, ...] = (), keepdim: bool = False) -> Tensor:
    """``amin``, of all axes by name."""
    return _along_all(aten.amin.default, x, dim, keepdim)


def _along_all(function: Callable, x: Tensor, dim: tuple[int, ...], keepdim: bool) -> Tensor:
    return NotImplemented if len(dim) else function(x, list(range(x.ndim)), keepdim)


def left_shift(x: Tensor, places: Any) -> Tensor:
    """``x << places``."""
    return torch.bitwise_left_shift(x, places)


def indexed(x: Tensor, indices: list[Tensor | None]) -> Tensor:
    """``x[indices]``, whose whole numbers are to be of 64 bits."""
    if not any(index is not None and index.dtype == torch.int32 for index in indices):
        return NotImplemented
    wide = [i.long() if i is not None and i.dtype == torch.int32 else i for i in indices]
    return aten.index.Tensor(x, wide)


def adaptive_max(x: Tensor, output_size: list[int]) -> tuple[Tensor, Tensor]:
    """Maxima of cells that cover the last axes, and their places among all."""
    rank = len(output_size)
    sizes = x.shape[-rank:]
    total = 1
    for size in sizes:
        total = total * size
    flat = torch.arange(total, device=x.device).reshape(sizes).expand(x.shape)
    for axis in range(x.ndim - 1, x.ndim - 1 - rank, -1):
        cells = _Cells(x.shape[axis], output_size[axis - x.ndim], x.device)
        windows, places = cells.of(x, axis), cells.of(flat, axis)
        x = windows.amax(axis + 1)
        flat = places.gather(axis + 1, windows.argmax(axis + 1, keepdim=True)).squeeze(axis + 1)
    return x, flat


def adaptive_average(x: Tensor, output_size: list[int]) -> Tensor:
    """Means of cells that cover the last axes."""
    for axis in range(x.ndim - 1, x.ndim - 1 - len(output_size), -1):
        cells = _Cells(x.shape[axis], output_size[axis - x.ndim], x.device)
        behind = (1,) * (x.ndim - 1 - axis)
        inside = cells.inside.reshape(*cells.inside.shape, *behind)
        total = (cells.of(x, axis) * inside.to(x.dtype)).sum(axis + 1)
        x = total / cells.lengths.reshape(-1, *behind).to(x.dtype)
    return x


class _Cells:
    """Cells of equal lengths, but for one, that cover an axis; neighbours may share a place.

    Args:
        size: Length of the axis.
        count: Number of cells.

    Attributes:
        places: ``(count, widest)``, which places a cell has, its last one again at its end.
        inside: ``(count, widest)``, where those aren't repeated.
        lengths: ``(count,)``.
    """

    def __init__(self, size: int, count: int, device: torch.device) -> None:
        index = torch.arange(count, device=device)
        begins = index * size // count
        ends = ((index + 1) * size + count - 1) // count
        widest = size // count if size % count == 0 else (size + count - 1) // count + 1
        places = begins.unsqueeze(1) + torch.arange(widest, device=device)
        self.inside = places < ends.unsqueeze(1)
        self.places = torch.minimum(places, ends.unsqueeze(1) - 1)
        self.lengths = ends - begins

    def of(self, x: Tensor, axis: int) -> Tensor:
        """``x`` with an axis of the places of each cell behind that of the cells."""
        return x.index_select(axis, self.places.flatten()).unflatten(axis, self.places.shape)


TABLE: dict[Any, Callable] = {
    aten.argsort.stable: argsort,
    aten.sort.stable: sort,
    aten.amax.default: largest,
    aten.amin.default: smallest,
    aten.__lshift__.Tensor: left_shift,
    aten.index.Tensor: indexed,
    aten.adaptive_max_pool1d.default: adaptive_max,
    aten.adaptive_max_pool2d.default: adaptive_max,
    aten.adaptive_max_pool3d.default: adaptive_max,
    aten.adaptive_avg_pool1d.default: adaptive_average,
    aten.adaptive_avg_pool2d.default: adaptive_average,
    aten._adaptive_avg_pool2d.default: adaptive_average,
    aten._adaptive_avg_pool3d.default: adaptive_average,
    aten.adaptive_avg_pool3d.default: adaptive_average,
}
