"""Ragged tensors made of lists, numbers and other tensors."""

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.text import Texts, as_texts

from tensorflow import dtypes
from tensorflow.ragged.rows import owners, positions, ranges, splits_of, taken
from tensorflow.ragged.tensor import RaggedTensor, joined
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype


def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = torch.int64,
) -> Any:
    """Nested lists as a ragged tensor; a list of numbers as a tensor.

    Args:
        pylist: The lists.
        dtype: Type of the values; None takes what fits them, float32 where there are none.
        ragged_rank: Number of axes along which lengths may differ; None means all that the
            nesting and ``inner_shape`` leave.
        inner_shape: Lengths of the axes below those.
        name: Accepted.
        row_splits_dtype: int32 or int64.

    Example:
        >>> constant([[1], [], [2, 3]]).to_list()  # doctest: +SKIP
        [[1], [], [2, 3]]
    """
    if not isinstance(pylist, (list, tuple, np.ndarray)):
        return convert_to_tensor(pylist, dtype)
    inner = () if inner_shape is None else tuple(np.atleast_1d(inner_shape).tolist())
    if ragged_rank is None:
        ragged_rank = max(0, _depth(pylist) - 1 - len(inner))
    splits, values = [], pylist
    for _ in builtins.range(ragged_rank):
        lengths = torch.tensor([len(row) for row in values], dtype=torch_dtype(row_splits_dtype))
        splits.append(splits_of(lengths))
        values = [value for row in values for value in row]
    if len(values) or dtype is dtypes.string:
        flat = convert_to_tensor(values, dtype)
    else:
        flat = torch.zeros((0, *inner), dtype=torch_dtype(dtype or torch.float32))
    if not splits:
        return flat
    return RaggedTensor.from_nested_row_splits(flat, splits)


def _depth(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return 1 + max(map(_depth, value), default=0)
    return np.ndim(value) if isinstance(value, (np.ndarray, Tensor)) else 0


def range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = torch.int64,
) -> RaggedTensor:
    """A row of numbers from each start up to its limit; with one argument, from 0."""
    if limits is None:
        starts, limits = 0, starts
    bounds = [torch.atleast_1d(convert_to_tensor(part, dtype)) for part in (starts, limits, deltas)]
    starts, limits, deltas = torch.broadcast_tensors(*bounds)
    lengths = torch.ceil((limits - starts) / deltas).clamp(min=0).to(torch_dtype(row_splits_dtype))
    rows = owners(lengths)
    places = ranges(torch.zeros_like(lengths), lengths)
    return RaggedTensor.from_row_lengths(
        starts[rows] + deltas[rows] * places.to(starts.dtype), lengths
    )


def as_ragged(value: Any, ragged_rank: int) -> RaggedTensor:
    """A tensor, or a ragged one with fewer ragged axes, with so many of them."""
    if isinstance(value, RaggedTensor):
        if value.ragged_rank >= ragged_rank:
            return value
        return value.with_values(as_ragged(value.values, ragged_rank - 1))
    return RaggedTensor.from_tensor(value, ragged_rank=ragged_rank)


def concat(values: Sequence[Any], axis: int) -> Any:
    """Ragged tensors and tensors one after another along ``axis``."""
    values = [v if isinstance(v, RaggedTensor) else convert_to_tensor(v) for v in values]
    rank = len(values[0].shape)
    axis = axis % rank
    depth = max([v.ragged_rank for v in values if isinstance(v, RaggedTensor)], default=0)
    if rank == 1:
        return joined(values)
    depth = max(depth, axis, 1) if axis < rank - 0 else depth
    depth = min(depth, rank - 1)
    parts = [as_ragged(value, depth) for value in values]
    return _joined_along(parts, axis)


def _joined_along(parts: list[Any], axis: int) -> Any:
    if axis == 0:
        return joined(parts)
    first = parts[0]
    if axis > 1:
        return first.with_values(_joined_along([part.values for part in parts], axis - 1))
    counts = {len(part) for part in parts}
    if len(counts) > 1:
        raise argument_error("tf.concat", "number of rows", sorted(counts), "the same for all")
    flat = joined([part.values for part in parts])
    before = np.cumsum([0, *(len(part.values) for part in parts)])[:-1].tolist()
    lengths = torch.stack([part.row_splits.diff() for part in parts], dim=1)
    starts = [part.row_splits[:-1] + shift for part, shift in zip(parts, before, strict=True)]
    places = ranges(torch.stack(starts, dim=1).reshape(-1), lengths.reshape(-1))
    return RaggedTensor(taken(flat, places), splits_of(lengths.sum(1).to(lengths.dtype)))


