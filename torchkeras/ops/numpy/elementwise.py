"""Functions of one tensor, element by element."""

import torch
from torch import Tensor

from torchkeras.core.typing import TensorLike
from torchkeras.ops import outlines
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable


@traceable(shape=outlines.floating_like)
def exp(x: TensorLike) -> Tensor:
    """Exponential, ``e ** x``."""
    return torch.exp(floating(x))


@traceable(shape=outlines.floating_like)
def exp2(x: TensorLike) -> Tensor:
    """``2 ** x``."""
    return torch.exp2(floating(x))


@traceable(shape=outlines.floating_like)
def expm1(x: TensorLike) -> Tensor:
    """``exp(x) - 1``, exact for small ``x``."""
    return torch.expm1(floating(x))


@traceable(shape=outlines.floating_like)
def log(x: TensorLike) -> Tensor:
    """Natural logarithm."""
    return torch.log(floating(x))


@traceable(shape=outlines.floating_like)
def log10(x: TensorLike) -> Tensor:
    """Logarithm to base 10."""
    return torch.log10(floating(x))


@traceable(shape=outlines.floating_like)
def log1p(x: TensorLike) -> Tensor:
    """``log(1 + x)``, exact for small ``x``."""
    return torch.log1p(floating(x))


@traceable(shape=outlines.floating_like)
def log2(x: TensorLike) -> Tensor:
    """Logarithm to base 2."""
    return torch.log2(floating(x))


@traceable(shape=outlines.floating_like)
def sqrt(x: TensorLike) -> Tensor:
    """Square root."""
    return torch.sqrt(floating(x))


@traceable(shape=outlines.floating_like)
def cbrt(x: TensorLike) -> Tensor:
    """Cube root, negative for negative ``x``."""
    x = floating(x)
    return torch.sign(x) * torch.abs(x) ** (1.0 / 3.0)


@traceable(shape=outlines.floating_like)
def reciprocal(x: TensorLike) -> Tensor:
    """``1 / x``."""
    return torch.reciprocal(floating(x))


@traceable(shape=outlines.like)
def square(x: TensorLike) -> Tensor:
    """``x * x``; truth values give int32."""
    x = tensor(x)
    return torch.square(x.int() if x.dtype is torch.bool else x)


@traceable(shape=outlines.floating_like)
def sin(x: TensorLike) -> Tensor:
    """Sine; ``x`` in radians."""
    return torch.sin(floating(x))


@traceable(shape=outlines.floating_like)
def cos(x: TensorLike) -> Tensor:
    """Cosine; ``x`` in radians."""
    return torch.cos(floating(x))


@traceable(shape=outlines.floating_like)
def tan(x: TensorLike) -> Tensor:
    """Tangent; ``x`` in radians."""
    return torch.tan(floating(x))


@traceable(shape=outlines.floating_like)
def arcsin(x: TensorLike) -> Tensor:
    """Inverse sine, in radians."""
    return torch.arcsin(floating(x))


@traceable(shape=outlines.floating_like)
def arccos(x: TensorLike) -> Tensor:
    """Inverse cosine, in radians."""
    return torch.arccos(floating(x))


@traceable(shape=outlines.floating_like)
def arctan(x: TensorLike) -> Tensor:
    """Inverse tangent, in radians."""
    return torch.arctan(floating(x))


@traceable(shape=outlines.floating_like)
def sinh(x: TensorLike) -> Tensor:
    """Hyperbolic sine."""
    return torch.sinh(floating(x))


@traceable(shape=outlines.floating_like)
def cosh(x: TensorLike) -> Tensor:
    """Hyperbolic cosine."""
    return torch.cosh(floating(x))


@traceable(shape=outlines.floating_like)
def tanh(x: TensorLike) -> Tensor:
    """Hyperbolic tangent."""
    return torch.tanh(floating(x))


@traceable(shape=outlines.floating_like)
def arcsinh(x: TensorLike) -> Tensor:
    """Inverse hyperbolic sine."""
    return torch.arcsinh(floating(x))


@traceable(shape=outlines.floating_like)
def arccosh(x: TensorLike) -> Tensor:
    """Inverse hyperbolic cosine."""
    return torch.arccosh(floating(x))


@traceable(shape=outlines.floating_like)
def arctanh(x: TensorLike) -> Tensor:
    """Inverse hyperbolic tangent."""
    return torch.arctanh(floating(x))


@traceable(shape=outlines.floating_like)
def deg2rad(x: TensorLike) -> Tensor:
    """Degrees to radians."""
    return torch.deg2rad(floating(x))


@traceable(shape=outlines.floating_like)
def rad2deg(x: TensorLike) -> Tensor:
    """Radians to degrees."""
    return torch.rad2deg(floating(x))


