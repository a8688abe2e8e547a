"""Functions of TensorFlow that read and write at places, which tf.keras 2 noted in graphs.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.saving.tensorflow_networks import array_of, refuse_other
from torchkeras.tracer import is_symbolic, traceable


def _indices(value: Any) -> Any:
    return ops.convert_to_tensor(value, "int32") if isinstance(value, (list, int)) else value


# --- Reading


def _gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0
) -> Any:
    params = ops.convert_to_tensor(params) if isinstance(params, list) else params
    axis = batch_dims if axis is None else axis
    if not batch_dims:
        return ops.take(params, indices, axis=axis)
    rank = len(params.shape)
    axis, batch_dims = axis % rank, batch_dims % len(indices.shape)
    # Behind the axes in common, those before ``axis`` and behind it are new to the indices.
    places = indices
    for number in range(batch_dims, axis):
        places = ops.expand_dims(places, number)
    chosen = len(indices.shape) - batch_dims
    if chosen != 1:
        raise argument_error(
            "load", "indices of tf.gather with batch_dims", indices.shape, "one axis"
        )
    for _ in range(axis + 1, rank):
        places = ops.expand_dims(places, -1)
    open_axes = [*range(batch_dims, axis), *range(axis + 1, rank)]
    for number in open_axes:
        places = ops.repeat(places, params.shape[number], axis=number)
    return ops.take_along_axis(params, places, axis=axis)


def _gather_places(
    params: Any, indices: Any, batch_dims: int = 0, bad_indices_policy: str = ""
) -> Any:
    refuse_other("gather_nd", {"bad_indices_policy": bad_indices_policy})
    return gather_places(array_of(params), _indices(indices), batch_dims)


@traceable
def gather_places(params: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    """What lies at each place, given by its numbers along axes.

    Args:
        params: What is read.
        indices: Its last axis has a number for each of the axes behind those in common.
        batch_dims: How many axes the two have in common.

    Source: ``tf.gather_nd``.

    Example:
        >>> gather_places(torch.arange(6).reshape(2, 3), torch.tensor([[1, 0], [0, 2]]), 0)
        tensor([3, 2])
    """
    lead = []
    for axis in range(batch_dims):
        shape = [1] * (indices.ndim - 1)
        shape[axis] = -1
        lead.append(torch.arange(params.shape[axis], device=params.device).view(shape))
    return params[(*lead, *indices.long().unbind(-1))]


def _partition(data: Any, partitions: Any, num_partitions: int) -> list[Any]:
    if not isinstance(partitions, list) or any(isinstance(item, list) for item in partitions):
        raise argument_error(
            "load", "partitions of tf.dynamic_partition", partitions, "a list of numbers"
        )
    places = [[k for k, part in enumerate(partitions) if part == n] for n in range(num_partitions)]
    return [ops.take(data, _indices(chosen), axis=0) for chosen in places]


def _boolean_mask(tensor: Any, mask: Any, axis: Any = None) -> Any:
    if not isinstance(mask, list) or not all(isinstance(item, bool) for item in mask):
        raise argument_error("load", "mask of tf.boolean_mask", mask, "a list of bools")
    chosen = [number for number, item in enumerate(mask) if item]
    return ops.take(tensor, chosen, axis=axis or 0)


def _slice(input_: Any, begin: Any, size: Any) -> Any:
    pairs = zip(begin, size, strict=True)
    return input_[tuple(slice(b, None if s == -1 else b + s) for b, s in pairs)]


def _strided_slice(
    input_: Any, begin: Any, end: Any, strides: Any = None, begin_mask: int = 0, end_mask: int = 0,
    ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0, var: Any = None,
) -> Any:  # fmt: skip
    index: list[Any] = []
    for place, (start, stop) in enumerate(zip(begin, end, strict=True)):
        is_set = [bool(mask >> place & 1) for mask in (ellipsis_mask, new_axis_mask)]
        if any(is_set):
            index.append(Ellipsis if is_set[0] else None)
        elif shrink_axis_mask >> place & 1:
            index.append(start)
        else:
            start = None if begin_mask >> place & 1 else start
            stop = None if end_mask >> place & 1 else stop
            index.append(slice(start, stop, strides[place] if strides else None))
    return input_[tuple(index)]


def _reverse_parts(
    input: Any, seq_lengths: Any = None, seq_axis: Any = None, batch_axis: Any = None, **rest: Any
) -> Any:
    axis = rest.pop("seq_dim", None) if seq_axis is None else seq_axis
    batch = rest.pop("batch_dim", None) if batch_axis is None else batch_axis
    refuse_other("reverse_sequence", rest)
    return reverse_parts(input, _indices(seq_lengths), axis, batch or 0)


@traceable
def reverse_parts(x: Tensor, lengths: Tensor, axis: int, batch_axis: int) -> Tensor:
    """``x`` with the first ``lengths`` members of each sequence turned round.

    Args:
        x: Sequences.
        lengths: A length for each of the batch.
        axis: The axis of the sequences.
        batch_axis: The axis of the batch.

    Source: ``tf.reverse_sequence``.

    Example:
        >>> reverse_parts(torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([2, 3]), 1, 0)
        tensor([[2, 1, 3],
                [6, 5, 4]])
    """
    moved = x.movedim((batch_axis, axis), (0, 1))
    places = torch.arange(moved.shape[1], device=x.device).expand(moved.shape[:2])
    lengths = lengths.long().unsqueeze(1)
    places = torch.where(places < lengths, lengths - 1 - places, places)
    places = places.reshape(*places.shape, *[1] * (moved.ndim - 2)).expand(moved.shape)
    return moved.gather(1, places).movedim((0, 1), (batch_axis, axis))


def _searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = "int32"
) -> Any:
    found = torch.searchsorted(array_of(sorted_sequence), values, right=side == "right")
    return ops.cast(found, out_type)


def _sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    found = ops.sort(values, axis=axis)
    return found if direction == "ASCENDING" else ops.flip(found, axis)


def _order(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    values = values if direction == "ASCENDING" else ops.negative(values)
    return ops.cast(ops.argsort(values, axis=axis), "int32")


def _largest(
    input: Any, k: int, reduction_dimension: int = -1, is_max_k: bool = True, **speed: Any
) -> list[Any]:
    refuse_other("approx_top_k", {"is_min_k": not is_max_k})
    found = ops.top_k(ops.moveaxis(input, reduction_dimension, -1), k)
    return [ops.moveaxis(part, -1, reduction_dimension) for part in found]


def _sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Any:
    if maxlen is None:
        raise argument_error("load", "maxlen of tf.sequence_mask", maxlen, "a length")
    places = ops.arange(maxlen, dtype=lengths.dtype)
    return ops.cast(places < ops.expand_dims(lengths, -1), dtype)


def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    return ops.arange(start, limit, delta, dtype=dtype)


# --- Writing


def _scatter(indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "") -> Any:
    refuse_other("scatter_nd", {"bad_indices_policy": bad_indices_policy})
    if any(is_symbolic(size) for size in shape):
        raise argument_error("load", "shape of tf.scatter_nd", shape, "numbers")
    return scatter_into(tuple(shape), _indices(indices), array_of(updates))


@traceable
def scatter_into(shape: tuple[int, ...], indices: Tensor, updates: Tensor) -> Tensor:
    """Zeros, with ``updates`` added at places: ``scatter_onto`` of a shape.

    Source: ``tf.scatter_nd``.

    Example:
        >>> scatter_into((3,), torch.tensor([[1], [1]]), torch.ones(2))
        tensor([0., 2., 0.])
    """
    return scatter_onto(updates.new_zeros(shape), indices, updates, "sum")


def _write(kind: str) -> Callable[..., Any]:
    def write(tensor: Any, indices: Any, updates: Any, **rest: Any) -> Any:
        refuse_other("tensor_scatter_nd_update", {k: v for k, v in rest.items() if v != ""})
        return scatter_onto(tensor, _indices(indices), array_of(updates), kind)

    return write


@traceable
def scatter_onto(x: Tensor, indices: Tensor, updates: Tensor, kind: str) -> Tensor:
    """``x`` with ``updates`` put at places, given by their numbers along the first axes.

    Args:
        x: What is written onto; it stays as it is.
        indices: Its last axis has a number for each of the first axes.
        updates: What is put there.
        kind: ``"put"`` replaces; ``"sum"`` and ``"difference"`` add to what is there.

    Source: ``tf.tensor_scatter_nd_update`` and the like.

    Example:
        >>> scatter_onto(torch.zeros(3), torch.tensor([[1], [1]]), torch.ones(2), "sum")
        tensor([0., 2., 0.])
    """
    places = tuple(indices.long().unbind(-1))
    updates = (-updates if kind == "difference" else updates).to(x.dtype)
    return x.index_put(places, updates, accumulate=kind != "put")


# --- Blocks


def _to_batch(input: Any, block_shape: Any, paddings: Any) -> Any:
    rest = len(input.shape) - 1 - len(paddings)
    pairs = [(0, 0), *(tuple(pair) for pair in paddings), *[(0, 0)] * rest]
    return blocks_to_batch(ops.pad(input, tuple(pairs)), tuple(block_shape))


@traceable
def blocks_to_batch(x: Tensor, blocks: tuple[int, ...]) -> Tensor:
    """The members of each block along the first axes as different samples.

    Args:
        x: ``(batch, ..., rest)``.
        blocks: Lengths of the blocks along the axes behind that of the batch.

    Source: ``tf.space_to_batch``.

    Example:
        >>> blocks_to_batch(torch.arange(4).reshape(1, 4), (2,))
        tensor([[0, 2],
                [1, 3]])
    """
    rank, rest = len(blocks), x.shape[1 + len(blocks) :]
    pairs = [
        n for size, block in zip(x.shape[1:], blocks, strict=False) for n in (size // block, block)
    ]
    x = x.reshape(x.shape[0], *pairs, *rest)
    inside = [2 * k + 2 for k in range(rank)]
    outside = [2 * k + 1 for k in range(rank)]
    x = x.permute(*inside, 0, *outside, *range(2 * rank + 1, x.ndim))
    return x.reshape(-1, *(x.shape[rank + 1 :]))


def _from_batch(input: Any, block_shape: Any, crops: Any) -> Any:
    x = blocks_from_batch(input, tuple(block_shape))
    pairs = zip(crops, x.shape[1:], strict=False)
    return x[(slice(None), *(slice(low, size - high) for (low, high), size in pairs))]


@traceable
def blocks_from_batch(x: Tensor, blocks: tuple[int, ...]) -> Tensor:
    """What ``blocks_to_batch`` undoes.

    Args:
        x: ``(batch * members of a block, ..., rest)``.
        blocks: Lengths of the blocks.

    Source: ``tf.batch_to_space``.

    Example:
        >>> blocks_from_batch(torch.tensor([[0, 2], [1, 3]]), (2,))
        tensor([[0, 1, 2, 3]])
    """
    rank = len(blocks)
    sizes, rest = x.shape[1 : rank + 1], x.shape[rank + 1 :]
    x = x.reshape(*blocks, -1, *sizes, *rest)
    order = [rank]
    for axis in range(rank):
        order += [rank + 1 + axis, axis]
    x = x.permute(*order, *range(2 * rank + 1, x.ndim))
    joined = [size * block for size, block in zip(sizes, blocks, strict=True)]
    return x.reshape(-1, *joined, *rest)


# --- Counting


def _segments(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(data: Any, segment_ids: Any, num_segments: Any = None) -> Any:
        if num_segments is None:
            if not isinstance(segment_ids, list):
                raise argument_error(
                    "load", "segment_ids of tf.math.segment_sum", "a tensor", "a list of numbers"
                )
            num_segments = max(segment_ids) + 1
        ids, data = _indices(segment_ids), array_of(data)
        rank = len(ids.shape)
        if rank > 1:
            data = ops.reshape(data, (-1, *data.shape[rank:]))
            ids = ops.reshape(ids, (-1,))
        return function(data, ids, num_segments)

    return reduce


def _segment_mean(data: Any, ids: Any, number: Any) -> Any:
    counts = ops.segment_sum(ops.ones_like(ids, dtype=data.dtype), ids, number)
    counts = ops.reshape(ops.maximum(counts, 1), (-1, *[1] * (len(data.shape) - 1)))
    return ops.segment_sum(data, ids, number) / counts


def _confusion(
    labels: Any, predictions: Any, num_classes: Any = None, weights: Any = None,
    dtype: Any = "int32",
) -> Any:  # fmt: skip
    if num_classes is None:
        raise argument_error("load", "num_classes of tf.math.confusion_matrix", None, "a number")
    rows, columns = (
        ops.one_hot(_indices(x), num_classes, dtype="float32") for x in (labels, predictions)
    )
    rows = rows if weights is None else rows * ops.expand_dims(array_of(weights), -1)
    return ops.cast(ops.matmul(ops.transpose(rows), columns), dtype)


def _histogram(values: Any, value_range: Any, nbins: int = 100, dtype: Any = "int32") -> Any:
    low, high = value_range
    bins = ops.floor((ops.reshape(values, (-1,)) - low) / (high - low) * nbins)
    bins = ops.cast(ops.clip(bins, 0, nbins - 1), "int32")
    return ops.cast(ops.sum(ops.one_hot(bins, nbins, dtype="int32"), axis=0), dtype)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "gather": _gather,
    "gather_nd": _gather_places,
    "boolean_mask": _boolean_mask,
    "dynamic_partition": _partition,
    "bitcast": lambda input, type: ops.view(input, type),
    "slice": _slice,
    "strided_slice": _strided_slice,
    "reverse_sequence": _reverse_parts,
    "searchsorted": _searchsorted,
    "approx_top_k": _largest,
    "math.in_top_k": lambda predictions, targets, k: ops.in_top_k(
        _indices(targets), predictions, k
    ),
    "sort": _sort,
    "argsort": _order,
    "sequence_mask": _sequence_mask,
    "range": _range,
    "scatter_nd": _scatter,
    "tensor_scatter_nd_update": _write("put"),
    "tensor_scatter_nd_add": _write("sum"),
    "tensor_scatter_nd_sub": _write("difference"),
    "space_to_batch_nd": _to_batch,
    "batch_to_space_nd": _from_batch,
    "math.confusion_matrix": _confusion,
    "histogram_fixed_width": _histogram,
    **{
        f"math.{name}segment_{kind}": _segments(function)
        for name in ("", "unsorted_")
        for kind, function in {
            "sum": ops.segment_sum, "max": ops.segment_max, "min": ops.segment_min,
            "prod": ops.segment_prod, "mean": _segment_mean,
        }.items()
    },
}  # fmt: skip