def expand_dims(input: Any, axis: int) -> Any:
    """A new axis of length 1 in a ragged tensor."""
    axis = axis % (len(input.shape) + 1)
    if axis == 0:
        return RaggedTensor.from_uniform_row_length(input, len(input), 1)
    if axis == 1:
        return RaggedTensor.from_uniform_row_length(input, 1, len(input))
    inner = input.values
    if isinstance(inner, RaggedTensor):
        return input.with_values(expand_dims(inner, axis - 1))
    if isinstance(inner, Texts):
        return input.with_values(as_texts(np.expand_dims(np.asarray(inner), axis - 1)))
    return input.with_values(inner.unsqueeze(axis - 1))


def stack(values: Sequence[Any], axis: int = 0, name: str | None = None) -> Any:
    """Tensors, ragged or not, whose lengths may differ, along a new axis."""
    values = [v if isinstance(v, RaggedTensor) else convert_to_tensor(v) for v in values]
    rank = len(values[0].shape)
    axis = axis % (rank + 1)
    if rank == 0:
        return convert_to_tensor(values)
    if rank == 1 and axis == 1:
        return torch.stack(values, dim=1)
    if axis == 0:
        deepest = max(v.ragged_rank if isinstance(v, RaggedTensor) else 0 for v in values)
        deepest = max(deepest, rank - 1)
        rows = [as_ragged(v, deepest) if deepest else v for v in values]
        return RaggedTensor.of_rows(rows)
    parts = [
        expand_dims(as_ragged(v, max(1, axis - 1)) if rank > 1 else v, axis)
        if rank > 1
        else RaggedTensor.from_uniform_row_length(v, 1)
        for v in values
    ]
    return concat(parts, axis)


def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """The parts of ``data`` where ``mask`` is True, in the rows in which they stood.

    Args:
        data: A tensor, ragged or not.
        mask: Booleans for its first axes; with one axis it chooses rows.
        name: Accepted.
    """
    data = data if isinstance(data, RaggedTensor) else convert_to_tensor(data)
    mask = mask if isinstance(mask, RaggedTensor) else convert_to_tensor(mask)
    if not isinstance(mask, RaggedTensor):
        if mask.ndim == 1:
            return taken(data, mask.nonzero().reshape(-1))
        mask = RaggedTensor.from_tensor(mask)
    data = data if isinstance(data, RaggedTensor) else RaggedTensor.from_tensor(data)
    if not torch.equal(data.row_splits.long(), mask.row_splits.long()):
        raise argument_error(
            "tf.ragged.boolean_mask",
            "row lengths of the mask",
            mask.row_splits.diff().tolist(),
            f"those of the data, {data.row_splits.diff().tolist()}",
        )
    kept = boolean_mask(data.values, mask.values)
    if isinstance(mask.values, RaggedTensor) or mask.values.ndim > 1:
        return data.with_values(kept)
    lengths = torch.zeros(len(data), dtype=data.row_splits.dtype)
    lengths.index_add_(0, owners(data.row_splits.diff()), mask.values.to(lengths.dtype))
    return RaggedTensor(kept, splits_of(lengths))


def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The number of the row of each value."""
    splits = positions(splits)
    return owners(splits.diff()).to(torch_dtype(out_type) if out_type else splits.dtype)


def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Tensor:
    """Where rows begin, from the number of the row of each value."""
    rows = positions(segment_ids)
    counts = torch.bincount(rows.long(), minlength=int(num_segments or 0))
    return splits_of(counts).to(torch_dtype(out_type) if out_type else rows.dtype)


def stack_dynamic_partitions(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> RaggedTensor:
    """The parts of ``data`` with number i in ``partitions`` as row i."""
    chosen = convert_to_tensor(partitions).long()
    if isinstance(data, RaggedTensor):
        order = torch.argsort(chosen, stable=True)
        count = int(num_partitions)
        return RaggedTensor.from_value_rowids(data.rows_at(order), chosen[order], count)
    data = convert_to_tensor(data)
    flat = data.reshape((-1, *data.shape[chosen.ndim :]))
    chosen = chosen.reshape(-1)
    order = torch.argsort(chosen, stable=True)
    return RaggedTensor.from_value_rowids(taken(flat, order), chosen[order], int(num_partitions))
