"""Images of another size, by interpolation."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.typing import TensorLike
from torchkeras.ops.image.colors import channel_axis, check_rank
from torchkeras.ops.operands import join, tensor
from torchkeras.tracer import traceable

_TORCH_MODES = {"bilinear": "bilinear", "nearest": "nearest-exact", "bicubic": "bicubic"}
_OLDER = ("area", "gaussian", "mitchellcubic")  # tf.keras 2 has these, too
INTERPOLATIONS = (*_TORCH_MODES, "lanczos3", "lanczos5", *_OLDER)


@traceable
def resize(
    images: TensorLike,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Images of ``size`` (height, width).

    Args:
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos3"``,
            ``"lanczos5"``, and as in tf.keras 2 ``"area"``, ``"gaussian"`` or ``"mitchellcubic"``.
        antialias: Whether shrinking averages over all pixels that fall together.
        crop_to_aspect_ratio: Whether what exceeds the new shape's proportions is cut off first.
        pad_to_aspect_ratio: Whether what lacks to them is filled with ``fill_value`` first.
        fill_mode: ``"constant"``.
        data_format: ``"channels_last"``, ``"channels_first"`` or None, the default.

    Shape:
        images: ``(batch, height, width, channels)``, or without the batch.

    Raises:
        ValueError: arguments out of these ranges, or both crop and pad.
    """
    images = tensor(images)
    check_rank("resize", images)
    size = tuple(size)
    _check_resize(size, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, fill_mode)
    is_last = channel_axis(data_format) == -1
    x = images if images.ndim == 4 else images.unsqueeze(0)
    x = x.permute(0, 3, 1, 2) if is_last else x
    x = x if x.dtype in (torch.float32, torch.float64) else x.float()
    if crop_to_aspect_ratio:
        x = _crop(x, size)
    elif pad_to_aspect_ratio:
        x = _pad(x, size, fill_value)
    x = _interpolate(x, size, interpolation, antialias)
    x = x.permute(0, 2, 3, 1) if is_last else x
    x = x if images.ndim == 4 else x.squeeze(0)
    return _back(x, images.dtype)


