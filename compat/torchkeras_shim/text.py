"""Texts, which lie in NumPy arrays of objects."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from torchkeras_shim.shapes import TensorShape


class Texts(np.ndarray):
    """An array of texts that answers like TensorFlow's tensors of strings.

    Its parts are such arrays too, down to one text without axes. Texts compare and add up by
    their bytes in UTF-8, whether they were given as ``str`` or as ``bytes``.

    Example:
        >>> texts = as_texts(["a", b"b"])
        >>> texts[0].numpy(), (texts == "b").tolist()
        (b'a', [False, True])
    """

    __hash__ = None  # type: ignore[assignment]

    def numpy(self) -> Any:
        """The texts as bytes: one, or an array of them."""
        octets = octets_of(self)
        return octets if octets.ndim else octets[()]

    def get_shape(self) -> TensorShape:
        """Lengths of the axes."""
        return TensorShape(self.shape)

    def set_shape(self, shape: Any) -> None:
        """Raise unless this is the shape."""
        TensorShape(self.shape).assert_is_compatible_with(shape)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return found if isinstance(found, Texts) else as_texts(found)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __eq__(self, other: Any) -> Any:
        return self._compared(other, np.equal)

    def __ne__(self, other: Any) -> Any:
        return self._compared(other, np.not_equal)

    def _compared(self, other: Any, compare: Callable[..., Any]) -> Any:
        if other is None:
            return compare is np.not_equal
        result = compare(octets_of(self), octets_of(other))
        return torch.as_tensor(np.asarray(result, dtype=bool))

    def __add__(self, other: Any) -> "Texts":
        return as_texts(octets_of(self) + octets_of(other))

    def __radd__(self, other: Any) -> "Texts":
        return as_texts(octets_of(other) + octets_of(self))

    def __repr__(self) -> str:
        return f"<tf.Tensor: shape={tuple(self.shape)}, dtype=string, numpy={self.numpy()!r}>"

    def __str__(self) -> str:
        return f"tf.Tensor({self.numpy()}, shape={tuple(self.shape)}, dtype=string)"

    def __format__(self, form: str) -> str:
        return str(self.numpy() if not self.ndim else self)


def as_texts(value: Any) -> Texts:
    """One text, or an array or nested list of them, as ``Texts``."""
    return (as_text_array(value) if isinstance(value, (str, bytes)) else _objects(value)).view(
        Texts
    )


def as_text_array(value: str | bytes) -> np.ndarray:
    """One text as an array without axes."""
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def octets_of(value: Any) -> np.ndarray:
    """Texts as a plain array of bytes."""
    array = as_text_array(value) if isinstance(value, (str, bytes)) else _objects(value)
    flat = [as_octets(text) for text in array.ravel().tolist()]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def _objects(value: Any) -> np.ndarray:
    if isinstance(value, (list, tuple)):
        value = [np.asarray(part) if isinstance(part, Texts) else part for part in value]
    return np.asarray(value, dtype=object)


def as_octets(text: Any) -> bytes:
    """One text, given in any way, as bytes."""
    if isinstance(text, np.ndarray):
        text = text.item()
    if isinstance(text, str):
        return text.encode("utf-8", "surrogateescape")
    return bytes(text)


def as_path(value: Any) -> str:
    """A path given as text, bytes, path object or array of one text."""
    if isinstance(value, np.ndarray):
        value = value.item()
    return os.fsdecode(value)
