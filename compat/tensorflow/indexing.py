"""Elements chosen, and put, by index."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import over_values
from torchkeras_shim.looking import is_at_hand
from torchkeras_shim.sizes import as_size, as_sizes
from torchkeras_shim.text import Texts, as_texts

from tensorflow import ragged
from tensorflow.ragged import RaggedTensor, map_flat_values
from tensorflow.ragged.rows import taken
from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras import ops
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import is_floating, standardize_dtype
from torchkeras.tracer import traceable


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
        validate_indices: Changes nothing here: numbers are checked in either case, as long as
            they are in the host's memory.
        axis: The axis; None means the first after the batch's.
        batch_dims: How many leading axes of both go together.
        name: Accepted.

    Raises:
        ValueError: a number is negative or too large.
        TypeError: they aren't whole numbers.
    """
    if batch_dims < 0:
        batch_dims += len(indices.shape if isinstance(indices, RaggedTensor) else np.shape(indices))
    axis = batch_dims if axis is None else as_size(axis)
    if isinstance(indices, RaggedTensor) and not batch_dims and axis == 0:
        return indices.with_flat_values(gather(params, indices.flat_values))
    if isinstance(params, RaggedTensor):
        return _rows_of(params, indices, axis, batch_dims)
    if isinstance(indices, RaggedTensor):
        params = RaggedTensor.from_tensor(convert_to_tensor(params))
        return _rows_of(params, indices, axis, batch_dims)
    params, indices = convert_to_tensor(params), convert_to_tensor(indices)
    size = params.shape[axis]
    _check_numbers("tf.gather", indices, size)
    if isinstance(params, Texts):
        # By their numbers, as texts are no tensors.
        numbers = torch.arange(params.size).reshape(params.shape)
        return params.reshape(-1)[gather(numbers, indices, None, axis, batch_dims).numpy()]
    if not batch_dims:
        return ops.take(params, indices, axis=axis)
    return _gathered(params, indices, axis, batch_dims)


@traceable
def _gathered(params: Tensor, indices: Tensor, axis: int, batch_dims: int) -> Tensor:
    """``gather`` of each part of a batch."""
    indices = indices.long()
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


def _check_numbers(where: str, indices: Any, size: Any) -> None:
    """Raise unless these are whole numbers from 0 up to ``size``, if that can be seen."""
    if isinstance(indices, Tensor):
        if indices.is_floating_point() or indices.dtype == torch.bool:
            raise kind_error(where, "indices", f"of type {indices.dtype}", "whole numbers")
        if indices.numel() and is_at_hand(indices):
            low, high = (int(bound) for bound in torch.aminmax(indices))
            if low < 0 or (size is not None and high >= size):
                wrong = low if low < 0 else high
                raise argument_error(where, "indices", wrong, f"numbers from 0 to {size - 1}")


def _rows_of(params: RaggedTensor, indices: Any, axis: int, batch_dims: int) -> Any:
    """Rows of a ragged tensor, or parts of each row."""
    if batch_dims == 0 and axis == 0:
        indices = convert_to_tensor(indices)
        _check_numbers("tf.gather", indices, len(params))
        if not indices.ndim:
            return params[int(indices)]
        rows = params.rows_at(indices.reshape(-1))
        for size in indices.shape[:0:-1]:
            rows = RaggedTensor.from_uniform_row_length(rows, size)
        return rows
    if batch_dims != 1 or axis != 1:
        raise argument_error("tf.gather", "axis of a ragged tensor", axis, "0, or 1 in a batch")
    if isinstance(indices, RaggedTensor):
        starts = params.row_starts()[indices.value_rowids().long()]
        return indices.with_values(taken(params.values, starts + indices.values))
    indices = convert_to_tensor(indices)
    starts = params.row_starts().reshape((-1,) + (1,) * (indices.ndim - 1))
    return taken(params.values, starts + indices)


_POLICIES = ("", "DEFAULT", "ERROR", "IGNORE")


