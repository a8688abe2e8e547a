"""Shapes and types of results that need no run to be known.

Each is called with an op's arguments, symbolic tensors among them, and gives symbolic tensors; None
means that a run on fake tensors has to tell.
"""

from typing import Any

from torchkeras.core import settings
from torchkeras.core.promotion import common_type
from torchkeras.ops.operands import Number, canonical_axes, canonical_axis
from torchkeras.tracer import KerasTensor
from torchkeras.tracer.shapes import broadcast

_SMALL = ("bool", "uint8", "int8", "int16")


def _is_floating(dtype: str) -> bool:
    return "float" in dtype or "complex" in dtype


def like(x: KerasTensor, *args: Any, **options: Any) -> KerasTensor | None:
    """As ``x``; truth values may become something else."""
    return KerasTensor(x.shape, x.dtype) if x.dtype != "bool" else None


def floating_like(x: KerasTensor, *args: Any, **options: Any) -> KerasTensor:
    """As ``x``, of a float type."""
    return KerasTensor(x.shape, x.dtype if _is_floating(x.dtype) else settings.floatx())


def floating_along(x: KerasTensor, axis: Any = -1) -> KerasTensor:
    """As ``x``, of a float type; ``axis`` is one of its axes, several or None."""
    canonical_axes(axis, len(x.shape) or 1)
    return floating_like(x)


def truth_like(x: KerasTensor, *args: Any, **options: Any) -> KerasTensor:
    """Truth values as ``x``."""
    return KerasTensor(x.shape, "bool")


def _operands(x1: Any, x2: Any) -> tuple[Any, list[Any]] | None:
    """The shape that two operands broadcast to, and their types; None if a run has to tell."""
    shapes, dtypes = [], []
    for x in (x1, x2):
        if isinstance(x, Number):
            dtypes.append(type(x))
        elif isinstance(x, KerasTensor) and x.shape:
            shapes.append(x.shape)
            dtypes.append(x.dtype)
        else:
            return None  # tensors without axes give way to others, as torch has it
    shape = broadcast(*shapes)
    return None if shape is None else (shape, dtypes)


def joined(x1: Any, x2: Any) -> KerasTensor | None:
    """Two operands broadcast, of their common type."""
    found = _operands(x1, x2)
    return None if found is None else KerasTensor(found[0], common_type(*found[1]))


def floating_joined(x1: Any, x2: Any) -> KerasTensor | None:
    """Two operands broadcast, of their common type with float."""
    found = _operands(x1, x2)
    if found is None:
        return None
    dtype = common_type(*found[1])
    return KerasTensor(found[0], dtype if _is_floating(dtype) else settings.floatx())


def truth_joined(x1: Any, x2: Any) -> KerasTensor | None:
    """Two operands broadcast, truth values."""
    found = _operands(x1, x2)
    return None if found is None else KerasTensor(found[0], "bool")


def whole(*operands: Any, **named: Any) -> None:
    """A run has to tell, but it would take fractions, too.

    Raises:
        TypeError: an operand has them.
    """
    for each in (*operands, *named.values()):
        dtype = str(getattr(each, "dtype", type(each).__name__))
        if _is_floating(dtype):
            raise TypeError(f"operands must be int, not {dtype}")


def _reduced(x: KerasTensor, axis: Any, keepdims: bool) -> tuple[int | None, ...] | None:
    if isinstance(axis, (list, tuple)) and not len(axis):
        return None
    axes = canonical_axes(axis, len(x.shape))
    if keepdims:
        return tuple([1 if place in axes else size for place, size in enumerate(x.shape)])
    return tuple([size for place, size in enumerate(x.shape) if place not in axes])


def summed(x: Any, axis: Any = None, keepdims: bool = False) -> KerasTensor | None:
    """A sum along ``axis``."""
    shape = _reduced(x, axis, keepdims) if isinstance(x, KerasTensor) else None
    return None if shape is None else KerasTensor(shape, "int32" if x.dtype in _SMALL else x.dtype)


def averaged(x: Any, axis: Any = None, keepdims: bool = False) -> KerasTensor | None:
    """A mean along ``axis``."""
    shape = _reduced(x, axis, keepdims) if isinstance(x, KerasTensor) else None
    if shape is None:
        return None
    return KerasTensor(shape, x.dtype if _is_floating(x.dtype) else settings.floatx())


def placed(x: Any, axis: Any = None, keepdims: bool = False) -> KerasTensor | None:
    """Places along ``axis``, one of the axes or None."""
    if isinstance(axis, (list, tuple)):
        return None
    shape = _reduced(x, axis, keepdims) if isinstance(x, KerasTensor) else None
    return None if shape is None else KerasTensor(shape, "int32")


def permuted(x: KerasTensor, axes: Any = None) -> KerasTensor | None:
    """Axes in another order."""
    rank = len(x.shape)
    order = range(rank)[::-1] if axes is None else axes
    if sorted([canonical_axis(axis, rank) for axis in order]) != list(range(rank)):
        return None
    return KerasTensor([x.shape[axis] for axis in order], x.dtype)


def expanded(x: KerasTensor, axis: Any) -> KerasTensor:
    """A new axis, or several."""
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    rank = len(x.shape) + len(axes)
    new = set(canonical_axes(axes, rank))
    sizes = iter(x.shape)
    return KerasTensor([1 if place in new else next(sizes) for place in range(rank)], x.dtype)


def reshaped(x: KerasTensor, newshape: Any) -> KerasTensor | None:
    """Another shape, where a size is unknown, and one is to follow from the others."""
    sizes = (newshape,) if isinstance(newshape, int) else newshape
    if not isinstance(sizes, (tuple, list)) or not all(isinstance(n, int) for n in sizes):
        return None
    if None not in x.shape or 0 in x.shape or sizes.count(-1) != 1:
        return None
    if any(size < 1 and size != -1 for size in sizes):
        return None
    # The unknown size times what is left over is again unknown.
    return KerasTensor([None if size == -1 else size for size in sizes], x.dtype)
