"""Colour spaces."""

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.typing import TensorLike
from torchkeras.ops.operands import tensor
from torchkeras.tracer import traceable


def check_rank(name: str, images: Tensor) -> None:
    """Raise a ValueError unless ``images`` is an image or a batch of them."""
    if images.ndim not in (3, 4):
        raise ValueError(
            f"{name}: images has shape {tuple(images.shape)}; Invalid images rank: expected rank 3 "
            "(single image) or rank 4 (batch of images)."
        )


def channel_axis(data_format: str | None) -> int:
    """Axis of the channels, counted from the end."""
    return -1 if settings.standardize_data_format(data_format) == "channels_last" else -3


@traceable
def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Brightness, ``0.2989 r + 0.587 g + 0.114 b``, in one channel; one channel stays as it is.

    Raises:
        ValueError: other ranks than 3 and 4, or other than 1 or 3 channels.
    """
    images = tensor(images)
    check_rank("rgb_to_grayscale", images)
    axis = channel_axis(data_format)
    if images.shape[axis] not in (1, 3):
        raise ValueError(
            f"rgb_to_grayscale: images has shape {tuple(images.shape)}; Invalid channel size: "
            "expected 3 (RGB) or 1 (Grayscale)."
        )
    if images.shape[axis] == 1:
        return images.clone()
    red, green, blue = images.unbind(axis)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).to(images.dtype).unsqueeze(axis)


def _planes(name: str, images: TensorLike, axis: int) -> tuple[Tensor, ...]:
    images = tensor(images)
    check_rank(name, images)
    if not images.is_floating_point():
        raise ValueError(
            f"{name}: images has dtype {images.dtype}; Invalid images dtype: expected float dtype."
        )
    return images.unbind(axis)


@traceable
def rgb_to_hsv(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value, all in [0, 1], of red, green and blue in [0, 1].

    Raises:
        ValueError: other ranks than 3 and 4, or no float type.
    """
    axis = channel_axis(data_format)
    red, green, blue = _planes("rgb_to_hsv", images, axis)
    value = torch.maximum(torch.maximum(red, green), blue)
    spread = value - torch.minimum(torch.minimum(red, green), blue)
    saturation = torch.where(value > 0, spread / torch.where(value > 0, value, 1.0), 0.0)
    turn = 1.0 / (6.0 * torch.where(spread > 0, spread, 1.0))
    hue = torch.where(
        value == green, turn * (blue - red) + 2.0 / 6.0, turn * (red - green) + 4.0 / 6.0
    )
    hue = torch.where(value == red, turn * (green - blue), hue)
    hue = torch.where(spread > 0, hue, 0.0) + (hue < 0.0).to(hue.dtype)
    return torch.stack([hue, saturation, value], axis)


@traceable
def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Inverse of ``rgb_to_hsv``.

    Raises:
        ValueError: other ranks than 3 and 4, or no float type.
    """
    axis = channel_axis(data_format)
    hue, saturation, value = _planes("hsv_to_rgb", images, axis)
    sixths = torch.remainder(hue, 1.0) * 6.0
    shares = (
        torch.clamp(torch.abs(sixths - 3.0) - 1.0, 0.0, 1.0),
        torch.clamp(2.0 - torch.abs(sixths - 2.0), 0.0, 1.0),
        torch.clamp(2.0 - torch.abs(sixths - 4.0), 0.0, 1.0),
    )
    return torch.stack([value * (1.0 - saturation + saturation * s) for s in shares], axis)