@traceable
def gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """Parts of ``params`` by coordinates, which lie along the last axis of ``indices``.

    Args:
        params: Where they are taken from.
        indices: Coordinates, from 0.
        batch_dims: How many leading axes of both go together.
        name: Accepted.
        bad_indices_policy: What becomes of coordinates beyond ``params``: ``"IGNORE"`` gives
            zeros, or empty texts; ``"ERROR"`` and ``""`` raise, but where values can't be seen
            at once, as on a GPU, give zeros too.

    Raises:
        ValueError: coordinates lie beyond ``params``; another policy.
    """
    where = "tf.gather_nd"
    if batch_dims < 0:
        raise argument_error(where, "batch_dims", batch_dims, "0 or more")
    if isinstance(params, RaggedTensor):
        if bad_indices_policy not in ("", "DEFAULT"):
            raise argument_error(
                where, "bad_indices_policy", bad_indices_policy, '"" for ragged tensors'
            )
        return _ragged_parts(params, convert_to_tensor(indices))
    params, places = convert_to_tensor(params), convert_to_tensor(indices).long()
    depth = batch_dims + places.shape[-1]
    lead = [torch.arange(size) for size in places.shape[:batch_dims]]
    if lead:
        grid = torch.stack(torch.meshgrid(*lead, indexing="ij"), -1).to(places.device)
        grid = grid.reshape(*grid.shape[:-1], *(1,) * (places.ndim - 1 - batch_dims), batch_dims)
        places = torch.cat([grid.expand(*places.shape[:-1], batch_dims), places], -1)
    rows, is_inside = _flat_places(where, places, params.shape[:depth], bad_indices_policy)
    flat = params.reshape(-1, *params.shape[depth:])
    if isinstance(flat, Texts):
        found = flat[rows.numpy()]
        if is_inside is not None:
            found[~is_inside.numpy()] = ""
        return found
    if is_inside is None:
        return flat[rows]
    is_inside = is_inside.reshape(*is_inside.shape, *(1,) * (flat.ndim - 1))
    return torch.where(is_inside, flat[rows], flat.new_zeros(()))


def _flat_places(
    where: str, places: Tensor, sizes: Any, policy: str
) -> tuple[Tensor, Tensor | None]:
    """Coordinates as numbers in the flattened axes, and which are inside; None if all are."""
    if policy not in _POLICIES:
        raise argument_error(where, "bad_indices_policy", policy, f"one of {_POLICIES}")
    if places.shape[-1] != len(sizes):
        raise argument_error(
            where, "indices.shape", tuple(places.shape), f"a last axis of at most {len(sizes)}"
        )
    bounds = torch.tensor(list(sizes), dtype=torch.int64, device=places.device)
    steps = torch.tensor([1, *list(sizes)[:0:-1]], device=places.device).cumprod(0).flip(0)
    is_inside: Tensor | None = ((places >= 0) & (places < bounds)).all(-1)
    if is_at_hand(is_inside):
        if is_inside.all():
            is_inside = None
        elif policy != "IGNORE":
            wrong = places[~is_inside][0].tolist()
            expected = f"coordinates from 0 within {tuple(sizes)}"
            raise argument_error(where, "indices", wrong, expected)
    rows = (places * steps[: len(sizes)]).sum(-1)
    return (rows if is_inside is None else torch.where(is_inside, rows, 0)), is_inside


def _ragged_parts(params: RaggedTensor, places: Tensor) -> Any:
    """Parts of a ragged tensor by coordinates."""
    lead = places.shape[:-1]
    first, *others = places.reshape(-1, places.shape[-1]).long().unbind(-1)
    _check_numbers("tf.gather_nd", first, len(params))
    values: Any = params
    while others and isinstance(values, RaggedTensor):
        lengths = values.row_lengths().long()[first]
        if (others[0] < 0).any() or (others[0] >= lengths).any():
            raise argument_error(
                "tf.gather_nd", "indices", places.tolist(), "coordinates within the rows"
            )
        first = values.row_starts().long()[first] + others.pop(0)
        values = values.values
    if not isinstance(values, RaggedTensor):
        found = gather_nd(values, torch.stack([first, *others], -1))
        return found.reshape((*lead, *found.shape[1:]))
    rows = values.rows_at(first)
    for size in lead[:0:-1]:
        rows = RaggedTensor.from_uniform_row_length(rows, size)
    return rows


