"""Images bent: pixels read at places between the given ones."""

from collections.abc import Callable

import torch
from torch import Tensor

from torchkeras.core import seeds
from torchkeras.core.typing import SeedLike, TensorLike
from torchkeras.nn.sampling import FILL_MODES, homography, pixel_axes, project, read, sample
from torchkeras.ops.image.colors import channel_axis, check_rank
from torchkeras.ops.image.resizing import odd_size
from torchkeras.ops.operands import cast, floating, tensor
from torchkeras.tracer import traceable

_ORDERS = {"nearest": 0, "bilinear": 1}


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
    row, column = pixel_axes(x, shifts.dtype)
    across, down = column + shifts[0], row + shifts[1]
    if order == 1 and x.is_floating_point():
        return read(x, down, across, fill_mode, fill_value)
    return sample(x, [down, across], order, fill_mode, fill_value)
