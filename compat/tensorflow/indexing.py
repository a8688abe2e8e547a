"""Elements chosen, and put, by index."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import over_values
from torchkeras_shim.sizes import as_size, as_sizes
from torchkeras_shim.text import as_texts

from tensorflow import ragged
from tensorflow.ragged import RaggedTensor, map_flat_values
from tensorflow.ragged.rows import taken
from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras import ops
from torchkeras.core.checks import argument_error


def gather(
    params: Any,
    indices: Any,
    validate_indices: bool | None = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Parts of ``params`` along ``axis`` by number.

    Args:
        params: Where they are taken from.
        indices: Numbers, from 0.
        validate_indices: Accepted; numbers out of range are an error.
        axis: The axis; None means the first after the batch's.
        batch_dims: How many leading axes of both go together.
        name: Accepted.
    """
    axis = batch_dims if axis is None else as_size(axis)
    if isinstance(indices, RaggedTensor) and not batch_dims:
        return indices.with_flat_values(gather(params, indices.flat_values, axis=axis))
    if isinstance(params, RaggedTensor):
        return _rows_of(params, indices, axis, batch_dims)
    if is_text(params):
        return as_texts(np.take(np.asarray(params), np.asarray(indices), axis=axis))
    if not batch_dims:
        return ops.take(params, indices, axis=axis)
    params, indices = convert_to_tensor(params), convert_to_tensor(indices).long()
    batch_dims %= indices.ndim + 1
    lead = indices.shape[:batch_dims]
    moved = torch.movedim(params, axis, batch_dims)
    rows = moved.reshape(-1, *moved.shape[batch_dims:])
    flat = indices.reshape(rows.shape[0], -1)
    found = rows[torch.arange(rows.shape[0], device=rows.device)[:, None], flat]
    chosen = len(indices.shape) - batch_dims
    found = found.reshape(*lead, *indices.shape[batch_dims:], *moved.shape[batch_dims + 1 :])
    origin = list(range(batch_dims, batch_dims + chosen))
    shift = axis % params.ndim - batch_dims
    return torch.movedim(found, origin, [place + shift for place in origin])


def _rows_of(params: RaggedTensor, indices: Any, axis: int, batch_dims: int) -> Any:
    """Rows of a ragged tensor, or parts of each row."""
    if batch_dims == 0 and axis == 0:
        return params.rows_at(convert_to_tensor(indices).reshape(-1))
    if batch_dims != 1 or axis != 1:
        raise argument_error("tf.gather", "axis of a ragged tensor", axis, "0, or 1 in a batch")
    if isinstance(indices, RaggedTensor):
        starts = params.row_starts()[indices.value_rowids().long()]
        return indices.with_values(taken(params.values, starts + indices.values))
    indices = convert_to_tensor(indices)
    starts = params.row_starts().reshape((-1,) + (1,) * (indices.ndim - 1))
    return taken(params.values, starts + indices)


def gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """Parts of ``params`` by coordinates, which lie along the last axis of ``indices``."""
    params = convert_to_tensor(params)
    coordinates = list(convert_to_tensor(indices).long().unbind(-1))
    axes = coordinates[0].ndim
    for axis in range(batch_dims):
        rows = torch.arange(params.shape[axis], device=params.device)
        rows = rows.reshape([-1 if other == axis else 1 for other in range(axes)])
        coordinates.insert(axis, rows)
    return params[tuple(coordinates)]


def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Tensor:
    """Parts of ``tensor`` where ``mask``, laid from ``axis`` on, is True."""
    if isinstance(tensor, RaggedTensor) or isinstance(mask, RaggedTensor):
        return ragged.boolean_mask(tensor, mask)
    tensor, mask = convert_to_tensor(tensor), convert_to_tensor(mask).bool()
    leading = (slice(None),) * (0 if axis is None else as_size(axis) % tensor.ndim)
    return tensor[(*leading, mask)]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """``x`` where ``condition`` holds, else ``y``; without them, the coordinates where it holds."""
    if x is None and y is None:
        if isinstance(condition, RaggedTensor):
            return condition.to_sparse().indices[condition.flat_values.reshape(-1)]
        return torch.nonzero(convert_to_tensor(condition))
    if any(isinstance(part, RaggedTensor) for part in (condition, x, y)):
        return map_flat_values(ops.where, condition, x, y)
    if is_text(x) or is_text(y):
        return as_texts(np.where(*(np.asarray(part) for part in (condition, x, y))))
    return ops.where(condition, x, y)


@over_values
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """``on_value`` (1) at each index of a new axis of length ``depth``, else ``off_value``."""
    wanted = torch.float32 if dtype is None else dtype
    place = -1 if axis is None else as_size(axis)
    if on_value is None and off_value is None:
        return ops.one_hot(indices, as_size(depth), axis=place, dtype=wanted)
    is_there = ops.one_hot(indices, as_size(depth), axis=place, dtype="bool")
    on, off = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    result = ops.where(is_there, on, off)
    return result if dtype is None else ops.cast(result, dtype)


def scatter_nd(
    indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """Zeros with ``updates`` added at the coordinates in ``indices``."""
    updates = convert_to_tensor(updates)
    return tensor_scatter_nd_add(updates.new_zeros(as_sizes(shape)), indices, updates)


def _put(tensor: Any, indices: Any, updates: Any, accumulate: bool) -> Tensor:
    tensor, updates = convert_to_tensor(tensor), convert_to_tensor(updates)
    coordinates = tuple(convert_to_tensor(indices).long().unbind(-1))
    return tensor.index_put(coordinates, updates.to(tensor.dtype), accumulate=accumulate)


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any, name: Any = None) -> Tensor:
    """``tensor`` with other values at the coordinates in ``indices``."""
    return _put(tensor, indices, updates, accumulate=False)


def tensor_scatter_nd_add(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """``tensor`` with ``updates`` added at the coordinates in ``indices``."""
    return _put(tensor, indices, updates, accumulate=True)


def tensor_scatter_nd_sub(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """``tensor`` with ``updates`` subtracted at the coordinates in ``indices``."""
    return _put(tensor, indices, -convert_to_tensor(updates), accumulate=True)


def _extreme(kind: str, text: str) -> Any:
    def put(
        tensor: Any,
        indices: Any,
        updates: Any,
        bad_indices_policy: str = "",
        name: str | None = None,
    ) -> Tensor:
        tensor, updates = convert_to_tensor(tensor), convert_to_tensor(updates)
        places = convert_to_tensor(indices).long()
        depth = places.shape[-1]
        flat = tensor.reshape(-1, *tensor.shape[depth:])
        steps = torch.tensor([1, *tensor.shape[1:depth][::-1]]).cumprod(0).flip(0)
        rows = (places * steps).sum(-1).reshape(-1)
        values = updates.to(tensor.dtype).reshape(-1, *tensor.shape[depth:])
        return flat.index_reduce(0, rows, values, kind).reshape(tensor.shape)

    put.__doc__ = text
    return put


tensor_scatter_nd_max = _extreme(
    "amax", "``tensor`` with larger ``updates`` at the coordinates in ``indices``."
)
tensor_scatter_nd_min = _extreme(
    "amin", "``tensor`` with smaller ``updates`` at the coordinates in ``indices``."
)