@traceable(shape=outlines.floating_like)
def sinc(x: TensorLike) -> Tensor:
    """``sin(pi * x) / (pi * x)``, 1 at 0."""
    return torch.sinc(floating(x))


@traceable(shape=outlines.floating_like)
def i0(x: TensorLike) -> Tensor:
    """Modified Bessel function of the first kind, order 0."""
    return torch.i0(floating(x))


@traceable
def absolute(x: TensorLike) -> Tensor:
    """Absolute value; of a complex number, its modulus."""
    x = tensor(x)
    return x if x.dtype is torch.bool else torch.abs(x)


@traceable
def abs(x: TensorLike) -> Tensor:
    """``absolute``."""
    return absolute(x)


@traceable
def fabs(x: TensorLike) -> Tensor:
    """Absolute value as a float."""
    return torch.abs(floating(x))


@traceable(shape=outlines.like)
def negative(x: TensorLike) -> Tensor:
    """``-x``."""
    return torch.negative(tensor(x))


@traceable(shape=outlines.like)
def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign of ``x``."""
    return torch.sign(tensor(x))


@traceable(shape=outlines.truth_like)
def signbit(x: TensorLike) -> Tensor:
    """Whether the sign bit is set, also of -0.0."""
    return torch.signbit(tensor(x))


@traceable(shape=outlines.floating_like)
def ceil(x: TensorLike) -> Tensor:
    """The lowest integer not below ``x``, as a float."""
    return torch.ceil(floating(x))


@traceable(shape=outlines.floating_like)
def floor(x: TensorLike) -> Tensor:
    """The highest integer not above ``x``, as a float."""
    return torch.floor(floating(x))


@traceable
def trunc(x: TensorLike) -> Tensor:
    """``x`` without its fraction."""
    x = tensor(x)
    return torch.trunc(x) if x.is_floating_point() else x


@traceable
def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """``x`` rounded to ``decimals`` digits behind the point; halves go to the even one."""
    x = tensor(x)
    if x.is_floating_point():
        return torch.round(x, decimals=decimals)
    if x.dtype is torch.bool:
        return floating(x)
    return x if decimals >= 0 else torch.round(x.double(), decimals=decimals).to(x.dtype)


@traceable(shape=outlines.truth_like)
def isfinite(x: TensorLike) -> Tensor:
    """Whether ``x`` is neither infinite nor NaN."""
    return torch.isfinite(tensor(x))


@traceable(shape=outlines.truth_like)
def isinf(x: TensorLike) -> Tensor:
    """Whether ``x`` is infinite."""
    return torch.isinf(tensor(x))


@traceable(shape=outlines.truth_like)
def isnan(x: TensorLike) -> Tensor:
    """Whether ``x`` is NaN."""
    return torch.isnan(tensor(x))


@traceable(shape=outlines.truth_like)
def isposinf(x: TensorLike) -> Tensor:
    """Whether ``x`` is plus infinity."""
    return torch.isposinf(tensor(x))


@traceable(shape=outlines.truth_like)
def isneginf(x: TensorLike) -> Tensor:
    """Whether ``x`` is minus infinity."""
    return torch.isneginf(tensor(x))


@traceable(shape=outlines.truth_like)
def isreal(x: TensorLike) -> Tensor:
    """Whether the imaginary part is 0."""
    return torch.isreal(tensor(x))


@traceable
def real(x: TensorLike) -> Tensor:
    """Real part."""
    return torch.real(tensor(x))


@traceable
def imag(x: TensorLike) -> Tensor:
    """Imaginary part; zeros for real numbers."""
    x = tensor(x)
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


@traceable
def conjugate(x: TensorLike) -> Tensor:
    """Complex conjugate."""
    return torch.conj(tensor(x)).resolve_conj()


@traceable
def conj(x: TensorLike) -> Tensor:
    """``conjugate``."""
    return conjugate(x)


@traceable
def angle(x: TensorLike) -> Tensor:
    """Angle of a complex number in radians; 0 or pi for real ones."""
    return torch.angle(floating(x))


@traceable(shape=outlines.truth_like)
def logical_not(x: TensorLike) -> Tensor:
    """Whether ``x`` is zero or False."""
    return torch.logical_not(tensor(x))


@traceable(shape=outlines.whole)
def bitwise_not(x: TensorLike) -> Tensor:
    """Every bit inverted."""
    return torch.bitwise_not(tensor(x))


@traceable
def bitwise_invert(x: TensorLike) -> Tensor:
    """``bitwise_not``."""
    return bitwise_not(x)


@traceable
def nan_to_num(
    x: TensorLike,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """``x`` with NaN and infinities replaced; None takes the type's extreme value."""
    return torch.nan_to_num(tensor(x), nan=nan, posinf=posinf, neginf=neginf)
