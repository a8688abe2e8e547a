"""Aliases for arguments that many callables take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Shape: TypeAlias = tuple[int | None, ...]
DTypeLike: TypeAlias = Any  # a name, a torch or NumPy dtype, a policy
TensorLike: TypeAlias = Any  # a tensor, Variable, symbol, array, number, or lists of them
Nested: TypeAlias = Any  # a leaf, or lists, tuples and dicts of them
Config: TypeAlias = Mapping[str, Any]

ActivationLike: TypeAlias = str | Callable[..., Any] | Config | None
InitializerLike: TypeAlias = str | Callable[..., Any] | Config | None
RegularizerLike: TypeAlias = str | Callable[..., Any] | Config | None
ConstraintLike: TypeAlias = str | Callable[..., Any] | Config | None
AxisLike: TypeAlias = int | Sequence[int] | None
SeedLike: TypeAlias = Any  # an int, a SeedGenerator or None
