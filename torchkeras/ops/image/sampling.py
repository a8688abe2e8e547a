"""Images bent: pixels read at places between the given ones."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core import seeds
from torchkeras.core.typing import SeedLike, TensorLike
from torchkeras.ops.image.colors import channel_axis, check_rank
from torchkeras.ops.image.resizing import odd_size
from torchkeras.ops.operands import cast, floating, tensor
from torchkeras.tracer import traceable

_ORDERS = {"nearest": 0, "bilinear": 1}


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
    "constant": lambda place, size: torch.clamp(place, 0, size - 1),
    "nearest": lambda place, size: torch.clamp(place, 0, size - 1),
    "wrap": _wrap,
    "mirror": _mirror,
    "reflect": _reflect,
}


def _check_modes(name: str, interpolation: str, fill_mode: str) -> None:
    if interpolation not in _ORDERS:
        raise ValueError(
            f"{name}: Invalid value for argument `interpolation`. Expected of one {set(_ORDERS)}; "
            f"it is {interpolation!r}."
        )
    _check_fill_mode(name, fill_mode)


def _check_fill_mode(name: str, fill_mode: str) -> None:
    if fill_mode not in FILL_MODES:
        raise ValueError(
            f"{name}: Invalid value for argument `fill_mode`. Expected of one {set(FILL_MODES)}; "
            f"it is {fill_mode!r}."
        )


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


@traceable
def map_coordinates(
    inputs: TensorLike,
    coordinates: TensorLike,
    order: int,
    fill_mode: str = "constant",
    fill_value: float = 0,
) -> Tensor:
    """Elements of ``inputs`` at ``coordinates``, which may lie between cells or outside.

    Args:
        coordinates: For each axis of ``inputs`` the places along it; all of one shape.
        order: 0 takes the nearest cell, 1 interpolates.
        fill_mode: Outside: ``"constant"``, ``"nearest"``, ``"wrap"``, ``"mirror"`` or
            ``"reflect"``.

    Raises:
        ValueError: other ranks, modes or orders.
    """
    inputs = tensor(inputs)
    if isinstance(coordinates, (list, tuple)):
        places = [tensor(c, inputs.device) for c in coordinates]
    else:
        places = list(tensor(coordinates, inputs.device).unbind(0))
    if len(places) != inputs.ndim:
        raise ValueError(
            f"map_coordinates: inputs has shape {tuple(inputs.shape)} and coordinates "
            f"{len(places)} rows; First dim of `coordinates` must be the same as the rank of "
            "`inputs`."
        )
    if places[0].ndim < 1:
        raise ValueError(
            "map_coordinates: Invalid coordinates rank: expected at least rank 2; coordinates has "
            f"shape ({len(places)},)."
        )
    _check_fill_mode("map_coordinates", fill_mode)
    if order not in (0, 1):
        raise ValueError(f"map_coordinates: order is {order}; expected 0 or 1.")
    places = [p.unsqueeze(0) for p in places]
    return sample(inputs[None, ..., None], places, order, fill_mode, fill_value)[0, ..., 0]


def _batched(name: str, images: TensorLike, data_format: str | None) -> tuple[Tensor, Callable]:
    """``images`` as ``(b, h, w, c)``, and the way back to the form they came in."""
    images = tensor(images)
    check_rank(name, images)
    is_last, is_batch = channel_axis(data_format) == -1, images.ndim == 4
    x = images if is_batch else images.unsqueeze(0)
    x = x if is_last else x.permute(0, 2, 3, 1)

    def restore(y: Tensor) -> Tensor:
        y = y if is_last else y.permute(0, 3, 1, 2)
        return y if is_batch else y.squeeze(0)

    return x, restore


def _axes(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
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
    row, column = _axes(x, transform.dtype)
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
        y = functional.pad(y, (0, 1, 0, 1), mode="circular")
    height, width = y.shape[2:]
    grid = torch.stack([(2 * across + 1) / width - 1, (2 * down + 1) / height - 1], -1)
    is_filled = fill_mode == "constant" and fill_value != 0
    y = functional.grid_sample(
        y - fill_value if is_filled else y,
        grid.to(compute),
        padding_mode=_TORCH_PADDINGS.get(fill_mode, "border"),
        align_corners=False,
    )
    y = y + fill_value if is_filled else y
    return y.permute(0, 2, 3, 1).to(x.dtype)


@traceable
def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images of which pixel (x, y) is read at ``((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)``.

    Args:
        transform: The eight numbers a0, a1, a2, b0, b1, b2, c0, c1, or one row of them for each
            image; k is ``c0 x + c1 y + 1``.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: Outside: ``"constant"``, ``"nearest"``, ``"wrap"``, ``"mirror"`` or
            ``"reflect"``.

    Raises:
        ValueError: arguments out of these ranges.
    """
    _check_modes("affine_transform", interpolation, fill_mode)
    x, restore = _batched("affine_transform", images, data_format)
    transform = floating(transform).to(x.device)
    if transform.ndim not in (1, 2):
        raise ValueError(
            f"affine_transform: transform has shape {tuple(transform.shape)}; Invalid transform "
            "rank: expected rank 1 (single transform) or rank 2 (batch of transforms)."
        )
    transform = transform.unsqueeze(0) if transform.ndim == 1 else transform
    return restore(project(x, transform, _ORDERS[interpolation], fill_mode, fill_value))


