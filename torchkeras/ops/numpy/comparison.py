"""Comparisons, logic and choosing between values."""

from collections.abc import Sequence

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import AxisLike, TensorLike
from torchkeras.ops import outlines
from torchkeras.ops.operands import axes_of, cast, join, operands, tensor
from torchkeras.tracer import traceable


@traceable(shape=outlines.truth_joined)
def equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether ``x1 == x2``."""
    return torch.eq(*_first_tensor(x1, x2))


@traceable(shape=outlines.truth_joined)
def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether ``x1 != x2``."""
    return torch.ne(*_first_tensor(x1, x2))


@traceable(shape=outlines.truth_joined)
def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether ``x1 > x2``."""
    return torch.gt(*_first_tensor(x1, x2))


@traceable(shape=outlines.truth_joined)
def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether ``x1 >= x2``."""
    return torch.ge(*_first_tensor(x1, x2))


@traceable(shape=outlines.truth_joined)
def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether ``x1 < x2``."""
    return torch.lt(*_first_tensor(x1, x2))


@traceable(shape=outlines.truth_joined)
def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether ``x1 <= x2``."""
    return torch.le(*_first_tensor(x1, x2))


def _first_tensor(x1: TensorLike, x2: TensorLike) -> tuple[Tensor, TensorLike]:
    """Two operands of which the first is a tensor, as torch's comparisons want them."""
    x1, x2 = operands(x1, x2)
    return (x1, x2) if isinstance(x1, Tensor) else join(x1, x2)


@traceable(shape=outlines.truth_joined)
def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether both are true."""
    return torch.logical_and(tensor(x1), tensor(x2))


@traceable(shape=outlines.truth_joined)
def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether either is true."""
    return torch.logical_or(tensor(x1), tensor(x2))


@traceable
def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Whether exactly one is true."""
    return torch.logical_xor(tensor(x1), tensor(x2))


@traceable
def all(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """Whether all elements along ``axis`` are true."""
    return _truth(torch.all, tensor(x), axes_of(axis), keepdims)


@traceable
def any(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """Whether any element along ``axis`` is true."""
    return _truth(torch.any, tensor(x), axes_of(axis), keepdims)


def _truth(function: object, x: Tensor, axis: AxisLike, keepdims: bool) -> Tensor:
    if axis == ():
        return cast(x, torch.bool)
    return cast(function(x, dim=axis, keepdim=keepdims), torch.bool)  # uint8 gives uint8


@traceable
def isclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Whether ``|x1 - x2| <= atol + rtol * |x2|``."""
    x1, x2 = join(x1, x2)
    if not (x1.is_floating_point() or x1.is_complex()):
        return torch.eq(x1, x2)
    return torch.isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan)


@traceable
def allclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Whether ``isclose`` holds everywhere, as a tensor."""
    return torch.all(isclose(x1, x2, rtol, atol, equal_nan))


@traceable
def isin(
    x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element of ``x1`` is among those of ``x2``.

    Args:
        assume_unique: Promises that neither holds an element twice, which allows a faster way.
        invert: Whether the answers are turned round.
    """
    x1, x2 = join(x1, x2)
    if x1.dtype is torch.bool:
        x1, x2 = x1.int(), x2.int()
    return torch.isin(x1, x2, assume_unique=assume_unique, invert=invert)


@traceable
def where(
    condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None
) -> Tensor:
    """``x1`` where the condition holds, else ``x2``; without both, the places where it holds.

    Shape:
        output: broadcast of the three, or ``(rank, places)``, int64, one row per axis.
    """
    condition = cast(condition, torch.bool)
    if x1 is None or x2 is None:
        return torch.stack(torch.where(condition))
    return torch.where(condition, *operands(x1, x2))


@traceable
def select(
    condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0
) -> Tensor:
    """The choice whose condition is the first to hold, else ``default``.

    Raises:
        ValueError: there are not as many choices as conditions.
    """
    if len(condlist) != len(choicelist):
        raise argument_error(
            "select", "the number of choices", len(choicelist), f"{len(condlist)}, as of conditions"
        )
    result = tensor(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = torch.where(cast(condition, torch.bool), *join(choice, result))
    return result
