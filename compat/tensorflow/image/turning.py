"""Images mirrored and turned."""

from typing import Any

import torch

from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error


def checked(where: str, image: Any) -> Any:
    """An image, or a batch of them, as a tensor.

    Raises:
        ValueError: it has neither three axes nor four.
    """
    image = convert_to_tensor(image)
    if len(image.shape) not in (3, 4):
        shape, expected = tuple(image.shape), "(height, width, channels), a batch before it or not"
        raise argument_error(f"tf.image.{where}", "image.shape", shape, expected)
    return image


def flip_left_right(image: Any) -> Any:
    """The mirror image."""
    return ops.flip(checked("flip_left_right", image), axis=-2)


def flip_up_down(image: Any) -> Any:
    """The image upside down."""
    return ops.flip(checked("flip_up_down", image), axis=-3)


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:
    """The image turned ``k`` quarters to the left."""
    return torch.rot90(checked("rot90", image), int(k), (-3, -2))


def transpose(image: Any, name: str | None = None) -> Any:
    """Rows and columns exchanged."""
    return ops.swapaxes(checked("transpose", image), -3, -2)
