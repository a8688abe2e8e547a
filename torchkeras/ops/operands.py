"""What ops make of their arguments before torch sees them: tensors of the right type."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import nested, settings
from torchkeras.core.dtypes import TORCH_DTYPES, standardize_dtype
from torchkeras.core.promotion import common_type, joined_dtype
from torchkeras.core.scopes import local
from torchkeras.core.typing import AxisLike, DTypeLike, TensorLike
from torchkeras.core.variable import Variable

# Unsigned types that torch can hold but hardly compute with lie in the next signed one.
_HELD_AS = {torch.uint16: torch.int32, torch.uint32: torch.int64, torch.uint64: torch.int64}
# Types whose sums and products would soon overflow; Keras adds them up as int32.
SMALL_INTEGERS = frozenset((torch.bool, torch.uint8, torch.int8, torch.int16))
Number = (int, float, complex)  # bool is an int
_SIZES = "_keras_sizes"  # an attribute of tensors: the numbers that they hold
_LENGTHS = (int, torch.SymInt)


def held_dtype(dtype: DTypeLike) -> torch.dtype:
    """The torch dtype in which ops hold values of type ``dtype``; None is ``floatx()``."""
    if dtype is None:
        return TORCH_DTYPES[settings.floatx()]
    name = standardize_dtype(dtype)
    if name not in TORCH_DTYPES:
        raise ValueError(
            f"dtype is {dtype!r}; expected a type that torch tensors can have. "
            "Strings stay in NumPy."
        )
    held = TORCH_DTYPES[name]
    return _HELD_AS.get(held, held)


def floatx_dtype() -> torch.dtype:
    """torch's name for ``floatx()``."""
    return TORCH_DTYPES[settings.floatx()]


def tensor(x: TensorLike, device: Any = None) -> Tensor:
    """``x`` as a tensor; ``device`` says where a value that isn't one yet goes."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Variable):
        return x.value
    return make_tensor(x, None, device)


def make_tensor(x: Any, dtype: torch.dtype | None, device: Any = None) -> Tensor:
    """A tensor from numbers, arrays or nested lists of them and of tensors.

    Without ``dtype``, arrays keep theirs; Python's numbers become int32 (int64 if they are too
    large), ``floatx()``, complex64 or bool. Without ``device`` it goes where new tensors go.
    """
    device = local.device if device is None else device
    if isinstance(x, np.ndarray):
        return _from_array(x, dtype, device)
    if isinstance(x, (bool, int, float, complex)):
        return torch.scalar_tensor(x, dtype=dtype or _number_dtype(x), device=device)
    if isinstance(x, (torch.SymInt, torch.SymFloat)):
        dtype = held_dtype(common_type(_kind(x))) if dtype is None else dtype
        return with_sizes(torch.scalar_tensor(x, dtype=dtype, device=device), [x])
    if isinstance(x, (list, tuple, range)):
        return _from_list(x, dtype, device)
    return _from_array(np.asarray(x), dtype, device)


def _from_array(x: np.ndarray, dtype: torch.dtype | None, device: Any) -> Tensor:
    if x.dtype.name == "bfloat16":  # the type of the package ml_dtypes, which torch can't read
        return torch.from_numpy(x.astype(np.float32)).to(device, dtype or torch.bfloat16)
    if x.dtype.kind not in "biufc":
        raise TypeError(
            f"convert_to_tensor: dtype is {x.dtype}; expected numbers. Strings stay in NumPy."
        )
    if not x.flags.writeable or any(stride < 0 for stride in x.strides):
        x = x.copy()  # torch can neither warn-free share the first nor express the second
    result = torch.as_tensor(x, device=device)
    wanted = dtype or _HELD_AS.get(result.dtype, result.dtype)
    return result if result.dtype is wanted else result.to(wanted)


def _from_list(x: Any, dtype: torch.dtype | None, device: Any) -> Tensor:
    items = list(nested.leaves(list(x)))
    if any(isinstance(item, (Tensor, Variable, torch.SymInt, torch.SymFloat)) for item in items):
        tensors = [tensor(item, device) if dtype is None else cast(item, dtype) for item in x]
        return with_sizes(torch.stack(join(*tensors)), tensors)
    if dtype is None:
        dtype = held_dtype(common_type(*map(_kind, items)))
        if dtype is torch.int32 and any(not -(2**31) <= item < 2**31 for item in items):
            dtype = torch.int64
    made = torch.as_tensor(x if isinstance(x, list) else list(x), dtype=dtype, device=device)
    return with_sizes(made, x)


def _kind(x: Any) -> Any:
    """The type of a number; that of Python's numbers for sizes which aren't known yet."""
    symbols = {torch.SymInt: int, torch.SymFloat: float}
    return getattr(x, "dtype", None) or symbols.get(type(x), type(x))


def _number_dtype(x: Any) -> torch.dtype:
    if isinstance(x, bool):
        return torch.bool
    if isinstance(x, int):
        return torch.int32 if -(2**31) <= x < 2**31 else torch.int64
    return torch.complex64 if isinstance(x, complex) else floatx_dtype()


def cast(x: TensorLike, dtype: torch.dtype) -> Tensor:
    """``x`` as a tensor of type ``dtype``."""
    if isinstance(x, Variable):
        x = x.value
    if isinstance(x, Tensor):
        return x if x.dtype is dtype else x.to(dtype)
    return make_tensor(x, dtype)


def floating(x: TensorLike) -> Tensor:
    """``x`` as a tensor of float (or complex) numbers; others become ``floatx()``."""
    if not isinstance(x, Tensor):
        x = tensor(x)
    if x.is_floating_point() or x.is_complex():
        return x
    return x.to(floatx_dtype())


def operands(x1: TensorLike, x2: TensorLike) -> tuple[Any, Any]:
    """Two operands for a torch function that takes numbers too.

    Numbers stay numbers, so that they give way to a tensor's type; what else is no tensor becomes
    one beside the other operand. Two tensors are left to torch, whose promotion agrees with Keras's
    lattice.
    """
    if isinstance(x1, Tensor):
        if isinstance(x2, Tensor):
            return x1, x2
        return _beside(x1, x2)
    if isinstance(x2, Tensor):
        second, first = _beside(x2, x1)
        return first, second
    x1, x2 = tensor(x1), x2 if isinstance(x2, Number) else tensor(x2)
    return _beside(x1, x2)


def _beside(x: Tensor, other: Any) -> tuple[Tensor, Any]:
    """``x`` and ``other``, the latter a number or a tensor on the device of ``x``."""
    if isinstance(other, np.generic):
        other = other.item()
    if not isinstance(other, Number):
        return x, tensor(other, x.device)
    if x.is_floating_point() or isinstance(other, bool):
        return x, other
    joined = joined_dtype(x.dtype, type(other))
    return (x if x.dtype is joined else x.to(joined)), other


def join(*xs: TensorLike) -> tuple[Tensor, ...]:
    """All of ``xs`` as tensors of their common type; Python's numbers are weak."""
    if isinstance(xs[0], Tensor):
        first = xs[0].dtype
        if len(xs) == 2 and isinstance(xs[1], (int, float)) and first.is_floating_point:
            return xs[0], torch.scalar_tensor(xs[1], dtype=first, device=xs[0].device)
        for x in xs:
            if not isinstance(x, Tensor) or x.dtype is not first:
                break
        else:
            return xs
    dtype = common_dtype(*xs)
    device = next((x.device for x in xs if isinstance(x, Tensor)), None)
    return tuple(
        [
            cast(x, dtype) if isinstance(x, (Tensor, Variable)) else make_tensor(x, dtype, device)
            for x in xs
        ]
    )