@traceable
def perspective_transform(
    images: TensorLike,
    start_points: TensorLike,
    end_points: TensorLike,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images bent so that four points come to four others.

    Args:
        start_points, end_points: ``(4, 2)``, or ``(batch, 4, 2)``: x and y in pixels.
        interpolation: ``"bilinear"`` or ``"nearest"``.

    Raises:
        ValueError: arguments out of these ranges.
    """
    _check_modes("perspective_transform", interpolation, "constant")
    x, restore = _batched("perspective_transform", images, data_format)
    compute = x.dtype if x.dtype in (torch.float32, torch.float64) else torch.float32
    start, end = [cast(points, compute).to(x.device) for points in (start_points, end_points)]
    for name, points in (("start_points", start), ("end_points", end)):
        if points.shape[-2:] != (4, 2) or points.ndim not in (2, 3):
            raise ValueError(
                f"perspective_transform: Invalid {name} shape: expected (4,2) for a single image "
                f"or (N,4,2) for a batch; it is {tuple(points.shape)}."
            )
    if start.shape != end.shape:
        raise ValueError(
            "perspective_transform: start_points and end_points must have the same shape; they are "
            f"{tuple(start.shape)} and {tuple(end.shape)}."
        )
    transform = homography(start.reshape(-1, 4, 2), end.reshape(-1, 4, 2), check=True)
    return restore(project(x, transform, _ORDERS[interpolation], "constant", fill_value))


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


@traceable
def elastic_transform(
    images: TensorLike,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: SeedLike = None,
    data_format: str | None = None,
) -> Tensor:
    """Images bent by random, smooth displacements.

    Args:
        alpha: Strength of the displacements, in pixels.
        sigma: Their smoothness: deviation of the bell curve that blurs them, in pixels.
        interpolation, fill_mode: As in ``affine_transform``.

    Raises:
        ValueError: unknown modes.
    """
    _check_modes("elastic_transform", interpolation, fill_mode)
    x, restore = _batched("elastic_transform", images, data_format)
    compute = x.dtype if x.is_floating_point() else torch.float32
    sigma = float(sigma)
    noise = seeds.draw("normal", (2, *x.shape[:3]), 0.0, 1.0, compute, x.device, seed)
    shifts = displacements(noise, float(alpha), sigma, odd_size(sigma))
    return restore(bend(x, shifts, _ORDERS[interpolation], fill_mode, fill_value))


def displacements(noise: Tensor, alpha: float | Tensor, sigma: float | Tensor, size: int) -> Tensor:
    """Smooth shifts in pixels from normal noise of deviation 1.

    Args:
        alpha: Strength.
        sigma: Deviation of the bell curve that blurs the noise, cut off at three of them.
        size: Elements of a window that the curve fits into, odd.

    Shape:
        noise: ``(2, b, h, w)``, and so is the output: across and down.
    """
    sigma = torch.as_tensor(sigma, dtype=noise.dtype, device=noise.device).clamp(min=1e-6)
    _, _, height, width = noise.shape
    with torch.autocast(noise.device.type, enabled=False):
        curves = [_bell(length, sigma, size) for length in (height, width)]
        # Products with banded matrices: faster than convolutions of one channel.
        return curves[0] @ noise @ curves[1] * (sigma * alpha)


def _bell(length: int, sigma: Tensor, size: int) -> Tensor:
    """A bell curve around each of ``length`` elements, ``(length, length)``."""

    def curve(places: Tensor) -> Tensor:
        near = places.abs() <= torch.floor(3 * sigma)
        return torch.exp(-0.5 * torch.square(places / sigma)) * near

    places = torch.arange(length, dtype=sigma.dtype, device=sigma.device)
    window = torch.arange(size, dtype=sigma.dtype, device=sigma.device) - size // 2
    return curve(places - places.unsqueeze(1)) / curve(window).sum()


def bend(x: Tensor, shifts: Tensor, order: int, fill_mode: str, fill_value: float) -> Tensor:
    """Each pixel of ``x``, ``(b, h, w, c)``, read at a shift ``(2, b, h, w)``, across and down."""
    row, column = _axes(x, shifts.dtype)
    across, down = column + shifts[0], row + shifts[1]
    if order == 1 and x.is_floating_point():
        return read(x, down, across, fill_mode, fill_value)
    return sample(x, [down, across], order, fill_mode, fill_value)
