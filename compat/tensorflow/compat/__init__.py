"""``tf.compat``: older spellings."""

import os
from typing import Any

import numpy as np
from torchkeras_shim.names import missing

from tensorflow.compat import v1, v2

__getattr__ = missing(__name__)


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Text as bytes; bytes as they are."""
    return (
        bytes_or_text.encode(encoding) if isinstance(bytes_or_text, str) else bytes(bytes_or_text)
    )


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Bytes as text; text as it is."""
    return bytes_or_text if isinstance(bytes_or_text, str) else bytes_or_text.decode(encoding)


as_str = as_text


def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Text of anything; of bytes, what they spell."""
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


def path_to_str(path: Any) -> str:
    """A path as text."""
    return os.fspath(path) if hasattr(path, "__fspath__") else path


def dimension_value(dimension: Any) -> int | None:
    """A size of a shape, which is a number or None already."""
    return dimension


def dimension_at_index(shape: Any, index: int) -> int | None:
    """The size at ``index``."""
    return shape[index]


complex_types = (complex, np.complexfloating)
integral_types = (int, np.integer)
real_types = (float, int, np.integer, np.floating)
bytes_or_text_types = (bytes, str)
