"""Arrays that lie in a file, or are about to."""

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


class Taking(dict):
    """A store of arrays that also takes variables, whose numbers are read when they are written."""


def put(store: Any, name: str, variable: Any) -> None:
    """Put a variable's numbers into ``store``, or the variable itself if it is taken."""
    store[name] = variable if isinstance(store, Taking) else variable.numpy()
