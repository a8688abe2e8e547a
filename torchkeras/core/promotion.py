"""Keras's number types in arithmetic: which type joins several."""

from typing import Any

import torch

from torchkeras.core import settings
from torchkeras.core.dtypes import TORCH_DTYPES, standardize_dtype

# Each type and those right above it. "int" and "float" are the types of Python's numbers, which
# give way to any tensor of their kind (the lattice of JAX, which Keras follows).
_ABOVE: dict[str, tuple[str, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8", "complex64"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}
_FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
_NARROW = {
    "int64": "int32",
    "uint64": "uint32",
    "float64": "float32",
    "complex128": "complex64",
}


def _reachable(name: str) -> frozenset[str]:
    """``name`` and all types above it."""
    return frozenset([name]).union(*[_reachable(above) for above in _ABOVE[name]])


def _all_joins() -> dict[tuple[str, str], str]:
    """For each two types the lowest one that is above both."""
    above = {name: _reachable(name) for name in _ABOVE}
    joins = {}
    for first in _ABOVE:
        for second in _ABOVE:
            common = above[first] & above[second]
            joins[first, second] = next(name for name in common if common <= above[name])
    return joins


# A plain table, since torch.compile doesn't see through caches of functions.
_JOINS = _all_joins()


def _join(names: list[str]) -> str:
    """The lowest type that is above all of ``names``.

    Raises:
        ValueError: there is none, as for the float8 types.
    """
    joined = names[0]
    for name in names[1:]:
        if name == joined:
            continue
        if (joined, name) not in _JOINS:
            raise ValueError(
                f"result_type: dtypes are {names}; expected types that convert implicitly. There "
                "are no implicit conversions from these; cast them first."
            )
        joined = _JOINS[joined, name]
    return joined


def _name(dtype: Any) -> str:
    """Name of a type, where Python's int and float stay weak."""
    if dtype is int:
        return "int"
    if dtype is float:
        return "float"
    return standardize_dtype(dtype)


def common_type(*dtypes: Any) -> str:
    """Name of the type that joins ``dtypes`` on Keras's lattice, 64-bit types kept.

    Args:
        dtypes: Names, torch or NumPy dtypes, None (``floatx()``) or Python's bool, int and float,
            of which the latter two are weak.

    Raises:
        ValueError: the types have no common one.

    Example:
        >>> common_type("int64", "float16"), common_type("float64", float)
        ('float16', 'float64')
    """
    joined = _join([_name(dtype) for dtype in dtypes]) if dtypes else settings.floatx()
    if joined == "int":
        return f"int{_precision()}"
    return settings.floatx() if joined == "float" else joined


def _precision() -> str:
    return settings.floatx()[-2:]


def result_type(*dtypes: Any) -> str:
    """Name of the type that joins ``dtypes`` on Keras's lattice; 64-bit results become 32-bit.

    This is the public ``keras.backend.result_type``, whose answers are those of JAX. Arithmetic on
    tensors uses ``common_type``, which doesn't narrow what the caller asked for.

    Raises:
        ValueError: the types have no common one, or one is a float8 type, which never converts
            implicitly.

    Example:
        >>> result_type("int32", "float16"), result_type("int64", int)
        ('float16', 'int32')
    """
    names = [_name(dtype) for dtype in dtypes]
    if set(names) & set(_FLOAT8):
        raise ValueError(
            f"result_type: dtypes are {tuple(names)}; expected none of float8: there is no "
            "implicit conversions from float8 dtypes to others. Cast them first."
        )
    joined = common_type(*dtypes)
    return _NARROW.get(joined, joined)


def joined_dtype(first: Any, second: Any) -> torch.dtype:
    """The torch dtype that joins two types; either may be Python's bool, int or float."""
    return TORCH_DTYPES[common_type(first, second)]
