"""How often things appear, and reductions of rows with the same number."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.composite import Composite
from torchkeras_shim.sizes import as_size

from tensorflow import indexing, sparse
from tensorflow.ragged import RaggedTensor
from tensorflow.ragged.reducing import segments
from tensorflow.sparse import SparseTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.tracer import traceable


@traceable
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = torch.int32,
    name: str | None = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Any:
    """How often each number from 0 on appears, or the sum of its weights.

    Args:
        arr: Numbers; ``(n,)`` or ``(rows, n)`` with an axis.
        weights: What each counts, in the form of ``arr``.
        minlength, maxlength: Bounds of the result's length; larger numbers don't count.
        dtype: Type of the counts; sums of weights have that of the weights.
        name: Accepted.
        axis: None and 0 count all numbers, -1 those of each row.
        binary_output: Whether 1 stands for any count.
    """
    if isinstance(arr, Composite) and axis in (None, 0):
        arr = arr.flat_values
        weights = weights.flat_values if isinstance(weights, Composite) else weights
    if axis == -1 and isinstance(arr, SparseTensor):
        counts = sparse.bincount(arr, weights, -1, minlength, maxlength, binary_output)
        return ops.cast(
            sparse.to_dense(counts), counts.values.dtype if weights is not None else dtype
        )
    if axis == -1 and isinstance(arr, RaggedTensor):
        rows, numbers, height = arr.value_rowids().long(), arr.values.long(), len(arr)
        weights = weights.values if isinstance(weights, RaggedTensor) else weights
    else:
        table = convert_to_tensor(arr).long()
        per_row = axis == -1 and table.ndim == 2
        height = len(table) if per_row else 1
        rows = torch.arange(height).repeat_interleave(table.numel() // max(height, 1))
        numbers = table.reshape(-1)
    width = int(numbers.max()) + 1 if len(numbers) else 0
    width = max(width, as_size(minlength or 0))
    width = width if maxlength is None else min(width, as_size(maxlength))
    kept = numbers < width
    counted = torch.ones(len(numbers), dtype=torch.int64)
    counted = counted if weights is None else convert_to_tensor(weights).reshape(-1)
    places = (rows * width + numbers)[kept]
    total = counted.new_zeros(height * width).index_add(0, places, counted[kept])
    total = total.clamp(max=1) if binary_output else total
    is_table = axis == -1 and (isinstance(arr, RaggedTensor) or height > 1 or table.ndim == 2)
    total = total.reshape(height, width) if is_table else total
    return total if weights is not None and not binary_output else ops.cast(total, dtype)


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


def _by_number(kind: str, empty: Any, text: str) -> tuple[Callable[..., Tensor], ...]:
    """A reduction of rows with the same number, with numbers in order and in any order.

    ``empty`` is what stands in place of rows that are none, if the numbers are in order.
    """

    def reduce(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
        rows, numbers = convert_to_tensor(data), convert_to_tensor(segment_ids).long()
        count = int(numbers[-1]) + 1 if len(numbers) else 0
        found = _segments(kind, rows, numbers, count)
        present = torch.bincount(numbers, minlength=count) > 0
        present = present.reshape((-1,) + (1,) * (rows.ndim - 1))
        return torch.where(present, found, torch.tensor(empty, dtype=found.dtype))

    @traceable
    def unsorted(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Tensor:
        rows, numbers = convert_to_tensor(data), convert_to_tensor(segment_ids).long()
        flat = rows.reshape(-1, *rows.shape[numbers.ndim :])
        kept = numbers.reshape(-1) >= 0
        numbers = numbers.reshape(-1)[kept]
        return _segments(kind, flat[kept], numbers, as_size(num_segments), in_any_order=True)

    reduce.__doc__ = f"{text} of the rows with the same number; numbers are in order."
    unsorted.__doc__ = (
        f"{text} of the rows with the same number; rows with negative ones don't count."
    )
    return reduce, unsorted


def _segments(
    kind: str, rows: Tensor, numbers: Tensor, count: int, in_any_order: bool = False
) -> Tensor:
    if kind not in ("mean", "sqrt_n"):
        return segments(kind, rows, numbers, count)
    if not rows.is_floating_point() and in_any_order:
        rows = rows.double()
    total = segments("sum", rows, numbers, count)
    number = torch.bincount(numbers, minlength=count).clamp(min=1).to(rows.dtype)
    number = number.sqrt() if kind == "sqrt_n" else number
    return (total / number.reshape((-1,) + (1,) * (rows.ndim - 1))).to(rows.dtype)


segment_sum, unsorted_segment_sum = _by_number("sum", 0, "Sums")
segment_mean, unsorted_segment_mean = _by_number("mean", 0, "Means")
segment_prod, unsorted_segment_prod = _by_number("prod", 1, "Products")
segment_max, unsorted_segment_max = _by_number("max", 0, "Largest values")
segment_min, unsorted_segment_min = _by_number("min", 0, "Smallest values")
unsorted_segment_sqrt_n = _by_number("sqrt_n", 0, "Sums over the root of the number")[1]


def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = torch.int32,
    name: str | None = None,
) -> Tensor:
    """The bin of each value, of ``nbins`` equal ones; values beyond them are in the outermost."""
    values = convert_to_tensor(values)
    low, high = (float(bound) for bound in convert_to_tensor(value_range))
    count = as_size(nbins)
    places = torch.floor((values.double() - low) / (high - low) * count)
    return ops.cast(places.clamp(0, count - 1), dtype)


def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = torch.int32,
    name: str | None = None,
) -> Tensor:
    """How many values are in each of ``nbins`` equal bins."""
    places = histogram_fixed_width_bins(values, value_range, nbins).reshape(-1)
    return ops.cast(torch.bincount(places, minlength=as_size(nbins)), dtype)