def _check_resize(size: tuple, interpolation: str, crop: bool, pad: bool, fill_mode: str) -> None:
    if len(size) != 2 or min(size) < 1:
        raise ValueError(
            f"resize: size is {size}; expected 1 pixel or more each way. Argument `size` must be a "
            "tuple of two elements (height, width)."
        )
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            "resize: Invalid value for argument `interpolation`. Expected of one "
            f"{INTERPOLATIONS}; it is {interpolation!r}."
        )
    if fill_mode != "constant":
        raise ValueError(
            "resize: Invalid value for argument `fill_mode`. Only `'constant'` is supported; it is "
            f"{fill_mode!r}."
        )
    if crop and pad:
        raise ValueError(
            "resize: crop_to_aspect_ratio and pad_to_aspect_ratio are True; expected one at most. "
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`."
        )


def _crop(x: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle of ``x``, as large as its proportions can be those of ``size``."""
    height, width = x.shape[-2:]
    inner_height = max(min(height, int(width * size[0] / size[1])), 1)
    inner_width = max(min(width, int(height * size[1] / size[0])), 1)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    return x[..., top : top + inner_height, left : left + inner_width]


def _pad(x: Tensor, size: tuple[int, int], value: float) -> Tensor:
    """``x`` with equal margins, so that its proportions are about those of ``size``."""
    height, width = x.shape[-2:]
    top = (max(height, int(width * size[0] / size[1])) - height) // 2
    left = (max(width, int(height * size[1] / size[0])) - width) // 2
    return functional.pad(x, (left, left, top, top), value=value)


def _interpolate(x: Tensor, size: tuple[int, int], mode: str, antialias: bool) -> Tensor:
    if mode not in _TORCH_MODES:
        for axis, length in zip((-2, -1), size, strict=True):
            if mode == "area":
                x = torch.moveaxis(torch.moveaxis(x, axis, -1) @ _shares(x, axis, length), -1, axis)
                continue
            scale = torch.tensor(length / x.shape[axis], dtype=x.dtype, device=x.device)
            weights = _weights(x.shape[axis], length, scale, scale * 0.0, mode, antialias)
            x = torch.moveaxis(torch.moveaxis(x, axis, -1) @ weights, -1, axis)
        return x
    if mode == "nearest":
        return functional.interpolate(x, size, mode="nearest-exact")
    return functional.interpolate(x, size, mode=mode, align_corners=False, antialias=antialias)


def _back(x: Tensor, dtype: torch.dtype) -> Tensor:
    """``x`` in the type of the images: rounded and kept in range for integers."""
    if x.dtype is dtype:
        return x
    if not dtype.is_floating_point:
        limits = torch.iinfo(dtype if dtype is not torch.bool else torch.uint8)
        x = torch.clamp(torch.round(x), limits.min, limits.max)
    return x.to(dtype)


def _triangle(x: Tensor) -> Tensor:
    return torch.clamp(1.0 - x, min=0.0)


def _cubic(x: Tensor) -> Tensor:
    """Keys's kernel with a = -0.5."""
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return torch.where(x >= 2.0, 0.0, torch.where(x >= 1.0, far, near))


def _mitchell(x: Tensor) -> Tensor:
    """Mitchell and Netravali's kernel with B = C = 1/3."""
    near = (7.0 * x - 12.0) * x * x / 6.0 + 8.0 / 9.0
    far = ((-7.0 * x / 18.0 + 2.0) * x - 10.0 / 3.0) * x + 16.0 / 9.0
    return torch.where(x >= 2.0, 0.0, torch.where(x >= 1.0, far, near))


def _bell(x: Tensor) -> Tensor:
    """A bell curve of deviation 0.5, cut off at 1.5."""
    return torch.where(x >= 1.5, 0.0, torch.exp(-2.0 * torch.square(x)))


def _lanczos(radius: float) -> Callable[[Tensor], Tensor]:
    def kernel(x: Tensor) -> Tensor:
        product = torch.sinc(x) * torch.sinc(x / radius)
        return torch.where(x > radius, 0.0, product)

    return kernel


_KERNELS = {
    "linear": _triangle,
    "cubic": _cubic,
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
    "gaussian": _bell,
    "mitchellcubic": _mitchell,
}
_METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), "linear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "cubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _shares(x: Tensor, axis: int, new_length: int) -> Tensor:
    """How much of each new element each old one covers, ``(length, new_length)``."""
    length = x.shape[axis]
    step = length / new_length
    start = torch.arange(new_length, dtype=x.dtype, device=x.device) * step
    old = torch.arange(length, dtype=x.dtype, device=x.device).unsqueeze(1)
    covered = torch.minimum(start + step, old + 1) - torch.maximum(start, old)
    return covered.clamp(min=0) / step


def _weights(
    length: int, new_length: int, scale: Tensor, translation: Tensor, kernel: str, antialias: bool
) -> Tensor:
    """What each old element adds to each new one, ``(length, new_length)``."""
    step = 1.0 / scale
    width = torch.clamp(step, min=1.0) if antialias else torch.ones_like(step)
    new = torch.arange(new_length, dtype=scale.dtype, device=scale.device)
    old = torch.arange(length, dtype=scale.dtype, device=scale.device)
    places = (new + 0.5) * step - translation * step - 0.5
    weights = _KERNELS[kernel](torch.abs(places[None, :] - old[:, None]) / width)
    total = weights.sum(0, keepdim=True)
    is_covered = torch.abs(total) > 1000.0 * torch.finfo(torch.float32).eps
    weights = torch.where(is_covered, weights / torch.where(total != 0, total, 1.0), 0.0)
    is_inside = (places >= -0.5) & (places <= length - 0.5)
    return torch.where(is_inside, weights, 0.0)


@traceable
def scale_and_translate(
    images: TensorLike,
    output_shape: Sequence[int],
    scale: TensorLike,
    translation: TensorLike,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Images scaled and moved: element i of an axis comes to ``i * scale + translation``.

    Args:
        output_shape: Shape of the result.
        scale, translation: One number for each of ``spatial_dims``.
        spatial_dims: The axes that are treated.
        method: ``"linear"``, ``"cubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        antialias: Whether shrinking averages over all elements that fall together.

    Raises:
        ValueError: an unknown method.
    """
    if method not in _METHODS:
        raise ValueError(
            "scale_and_translate: Invalid value for argument `method`. Expected of one "
            f"{tuple(_METHODS)}; it is {method!r}."
        )
    images = tensor(images)
    scale, translation = join(scale, translation)
    x = images if images.is_floating_point() else images.float()
    for place, axis in enumerate(spatial_dims):
        weights = _weights(
            images.shape[axis],
            output_shape[axis],
            scale[place],
            translation[place],
            _METHODS[method],
            antialias,
        )
        x = torch.moveaxis(torch.moveaxis(x, axis, -1) @ weights.to(x.dtype), -1, axis)
    if images.is_floating_point():
        return x
    return torch.clamp(torch.round(x), images.min(), images.max()).to(images.dtype)


def gaussian(size: int, sigma: float | Tensor, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Weights of a bell curve over ``size`` elements that sum to 1."""
    places = torch.arange(size, dtype=dtype, device=device) - (size - 1) / 2
    weights = torch.exp(-0.5 * (places / sigma).square())
    return weights / weights.sum()


def odd_size(sigma: float) -> int:
    """Size of a window that holds three deviations to each side."""
    return math.floor(6 * sigma) | 1
