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
from torchkeras_shim.text import Texts, as_texts

from tensorflow.dtypes import as_dtype
from tensorflow.ragged.elementwise import combined
from tensorflow.ragged.reducing import reduced
from tensorflow.ragged.tensor import RaggedTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras import activations, ops
from torchkeras.core.checks import argument_error, kind_error
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
        if isinstance(x, _TEXTS) or isinstance(y, _TEXTS):
            of_texts = operator.ne if operation is ops.not_equal else operator.eq
            return of_texts(as_texts(x), as_texts(y))
        return compared(x, y)

    apply.__doc__ = text
    return apply


_TEXTS = (Texts, str, bytes)

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
sign = _unary(ops.sign, "-1, 0 or 1.")
sin = _unary(ops.sin, "Sine of radians.")
sinh = _unary(ops.sinh, "Hyperbolic sine.")
sqrt = _unary(ops.sqrt, "Square root.")
square = _unary(ops.square, "x * x.")
tan = _unary(ops.tan, "Tangent of radians.")
tanh = _unary(activations.tanh, "Hyperbolic tangent.")

add = _binary(ops.add, "x + y.")
equal = _comparing(ops.equal, "Whether elements are equal.")
floordiv = _binary(ops.floor_divide, "x / y, rounded down.")
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


def angle(input: Any, name: str | None = None) -> Any:
    """Angle of complex numbers, in radians."""
    return ops.angle(convert_to_tensor(input))


def real(input: Any, name: str | None = None) -> Any:
    """Real part."""
    return ops.real(convert_to_tensor(input))


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


def atan2(y: Any, x: Any, name: str | None = None) -> Any:
    """Angle of the point (x, y), in radians."""
    return ops.arctan2(_operand(y), _operand(x))


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


def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y, and 0 where y is 0."""
    return ops.divide_no_nan(x, y)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """x * y, and 0 where y is 0, whatever x is."""
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.multiply(x, y))


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


def _reduction(kind: str, operation: Callable[..., Any], text: str) -> Callable[..., Any]:
    """A reduction under TensorFlow's signature, which keeps the type of its argument."""

    def reduce(
        input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
    ) -> Any:
        if isinstance(input_tensor, RaggedTensor):
            return reduced(kind, input_tensor, axis, keepdims, reduce)
        x = convert_to_tensor(input_tensor)
        result = operation(x, axis=_axes(axis), keepdims=keepdims)
        return result if result.dtype == x.dtype else ops.cast(result, x.dtype)

    reduce.__doc__ = text
    return reduce


def _axes(axis: Any) -> Any:
    if axis is None or isinstance(axis, int):
        return axis
    return as_sizes(axis) if isinstance(axis, (list, tuple)) else as_size(axis)


