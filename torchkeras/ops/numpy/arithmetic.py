"""Functions of two tensors, element by element: arithmetic, extremes, bits."""

import torch
from torch import Tensor

from torchkeras.core.typing import TensorLike
from torchkeras.ops import outlines
from torchkeras.ops.operands import (
    cast,
    common_dtype,
    floating,
    floatx_dtype,
    join,
    join_floating,
    operands,
    tensor,
)
from torchkeras.tracer import traceable


@traceable(shape=outlines.joined)
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 + x2``."""
    return torch.add(*operands(x1, x2))


@traceable
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 - x2``."""
    x1, x2 = operands(x1, x2)
    # torch refuses truth values here.
    if isinstance(x2, bool) or isinstance(x1, bool):
        x1, x2 = [int(x) if isinstance(x, bool) else x for x in (x1, x2)]
    elif getattr(x1, "dtype", None) is torch.bool or getattr(x2, "dtype", None) is torch.bool:
        x1, x2 = join(x1, x2)
    return torch.sub(x1, x2)


@traceable(shape=outlines.joined)
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 * x2``."""
    return torch.mul(*operands(x1, x2))


@traceable(shape=outlines.floating_joined)
def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 / x2``, a float also for integers."""
    return torch.div(*operands(x1, x2))


@traceable
def true_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``divide``."""
    return divide(x1, x2)


@traceable(shape=outlines.floating_joined)
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 / x2``, and 0 where ``x2`` is 0; gradients are finite there too."""
    x1, x2 = join_floating(x1, x2)
    is_zero = x2 == 0
    quotient = x1 / torch.where(is_zero, torch.ones_like(x2), x2)
    return torch.where(is_zero, torch.zeros_like(quotient), quotient)


@traceable
def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The highest integer not above ``x1 / x2``."""
    dtype = common_dtype(x1, x2)
    return cast(torch.floor_divide(*_not_boolean(*join(x1, x2))), dtype)


def _not_boolean(x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    return (x1.int(), x2.int()) if x1.dtype is torch.bool else (x1, x2)


@traceable
def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Remainder of ``x1 / x2``, with the sign of ``x2``."""
    return torch.remainder(*_not_boolean(*join(x1, x2)))


@traceable
def fmod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Remainder of ``x1 / x2``, with the sign of ``x1``."""
    return torch.fmod(*_not_boolean(*join(x1, x2)))


@traceable(shape=outlines.joined)
def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 ** x2``."""
    return torch.pow(*operands(x1, x2))


@traceable(shape=outlines.joined)
def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The larger of the two; NaN if either is."""
    return torch.maximum(*join(x1, x2))


@traceable(shape=outlines.joined)
def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The smaller of the two; NaN if either is."""
    return torch.minimum(*join(x1, x2))


@traceable
def fmax(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The larger of the two, of which a NaN is left aside."""
    return torch.fmax(*join(x1, x2))


@traceable
def fmin(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The smaller of the two, of which a NaN is left aside."""
    return torch.fmin(*join(x1, x2))


@traceable
def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Angle in radians of the point with height ``x1`` and abscissa ``x2``."""
    return torch.arctan2(*join_floating(x1, x2))


@traceable
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``sqrt(x1**2 + x2**2)`` without overflow."""
    return torch.hypot(*join_floating(x1, x2))


@traceable
def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``log(exp(x1) + exp(x2))``."""
    return torch.logaddexp(*join_floating(x1, x2))


@traceable
def logaddexp2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``log2(2**x1 + 2**x2)``."""
    return torch.logaddexp2(*join_floating(x1, x2))


@traceable
def heaviside(x1: TensorLike, x2: TensorLike) -> Tensor:
    """0 where ``x1`` is negative, 1 where positive, ``x2`` where 0."""
    return torch.heaviside(*join_floating(x1, x2))


@traceable
def ldexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """``x1 * 2**x2``.

    Raises:
        TypeError: ``x2`` isn't of an integer type.
    """
    x2 = tensor(x2)
    if x2.is_floating_point() or x2.dtype is torch.bool:
        raise TypeError(f"ldexp: x2 has dtype {x2.dtype}; expected an integer type.")
    dtype = common_dtype(x1, x2)
    return cast(torch.ldexp(floating(x1), x2), dtype if dtype.is_floating_point else floatx_dtype())


@traceable
def nextafter(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The float next to ``x1`` towards ``x2``."""
    return torch.nextafter(*join_floating(x1, x2))


@traceable(shape=outlines.whole)
def gcd(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Greatest common divisor of integers."""
    return torch.gcd(tensor(x1), tensor(x2))


@traceable(shape=outlines.whole)
def lcm(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Least common multiple of integers."""
    return torch.lcm(tensor(x1), tensor(x2))


@traceable(shape=outlines.whole)
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits set in both."""
    return torch.bitwise_and(*operands(x, y))


@traceable(shape=outlines.whole)
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits set in either."""
    return torch.bitwise_or(*operands(x, y))


@traceable(shape=outlines.whole)
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits set in one only."""
    return torch.bitwise_xor(*operands(x, y))


@traceable(shape=outlines.whole)
def bitwise_left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits of ``x`` moved up by ``y`` places."""
    return torch.bitwise_left_shift(*operands(x, y))


@traceable(shape=outlines.whole)
def bitwise_right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits of ``x`` moved down by ``y`` places; the sign stays."""
    return torch.bitwise_right_shift(*operands(x, y))


@traceable(shape=outlines.whole)
def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """``bitwise_left_shift``."""
    return bitwise_left_shift(x, y)


@traceable(shape=outlines.whole)
def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """``bitwise_right_shift``."""
    return bitwise_right_shift(x, y)
