"""Images read at places between their pixels, or outside."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def _hold(place: Tensor, size: int) -> Tensor:
    return torch.clamp(place, 0, size - 1)


def _wrap(place: Tensor, size: int) -> Tensor:
    return place - size * torch.floor(place / size)


def _mirror(place: Tensor, size: int) -> Tensor:
    last = size - 1
    return place * 0 if last == 0 else torch.abs(_wrap(place + last, 2 * last) - last)


def _reflect(place: Tensor, size: int) -> Tensor:
    place = _wrap(place, 2 * size)
    return torch.minimum(place, 2 * size - 1 - place)


# How places outside are brought inside.
FILL_MODES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "constant": _hold,
    "nearest": _hold,
    "wrap": _wrap,
    "mirror": _mirror,
    "reflect": _reflect,
}


def _neighbours(places: Tensor, order: int) -> list[tuple[Tensor, Any]]:
    """The cells around each place, as floats, and their weights."""
    if order == 0 or not places.is_floating_point():
        return [(torch.round(places) if places.is_floating_point() else places.double(), None)]
    lower = torch.floor(places)
    share = places - lower
    return [(lower, 1 - share), (lower + 1, share)]


def sample(
    x: Tensor, places: Sequence[Tensor], order: int, fill_mode: str, fill_value: float
) -> Tensor:
    """Elements of ``x`` at ``places``, batch by batch.

    Shape:
        x: ``(b, *lengths, c)``.
        places: one tensor ``(b, ...)`` for each of the lengths.
        output: ``(b, ..., c)``.
    """
    lengths, channels = x.shape[1:-1], x.shape[-1]
    rows = x.reshape(-1, channels)  # (b * cells, c)
    first = torch.arange(x.shape[0], device=x.device) * math.prod(lengths)
    first = first.reshape(-1, *(1,) * (places[0].ndim - 1))  # each image's first row
    result: Any = None
    for corner in itertools.product(*[_neighbours(p, order) for p in places]):
        index, weight, is_inside = first, None, None
        stride = 1
        for (place, share), length in reversed(list(zip(corner, lengths, strict=True))):
            index = index + FILL_MODES[fill_mode](place, length).long() * stride
            stride = stride * length
            if share is not None:
                weight = share if weight is None else weight * share
            if fill_mode == "constant":
                inside = (place >= 0) & (place < length)
                is_inside = inside if is_inside is None else is_inside & inside
        values = rows.index_select(0, index.flatten()).reshape(*index.shape, channels)
        if is_inside is not None:
            values = torch.where(is_inside.unsqueeze(-1), values, fill_value)
        if weight is not None:
            values = values * weight.unsqueeze(-1)
        result = values if result is None else result + values
    if not x.is_floating_point() and result.is_floating_point():
        result = torch.round(result)
    return result.to(x.dtype)


def pixel_axes(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Numbers of the rows, ``(h, 1)``, and of the columns, ``(w,)``."""
    rows = torch.arange(x.shape[1], dtype=dtype, device=x.device).unsqueeze(1)
    return rows, torch.arange(x.shape[2], dtype=dtype, device=x.device)


def project(
    x: Tensor,
    transform: Tensor,
    order: int,
    fill_mode: str,
    fill_value: float,
    is_affine: bool = False,
) -> Tensor:
    """``x`` read at projected places.

    Args:
        transform: Eight numbers for each image, as in ``affine_transform``.
        order: 0 takes the nearest pixel, 1 interpolates.
        is_affine: Whether the last two of the eight are known to be 0.

    Shape:
        x: ``(b, h, w, c)``, and so is the output.
        transform: ``(b, 8)`` or ``(1, 8)``.
    """
    transform = transform.expand(x.shape[0], 8)
    row, column = pixel_axes(x, transform.dtype)
    a0, a1, a2, b0, b1, b2, c0, c1 = [n[:, None, None] for n in transform.unbind(1)]
    if order == 1 and x.is_floating_point():
        across, down = (a0 * column + a2) + a1 * row, (b0 * column + b2) + b1 * row
        if not is_affine:
            depth = (c0 * column + 1.0) + c1 * row
            across, down = across / depth, down / depth
        return read(x, down, across, fill_mode, fill_value)
    across, down = a0 * column + a1 * row + a2, b0 * column + b1 * row + b2
    if not is_affine:
        depth = c0 * column + c1 * row + 1.0
        across, down = across / depth, down / depth
    return sample(x, [down, across], order, fill_mode, fill_value)


_TORCH_PADDINGS = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}


def read(x: Tensor, down: Tensor, across: Tensor, fill_mode: str, fill_value: float) -> Tensor:
    """Float images read between their pixels, by torch's kernel.

    Shape:
        x: ``(b, h, w, c)``.
        down, across: ``(b, ...)`` of two more axes: row and column of each pixel of the output.
    """
    compute = x.dtype if x.dtype is torch.float64 else torch.float32
    y = x.to(compute).permute(0, 3, 1, 2)
    if fill_mode in ("wrap", "mirror"):
        down, across = [
            FILL_MODES[fill_mode](p, n) for p, n in ((down, x.shape[1]), (across, x.shape[2]))
        ]
    if fill_mode == "wrap":  # between the last pixel and the first
        y = F.pad(y, (0, 1, 0, 1), mode="circular")
    height, width = y.shape[2:]
    grid = torch.stack([(2 * across + 1) / width - 1, (2 * down + 1) / height - 1], -1)
    is_filled = fill_mode == "constant" and fill_value != 0
    y = F.grid_sample(
        y - fill_value if is_filled else y,
        grid.to(compute),
        padding_mode=_TORCH_PADDINGS.get(fill_mode, "border"),
        align_corners=False,
    )
    y = y + fill_value if is_filled else y
    return y.permute(0, 2, 3, 1).to(x.dtype)


def homography(start: Tensor, end: Tensor, check: bool = False) -> Tensor:
    """The eight numbers that lead from ``end`` back to ``start``, ``(b, 4, 2)`` each: ``(b, 8)``.

    Args:
        check: Whether points of which three lie on a line raise; on a GPU that waits for it.
    """
    one, zero = torch.ones_like(end[..., :1]), torch.zeros_like(end[..., :1])
    none = torch.cat([zero, zero, zero], -1)
    given = torch.cat([end, one], -1)  # (b, 4, 3)
    first = torch.cat([given, none, -start[..., :1] * end], -1)
    second = torch.cat([none, given, -start[..., 1:] * end], -1)
    matrix = torch.stack([first, second], 2).flatten(1, 2)  # (b, 8, 8)
    solution, _ = torch.linalg.solve_ex(matrix, start.flatten(1).unsqueeze(-1), check_errors=check)
    return solution.squeeze(-1)