reduce_all = _reduction("all", ops.all, "Whether all elements along the axes are True.")
reduce_any = _reduction("any", ops.any, "Whether any element along the axes is True.")
reduce_logsumexp = _reduction("logsumexp", ops.logsumexp, "Logarithm of the sum of exponentials.")
reduce_max = _reduction("max", ops.max, "The largest element along the axes.")
reduce_mean = _reduction("mean", ops.mean, "The mean along the axes; of integers, cut off.")
reduce_min = _reduction("min", ops.min, "The smallest element along the axes.")
reduce_prod = _reduction("prod", ops.prod, "The product along the axes.")
reduce_std = _reduction("std", ops.std, "The standard deviation along the axes.")
reduce_sum = _reduction("sum", ops.sum, "The sum along the axes.")
reduce_variance = _reduction("variance", ops.var, "The variance along the axes.")


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The root of the sum of squares along the axes."""
    return ops.sqrt(reduce_sum(ops.square(input_tensor), axis, keepdims))


def count_nonzero(
    input: Any, axis: Any = None, keepdims: Any = None, dtype: Any = torch.int64, name: Any = None
) -> Any:
    """How many elements along the axes differ from 0."""
    is_nonzero = ops.cast(ops.not_equal(convert_to_tensor(input), 0), dtype)
    return reduce_sum(is_nonzero, axis, bool(keepdims))


def argmax(
    input: Any, axis: Any = None, output_type: Any = torch.int64, name: str | None = None
) -> Any:
    """Index of the largest element along ``axis``, the first one unless named."""
    return ops.cast(ops.argmax(input, axis=0 if axis is None else as_size(axis)), output_type)


def argmin(
    input: Any, axis: Any = None, output_type: Any = torch.int64, name: str | None = None
) -> Any:
    """Index of the smallest element along ``axis``, the first one unless named."""
    return ops.cast(ops.argmin(input, axis=0 if axis is None else as_size(axis)), output_type)


def cumsum(
    x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: Any = None
) -> Any:
    """Sums of the elements so far along ``axis``.

    Args:
        x: A tensor.
        axis: The axis.
        exclusive: Whether the element itself is left out.
        reverse: Whether it begins at the end.
        name: Accepted.
    """
    x = convert_to_tensor(x)
    total = ops.cumsum(ops.flip(x, axis) if reverse else x, axis=axis, dtype=x.dtype)
    total = ops.flip(total, axis) if reverse else total
    return total - x if exclusive else total


def cumprod(
    x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: Any = None
) -> Any:
    """Products of the elements so far along ``axis``; see ``cumsum``."""
    x = convert_to_tensor(x)
    if exclusive:
        length = x.shape[axis]
        one = ops.ones_like(ops.take(x, [0], axis=axis))
        kept = ops.take(x, range(1, length) if reverse else range(length - 1), axis=axis)
        x = ops.concatenate([kept, one] if reverse else [one, kept], axis=axis)
    total = ops.cumprod(ops.flip(x, axis) if reverse else x, axis=axis, dtype=x.dtype)
    return ops.flip(total, axis) if reverse else total


def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Probabilities along ``axis``: exponentials over their sum."""
    return activations.softmax(logits, axis=-1 if axis is None else axis)


def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Logarithm of ``softmax``."""
    return activations.log_softmax(logits, axis=-1 if axis is None else axis)


def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Any:
    """x over its length along ``axis``, also called ``dim``.

    ``epsilon`` bounds the squared length from below.

    Raises:
        ValueError: both ``axis`` and ``dim`` are given.
    """
    if dim is not None:
        if axis is not None:
            raise argument_error("tf.math.l2_normalize", "dim", dim, "only one of it and axis")
        axis = dim
    total = reduce_sum(ops.square(x), axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(total, epsilon)))


class TopK(NamedTuple):
    """What ``top_k`` gives."""

    values: Any
    indices: Any


def top_k(
    input: Any, k: Any = 1, sorted: bool = True, index_type: Any = torch.int32, name: Any = None
) -> Any:
    """``values`` and ``indices`` of the ``k`` largest elements along the last axis.

    Args:
        input: Numbers.
        k: How many.
        sorted: Whether they come in falling order; False allows any order.
        index_type: Type of ``indices``: int16, int32 or int64.
        name: Accepted.

    Raises:
        ValueError: there are less than ``k``; another ``index_type``.
    """
    kind = as_dtype(index_type)
    if kind not in (torch.int16, torch.int32, torch.int64):
        raise argument_error("tf.math.top_k", "index_type", index_type, "int16, int32 or int64")
    values, places = _first_of_equals(input, as_size(k), sorted)
    return TopK(values, ops.cast(places, kind))


@traceable
def _first_of_equals(x: Any, count: int, is_sorted: bool) -> tuple[Any, Any]:
    """The largest elements; of equal ones, those that stand first, if that can be seen."""
    x = convert_to_tensor(x)
    values, places = ops.top_k(x, count, sorted=is_sorted)
    if count and is_at_hand(x):
        least = values.amin(-1, keepdim=True)
        has_equals = (values[..., 1:] == values[..., :-1]).any() or (x == least).sum() > (
            values == least
        ).sum()
        if has_equals:
            values, places = torch.sort(x, dim=-1, descending=True, stable=True)
            values, places = values[..., :count], places[..., :count].int()
    return values, places


def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Whether the score of each target is among the ``k`` best."""
    return ops.in_top_k(targets, predictions, as_size(k))


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """The polynomial with these coefficients, that of the highest power first."""
    total = ops.zeros_like(x)
    for coefficient in coeffs:
        total = ops.add(ops.multiply(total, x), coefficient)
    return total