def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Tensor:
    """Parts of ``tensor`` where ``mask``, laid from ``axis`` on, is True."""
    if isinstance(tensor, RaggedTensor) or isinstance(mask, RaggedTensor):
        return ragged.boolean_mask(tensor, mask)
    tensor, mask = convert_to_tensor(tensor), convert_to_tensor(mask).bool()
    if not mask.ndim:
        raise argument_error("tf.boolean_mask", "mask", mask.item(), "one axis or more")
    leading = (slice(None),) * (0 if axis is None else as_size(axis) % tensor.ndim)
    return tensor[(*leading, mask)]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """``x`` where ``condition`` holds, else ``y``; without them, the coordinates where it holds."""
    if (x is None) != (y is None):
        given, argument = ("x", "y") if y is None else ("y", "x")
        raise argument_error("tf.where", argument, None, f"a value, as {given} has one")
    if x is None:
        if isinstance(condition, RaggedTensor):
            return condition.to_sparse().indices[condition.flat_values.reshape(-1)]
        return torch.nonzero(convert_to_tensor(condition))
    if any(isinstance(part, RaggedTensor) for part in (condition, x, y)):
        return map_flat_values(where, condition, x, y)
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
    """``on_value`` (1) at each index of a new axis of length ``depth``, else ``off_value``.

    Args:
        indices: Whole numbers; those below 0 or not below ``depth`` stand nowhere.
        depth: Length of the new axis.
        on_value, off_value: What stands at the indices and elsewhere; None means 1 and 0.
        axis: Where the new axis is; None and -1 mean the last.
        dtype: Type of the result; None means that of the values, or float32 without any.
        name: Accepted.

    Raises:
        TypeError: indices aren't whole numbers, or a value isn't of type ``dtype``.
        ValueError: ``axis`` is below -1.
    """
    indices = convert_to_tensor(indices)
    if indices.is_floating_point():
        raise kind_error("tf.one_hot", "indices", f"of type {indices.dtype}", "whole numbers")
    if axis is not None and as_size(axis) < -1:
        raise argument_error("tf.one_hot", "axis", axis, f"-1 to {indices.ndim}")
    if dtype is not None and not is_floating(standardize_dtype(dtype)):
        for argument, value in (("on_value", on_value), ("off_value", off_value)):
            if isinstance(value, float):
                raise kind_error("tf.one_hot", argument, value, f"a value of type {dtype}")
    if is_text(on_value) or is_text(off_value):
        is_there = one_hot(indices, depth, axis=axis, dtype=torch.bool)
        return where(is_there, on_value, off_value)
    wanted = torch.float32 if dtype is None else dtype
    place = -1 if axis is None else as_size(axis)
    if on_value is None and off_value is None:
        return ops.one_hot(indices, as_size(depth), axis=place, dtype=wanted)
    is_there = ops.one_hot(indices, as_size(depth), axis=place, dtype="bool")
    on, off = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    result = ops.where(is_there, on, off)
    return result if dtype is None else ops.cast(result, dtype)


