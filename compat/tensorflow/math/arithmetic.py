"""Arithmetic, comparisons, sums and kin."""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torchkeras_shim.composite import Composite, over_values
from torchkeras_shim.looking import is_at_hand
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import Sizes, as_size, as_sizes
from torchkeras_shim.text import as_texts

from tensorflow.dtypes import as_dtype
from tensorflow.ragged.elementwise import combined
from tensorflow.ragged.reducing import highest, lowest, reduced, segments
from tensorflow.ragged.rows import owners
from tensorflow.ragged.tensor import RaggedTensor
from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras import activations, ops
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.tracer import traceable


def _operand(x: Any) -> Any:
    """``x`` ready to compute with; Python's numbers take the type of the other operand."""
    return x if isinstance(x, (int, float)) and not isinstance(x, bool) else _tensor(x)


def _tensor(x: Any) -> Any:
    return x.tensor() if isinstance(x, Sizes) else x


def _unary(operation: Callable[[Any], Any], text: str) -> Callable[..., Any]:
    """A function of one tensor under TensorFlow's signature."""
    computed = over_values(operation)

    def apply(x: Any, name: str | None = None) -> Any:
        return computed(_tensor(x))

    apply.__doc__ = text
    return apply


def _binary(operation: Callable[[Any, Any], Any], text: str) -> Callable[..., Any]:
    """A function of two tensors under TensorFlow's signature."""

    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        if isinstance(x, RaggedTensor) or isinstance(y, RaggedTensor):
            return combined(operation, x, y)
        return operation(_operand(x), _operand(y))

    apply.__doc__ = text
    return apply


def _comparing(operation: Callable[[Any, Any], Any], text: str) -> Callable[..., Any]:
    """``_binary`` that compares texts, too."""
    compared = _binary(operation, text)

    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        if is_text(x) or is_text(y):
            of_texts = operator.ne if operation is ops.not_equal else operator.eq
            return of_texts(as_texts(x), as_texts(y))
        return compared(x, y)

    apply.__doc__ = text
    return apply


def _sign(x: Any) -> Any:
    x = convert_to_tensor(x)
    if isinstance(x, torch.Tensor) and x.is_complex():
        return torch.sgn(x)
    return ops.where(ops.isnan(x), x, ops.sign(x))


def _floor_quotient(x: Any, y: Any) -> Any:
    found = ops.floor_divide(x, y)
    kind = standardize_dtype(found.dtype)
    # Rounded before it is cut off, which torch does otherwise.
    return ops.floor(ops.true_divide(x, y)) if kind.startswith(("float", "bfloat")) else found


def _joined(x: Any, y: Any) -> Any:
    if is_text(x) or is_text(y):
        return as_texts(x) + as_texts(y)
    return ops.add(x, y)


abs = _unary(ops.absolute, "Absolute value.")
acos = _unary(ops.arccos, "Arc cosine, in radians.")
acosh = _unary(ops.arccosh, "Inverse hyperbolic cosine.")
asin = _unary(ops.arcsin, "Arc sine, in radians.")
asinh = _unary(ops.arcsinh, "Inverse hyperbolic sine.")
atan = _unary(ops.arctan, "Arc tangent, in radians.")
atanh = _unary(ops.arctanh, "Inverse hyperbolic tangent.")
ceil = _unary(ops.ceil, "The next whole number above.")
conj = _unary(ops.conj, "Complex conjugate.")
cos = _unary(ops.cos, "Cosine of radians.")
cosh = _unary(ops.cosh, "Hyperbolic cosine.")
erf = _unary(ops.erf, "Error function.")
exp = _unary(ops.exp, "e to the power of x.")
expm1 = _unary(ops.expm1, "``exp(x) - 1``, exact near 0.")
floor = _unary(ops.floor, "The next whole number below.")
is_finite = _unary(ops.isfinite, "Whether each element is neither infinite nor NaN.")
is_inf = _unary(ops.isinf, "Whether each element is infinite.")
is_nan = _unary(ops.isnan, "Whether each element is NaN.")
log = _unary(ops.log, "Natural logarithm.")
log1p = _unary(ops.log1p, "``log(1 + x)``, exact near 0.")
log_sigmoid = _unary(ops.log_sigmoid, "``log(sigmoid(x))``.")
logical_not = _unary(ops.logical_not, "Not.")
negative = _unary(ops.negative, "-x.")
reciprocal = _unary(ops.reciprocal, "1 / x.")
round = _unary(ops.round, "The nearest whole number; halves go to the even one.")
rsqrt = _unary(ops.rsqrt, "1 / sqrt(x).")
sigmoid = _unary(activations.sigmoid, "1 / (1 + exp(-x)).")
sign = _unary(_sign, "-1, 0 or 1; of a complex number, that of length 1 in its direction.")
sin = _unary(ops.sin, "Sine of radians.")
sinh = _unary(ops.sinh, "Hyperbolic sine.")
sqrt = _unary(ops.sqrt, "Square root.")
square = _unary(ops.square, "x * x.")
tan = _unary(ops.tan, "Tangent of radians.")
tanh = _unary(activations.tanh, "Hyperbolic tangent.")

