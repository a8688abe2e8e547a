"""Parts of images: patches, margins added and cut off."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.typing import TensorLike
from torchkeras.nn.geometry import pad
from torchkeras.ops.image.colors import channel_axis, check_rank
from torchkeras.ops.nn.convolution import in_channels_first, in_layout, per_axis, window_of
from torchkeras.ops.operands import tensor
from torchkeras.tracer import traceable


@traceable
def extract_patches(
    images: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The patches of images, each as a vector of channels.

    Args:
        size: Height and width of a patch (or depth, height and width, for volumes).
        strides: Distances of patches; None puts them side by side.
        dilation_rate: Distances of a patch's elements.
        padding: ``"valid"`` or ``"same"``.

    Shape:
        images: ``(batch, h, w, c)``, or without the batch.
        output: ``(batch, places down, places across, ph * pw * c)``.

    Raises:
        TypeError: ``size`` has another length.
    """
    if not isinstance(size, int) and len(size) not in (2, 3):
        raise TypeError(
            f"extract_patches: size is {size}; Invalid `size` argument. Expected an int or a tuple "
            "of length 2 (or 3, for volumes)."
        )
    rank = 2 if isinstance(size, int) else len(size)
    return _patches(tensor(images), rank, size, strides, dilation_rate, padding, data_format)


@traceable
def extract_patches_3d(
    volumes: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """``extract_patches`` of volumes, ``(batch, d, h, w, c)`` or without the batch."""
    if not isinstance(size, int) and len(size) != 3:
        raise TypeError(
            f"extract_patches_3d: size is {size}; Invalid `size` argument. Expected an int or a "
            "tuple of length 3."
        )
    return _patches(tensor(volumes), 3, size, strides, dilation_rate, padding, data_format)


def _patches(
    images: Tensor,
    rank: int,
    size: Any,
    strides: Any,
    dilation: Any,
    padding: str,
    data_format: str | None,
) -> Tensor:
    size = per_axis("extract_patches", "size", size, rank)
    window = window_of(
        "extract_patches", rank, size, strides or size, dilation, padding, data_format
    )
    x = in_channels_first(images if images.ndim == rank + 2 else images.unsqueeze(0), window)
    x = pad(x, window.pads(tuple(x.shape[2:])))
    for axis in range(rank):
        x = x.unfold(axis + 2, window.extents[axis], window.strides[axis])
    steps = tuple([slice(None, None, d) for d in window.dilation])
    x = x[(..., *steps)]  # (b, c, *places, *size)
    inner = range(2 + rank, 2 + 2 * rank)
    x = x.permute(0, *inner, 1, *range(2, 2 + rank)).flatten(1, rank + 1)
    y = in_layout(x, window)
    return y if images.ndim == rank + 2 else y.squeeze(0)


def _sizes(images: Tensor, data_format: str | None) -> tuple[int, int, bool]:
    is_last = channel_axis(data_format) == -1
    height, width = images.shape[-3:-1] if is_last else images.shape[-2:]
    return height, width, is_last


def _check_margins(name: str, word: str, given: dict[str, int | None], targets: dict) -> None:
    """Two of three (before, after, target) must be given along each axis; none negative."""
    for (first, second), target in (
        ((f"top_{word}", f"bottom_{word}"), "target_height"),
        ((f"left_{word}", f"right_{word}"), "target_width"),
    ):
        sides = [given[first], given[second], targets[target]]
        if sum(side is None for side in sides) != 1:
            raise ValueError(
                f"{name}: Must specify exactly two of {first}, {second}, {target}; they are "
                f"{sides[0]}, {sides[1]}, {sides[2]}."
            )
    for argument, value in {**given, **targets}.items():
        if value is not None and value < 0:
            raise ValueError(f"{name}: {argument} must be >= 0; it is {value}.")


@traceable
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images with zeros around them.

    Two of three must be given along each axis: the paddings before and after, and the new size.

    Raises:
        ValueError: more or fewer are given, or a padding is negative.
    """
    images = tensor(images)
    check_rank("pad_images", images)
    _check_margins(
        "pad_images",
        "padding",
        {
            "top_padding": top_padding,
            "left_padding": left_padding,
            "bottom_padding": bottom_padding,
            "right_padding": right_padding,
        },
        {"target_height": target_height, "target_width": target_width},
    )
    height, width, is_last = _sizes(images, data_format)
    top, bottom = _margins(top_padding, bottom_padding, target_height, height)
    left, right = _margins(left_padding, right_padding, target_width, width)
    for name, value in (("top", top), ("bottom", bottom), ("left", left), ("right", right)):
        if value < 0:
            raise ValueError(f"pad_images: {name}_padding must be >= 0; it comes to {value}.")
    margins = (left, right, top, bottom)
    return functional.pad(images, (0, 0, *margins) if is_last else margins)


def _margins(
    before: int | None, after: int | None, target: int | None, size: int
) -> tuple[int, int]:
    if before is None:
        return target - size - after, after
    return before, target - size - before if after is None else after


@traceable
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images without their margins.

    Two of three must be given along each axis: the margins before and after, and the new size.

    Raises:
        ValueError: more or fewer are given, or a margin is negative.
    """
    images = tensor(images)
    check_rank("crop_images", images)
    _check_margins(
        "crop_images",
        "cropping",
        {
            "top_cropping": top_cropping,
            "left_cropping": left_cropping,
            "bottom_cropping": bottom_cropping,
            "right_cropping": right_cropping,
        },
        {"target_height": target_height, "target_width": target_width},
    )
    height, width, is_last = _sizes(images, data_format)
    top, rows = _inside("top_cropping", top_cropping, bottom_cropping, target_height, height)
    left, columns = _inside("left_cropping", left_cropping, right_cropping, target_width, width)
    first = -3 if is_last else -2
    return torch.narrow(torch.narrow(images, first, top, rows), first + 1, left, columns)


def _inside(
    name: str, before: int | None, after: int | None, target: int | None, size: int
) -> tuple[int, int]:
    start = size - target - after if before is None else before
    length = size - after - start if target is None else target
    if start < 0 or length < 0:
        raise ValueError(
            f"crop_images: {name} must be >= 0 and what is left, too; they come to {start} and "
            f"{length}."
        )
    return start, length
