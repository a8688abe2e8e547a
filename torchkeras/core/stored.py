"""Arrays that lie in a file."""

from typing import Any

import numpy as np


class Stored:
    """An array in a file, read when it is asked for; ``Variable.assign`` takes it.

    Attributes:
        shape: Its shape.
        dtype: NumPy's type of its numbers.
    """

    shape: tuple[int, ...]
    dtype: np.dtype

    def read(self) -> Any:
        """Its values: an array, or a tensor of a type that NumPy lacks."""
        raise AssertionError(f"{type(self).__name__} must say how it is read")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = np.asarray(self.read())
        return array if dtype is None else array.astype(dtype)