@traceable
def scatter_nd(
    indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """Zeros, or empty texts, with ``updates`` added at the coordinates in ``indices``.

    Args:
        indices: Coordinates, from 0, along the last axis.
        updates: What is added at each.
        shape: Lengths of the result's axes.
        bad_indices_policy: What becomes of updates beyond them: ``"IGNORE"`` leaves them out;
            ``"ERROR"`` and ``""`` raise, but where values can't be seen at once, as on a GPU,
            leave them out too.
        name: Accepted.

    Raises:
        ValueError: coordinates lie beyond ``shape``; ``updates`` have another shape than
            coordinates and ``shape`` say; another policy.
    """
    updates, sizes = convert_to_tensor(updates), as_sizes(shape)
    if isinstance(updates, Texts):
        empty: Any = as_texts(np.full(sizes, "", dtype=object))
    else:
        empty = updates.new_zeros(sizes)
    return _put("tf.scatter_nd", empty, indices, updates, "add", bad_indices_policy)


@traceable
def _put(where: str, tensor: Any, indices: Any, updates: Any, kind: str, policy: str) -> Any:
    """``tensor`` with ``updates`` combined with what stands at the coordinates.

    Args:
        where: The function, for messages.
        tensor: What is changed.
        indices: Coordinates along the last axis.
        updates: What is put at each.
        kind: "update", "add", "sub", "amax" or "amin".
        policy: See ``scatter_nd``.
    """
    tensor, updates = convert_to_tensor(tensor), convert_to_tensor(updates)
    places = convert_to_tensor(indices).long()
    depth = places.shape[-1]
    rest = tuple(tensor.shape[depth:])
    rows, is_inside = _flat_places(where, places, tensor.shape[:depth], policy)
    if tuple(updates.shape) != (*rows.shape, *rest) or not updates.ndim:
        expected = f"a shape of {(*rows.shape, *rest) or (1,)}"
        raise argument_error(where, "updates.shape", tuple(updates.shape), expected)
    rows, flat, values = rows.reshape(-1), tensor.reshape(-1, *rest), updates.reshape(-1, *rest)
    if isinstance(tensor, Texts):
        return _put_texts(where, flat, rows, is_inside, values, kind).reshape(tensor.shape)
    values = values.to(tensor.dtype)
    if is_inside is not None:  # those beyond go to a row that is cut off
        rows = torch.where(is_inside.reshape(-1), rows, len(flat))
        flat = torch.cat([flat, flat.new_zeros((1, *rest))])
    if kind in ("amax", "amin"):
        found = flat.index_reduce(0, rows, values, kind)
    else:
        values = -values if kind == "sub" else values
        found = flat.index_put((rows,), values, accumulate=kind != "update")
    return (found if is_inside is None else found[:-1]).reshape(tensor.shape)


def _put_texts(
    where: str, flat: Texts, rows: Tensor, is_inside: Tensor | None, values: Texts, kind: str
) -> Texts:
    if kind not in ("update", "add"):
        raise kind_error(where, "tensor", "of texts", "numbers")
    result = flat.copy()
    kept = [True] * len(rows) if is_inside is None else is_inside.reshape(-1).tolist()
    for row, value, is_kept in zip(rows.tolist(), values, kept, strict=True):
        if is_kept:
            result[row] = (as_texts(result[row]) + value if kind == "add" else value).item()
    return result


def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Any:
    """``tensor`` with other values, ``updates``, at the coordinates in ``indices``."""
    return _put("tf.tensor_scatter_nd_update", tensor, indices, updates, "update", "")


def _putting(name: str, kind: str, text: str) -> Callable[..., Any]:
    where = f"tf.{name}"

    def put(
        tensor: Any,
        indices: Any,
        updates: Any,
        bad_indices_policy: str = "",
        name: str | None = None,
    ) -> Any:
        return _put(where, tensor, indices, updates, kind, bad_indices_policy)

    put.__name__ = put.__qualname__ = name
    put.__doc__ = f"""{text} at the coordinates in ``indices``.

    ``bad_indices_policy`` is that of ``scatter_nd``.
    """
    return put


tensor_scatter_nd_add = _putting(
    "tensor_scatter_nd_add", "add", "``tensor`` with ``updates`` added"
)
tensor_scatter_nd_sub = _putting(
    "tensor_scatter_nd_sub", "sub", "``tensor`` with ``updates`` subtracted"
)
tensor_scatter_nd_max = _putting(
    "tensor_scatter_nd_max", "amax", "``tensor`` with larger ``updates``"
)
tensor_scatter_nd_min = _putting(
    "tensor_scatter_nd_min", "amin", "``tensor`` with smaller ``updates``"
)
