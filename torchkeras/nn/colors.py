"""Colours of images: hue, saturation, brightness of red, green and blue."""

import torch
from torch import Tensor


def to_gray(images: Tensor, axis: int) -> Tensor:
    """Brightness, ``0.2989 r + 0.587 g + 0.114 b``, in one channel; one channel stays as it is."""
    if images.shape[axis] == 1:
        return images
    red, green, blue = images.unbind(axis)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).unsqueeze(axis)


def _planes(images: Tensor, axis: int) -> list[Tensor]:
    """Red, green and blue, each in one piece, which is twice as fast to compute with."""
    planes = images.unbind(axis)
    return [plane if plane.stride(-1) == 1 else plane.contiguous() for plane in planes]


def _value_and_spread(planes: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The brightest channel, and how far the darkest lies below it."""
    red, green, blue = planes
    value = torch.maximum(torch.maximum(red, green), blue)
    return value, value - torch.minimum(torch.minimum(red, green), blue)


def scale_saturation(
    images: Tensor, factor: Tensor, low: float, high: float, axis: int = -1
) -> Tensor:
    """Images whose saturation in HSV is ``factor`` times as high, kept in [low, high].

    Every channel moves on the line from its pixel's brightest channel, without a detour by HSV.

    Args:
        images: ``(b, h, w, c)`` of three channels, or another order of axes.
        factor: Broadcasts to one channel of the images.
        low, high: Bounds of the new saturation, of which 0 is between.
        axis: Axis of the channels.
    """
    planes = _planes(images, axis)
    value, spread = _value_and_spread(planes)
    is_colored = (spread > 0) & (value > 0)
    saturation = spread / torch.where(is_colored, value, 1.0)
    share = (saturation * factor).clamp(low, high) / torch.where(is_colored, saturation, 1.0)
    share = torch.where(is_colored, share, 0.0)
    return torch.stack([torch.lerp(value, plane, share) for plane in planes], axis)


def turn_hue(images: Tensor, turns: Tensor, axis: int = -1) -> Tensor:
    """Images in [0, 1] with the hue in HSV turned by a part of the circle, at most once.

    Args:
        images: ``(b, h, w, c)`` of three channels, or another order of axes.
        turns: Turns in [-1, 1]; broadcasts to one channel of the images.
        axis: Axis of the channels.
    """
    planes = red, green, blue = _planes(images, axis)
    value, spread = _value_and_spread(planes)
    sixth = 1.0 / (6.0 * torch.where(spread > 0, spread, 1.0))
    hue = torch.where(
        value == green, (blue - red) * sixth + 2.0 / 6.0, (red - green) * sixth + 4.0 / 6.0
    )
    hue = torch.where(value == red, (green - blue) * sixth, hue)
    hue = torch.where(spread > 0, hue, 0.0)
    sixths = torch.remainder(hue + turns, 1.0) * 6.0
    spread = torch.where(value > 0, spread, 0.0)
    shares = (
        torch.clamp(torch.abs(sixths - 3.0) - 1.0, 0.0, 1.0),
        torch.clamp(2.0 - torch.abs(sixths - 2.0), 0.0, 1.0),
        torch.clamp(2.0 - torch.abs(sixths - 4.0), 0.0, 1.0),
    )
    return torch.stack([value - spread * (1.0 - share) for share in shares], axis)
