"""Shapes as values: what ``tf.shape`` gives, and shapes made of numbers, tensors and symbols."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.variable import Variable
from torchkeras_shim.printing import representation, sentence


class Sizes(tuple):
    """A tensor's lengths as numbers that also compute like a tensor.

    Plain integers keep ``tf.shape(x)[0]`` usable wherever Python or torch wants a size, without
    waiting for the device; arithmetic on the whole gives tensors, as in TensorFlow.
    """

    __slots__ = ()

    def numpy(self) -> Any:
        """The lengths as an array."""
        return self.tensor().numpy()

    def tensor(self) -> Tensor:
        """The lengths as a tensor."""
        return torch.tensor(list(self), dtype=torch.int32)

    def __repr__(self) -> str:
        return representation(self.tensor()) if _are_known(self) else tuple.__repr__(self)

    def __str__(self) -> str:
        return sentence(self.tensor()) if _are_known(self) else tuple.__repr__(self)

    def as_list(self) -> list[int]:
        """The lengths as a list."""
        return list(self)

    @property
    def shape(self) -> tuple[int]:
        """Of the vector of lengths."""
        return (len(self),)

    @property
    def dtype(self) -> torch.dtype:
        """Of the vector of lengths."""
        return torch.int32

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Sizes(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        return self.tensor() + _operand(other)

    def __radd__(self, other: Any) -> Any:
        return _operand(other) + self.tensor()

    def __sub__(self, other: Any) -> Any:
        return self.tensor() - _operand(other)

    def __mul__(self, other: Any) -> Any:
        return self.tensor() * _operand(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self.tensor() / _operand(other)

    def __floordiv__(self, other: Any) -> Any:
        return self.tensor() // _operand(other)


def _are_known(sizes: tuple) -> bool:
    return all(isinstance(size, int) for size in sizes)


def _operand(value: Any) -> Any:
    return torch.as_tensor(list(value)) if isinstance(value, (list, tuple)) else value


def as_sizes(shape: Any) -> tuple[Any, ...]:
    """A shape given as numbers, tensors, arrays or symbols, as a tuple of sizes."""
    if _has_value(shape):
        shape = shape.tolist()
    if not nested.is_nested(shape):
        return (as_size(shape),)
    return tuple(as_size(size) for size in shape)


def as_size(size: Any) -> Any:
    """One length; a tensor or NumPy number becomes an integer, a symbol stays."""
    return int(size) if _has_value(size) else size


def _has_value(value: Any) -> bool:
    return isinstance(value, (Tensor, Variable, np.ndarray, np.generic))
