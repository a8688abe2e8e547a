"""Along axes: sums, means and kin, running sums, probabilities, and the largest elements."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torchkeras_shim.looking import is_at_hand
from torchkeras_shim.sizes import as_size, as_sizes
from torchkeras_shim.text import as_texts

from tensorflow.dtypes import as_dtype
from tensorflow.math.arithmetic import exp, sqrt, square
from tensorflow.ragged.reducing import highest, lowest, reduced, segments
from tensorflow.ragged.rows import owners
from tensorflow.ragged.tensor import RaggedTensor
from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras import activations, ops
from torchkeras.core.checks import argument_error
from torchkeras.tracer import traceable

# What reductions of no elements give, by type; others have a value of their own.
_OF_NONE: dict[str, Callable[[torch.dtype], Any]] = {
    "max": lowest,
    "min": highest,
    "mean": lambda dtype: torch.nan if dtype.is_floating_point else 0,
}


def _reduction(kind: str, operation: Callable[..., Any], text: str) -> Callable[..., Any]:
    """A reduction under TensorFlow's signature, which keeps the type of its argument."""

    def reduce(
        input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
    ) -> Any:
        if isinstance(input_tensor, RaggedTensor):
            return reduced(kind, input_tensor, _axes(axis), keepdims)
        x = convert_to_tensor(input_tensor)
        if isinstance(x, torch.Tensor):
            if kind in _OF_NONE and not x.numel():
                axes = _axes(axis)
                empty = x if axes == () else torch.sum(x, axes, keepdim=keepdims)
                return torch.full_like(empty, _OF_NONE[kind](x.dtype), dtype=x.dtype)
            if kind in ("std", "variance") and x.is_complex():
                mean = ops.mean(x, axis=_axes(axis), keepdims=True)
                square = reduce_mean(ops.square(ops.absolute(x - mean)), axis, keepdims)
                return ops.sqrt(square) if kind == "std" else square
        result = operation(x, axis=_axes(axis), keepdims=keepdims)
        kept = "bool" if kind in ("all", "any") else x.dtype
        return result if result.dtype == kept else ops.cast(result, kept)

    reduce.__doc__ = text
    return reduce


def _axes(axis: Any) -> Any:
    if axis is None or isinstance(axis, int):
        return axis
    return as_sizes(axis) if isinstance(axis, (list, tuple)) else as_size(axis)


def _logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    return x if axis == () else ops.logsumexp(x, axis=axis, keepdims=keepdims)


reduce_all = _reduction("all", ops.all, "Whether all elements along the axes are True.")
reduce_any = _reduction("any", ops.any, "Whether any element along the axes is True.")
reduce_logsumexp = _reduction("logsumexp", _logsumexp, "Logarithm of the sum of exponentials.")
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
    """The root of the sum of squares along the axes; of integers, cut off."""
    x = input_tensor
    if isinstance(x, RaggedTensor):
        return sqrt(reduced("sum", square(x), _axes(axis), keepdims))
    x = convert_to_tensor(x)
    return ops.cast(ops.sqrt(reduce_sum(ops.square(ops.absolute(x)), axis, keepdims)), x.dtype)


def count_nonzero(
    input: Any, axis: Any = None, keepdims: Any = None, dtype: Any = torch.int64, name: Any = None
) -> Any:
    """How many elements along the axes differ from 0, or from the empty text."""
    if is_text(input):
        input = as_texts(input) != ""
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
    if isinstance(x, torch.Tensor) and not x.numel():
        return x
    if exclusive:
        length = x.shape[axis]
        one = ops.ones_like(ops.take(x, [0], axis=axis))
        kept = ops.take(x, range(1, length) if reverse else range(length - 1), axis=axis)
        x = ops.concatenate([kept, one] if reverse else [one, kept], axis=axis)
    total = ops.cumprod(ops.flip(x, axis) if reverse else x, axis=axis, dtype=x.dtype)
    return ops.flip(total, axis) if reverse else total


def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Probabilities along ``axis``: exponentials over their sum."""
    if isinstance(logits, RaggedTensor):
        return exp(log_softmax(logits, axis))
    return activations.softmax(logits, axis=-1 if axis is None else axis)


def _of_rows(logits: RaggedTensor, axis: int | None) -> RaggedTensor:
    """``log_softmax`` of ragged rows, along the last axis."""
    values = logits.flat_values
    if axis not in (None, -1, len(logits.shape) - 1):
        raise argument_error("tf.nn.softmax", "axis of a ragged tensor", axis, "the last one, -1")
    if values.ndim > 1:
        return logits.with_flat_values(log_softmax(values))
    lengths = logits.nested_row_splits[-1].diff()
    rows = owners(lengths)
    return logits.with_flat_values(values - segments("logsumexp", values, rows, len(lengths))[rows])


def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Logarithm of ``softmax``."""
    if isinstance(logits, RaggedTensor):
        return _of_rows(logits, axis)
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
    """Whether the score of each target is among the ``k`` best.

    It isn't where a target is no class, or a score not finite.
    """
    scores, classes = convert_to_tensor(predictions), convert_to_tensor(targets).long()
    count = scores.shape[-1]
    own = torch.gather(scores, -1, classes.clamp(0, count - 1)[..., None])
    is_class = (classes >= 0) & (classes < count) & torch.isfinite(scores).all(-1)
    return is_class & ((scores > own).sum(-1) < as_size(k))
