"""Images of another size: resized, cropped, padded, cut into patches."""

import enum
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torchkeras_shim.looking import is_at_hand
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.image.turning import checked
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.tracer import traceable


class ResizeMethod(str, enum.Enum):
    """How new pixels are made of the old ones."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


def _gaussian(x: Tensor) -> Tensor:
    return torch.exp(-2 * x**2) * (x < 1.5)


def _mitchell(x: Tensor) -> Tensor:
    near = (7 * x**3 - 12 * x**2 + 16 / 3) / 6
    far = (-7 / 3 * x**3 + 12 * x**2 - 20 * x + 32 / 3) / 6
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def _cubic(x: Tensor) -> Tensor:
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


_KERNELS = {"bicubic": _cubic, "gaussian": _gaussian, "mitchellcubic": _mitchell}


def resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """Images of another size, as float32 unless the method picks old pixels.

    Args:
        images: One image or a batch.
        size: Height and width, in pixels.
        method: A ``ResizeMethod``, or its value such as ``"bilinear"``.
        preserve_aspect_ratio: Whether the image only fits into ``size``.
        antialias: Whether shrinking averages.
        name: Accepted.

    Raises:
        ValueError: ``size`` is no pair.
    """
    images, wanted = convert_to_tensor(images), as_sizes(size)
    if len(wanted) != 2:
        raise argument_error("tf.image.resize", "size", wanted, "height and width")
    method = str(getattr(method, "value", method)).lower()
    if preserve_aspect_ratio:
        height, width = images.shape[-3:-1]
        scale = min(wanted[0] / height, wanted[1] / width)
        wanted = (max(1, round(height * scale)), max(1, round(width * scale)))
    if method != "nearest":
        images = ops.cast(images, "float32")
    if method in (*_KERNELS, "area"):
        for axis, length in zip((-3, -2), wanted, strict=True):
            weights = _weights(method, images.shape[axis], length, antialias)
            moved = torch.movedim(images, axis, -1) @ weights.to(images).T
            images = torch.movedim(moved, -1, axis)
        return images
    return ops.image.resize(
        images,
        wanted,
        interpolation=method,
        antialias=antialias,
        data_format="channels_last",
    )


def _weights(method: str, old: int, new: int, antialias: bool) -> Tensor:
    """``(new, old)`` how much each old pixel counts for each new one."""
    scale = old / new
    if method == "area":
        starts = torch.arange(new)[:, None] * scale
        pixels = torch.arange(old)[None]
        overlap = torch.minimum(starts + scale, pixels + 1) - torch.maximum(starts, pixels)
        return overlap.clamp(min=0) / scale
    spread = max(scale, 1.0) if antialias else 1.0
    centres = (torch.arange(new)[:, None] + 0.5) * scale
    distances = (torch.arange(old)[None] + 0.5 - centres).abs() / spread
    if method == "bicubic" and not antialias:  # TensorFlow's weights lie in a table
        distances = (distances * 1024).round() / 1024
    weights = _KERNELS[method](distances)
    return weights / weights.sum(1, keepdim=True)


def resize_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    antialias: bool = False,
) -> Any:
    """The image as large as fits, in its proportions, zeros around it."""
    image = convert_to_tensor(image)
    target = (as_size(target_height), as_size(target_width))
    # With the rounding of float32, as TensorFlow does.
    sizes = [np.float32(size) for size in image.shape[-3:-1]]
    ratio = max(old / np.float32(new) for old, new in zip(sizes, target, strict=True))
    inner = tuple(math.floor(old / ratio) for old in sizes)
    small = resize(image, inner, method=method, antialias=antialias)
    before = [
        max(0, math.floor((new - old / ratio) / 2)) for old, new in zip(sizes, target, strict=True)
    ]
    return pad_to_bounding_box(small, *before, *target)


def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """The image cut, or filled up with zeros, on both sides alike."""
    image = checked("resize_with_crop_or_pad", image)
    target = (as_size(target_height), as_size(target_width))
    starts = [max(0, (old - new) // 2) for old, new in zip(image.shape[-3:-1], target, strict=True)]
    kept = [min(old, new) for old, new in zip(image.shape[-3:-1], target, strict=True)]
    before = [max(0, (new - old) // 2) for old, new in zip(image.shape[-3:-1], target, strict=True)]
    return pad_to_bounding_box(crop_to_bounding_box(image, *starts, *kept), *before, *target)


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """The image within zeros, its upper left corner there.

    Raises:
        ValueError: it doesn't fit.
    """
    image = checked("pad_to_bounding_box", image)
    top, left = as_size(offset_height), as_size(offset_width)
    below = as_size(target_height) - top - image.shape[-3]
    right = as_size(target_width) - left - image.shape[-2]
    if min(top, left, below, right) < 0:
        raise argument_error(
            "tf.image.pad_to_bounding_box",
            "target size",
            (target_height, target_width),
            f"room for the image, {tuple(image.shape)}, from ({top}, {left}) on",
        )
    return functional.pad(image, (0, 0, left, right, top, below))


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """The block of this size whose upper left corner lies there.

    Raises:
        ValueError: it reaches beyond the image.
    """
    image = convert_to_tensor(image)
    top, left = as_size(offset_height), as_size(offset_width)
    bottom, right = top + as_size(target_height), left + as_size(target_width)
    if (
        min(top, left) < 0
        or bottom <= top
        or right <= left
        or bottom > image.shape[-3]
        or right > image.shape[-2]
    ):
        raise argument_error(
            "tf.image.crop_to_bounding_box",
            "block",
            (top, left, bottom, right),
            f"one within the image, {tuple(image.shape)}",
        )
    return image[..., top:bottom, left:right, :]


def central_crop(image: Any, central_fraction: float) -> Any:
    """The middle of the image, this fraction of it, above 0 and up to 1, along both sides.

    Raises:
        ValueError: another fraction; ``image`` has neither three axes nor four.
    """
    image, where = convert_to_tensor(image), "tf.image.central_crop"
    if not 0 < central_fraction <= 1:
        raise argument_error(where, "central_fraction", central_fraction, "above 0, up to 1")
    if central_fraction == 1:
        return image
    image = checked("central_crop", image)
    height, width = image.shape[-3:-1]
    top, left = (int((n - n * central_fraction) / 2) for n in (height, width))
    return image[..., top : height - top, left : width - left, :]


@traceable
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Tensor:
    """Boxes cut out of a batch of images and brought to one size.

    Args:
        image: ``(batch, height, width, channels)``.
        boxes: ``(n, 4)`` upper, left, lower and right edge as fractions of the image; those
            beyond it are filled with ``extrapolation_value``, turned ones mirror.
        box_indices: ``(n,)`` the image of each box.
        crop_size: Height and width of the results, in pixels.
        method: ``"bilinear"`` or ``"nearest"``.
        extrapolation_value: What stands beyond the image.
        name: Accepted.

    Raises:
        ValueError: another method, or a size below 1; there is no such image.
    """
    where = "tf.image.crop_and_resize"
    if method not in ("bilinear", "nearest"):
        raise argument_error(where, "method", method, '"bilinear" or "nearest"')
    if min(as_sizes(crop_size)) < 1:
        raise argument_error(where, "crop_size", as_sizes(crop_size), "1 or more")
    image = convert_to_tensor(image).float()
    boxes = convert_to_tensor(boxes, "float32")
    chosen = convert_to_tensor(box_indices).long()
    if len(chosen) != len(boxes):
        raise argument_error(where, "box_indices", len(chosen), f"one for each of {len(boxes)}")
    if len(chosen) and is_at_hand(chosen) and not 0 <= chosen.min() <= chosen.max() < len(image):
        raise argument_error(where, "box_indices", chosen.tolist(), f"0 to {len(image) - 1}")
    places = []
    for axis, count in enumerate(as_sizes(crop_size)):
        last = image.shape[1 + axis] - 1
        low, high = boxes[:, axis, None], boxes[:, axis + 2, None]
        if count > 1:
            step = (high - low) * last / (count - 1)
            places.append(low * last + torch.arange(count) * step)
        else:
            places.append(0.5 * (low + high) * last)
    rows, columns = places  # (n, height), (n, width)
    lasts = (image.shape[1] - 1, image.shape[2] - 1)
    inside = ((rows >= 0) & (rows <= lasts[0]))[:, :, None]
    inside = inside & ((columns >= 0) & (columns <= lasts[1]))[:, None, :]

    def at(row: Tensor, column: Tensor) -> Tensor:
        row, column = row.long().clamp(0, lasts[0]), column.long().clamp(0, lasts[1])
        return image[chosen[:, None, None], row[:, :, None], column[:, None, :]]

    if method == "nearest":
        found = at((rows + 0.5).floor(), (columns + 0.5).floor())
    else:
        down, right = (
            (rows - rows.floor())[:, :, None, None],
            (columns - columns.floor())[:, None, :, None],
        )
        above = at(rows.floor(), columns.floor()) * (1 - right)
        above = above + at(rows.floor(), columns.ceil()) * right
        below = at(rows.ceil(), columns.floor()) * (1 - right)
        below = below + at(rows.ceil(), columns.ceil()) * right
        found = above * (1 - down) + below * down
    return torch.where(inside[..., None], found, float(extrapolation_value))


@traceable
def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Tensor:
    """Windows of images, each laid out along the last axis.

    Args:
        images: ``(batch, height, width, channels)``.
        sizes: ``[1, height, width, 1]`` of a window, in pixels.
        strides: ``[1, down, right, 1]`` how far windows are apart.
        rates: ``[1, down, right, 1]`` how far a window's pixels are apart.
        padding: ``"VALID"`` or ``"SAME"``.
        name: Accepted.

    Raises:
        ValueError: another padding; windows reach over images or channels.
    """
    where = "tf.image.extract_patches"
    if padding.upper() not in ("VALID", "SAME"):
        raise argument_error(where, "padding", padding, '"VALID" or "SAME"')
    for argument, given in (("sizes", sizes), ("strides", strides), ("rates", rates)):
        numbers = as_sizes(given)
        if len(numbers) != 4 or numbers[0] != 1 or numbers[3] != 1:
            raise argument_error(where, argument, numbers, "[1, height, width, 1]")
    images = convert_to_tensor(images)
    window, step, rate = (as_sizes(part)[1:3] for part in (sizes, strides, rates))
    x = images.movedim(-1, 1)
    if padding.upper() == "SAME":
        widths: list[int] = []
        for length, k, s, r in zip(x.shape[2:], window, step, rate, strict=True):
            missing = max(0, (math.ceil(length / s) - 1) * s + (k - 1) * r + 1 - length)
            widths = [missing // 2, missing - missing // 2, *widths]
        x = functional.pad(x, widths)
    as_float = x if x.is_floating_point() else x.double()
    columns = functional.unfold(as_float, window, dilation=rate, stride=step).to(images.dtype)
    counts = [
        (length - (k - 1) * r - 1) // s + 1
        for length, k, s, r in zip(x.shape[2:], window, step, rate, strict=True)
    ]
    batch, channels = x.shape[:2]
    columns = columns.reshape(batch, channels, -1, *counts)  # (b, c, window, h, w)
    return columns.permute(0, 3, 4, 2, 1).reshape(batch, *counts, -1)


def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    noise: str = "uniform",
    name: str | None = None,
) -> Tensor:
    """A window of each image around its own centre, or from its own corner on.

    Args:
        input: ``(batch, height, width, channels)``.
        size: Height and width of a window, in pixels.
        offsets: ``(batch, 2)`` its centre, from -1 to 1 over the image; without ``centered`` or
            ``normalized``, its upper left corner.
        centered: Whether offsets count from the middle of the image, not from its corner.
        normalized: Whether they count in images, not in pixels.
        noise: What stands beyond the image: ``"zero"``, or noise between the least and largest
            values of the images: ``"uniform"``, or ``"gaussian"`` with their mean and deviation.
        name: Accepted.

    Raises:
        ValueError: another kind of noise.
    """
    if noise not in ("uniform", "gaussian", "zero"):
        expected = '"uniform", "gaussian" or "zero"'
        raise argument_error("tf.image.extract_glimpse", "noise", noise, expected)
    images, wanted = convert_to_tensor(input).float(), as_sizes(size)
    corners = convert_to_tensor(offsets, "float32")
    sizes = torch.tensor(images.shape[1:3], dtype=torch.float32)
    if normalized and centered:
        corners = (corners + 1) / 2 * sizes - torch.tensor(wanted) / 2
    elif normalized:
        corners = corners * sizes
    elif centered:
        corners = corners + sizes / 2
    starts = torch.floor(corners).long()
    places = [starts[:, axis, None] + torch.arange(wanted[axis]) for axis in (0, 1)]
    fits = [(p >= 0) & (p < images.shape[1 + axis]) for axis, p in enumerate(places)]
    rows, columns = (p.clamp(0, images.shape[1 + axis] - 1) for axis, p in enumerate(places))
    found = images[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None]]
    is_image = (fits[0][:, :, None] & fits[1][:, None])[..., None]
    return torch.where(is_image, found, _noise(noise, images, found))


def _noise(kind: str, images: Tensor, like: Tensor) -> Tensor:
    """Numbers in the form of ``like`` that lie between the least and largest of ``images``."""
    if kind == "zero":
        return torch.zeros_like(like)
    low, high = torch.aminmax(images)
    if kind == "uniform":
        return torch.rand_like(like) * (high - low) + low
    return (torch.randn_like(like) * images.std() + images.mean()).clamp(low, high)
