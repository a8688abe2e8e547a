"""Functions of ``tf.image`` that tf.keras 2 noted in graphs, said in ``keras.ops``.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.saving.tensorflow_networks import array_of, refuse_other, window_of
from torchkeras.tracer import traceable

_LONGEST = 2**14  # pixels along a side


def _resize(
    images: Any, size: Any, method: Any = "bilinear", preserve_aspect_ratio: bool = False,
    antialias: bool = False, align_corners: bool = False, half_pixel_centers: Any = None,
) -> Any:  # fmt: skip
    refuse_other("image.resize", {"align_corners": align_corners})
    method = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}.get(method, method)
    size = tuple(int(number) for number in size)
    if preserve_aspect_ratio:
        size = _within(images.shape[-3:-1], size)
    if method != "nearest":
        images = ops.cast(images, "float32")
    if method == "bicubic" and not antialias:
        for axis, number in zip((-3, -2), size, strict=True):
            images = _resize_axis_smoothly(images, axis % len(images.shape), number)
        return images
    return ops.image.resize(
        images, size, interpolation=method, antialias=antialias,
        data_format="channels_last",
    )  # fmt: skip


def _within(size: Any, limits: tuple[int, ...]) -> tuple[int, ...]:
    """The largest size of the proportions of ``size`` within limits."""
    scale = min(limit / number for limit, number in zip(limits, size, strict=True))
    return tuple(round(number * scale) for number in size)


def _resize_axis_smoothly(x: Any, axis: int, number: int) -> Any:
    """Cubic interpolation with TensorFlow's kernel: a table of 1024 values, the parameter -0.5."""
    length = _checked(x.shape[axis])
    places = (torch.arange(_checked(number)) + 0.5) * length / number - 0.5
    places = torch.round(places * 1024) / 1024
    far = (places.unsqueeze(1) - torch.arange(length)).abs()
    near = 1.5 * far**3 - 2.5 * far**2 + 1
    farther = -0.5 * far**3 + 2.5 * far**2 - 4 * far + 2
    weights = torch.where(far < 1, near, torch.where(far < 2, farther, 0.0))
    weights = weights / weights.sum(1, keepdim=True)
    return ops.moveaxis(ops.tensordot(x, weights, axes=([axis], [1])), -1, axis)


def _checked(size: Any) -> int:
    """The length of an image's side, of which each pixel gets weights of its own."""
    if not isinstance(size, int) or not 0 < size <= _LONGEST:
        raise argument_error(
            "load", "size of an image that is resized", size, f"a number up to {_LONGEST}"
        )
    return size


def _resize_any_older(
    images: Any, size: Any, method: Any = 0, align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
) -> Any:  # fmt: skip
    kind = {0: "bilinear", 1: "nearest", "bilinear": "bilinear", "nearest": "nearest"}.get(method)
    refuse_other("compat.v1.image.resize_images", {"method": None if kind else method})
    if preserve_aspect_ratio:
        size = _within(images.shape[-3:-1], tuple(size))
    return _resize_older(kind)(images, size, align_corners)


