"""TensorFlow's shape object: a tuple of lengths, some of them unknown."""

import math
from collections.abc import Iterable
from typing import Any

import torch


class TensorShape(tuple):
    """Lengths of a tensor's axes, None where unknown; a tuple, which torch takes as a shape.

    Example:
        >>> TensorShape([None, 3]).as_list()
        [None, 3]
    """

    __slots__ = ()

    def __new__(cls, dims: Iterable[int | None] | int | None = ()) -> "TensorShape":
        if dims is None:
            raise ValueError("TensorShape: dims is None; expected the lengths of the axes.")
        if isinstance(dims, int):
            dims = (dims,)
        return super().__new__(cls, [d if d is None or is_size(d) else int(d) for d in dims])

    def as_list(self) -> list[int | None]:
        """The lengths as a list."""
        return list(self)

    @property
    def dims(self) -> list[int | None]:
        """The lengths as a list."""
        return list(self)

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self)

    @property
    def ndims(self) -> int:
        """Number of axes."""
        return len(self)

    def num_elements(self) -> int | None:
        """Product of the lengths, or None if one is unknown."""
        return None if None in self else math.prod(self)

    def numel(self) -> int:
        """Product of the lengths (torch's name)."""
        return math.prod(self)

    def is_fully_defined(self) -> bool:
        """Whether every length is known."""
        return None not in self

    def is_compatible_with(self, other: Iterable[int | None]) -> bool:
        """Whether some shape fits both."""
        other = tuple(other)
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def assert_is_compatible_with(self, other: Iterable[int | None]) -> None:
        """Raise unless some shape fits both."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {tuple(other)} are incompatible.")

    def merge_with(self, other: Iterable[int | None]) -> "TensorShape":
        """The lengths known from either."""
        self.assert_is_compatible_with(other)
        return TensorShape(a if a is not None else b for a, b in zip(self, other, strict=True))

    def concatenate(self, other: Iterable[int | None]) -> "TensorShape":
        """These axes and then those of ``other``."""
        return self + other

    def with_rank(self, rank: int) -> "TensorShape":
        """This shape, if it has ``rank`` axes."""
        if len(self) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}.")
        return self

    def __add__(self, other: Iterable[int | None]) -> "TensorShape":  # type: ignore[override]
        return TensorShape((*self, *other))

    def __radd__(self, other: Iterable[int | None]) -> "TensorShape":
        return TensorShape((*other, *self))

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return TensorShape(found) if isinstance(index, slice) else found

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return f"TensorShape({list(self)})"

    def __str__(self) -> str:
        return tuple.__repr__(self)


def is_size(value: Any) -> bool:
    """Whether ``value`` is an integer, or the symbol of one in a graph that is being traced."""
    return isinstance(value, (int, torch.SymInt))
