"""``tf.image``: images ``(..., height, width, channels)``."""

import enum
from typing import Any

import torch
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import as_sizes

from tensorflow.io.pictures import (
    convert_image_dtype,
    decode_and_crop_jpeg,
    decode_bmp,
    decode_gif,
    decode_image,
    decode_jpeg,
    decode_png,
    decode_webp,
    encode_jpeg,
    encode_png,
    extract_jpeg_shape,
    is_jpeg,
)
from tensorflow.random import uniform
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype

__getattr__ = missing(__name__)


class ResizeMethod(str, enum.Enum):
    """How new pixels are made of the old ones."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"


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
        method: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        preserve_aspect_ratio: Whether the image only fits into ``size``.
        antialias: Whether shrinking averages.
        name: Accepted.
    """
    images, wanted = convert_to_tensor(images), as_sizes(size)
    method = getattr(method, "value", method)
    if preserve_aspect_ratio:
        height, width = images.shape[-3:-1]
        scale = min(wanted[0] / height, wanted[1] / width)
        wanted = (max(1, round(height * scale)), max(1, round(width * scale)))
    if method != "nearest":
        images = ops.cast(images, "float32")
    return ops.image.resize(
        images,
        wanted,
        interpolation=method,
        antialias=antialias,
        data_format="channels_last",
    )


def flip_left_right(image: Any) -> Any:
    """The mirror image."""
    return ops.flip(image, axis=-2)


def flip_up_down(image: Any) -> Any:
    """The image upside down."""
    return ops.flip(image, axis=-3)


def random_flip_left_right(image: Any, seed: int | None = None) -> Any:
    """The image or its mirror image, by chance; each of a batch by its own."""
    return _randomly(flip_left_right, image, seed)


def random_flip_up_down(image: Any, seed: int | None = None) -> Any:
    """The image or the image upside down, by chance; each of a batch by its own."""
    return _randomly(flip_up_down, image, seed)


def _randomly(change: Any, image: Any, seed: int | None) -> Any:
    image = convert_to_tensor(image)
    chosen = uniform((*image.shape[:-3], 1, 1, 1), seed=seed) < 0.5
    return torch.where(chosen, change(image), image)


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:
    """The image turned ``k`` quarters to the left."""
    return torch.rot90(convert_to_tensor(image), int(k), (-3, -2))


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Any:
    """A block of this size from a place chosen by chance.

    Raises:
        ValueError: the block is larger than ``value``.
    """
    value, wanted = convert_to_tensor(value), as_sizes(size)
    room = [length - part for length, part in zip(value.shape, wanted, strict=True)]
    if min(room) < 0:
        raise argument_error(
            "tf.image.random_crop", "size", wanted, f"at most {tuple(value.shape)}"
        )
    places = (uniform((len(room),), seed=seed) * (torch.tensor(room) + 1)).long().tolist()
    return value[tuple(slice(p, p + s) for p, s in zip(places, wanted, strict=True))]


def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """The block of this size whose upper left corner lies there."""
    rows = slice(int(offset_height), int(offset_height) + int(target_height))
    columns = slice(int(offset_width), int(offset_width) + int(target_width))
    return image[..., rows, columns, :]


def central_crop(image: Any, central_fraction: float) -> Any:
    """The middle of the image, this fraction of it along both sides."""
    height, width = image.shape[-3:-1]
    top, left = (int((n - n * central_fraction) / 2) for n in (height, width))
    return image[..., top : height - top, left : width - left, :]


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """Brightness alone, in one channel."""
    images = convert_to_tensor(images)
    gray = ops.image.rgb_to_grayscale(
        ops.cast(images, "float32") if not images.is_floating_point() else images,
        data_format="channels_last",
    )
    return gray if images.is_floating_point() else ops.cast(gray, images.dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """The one channel three times."""
    return ops.repeat(images, 3, axis=-1)


def adjust_brightness(image: Any, delta: float) -> Any:
    """The image with ``delta``, a fraction of the range, added."""
    image = convert_to_tensor(image)
    bright = convert_image_dtype(image, torch.float32) + delta
    return convert_image_dtype(bright, image.dtype, saturate=True)


def adjust_contrast(images: Any, contrast_factor: float) -> Any:
    """Distances from each channel's mean times a factor."""
    images = convert_to_tensor(images)
    values = convert_image_dtype(images, torch.float32)
    mean = values.mean((-3, -2), keepdim=True)
    return convert_image_dtype((values - mean) * contrast_factor + mean, images.dtype, True)


def per_image_standardization(image: Any) -> Any:
    """The image with mean 0 and variance 1."""
    image = ops.cast(image, "float32")
    count = image.shape[-3] * image.shape[-2] * image.shape[-1]
    axes = (-3, -2, -1)
    deviation = ops.std(image, axis=axes, keepdims=True)
    return (image - ops.mean(image, axis=axes, keepdims=True)) / ops.maximum(deviation, count**-0.5)