def common_dtype(*xs: Any) -> torch.dtype:
    """The type that joins those of ``xs``: tensors, Variables, arrays, numbers or bare types."""
    types = [_type_of(x) for x in xs]
    first = types[0]
    if all(other is first for other in types) and isinstance(first, torch.dtype):
        return first
    strong = [each for each in types if isinstance(each, torch.dtype)]
    if len(strong) == 1 and strong[0].is_floating_point and complex not in types:
        return strong[0]  # Python's numbers give way
    if len(types) == 2:
        return joined_dtype(*types)
    return held_dtype(common_type(*types))


def _type_of(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.dtype
    if isinstance(x, np.generic):
        x = x.item()
    if isinstance(x, (bool, int, float, complex)):
        return type(x)
    if isinstance(x, (type, torch.dtype)):
        return x
    return held_dtype(x.dtype) if hasattr(x, "dtype") else tensor(x).dtype


def join_floating(*xs: TensorLike) -> tuple[Tensor, ...]:
    """All of ``xs`` as tensors of their common type with float."""
    dtype = common_dtype(*xs)
    if not (dtype.is_floating_point or dtype.is_complex):
        dtype = floatx_dtype()
    return tuple([cast(x, dtype) for x in xs])


def axes_of(axis: AxisLike) -> Any:
    """``axis`` for torch: lists become tuples."""
    return tuple(axis) if isinstance(axis, list) else axis


def canonical_axis(axis: int, rank: int) -> int:
    """``axis`` counted from the front.

    Raises:
        ValueError: a tensor of that rank has no such axis.
    """
    if not -rank <= axis < rank:
        raise ValueError(
            f"axis is {axis}; expected one in [{-rank}, {rank}): axis {axis} is out of bounds for "
            f"an array of dimension {rank}."
        )
    return axis % rank


def canonical_axes(axis: AxisLike, rank: int) -> tuple[int, ...]:
    """The axes that ``axis`` means, counted from the front; None means all.

    Raises:
        ValueError: a tensor of that rank has no such axis, or one is named twice.
    """
    if axis is None:
        return tuple(range(rank))
    given = (axis,) if isinstance(axis, int) else axis
    axes = tuple([canonical_axis(each, rank) for each in given])
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis is {axis}; expected each axis once: duplicate value in axis.")
    return axes


def as_sizes(shape: Any) -> tuple[int, ...]:
    """``shape`` as numbers: from a number, a sequence (None is -1), or a tensor."""
    if isinstance(shape, (int, torch.SymInt)):
        return (shape,)
    if isinstance(shape, Tensor):
        return getattr(shape, _SIZES, None) or tuple(shape.reshape(-1).tolist())
    return tuple([-1 if n is None else int(n) if isinstance(n, Tensor) else n for n in shape])


def with_sizes(x: Tensor, parts: Sequence[Any]) -> Tensor:
    """``x`` itself, which holds ``parts`` in a row.

    Where that is only recorded, and the parts are numbers, it knows them: ``as_sizes`` can't read
    them off.
    """
    if type(x) is not Tensor and x.ndim < 2:
        known = [(n,) if type(n) in _LENGTHS else getattr(n, _SIZES, None) for n in parts]
        if None not in known:
            setattr(x, _SIZES, tuple(itertools.chain(*known)))
    return x
