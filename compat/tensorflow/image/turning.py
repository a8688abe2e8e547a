"""Images mirrored and turned."""

from typing import Any

import torch

from tensorflow.tensors import convert_to_tensor
from torchkeras import ops


def flip_left_right(image: Any) -> Any:
    """The mirror image."""
    return ops.flip(image, axis=-2)


def flip_up_down(image: Any) -> Any:
    """The image upside down."""
    return ops.flip(image, axis=-3)


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:
    """The image turned ``k`` quarters to the left."""
    return torch.rot90(convert_to_tensor(image), int(k), (-3, -2))


def transpose(image: Any, name: str | None = None) -> Any:
    """Rows and columns exchanged."""
    return ops.swapaxes(image, -3, -2)
