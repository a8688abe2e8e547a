"""Tensors taken apart and put together by number, by row length, and in blocks."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import over_values
from torchkeras_shim.looking import is_at_hand
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import as_size, as_sizes
from torchkeras_shim.text import Texts

from tensorflow.ragged import RaggedTensor
from tensorflow.sparse import SparseTensor
from tensorflow.tensors import convert_to_tensor, shape
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.tracer import traceable


@traceable
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
) -> Tensor:
    """The first elements of each sequence, as many as its length says, in reverse order.

    Raises:
        ValueError: there is not one length for each sequence, or one is too long.
    """
    x, lengths = convert_to_tensor(input), convert_to_tensor(seq_lengths).long()
    batch, longest = 0 if batch_axis is None else batch_axis, x.shape[seq_axis or 0]
    if isinstance(x, Texts):
        numbers = torch.arange(x.size).reshape(x.shape)
        return x.reshape(-1)[reverse_sequence(numbers, lengths, seq_axis, batch).numpy()]
    if len(lengths) != x.shape[batch] or (is_at_hand(lengths) and lengths.gt(longest).any()):
        expected = f"{x.shape[batch]} numbers up to {longest}"
        raise argument_error("tf.reverse_sequence", "seq_lengths", lengths.tolist(), expected)
    moved = x.movedim((batch, seq_axis or 0), (0, 1))
    steps = torch.arange(moved.shape[1])
    places = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    found = moved[torch.arange(len(moved))[:, None], places]
    return found.movedim((0, 1), (batch, seq_axis or 0))


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Any]:
    """The parts of ``data`` with number 0, with number 1, and so on; ragged data by rows.

    Raises:
        ValueError: a number is negative, or not below ``num_partitions``.
    """
    chosen = convert_to_tensor(partitions)
    if is_at_hand(chosen) and ((chosen < 0) | (chosen >= num_partitions)).any():
        expected = f"numbers from 0 to {num_partitions - 1}"
        raise argument_error("tf.dynamic_partition", "partitions", chosen.tolist(), expected)
    places = [chosen == number for number in range(num_partitions)]
    if isinstance(data, RaggedTensor):
        return [data.rows_at(place.nonzero().reshape(-1)) for place in places]
    data = convert_to_tensor(data)
    if isinstance(data, Texts):
        return [data[place.numpy()] for place in places]
    return [data[place] for place in places]


def dynamic_stitch(indices: Sequence[Any], data: Sequence[Any], name: str | None = None) -> Tensor:
    """Rows put at their numbers; the last one with a number counts."""
    numbers = [convert_to_tensor(part).long() for part in indices]
    rows = [convert_to_tensor(part) for part in data]
    inner = rows[0].shape[numbers[0].ndim :]
    count = max(int(part.max()) + 1 if part.numel() else 0 for part in numbers)
    result = rows[0].new_zeros((count, *inner))
    for places, values in zip(numbers, rows, strict=True):
        result[places.reshape(-1)] = values.reshape(-1, *inner)
    return result


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """Coordinates, one row for each axis, of places in a flattened tensor.

    Raises:
        ValueError: a place lies beyond it.
    """
    places, sizes = convert_to_tensor(indices), as_sizes(dims)
    if is_at_hand(places) and ((places < 0) | (places >= math.prod(sizes))).any():
        expected = f"numbers from 0 to {math.prod(sizes) - 1}"
        raise argument_error("tf.unravel_index", "indices", places.tolist(), expected)
    found = torch.unravel_index(places.long(), sizes)
    return torch.stack(found).to(places.dtype)


def edit_distance(
    hypothesis: SparseTensor, truth: SparseTensor, normalize: bool = True, name: str | None = None
) -> Tensor:
    """How many changes make one sequence the other, over the truth's length if ``normalize``."""
    lead = tuple(truth.shape[:-1])
    rows = [_sequences(part) for part in (hypothesis, truth)]
    result = torch.zeros(lead)
    for place in np.ndindex(*lead):
        ours, theirs = (part.get(place, []) for part in rows)
        costs = list(range(len(theirs) + 1))
        for done, value in enumerate(ours, 1):
            row = [done]
            for at, other in enumerate(theirs, 1):
                changed = costs[at - 1] + (value != other)
                row.append(min(costs[at] + 1, row[-1] + 1, changed))
            costs = row
        distance = float(costs[-1])
        if normalize:
            distance = distance / len(theirs) if theirs else float(bool(ours)) * torch.inf
            distance = 0.0 if distance != distance else distance
        result[place] = distance
    return result


