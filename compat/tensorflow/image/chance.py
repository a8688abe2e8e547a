"""Images changed by chance, which follows from torch's state or from a seed of two integers."""

from collections.abc import Callable
from typing import Any

import torch
from torchkeras_shim.sizes import as_sizes

from tensorflow import random
from tensorflow.image import colours, turning
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error

# Draws numbers between two bounds in a shape.
Draw = Callable[..., Any]


def _by_state(seed: Any) -> Draw:
    return lambda shape, low=0.0, high=1.0: random.uniform(shape, low, high, seed=seed)


def _by_seed(seed: Any) -> Draw:
    return lambda shape, low=0.0, high=1.0: random.stateless_uniform(shape, seed, low, high)


def _flipped(flip: Callable[[Any], Any], image: Any, draw: Draw) -> Any:
    image = convert_to_tensor(image)
    return torch.where(draw((*image.shape[:-3], 1, 1, 1)) < 0.5, flip(image), image)


def _between(where: str, low: Any, high: Any, draw: Draw) -> Any:
    if not 0 <= low < high:
        raise argument_error(f"tf.image.{where}", "lower", low, f"0 or more, below {high}")
    return draw((), low, high)


def _around(where: str, most: Any, draw: Draw) -> Any:
    if most < 0:
        raise argument_error(f"tf.image.{where}", "max_delta", most, "0 or more")
    return draw((), -most, most)


def random_flip_left_right(image: Any, seed: Any = None) -> Any:
    """The image or its mirror image, by chance; each of a batch by its own."""
    return _flipped(turning.flip_left_right, image, _by_state(seed))


def random_flip_up_down(image: Any, seed: Any = None) -> Any:
    """The image or the image upside down, by chance; each of a batch by its own."""
    return _flipped(turning.flip_up_down, image, _by_state(seed))


def stateless_random_flip_left_right(image: Any, seed: Any) -> Any:
    """``random_flip_left_right`` that follows from ``seed`` alone."""
    return _flipped(turning.flip_left_right, image, _by_seed(seed))


def stateless_random_flip_up_down(image: Any, seed: Any) -> Any:
    """``random_flip_up_down`` that follows from ``seed`` alone."""
    return _flipped(turning.flip_up_down, image, _by_seed(seed))


def _cropped(value: Any, size: Any, draw: Draw) -> Any:
    value, wanted = convert_to_tensor(value), as_sizes(size)
    room = [length - part for length, part in zip(value.shape, wanted, strict=True)]
    if min(room) < 0:
        raise argument_error(
            "tf.image.random_crop", "size", wanted, f"at most {tuple(value.shape)}"
        )
    places = (draw((len(room),)) * (torch.tensor(room) + 1)).long().tolist()
    return value[tuple(slice(p, p + s) for p, s in zip(places, wanted, strict=True))]


def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> Any:
    """A block of this size from a place chosen by chance.

    Raises:
        ValueError: the block is larger than ``value``.
    """
    return _cropped(value, size, _by_state(seed))


def stateless_random_crop(value: Any, size: Any, seed: Any, name: str | None = None) -> Any:
    """``random_crop`` that follows from ``seed`` alone."""
    return _cropped(value, size, _by_seed(seed))


def random_brightness(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """``adjust_brightness`` by chance, up to ``max_delta`` both ways."""
    return colours.adjust_brightness(
        image, _around("random_brightness", max_delta, _by_state(seed))
    )


def stateless_random_brightness(image: Any, max_delta: Any, seed: Any) -> Any:
    """``random_brightness`` that follows from ``seed`` alone."""
    return colours.adjust_brightness(image, _around("random_brightness", max_delta, _by_seed(seed)))


def random_contrast(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """``adjust_contrast`` by a factor chosen by chance."""
    return colours.adjust_contrast(
        image, _between("random_contrast", lower, upper, _by_state(seed))
    )


def stateless_random_contrast(image: Any, lower: Any, upper: Any, seed: Any) -> Any:
    """``random_contrast`` that follows from ``seed`` alone."""
    return colours.adjust_contrast(image, _between("random_contrast", lower, upper, _by_seed(seed)))


def random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """``adjust_saturation`` by a factor chosen by chance."""
    return colours.adjust_saturation(
        image, _between("random_saturation", lower, upper, _by_state(seed))
    )


def stateless_random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """``random_saturation`` that follows from ``seed`` alone."""
    return colours.adjust_saturation(
        image, _between("random_saturation", lower, upper, _by_seed(seed))
    )


def random_hue(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """``adjust_hue`` by chance, up to ``max_delta`` both ways."""
    return colours.adjust_hue(image, _around("random_hue", max_delta, _by_state(seed)))


def stateless_random_hue(image: Any, max_delta: Any, seed: Any) -> Any:
    """``random_hue`` that follows from ``seed`` alone."""
    return colours.adjust_hue(image, _around("random_hue", max_delta, _by_seed(seed)))


def random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any = None
) -> Any:
    """``adjust_jpeg_quality`` with a quality chosen by chance."""
    bounds = (min_jpeg_quality, max_jpeg_quality)
    return colours.adjust_jpeg_quality(
        image, int(_between("random_jpeg_quality", *bounds, _by_state(seed)))
    )


def stateless_random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any
) -> Any:
    """``random_jpeg_quality`` that follows from ``seed`` alone."""
    bounds = (min_jpeg_quality, max_jpeg_quality)
    return colours.adjust_jpeg_quality(
        image, int(_between("random_jpeg_quality", *bounds, _by_seed(seed)))
    )
