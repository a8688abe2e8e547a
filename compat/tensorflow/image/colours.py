"""Colours of images: other models of them, brightness, contrast and kin."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorflow.io.pictures import convert_image_dtype, decode_jpeg, encode_jpeg
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.tracer import traceable

# Red, green and blue to luma and two differences of colour (PAL), and back.
_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_FROM_YUV = [[1.0, 1.0, 1.0], [0.0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0.0]]
# The same in NTSC.
_YIQ = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
_FROM_YIQ = [
    [1.0, 1.0, 1.0],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]


@traceable
def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """Brightness alone, in one channel."""
    images = convert_to_tensor(images)
    values = convert_image_dtype(images, torch.float32)
    if len(values.shape) not in (3, 4):
        values = values.reshape((-1, *values.shape[-3:]))
    gray = ops.image.rgb_to_grayscale(values, data_format="channels_last")
    return convert_image_dtype(gray.reshape((*images.shape[:-1], 1)), images.dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """The one channel three times.

    Raises:
        ValueError: there are more channels.
    """
    images = convert_to_tensor(images)
    if images.shape[-1] != 1:
        shape = tuple(images.shape)
        raise argument_error("tf.image.grayscale_to_rgb", "images.shape", shape, "one channel")
    return ops.repeat(images, 3, axis=-1)


def _fractions(images: Any) -> Tensor:
    images = convert_to_tensor(images)
    return images if images.is_floating_point() else images.to(torch.float32)


def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Hue, saturation and value, each from 0 to 1, of red, green and blue."""
    images = _fractions(images)
    red, green, blue = images.unbind(-1)
    value = images.amax(-1)
    span = value - images.amin(-1)
    divisor = torch.where(span > 0, span, 1) * 6
    hue = torch.where(
        red == value,
        (green - blue) / divisor,
        torch.where(
            green == value, (blue - red) / divisor + 1 / 3, (red - green) / divisor + 2 / 3
        ),
    )
    hue = torch.where(span > 0, hue % 1, 0)
    saturation = torch.where(value > 0, span / torch.where(value > 0, value, 1), 0)
    return torch.stack([hue, saturation, value], dim=-1)


def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Red, green and blue of hue, saturation and value, each from 0 to 1."""
    hue, saturation, value = _fractions(images).unbind(-1)
    sixths = hue * 6
    pure = torch.stack(
        [(sixths - 3).abs() - 1, 2 - (sixths - 2).abs(), 2 - (sixths - 4).abs()], dim=-1
    ).clamp(0, 1)
    return ((pure - 1) * saturation[..., None] + 1) * value[..., None]


def _model(matrix: list[list[float]], text: str) -> Callable[..., Tensor]:
    """A linear change of the three channels."""

    def apply(images: Any) -> Tensor:
        images = convert_to_tensor(images)
        return images @ torch.tensor(matrix, dtype=images.dtype, device=images.device)

    apply.__doc__ = text
    return apply


rgb_to_yuv = _model(_YUV, "Luma and two differences of colour, as PAL has them.")
yuv_to_rgb = _model(_FROM_YUV, "Red, green and blue of luma and PAL's two differences of colour.")
rgb_to_yiq = _model(_YIQ, "Luma and two differences of colour, as NTSC has them.")
yiq_to_rgb = _model(_FROM_YIQ, "Red, green and blue of luma and NTSC's two differences of colour.")


def adjust_brightness(image: Any, delta: Any) -> Any:
    """The image with ``delta``, a fraction of the range, added."""
    image = convert_to_tensor(image)
    bright = convert_image_dtype(image, torch.float32) + delta
    return convert_image_dtype(bright, image.dtype, saturate=True)


def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Distances from each channel's mean times a factor."""
    images = convert_to_tensor(images)
    values = convert_image_dtype(images, torch.float32)
    mean = values.mean((-3, -2), keepdim=True)
    return convert_image_dtype((values - mean) * contrast_factor + mean, images.dtype, True)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """``gain * image ** gamma``, of values from 0 to 1; ``gamma`` is 0 or more."""
    if not torch.is_tensor(gamma) and gamma < 0:
        raise argument_error("tf.image.adjust_gamma", "gamma", gamma, "0 or more")
    image = convert_to_tensor(image)
    if image.is_floating_point():
        return gain * image**gamma
    values = convert_image_dtype(image, torch.float32)
    return convert_image_dtype(gain * values**gamma, image.dtype, saturate=True)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """The image with ``delta``, from -1 to 1, added to the hue, which is a circle of length 1."""
    if not torch.is_tensor(delta) and not -1 <= delta <= 1:
        raise argument_error("tf.image.adjust_hue", "delta", delta, "-1 to 1")
    image = convert_to_tensor(image)
    hue, *others = rgb_to_hsv(convert_image_dtype(image, torch.float32)).unbind(-1)
    changed = hsv_to_rgb(torch.stack([(hue + delta) % 1, *others], dim=-1))
    return convert_image_dtype(changed, image.dtype)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """The image with its saturation times a factor, at most 1."""
    image = convert_to_tensor(image)
    hue, saturation, value = rgb_to_hsv(convert_image_dtype(image, torch.float32)).unbind(-1)
    saturation = (saturation * saturation_factor).clamp(0, 1)
    changed = hsv_to_rgb(torch.stack([hue, saturation, value], dim=-1))
    return convert_image_dtype(changed, image.dtype)


def adjust_jpeg_quality(
    image: Any, jpeg_quality: Any, dct_method: str = "", name: Any = None
) -> Any:
    """The image as it comes out of a JPEG file.

    Args:
        image: The image.
        jpeg_quality: Quality of the file, 0 to 100.
        dct_method: That of ``tf.io.decode_jpeg``.
        name: Accepted.

    Raises:
        ValueError: another quality or method.
    """
    if not 0 <= jpeg_quality <= 100:
        raise argument_error(
            "tf.image.adjust_jpeg_quality", "jpeg_quality", jpeg_quality, "0 to 100"
        )
    image = convert_to_tensor(image)
    pixels = convert_image_dtype(image, torch.uint8, saturate=True)
    octets = encode_jpeg(pixels, quality=int(jpeg_quality))
    again = decode_jpeg(octets, channels=image.shape[-1], dct_method=dct_method)
    return convert_image_dtype(again, image.dtype)


def per_image_standardization(image: Any) -> Any:
    """The image with mean 0 and variance 1."""
    image = ops.cast(image, "float32")
    count = image.shape[-3] * image.shape[-2] * image.shape[-1]
    axes = (-3, -2, -1)
    deviation = ops.std(image, axis=axes, keepdims=True)
    centred = image - ops.mean(image, axis=axes, keepdims=True)
    return centred / ops.maximum(deviation, count**-0.5)