def _sequences(x: SparseTensor) -> dict[tuple[int, ...], list[Any]]:
    found: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(x.indices.tolist(), x.values.tolist(), strict=True):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def shape_n(
    input: Sequence[Any], out_type: Any = torch.int32, name: str | None = None
) -> list[Any]:
    """The shapes of several tensors."""
    return [shape(part, out_type) for part in input]


def identity_n(input: Sequence[Any], name: str | None = None) -> list[Any]:
    """Copies of several tensors."""
    return [convert_to_tensor(part).clone() for part in input]


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape that results of two tensors together."""
    return TensorShape(torch.broadcast_shapes(tuple(shape_x), tuple(shape_y)))


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape that results of two tensors together, as a tensor."""
    sizes = torch.broadcast_shapes(as_sizes(shape_x), as_sizes(shape_y))
    return torch.tensor(list(sizes), dtype=torch.int32)


@over_values
@traceable
def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """The same bytes as another type of number.

    Numbers of less bytes come along a new last axis; those of more take the last axis.

    Raises:
        ValueError: the last axis has not as many bytes as one number of ``type``.
    """
    x, wanted = convert_to_tensor(input), torch_dtype(type)
    if wanted.itemsize < x.dtype.itemsize:
        return x[..., None].view(wanted)
    if wanted.itemsize > x.dtype.itemsize:
        count = wanted.itemsize // x.dtype.itemsize
        if not x.ndim or x.shape[-1] != count:
            expected = f"a last axis of {count}"
            raise argument_error("tf.bitcast", "input.shape", tuple(x.shape), expected)
        return x.contiguous().view(wanted).squeeze(-1)
    return x.view(wanted)


def space_to_batch(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Tensor:
    """Images laid out so that neighbouring pixels of a block are in different ones of the batch.

    Args:
        input: ``(batch, *sizes, ...)``.
        block_shape: Lengths of a block along each size.
        paddings: For each size, how many zeros before and after.
        name: Accepted.
    """
    x, block = convert_to_tensor(input), as_sizes(block_shape)
    widths: list[int] = []
    for pair in paddings:
        widths = [*as_sizes(pair), *widths]
    rank = len(block)
    widths = [0, 0] * (x.ndim - 1 - rank) + widths
    x = torch.nn.functional.pad(x, widths)
    inner = [part for n, b in zip(x.shape[1:], block, strict=False) for part in (n // b, b)]
    split = x.reshape(x.shape[0], *inner, *x.shape[1 + rank :])
    blocks = [2 + 2 * axis for axis in range(rank)]
    rest = [axis for axis in range(split.ndim) if axis not in blocks]
    moved = split.permute(*blocks, *rest)
    return moved.reshape(-1, *moved.shape[rank + 1 :])


def batch_to_space(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """The inverse of ``space_to_batch``; ``crops`` is cut off instead of added."""
    x, block = convert_to_tensor(input), as_sizes(block_shape)
    rank = len(block)
    batch = x.shape[0] // int(np.prod(block))
    split = x.reshape(*block, batch, *x.shape[1:])
    order = [rank]
    for axis in range(rank):
        order += [rank + 1 + axis, axis]
    moved = split.permute(*order, *range(2 * rank + 1, split.ndim))
    sizes = [n * b for n, b in zip(x.shape[1:], block, strict=False)]
    found = moved.reshape(batch, *sizes, *x.shape[1 + rank :])
    for axis, pair in enumerate(crops):
        before, after = as_sizes(pair)
        found = found.narrow(1 + axis, before, sizes[axis] - before - as_size(after))
    return found
