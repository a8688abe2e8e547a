"""``tf.math``: arithmetic, comparisons, sums and kin."""

from collections.abc import Callable
from typing import Any

import torch
from torchkeras_shim.composite import over_values
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import Sizes, as_size, as_sizes

from tensorflow import indexing
from tensorflow.ragged.elementwise import combined
from tensorflow.ragged.reducing import reduced
from tensorflow.ragged.tensor import RaggedTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras import activations, ops

__getattr__ = missing(__name__)


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


abs = _unary(ops.absolute, "Absolute value.")
acos = _unary(ops.arccos, "Arc cosine, in radians.")
acosh = _unary(ops.arccosh, "Inverse hyperbolic cosine.")
angle = _unary(ops.angle, "Angle of complex numbers, in radians.")
asin = _unary(ops.arcsin, "Arc sine, in radians.")
asinh = _unary(ops.arcsinh, "Inverse hyperbolic sine.")
atan = _unary(ops.arctan, "Arc tangent, in radians.")
atanh = _unary(ops.arctanh, "Inverse hyperbolic tangent.")
ceil = _unary(ops.ceil, "The next whole number above.")
conj = _unary(ops.conj, "Complex conjugate.")
cos = _unary(ops.cos, "Cosine of radians.")
cosh = _unary(ops.cosh, "Hyperbolic cosine.")
digamma = _unary(lambda x: torch.digamma(convert_to_tensor(x)), "Derivative of ``lgamma``.")
erf = _unary(ops.erf, "Error function.")
exp = _unary(ops.exp, "e to the power of x.")
expm1 = _unary(ops.expm1, "``exp(x) - 1``, exact near 0.")
floor = _unary(ops.floor, "The next whole number below.")
imag = _unary(ops.imag, "Imaginary part.")
is_finite = _unary(ops.isfinite, "Whether each element is neither infinite nor NaN.")
is_inf = _unary(ops.isinf, "Whether each element is infinite.")
is_nan = _unary(ops.isnan, "Whether each element is NaN.")
lgamma = _unary(lambda x: torch.lgamma(convert_to_tensor(x)), "Logarithm of the gamma function.")
log = _unary(ops.log, "Natural logarithm.")
log1p = _unary(ops.log1p, "``log(1 + x)``, exact near 0.")
log_sigmoid = _unary(ops.log_sigmoid, "``log(sigmoid(x))``.")
logical_not = _unary(ops.logical_not, "Not.")
negative = _unary(ops.negative, "-x.")
real = _unary(ops.real, "Real part.")
reciprocal = _unary(ops.reciprocal, "1 / x.")
round = _unary(ops.round, "The nearest whole number; halves go to the even one.")
rsqrt = _unary(ops.rsqrt, "1 / sqrt(x).")
sigmoid = _unary(activations.sigmoid, "1 / (1 + exp(-x)).")
sign = _unary(ops.sign, "-1, 0 or 1.")
sin = _unary(ops.sin, "Sine of radians.")
sinh = _unary(ops.sinh, "Hyperbolic sine.")
softplus = _unary(activations.softplus, "log(1 + exp(x)).")
sqrt = _unary(ops.sqrt, "Square root.")
square = _unary(ops.square, "x * x.")
tan = _unary(ops.tan, "Tangent of radians.")
tanh = _unary(activations.tanh, "Hyperbolic tangent.")

add = _binary(ops.add, "x + y.")
atan2 = _binary(
    ops.arctan2, "Angle of the point (y, x), in radians; its first argument is the ordinate."
)
divide = _binary(ops.true_divide, "x / y.")
equal = _binary(ops.equal, "Whether elements are equal.")
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
not_equal = _binary(ops.not_equal, "Whether elements differ.")
pow = _binary(ops.power, "x to the power of y.")
scalar_mul = _binary(ops.multiply, "A number times a tensor.")
squared_difference = _binary(lambda x, y: ops.square(ops.subtract(x, y)), "(x - y) squared.")
subtract = _binary(ops.subtract, "x - y.")
truediv = divide


def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """x / y, and 0 where y is 0."""
    return ops.divide_no_nan(x, y)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """x * y, and 0 where y is 0, whatever x is."""
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.multiply(x, y))


def xlogy(x: Any, y: Any, name: str | None = None) -> Any:
    """x * log(y), and 0 where x is 0."""
    return torch.xlogy(convert_to_tensor(x), convert_to_tensor(y))


def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of tensors of one shape."""
    total = inputs[0]
    for term in inputs[1:]:
        total = ops.add(total, term)
    return total


accumulate_n = add_n


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
    input: Any, axis: Any = None, keepdims: bool = False, dtype: Any = torch.int64, name: Any = None
) -> Any:
    """How many elements along the axes differ from 0."""
    is_nonzero = ops.cast(ops.not_equal(convert_to_tensor(input), 0), dtype)
    return reduce_sum(is_nonzero, axis, keepdims)


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


def softmax(logits: Any, axis: int | None = -1, name: str | None = None) -> Any:
    """Probabilities along ``axis``: exponentials over their sum."""
    return activations.softmax(logits, axis=-1 if axis is None else axis)


def log_softmax(logits: Any, axis: int | None = -1, name: str | None = None) -> Any:
    """Logarithm of ``softmax``."""
    return activations.log_softmax(logits, axis=-1 if axis is None else axis)


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Any:
    """x over its length along ``axis``; ``epsilon`` bounds the squared length from below."""
    total = reduce_sum(ops.square(x), axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(total, epsilon)))


def top_k(
    input: Any, k: Any = 1, sorted: bool = True, index_type: Any = torch.int32, name: Any = None
) -> Any:
    """The ``k`` largest elements along the last axis and their indices."""
    return ops.top_k(input, as_size(k), sorted=sorted)


def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Whether the score of each target is among the ``k`` best."""
    return ops.in_top_k(targets, predictions, as_size(k))


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = torch.int32,
    name: str | None = None,
) -> Any:
    """How often each number from 0 on appears, or the sum of its weights."""
    arr = convert_to_tensor(arr).reshape(-1)
    if maxlength is not None:
        keep = arr < as_size(maxlength)
        weights = None if weights is None else convert_to_tensor(weights).reshape(-1)[keep]
        arr = arr[keep]
    result = ops.bincount(arr, weights=weights, minlength=as_size(minlength or 0))
    return result if weights is not None else ops.cast(result, dtype)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = torch.int32,
    name: str | None = None,
) -> Any:
    """How often label i was predicted as j; ``num_classes`` covers all of them if None."""
    labels, predictions = convert_to_tensor(labels).long(), convert_to_tensor(predictions).long()
    if num_classes is None:
        num_classes = int(torch.maximum(labels.max(), predictions.max())) + 1
    counted = torch.ones_like(labels) if weights is None else convert_to_tensor(weights)
    pairs = torch.stack([labels, predictions], dim=-1)
    size = as_size(num_classes)
    return ops.cast(indexing.scatter_nd(pairs, counted, (size, size)), dtype)


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Sums of the rows with the same number; numbers are in order."""
    return ops.segment_sum(data, segment_ids, sorted=True)


def unsorted_segment_sum(data: Any, segment_ids: Any, num_segments: Any, name: Any = None) -> Any:
    """Sums of the rows with the same number."""
    return ops.segment_sum(data, segment_ids, num_segments=as_size(num_segments))


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """The polynomial with these coefficients, that of the highest power first."""
    total = ops.zeros_like(x)
    for coefficient in coeffs:
        total = ops.add(ops.multiply(total, x), coefficient)
    return total