add = _binary(_joined, "x + y; texts one after the other.")
equal = _comparing(ops.equal, "Whether elements are equal.")
floordiv = _binary(_floor_quotient, "x / y, rounded down.")
floormod = _binary(ops.mod, "What ``floordiv`` leaves; has the sign of y.")
greater = _binary(ops.greater, "x > y.")
greater_equal = _binary(ops.greater_equal, "x >= y.")
less = _binary(ops.less, "x < y.")
less_equal = _binary(ops.less_equal, "x <= y.")
logical_and = _binary(ops.logical_and, "x and y.")
logical_or = _binary(ops.logical_or, "x or y.")
logical_xor = _binary(ops.logical_xor, "One of x and y, but not both.")
maximum = _binary(ops.maximum, "The larger of x and y.")
minimum = _binary(ops.minimum, "The smaller of x and y.")
mod = floormod
multiply = _binary(ops.multiply, "x * y.")
not_equal = _comparing(ops.not_equal, "Whether elements differ.")
pow = _binary(ops.power, "x to the power of y.")
squared_difference = _binary(lambda x, y: ops.square(ops.subtract(x, y)), "(x - y) squared.")
subtract = _binary(ops.subtract, "x - y.")


@over_values
def angle(input: Any, name: str | None = None) -> Any:
    """Angle of complex numbers, in radians."""
    return ops.angle(convert_to_tensor(input))


@over_values
def real(input: Any, name: str | None = None) -> Any:
    """Real part."""
    return ops.real(convert_to_tensor(input))


@over_values
def imag(input: Any, name: str | None = None) -> Any:
    """Imaginary part."""
    return ops.imag(convert_to_tensor(input))


@over_values
def softplus(features: Any, name: str | None = None) -> Any:
    """log(1 + exp(x))."""
    return activations.softplus(features)


@over_values
def softsign(features: Any, name: str | None = None) -> Any:
    """x / (1 + abs(x))."""
    return activations.softsign(features)


_angle = _binary(ops.arctan2, "")


def atan2(y: Any, x: Any, name: str | None = None) -> Any:
    """Angle of the point (x, y), in radians."""
    return _angle(y, x)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """A number times a tensor."""
    return multiply(scalar, x)


def _quotient(x: Any, y: Any) -> Any:
    """x / y; of integers of 32 and 64 bits as float64."""
    kinds = [part.dtype for part in (x, y) if isinstance(part, torch.Tensor)]
    is_whole = all(kind in (torch.int32, torch.int64) for kind in kinds)
    if kinds and is_whole and not isinstance(x, float) and not isinstance(y, float):
        return ops.true_divide(ops.cast(x, "float64"), ops.cast(y, "float64"))
    return ops.true_divide(x, y)


_divided = _binary(_quotient, "x / y.")


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y; of integers of 32 and 64 bits as float64."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        return convert_to_tensor(x / y, "float64" if isinstance(x, int) else None)
    return _divided(*(convert_to_tensor(p) if isinstance(p, (list, tuple)) else p for p in (x, y)))


truediv = divide


def _sound_quotient(x: Any, y: Any) -> Any:
    are_numbers = isinstance(x, (int, float)) and isinstance(y, (int, float))
    found = divide(convert_to_tensor(x) if are_numbers else x, y)
    return ops.where(ops.equal(y, 0), ops.zeros_like(found), found)


divide_no_nan = _binary(_sound_quotient, "x / y, and 0 where y is 0.")
multiply_no_nan = _binary(
    lambda x, y: ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.multiply(x, y)),
    "x * y, and 0 where y is 0, whatever x is.",
)


def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of tensors of one shape and type.

    Raises:
        ValueError: there are none, or shapes or types differ.
    """
    terms = list(inputs) if isinstance(inputs, (list, tuple, np.ndarray)) else [inputs]
    if not terms:
        raise argument_error("tf.add_n", "inputs", inputs, "one tensor or more")
    terms = [term if isinstance(term, Composite) else convert_to_tensor(term) for term in terms]
    first, total = terms[0], terms[0]
    for term in terms[1:]:
        if tuple(term.shape) != tuple(first.shape) or term.dtype != first.dtype:
            raise argument_error(
                "tf.add_n", "inputs", f"of {term.dtype} {tuple(term.shape)}",
                f"{first.dtype} {tuple(first.shape)} like the first",
            )  # fmt: skip
        total = add(total, term)
    return total


def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """The sum of tensors of one shape and type.

    Args:
        inputs: A list of tensors.
        shape: Their shape, None for lengths of any kind; None as a whole takes that of the first.
        tensor_dtype: Their type; None takes that of the first.
        name: Accepted.

    Raises:
        ValueError: there are none, or shapes differ.
        TypeError: types differ.
    """
    where = "tf.math.accumulate_n"
    if not isinstance(inputs, (list, tuple)):
        raise kind_error(where, "inputs", inputs, "a list of tensors")
    total = add_n(inputs)
    if shape is not None and not TensorShape(shape).is_compatible_with(total.shape):
        raise argument_error(where, "shape", tuple(shape), f"that of inputs, {tuple(total.shape)}")
    if tensor_dtype is not None and total.dtype != as_dtype(tensor_dtype):
        raise kind_error(where, "tensor_dtype", tensor_dtype, f"that of inputs, {total.dtype}")
    return total


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """The polynomial with these coefficients, that of the highest power first."""
    total = ops.zeros_like(x)
    for coefficient in coeffs:
        total = ops.add(ops.multiply(total, x), coefficient)
    return total