def _resize_onto(
    image: Any, target_height: int, target_width: int, method: Any = "bilinear",
    antialias: bool = False,
) -> Any:  # fmt: skip
    height, width = image.shape[-3:-1]
    ratio = max(width / target_width, height / target_height)
    inner = int(height / ratio), int(width / ratio)
    top, left = (
        int((t - i) // 2) for t, i in zip((target_height, target_width), inner, strict=True)
    )
    image = _resize(image, inner, method, antialias=antialias)
    return _enlarge(image, top, left, target_height, target_width)


def _resize_older(method: str) -> Callable[..., Any]:
    """Resizing in TensorFlow 1, whose pixels have no width unless ``half_pixel_centers``."""

    def resize(
        images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Any:
        if half_pixel_centers:
            return _resize(images, size, method)
        for axis, number in zip((1, 2), size, strict=True):
            images = _resize_axis(images, axis, int(number), align_corners, method)
        return images

    return resize


def _resize_axis(x: Any, axis: int, number: int, align_corners: bool, method: str) -> Any:
    length, number = _checked(x.shape[axis]), _checked(number)
    step = (length - 1) / (number - 1) if align_corners and number > 1 else length / number
    places = [step * k for k in range(number)]
    if method == "nearest":
        rounded = [int(p + 0.5) if align_corners else int(p) for p in places]
        return ops.take(x, [min(p, length - 1) for p in rounded], axis=axis)
    below = [min(int(p), length - 1) for p in places]
    shape = [1] * len(x.shape)
    shape[axis] = number
    parts = [p - b for p, b in zip(places, below, strict=True)]
    share = ops.reshape(ops.convert_to_tensor(parts, "float32"), tuple(shape))
    first = ops.cast(ops.take(x, below, axis=axis), "float32")
    second = ops.take(x, [min(b + 1, length - 1) for b in below], axis=axis)
    return first + (ops.cast(second, "float32") - first) * share


def _crop(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    bottom, right = offset_height + target_height, offset_width + target_width
    return image[..., offset_height:bottom, offset_width:right, :]


def _enlarge(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    height, width = image.shape[-3:-1]
    pairs = [
        (offset_height, target_height - height - offset_height),
        (offset_width, target_width - width - offset_width),
    ]
    return ops.pad(image, tuple([(0, 0)] * (len(image.shape) - 3) + pairs + [(0, 0)]))


def _crop_or_enlarge(image: Any, target_height: int, target_width: int) -> Any:
    height, width = image.shape[-3:-1]
    low, high = min(height, target_height), min(width, target_width)
    image = _crop(image, (height - low) // 2, (width - high) // 2, low, high)
    top, left = (target_height - low) // 2, (target_width - high) // 2
    return _enlarge(image, top, left, target_height, target_width)


def _central(image: Any, central_fraction: float) -> Any:
    starts = [int((size - size * central_fraction) / 2) for size in image.shape[-3:-1]]
    sizes = [size - 2 * start for size, start in zip(image.shape[-3:-1], starts, strict=True)]
    return _crop(image, *starts, *sizes)


def _in_fractions(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` on fractions: whole numbers are made such, and whole numbers again."""

    def change(image: Any, *args: Any, **kwargs: Any) -> Any:
        dtype = ops.dtype(image)
        if "int" not in dtype:
            return function(image, *args, **kwargs)
        changed = function(_convert(image, "float32"), *args, **kwargs)
        return _convert(changed, dtype, saturate=True)

    return change


def _convert(image: Any, dtype: Any, saturate: bool = False) -> Any:
    """An image in another type, in which the brightest is as bright."""
    given = ops.dtype(image)
    if given == dtype:
        return image
    if "int" not in dtype:
        wide = ops.cast(image, dtype)
        return wide / _HIGHEST[given] if "int" in given else wide
    if "int" in given:
        refuse_other("image.convert_image_dtype", {"dtype": dtype})
    scaled = image * (_HIGHEST[dtype] + 0.5)
    return ops.saturate_cast(scaled, dtype) if saturate else ops.cast(scaled, dtype)


_HIGHEST = {
    "uint8": 2**8 - 1, "uint16": 2**16 - 1, "int8": 2**7 - 1, "int16": 2**15 - 1,
    "int32": 2**31 - 1,
}  # fmt: skip


def _standardize(image: Any) -> Any:
    axes = tuple(range(len(image.shape) - 3, len(image.shape)))
    count = 1
    for axis in axes:
        count *= image.shape[axis]
    image = ops.cast(image, "float32")
    spread = ops.std(image, axis=axes, keepdims=True)
    return (image - ops.mean(image, axis=axes, keepdims=True)) / ops.maximum(spread, count**-0.5)


def _contrast(images: Any, contrast_factor: float) -> Any:
    mean = ops.mean(images, axis=(-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


def _hue(image: Any, delta: float) -> Any:
    hsv = ops.image.rgb_to_hsv(image, data_format="channels_last")
    hue = ops.mod(hsv[..., :1] + delta, 1.0)
    turned = ops.concatenate([hue, hsv[..., 1:]], axis=-1)
    return ops.image.hsv_to_rgb(turned, data_format="channels_last")


def _gamma(image: Any, gamma: float = 1, gain: float = 1) -> Any:
    return gain * ops.power(image, gamma)


def _colors(rows: list[list[float]]) -> Callable[..., Any]:
    """Channels as sums of channels; each row tells what one of the old adds to the new."""
    return lambda images: ops.matmul(images, ops.convert_to_tensor(rows, "float32"))


def _signal_to_noise(a: Any, b: Any, max_val: Any) -> Any:
    a, b = _convert(a, "float32"), _convert(b, "float32")
    error = ops.mean(ops.square(a - b), axis=(-3, -2, -1))
    return 10 * (2 * math.log10(max_val) - ops.log10(error))


# How much each scale counts in tf.image.ssim_multiscale, finest first.
_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _similarity(
    img1: Any, img2: Any, max_val: float, filter_size: int = 11, filter_sigma: float = 1.5,
    k1: float = 0.01, k2: float = 0.03, return_index_map: bool = False,
) -> Any:  # fmt: skip
    refuse_other("image.ssim", {"return_index_map": return_index_map})
    found, _ = _similarities(img1, img2, max_val, filter_size, filter_sigma, k1, k2)
    return ops.mean(found, axis=-1)


def _similarities(
    img1: Any, img2: Any, max_val: float, size: int, sigma: float, k1: float, k2: float
) -> tuple[Any, Any]:
    """Structural similarity, and that of the contrasts alone, of each channel."""

    def blurred(x: Any) -> Any:
        return blurred_within(x, size, sigma)

    mean1, mean2 = blurred(img1), blurred(img2)
    squares = ops.square(mean1) + ops.square(mean2)
    product = 2 * mean1 * mean2
    first, second = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    luminance = (product + first) / (squares + first)
    shared = 2 * blurred(img1 * img2) - product
    spread = blurred(ops.square(img1) + ops.square(img2)) - squares
    contrast = (shared + second) / (spread + second)
    both, alone = (ops.mean(part, axis=(-3, -2)) for part in (luminance * contrast, contrast))
    return both, alone


def _similarity_at_scales(
    img1: Any, img2: Any, max_val: float, power_factors: Any = _POWERS, filter_size: int = 11,
    filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03,
) -> Any:  # fmt: skip
    product, images = 1.0, [img1, img2]
    for number, power in enumerate(power_factors):
        if number:
            layout = {"data_format": "channels_last"}
            images = [ops.average_pool(image, 2, 2, "same", **layout) for image in images]
        both, contrast = _similarities(*images, max_val, filter_size, filter_sigma, k1, k2)
        is_last = number == len(power_factors) - 1
        product = ops.power(ops.relu(both if is_last else contrast), power) * product
    return ops.mean(product, axis=-1)


@traceable
def blurred_within(x: Tensor, size: int, sigma: float) -> Tensor:
    """Means of windows that lie within images, weighted by a bell.

    Args:
        x: ``(batch, height, width, channels)``.
        size: Length of a window's side.
        sigma: Width of the bell in pixels.

    Source: ``tf.image.ssim``.

    Example:
        >>> blurred_within(torch.ones(1, 3, 3, 1), 3, 1.5).round(decimals=4)
        tensor([[[[1.]]]])
    """
    places = (torch.arange(size, device=x.device) - (size - 1) / 2) ** 2 / (-2 * sigma**2)
    row = torch.softmax(places, 0)
    for axis in (1, 2):
        x = x.unfold(axis, size, 1) @ row
    return x


def _crop_and_resize(
    image: Any, boxes: Any = None, box_indices: Any = None, crop_size: Any = None,
    method: str = "bilinear", extrapolation_value: float = 0.0, **rest: Any,
) -> Any:  # fmt: skip
    indices = rest.pop("box_ind", box_indices)
    refuse_other("image.crop_and_resize", {"method": None if method == "bilinear" else method})
    refuse_other("image.crop_and_resize", rest)
    indices = ops.convert_to_tensor(indices, "int32") if isinstance(indices, list) else indices
    size = tuple(crop_size)
    return crop_and_resize(image, array_of(boxes), indices, size, extrapolation_value)


@traceable
def crop_and_resize(
    image: Tensor, boxes: Tensor, indices: Tensor, size: tuple[int, int], outside: float
) -> Tensor:
    """Parts of images, each in the same size.

    Args:
        image: ``(batch, height, width, channels)``.
        boxes: ``(boxes, 4)``: top, left, bottom and right, fractions of the image.
        indices: Which image each box is of.
        size: Height and width of the results.
        outside: What is where no image is.

    Source: ``tf.image.crop_and_resize``.

    Example:
        >>> box, which = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([0])
        >>> crop_and_resize(torch.ones(1, 4, 4, 1), box, which, (1, 1), 0.0)
        tensor([[[[1.]]]])
    """
    images = image.float()[indices.long()]
    for axis, number in enumerate(size):
        length = image.shape[axis + 1]
        low, high = boxes[:, axis, None] * (length - 1), boxes[:, axis + 2, None] * (length - 1)
        steps = torch.arange(number, device=image.device)
        step = (high - low) / (number - 1) if number > 1 else high - low
        places = low + steps * step if number > 1 else (low + high) / 2
        is_inside = (places >= 0) & (places <= length - 1)
        places = places.clamp(0, length - 1)
        below = places.floor().long()
        above = places.ceil().long()
        shape = (-1, number, 1, 1) if axis == 0 else (-1, 1, number, 1)
        part = [*images.shape]
        part[axis + 1] = number
        first, second = (
            images.gather(axis + 1, index.view(shape).expand(part)) for index in (below, above)
        )
        share = (places - below).view(shape)
        images = first + (second - first) * share
        images = torch.where(is_inside.view(shape), images, outside)
    return images


def _saturation(image: Any, saturation_factor: float) -> Any:
    hsv = ops.image.rgb_to_hsv(image, data_format="channels_last")
    strong = ops.clip(hsv[..., 1:2] * saturation_factor, 0, 1)
    turned = ops.concatenate([hsv[..., :1], strong, hsv[..., 2:]], axis=-1)
    return ops.image.hsv_to_rgb(turned, data_format="channels_last")


def _turned(image: Any, k: int = 1) -> Any:
    return ops.rot90(image, k, axes=(len(image.shape) - 3, len(image.shape) - 2))


def _patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    return ops.image.extract_patches(
        images, window_of(sizes, 2), window_of(strides, 2), window_of(rates, 2)[0], padding.lower(),
        data_format="channels_last",
    )  # fmt: skip


def _gray(images: Any) -> Any:
    return ops.sum(images * ops.convert_to_tensor(_LUMA, ops.dtype(images)), axis=-1, keepdims=True)


# How bright red, green and blue are; channels of television, a row for each of the former.
_LUMA = (0.2989, 0.5870, 0.1140)
_TO_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_FROM_YUV = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]
_TO_YIQ = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
_FROM_YIQ = [
    [1, 1, 1],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "image.resize": _resize,
    "image.resize_bilinear": _resize_older("bilinear"),
    "image.resize_nearest_neighbor": _resize_older("nearest"),
    "image.flip_left_right": lambda image: ops.flip(image, -2),
    "image.flip_up_down": lambda image: ops.flip(image, -3),
    "image.transpose": lambda image: ops.swapaxes(image, -3, -2),
    "image.rot90": _turned,
    "image.rgb_to_grayscale": _in_fractions(_gray),
    "image.grayscale_to_rgb": lambda images: ops.repeat(images, 3, -1),
    "image.rgb_to_hsv": lambda images: ops.image.rgb_to_hsv(images, data_format="channels_last"),
    "image.hsv_to_rgb": lambda images: ops.image.hsv_to_rgb(images, data_format="channels_last"),
    "image.crop_to_bounding_box": _crop,
    "image.pad_to_bounding_box": _enlarge,
    "image.resize_with_crop_or_pad": _crop_or_enlarge,
    "image.central_crop": _central,
    "image.per_image_standardization": _standardize,
    "image.adjust_brightness": _in_fractions(lambda image, delta: image + delta),
    "image.adjust_contrast": _in_fractions(_contrast),
    "image.adjust_saturation": _in_fractions(_saturation),
    "image.adjust_hue": _in_fractions(_hue),
    "image.adjust_gamma": _in_fractions(_gamma),
    "image.convert_image_dtype": lambda image, dtype, saturate=False: _convert(
        image, dtype, saturate
    ),
    "image.rgb_to_yuv": _colors(_TO_YUV),
    "image.yuv_to_rgb": _colors(_FROM_YUV),
    "image.rgb_to_yiq": _colors(_TO_YIQ),
    "image.yiq_to_rgb": _colors(_FROM_YIQ),
    "image.psnr": _signal_to_noise,
    "image.ssim": _similarity,
    "image.ssim_multiscale": _similarity_at_scales,
    "image.resize_area": lambda images, size, align_corners=False: _resize(images, size, "area"),
    "image.crop_and_resize": _crop_and_resize,
    "image.resize_with_pad": _resize_onto,
    "image.resize_images": _resize_any_older,
    "image.extract_patches": _patches,
}
