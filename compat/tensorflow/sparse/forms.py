"""Sparse tensors as dense ones and back, and their form: joined, cut, turned, reshaped."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.looking import is_at_hand
from torchkeras_shim.sizes import as_size, as_sizes
from torchkeras_shim.text import Texts, as_texts

from tensorflow.sparse.tensor import SparseTensor, joined_values
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype


def to_dense(
    sp_input: SparseTensor,
    default_value: Any = None,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """The whole tensor.

    Args:
        sp_input: The sparse tensor.
        default_value: What stands where there is nothing; None means 0 or an empty text.
        validate_indices: Whether indices out of order, or repeated, are an error; of repeated
            ones the last counts otherwise.
        name: Accepted.

    Raises:
        ValueError: indices lie beyond the tensor, or see ``validate_indices``.
    """
    if default_value is not None and np.ndim(default_value):
        raise argument_error("tf.sparse.to_dense", "default_value", default_value, "one value")
    check_indices("tf.sparse.to_dense", sp_input, validate_indices)
    places = tuple(sp_input.indices.T)
    if isinstance(sp_input.values, Texts):
        texts = np.full(sp_input.shape, b"" if default_value is None else default_value, object)
        texts[tuple(place.numpy() for place in places)] = np.asarray(sp_input.values)
        return as_texts(texts)
    fill = 0 if default_value is None else default_value
    dense = sp_input.values.new_full(tuple(sp_input.shape), fill)
    dense[places] = sp_input.values
    return dense


def check_indices(where: str, x: SparseTensor, in_order: bool = True) -> None:
    """Raise if indices lie beyond the tensor; if asked for, if they are out of order or repeated.

    Nothing is checked where values can't be looked at, as on a GPU.
    """
    if not is_at_hand(x.indices):
        return
    bounds = torch.tensor(list(x.shape))
    wrong = ((x.indices < 0) | (x.indices >= bounds)).any(-1)
    if wrong.any():
        beyond = x.indices[wrong][0].tolist()
        raise argument_error(where, "indices", beyond, f"indices within {tuple(x.shape)}")
    if in_order:
        places = places_of(x)
        late = (places[1:] <= places[:-1]).nonzero()
        if len(late):
            first = x.indices[late[0, 0] + 1].tolist()
            raise argument_error(
                where, "indices", first, "indices in order, each once",
                "Try tf.sparse.reorder(x), or validate_indices=False.",
            )  # fmt: skip


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The values of a tensor that aren't zero, or aren't empty texts."""
    tensor = convert_to_tensor(tensor)
    if isinstance(tensor, Texts):
        kept = tensor != ""
        places = kept.nonzero()
        return SparseTensor(places, np.asarray(tensor)[kept.numpy()], tensor.shape)
    places = tensor.nonzero()
    return SparseTensor(places, tensor[tuple(places.T)], tuple(tensor.shape))


def reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """The values in the order in which they stand in the tensor."""
    return sp_input.at(torch.argsort(places_of(sp_input), stable=True))


def places_of(x: SparseTensor) -> Tensor:
    """The place of each value in the flattened tensor."""
    steps = torch.tensor([1, *x.shape[:0:-1]]).cumprod(0).flip(0)
    return (x.indices * steps).sum(-1)


def at_places(places: Tensor, values: Any, sizes: Sequence[int]) -> SparseTensor:
    """Values by their place in the flattened tensor of these sizes."""
    if not sizes:
        return SparseTensor(places.new_zeros((len(places), 0)), values, sizes)
    return SparseTensor(torch.stack(torch.unravel_index(places, tuple(sizes)), -1), values, sizes)


def expand_dims(sp_input: SparseTensor, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A new axis of length 1, the last unless named."""
    rank = len(sp_input.shape)
    place = -1 if axis is None else as_size(axis)
    if not -rank - 1 <= place <= rank:
        raise argument_error("tf.sparse.expand_dims", "axis", place, f"{-rank - 1} to {rank}")
    place %= rank + 1
    zeros = sp_input.indices.new_zeros((len(sp_input.indices), 1))
    indices = sp_input.indices
    indices = torch.cat([indices[:, :place], zeros, indices[:, place:]], dim=1)
    sizes = (*sp_input.shape[:place], 1, *sp_input.shape[place:])
    return SparseTensor(indices, sp_input.values, sizes)


def reshape(sp_input: SparseTensor, shape: Any, name: str | None = None) -> SparseTensor:
    """The same elements in another shape; one length may be -1.

    Raises:
        ValueError: the number of elements differs.
    """
    sizes, count = list(as_sizes(shape)), sp_input.shape.num_elements()
    if -1 in sizes:
        known = int(np.prod([size for size in sizes if size != -1]))
        sizes[sizes.index(-1)] = count // max(known, 1)
    if int(np.prod(sizes)) != count:
        raise argument_error("tf.sparse.reshape", "shape", as_sizes(shape), f"{count} elements")
    return at_places(places_of(sp_input), sp_input.values, sizes)


def reset_shape(sp_input: SparseTensor, new_shape: Any = None) -> SparseTensor:
    """The same values in a larger tensor, or in the smallest that holds them."""
    if new_shape is None:
        rank = len(sp_input.shape)
        sizes = (sp_input.indices.amax(0) + 1).tolist() if len(sp_input.indices) else [0] * rank
        return SparseTensor(sp_input.indices, sp_input.values, sizes)
    sizes = as_sizes(new_shape)
    if len(sizes) != len(sp_input.shape) or any(
        new < old for new, old in zip(sizes, sp_input.shape, strict=True)
    ):
        raise argument_error(
            "tf.sparse.reset_shape", "new_shape", sizes, f"at least {tuple(sp_input.shape)}"
        )
    return SparseTensor(sp_input.indices, sp_input.values, sizes)


def transpose(sp_input: SparseTensor, perm: Any = None, name: str | None = None) -> SparseTensor:
    """Axes in another order; None reverses them."""
    rank = len(sp_input.shape)
    order = list(as_sizes(perm)) if perm is not None else list(range(rank))[::-1]
    sizes = [sp_input.shape[axis] for axis in order]
    return reorder(SparseTensor(sp_input.indices[:, order], sp_input.values, sizes))


def concat(
    axis: int,
    sp_inputs: Sequence[SparseTensor],
    expand_nonconcat_dims: bool = False,
    name: str | None = None,
) -> SparseTensor:
    """Sparse tensors one after another along ``axis``.

    Args:
        axis: The axis.
        sp_inputs: The sparse tensors.
        expand_nonconcat_dims: Whether the other axes may differ; the longest counts.
        name: Accepted.

    Raises:
        ValueError: another axis differs.
    """
    rank = len(sp_inputs[0].shape)
    axis = axis % rank
    sizes = [max(lengths) for lengths in zip(*(part.shape for part in sp_inputs), strict=True)]
    for part in sp_inputs:
        others = [place for place in range(rank) if place != axis]
        if not expand_nonconcat_dims and any(part.shape[i] != sizes[i] for i in others):
            raise argument_error(
                "tf.sparse.concat", "shape", tuple(part.shape), f"{sizes} but for axis {axis}"
            )
    indices, shift = [], 0
    for part in sp_inputs:
        moved = part.indices.clone()
        moved[:, axis] += shift
        indices.append(moved)
        shift += part.shape[axis]
    sizes[axis] = shift
    return reorder(SparseTensor(torch.cat(indices), joined_values(list(sp_inputs)), sizes))


def slice(sp_input: SparseTensor, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """The block of this size that begins at ``start``; what lies beyond the tensor is left out."""
    begin = torch.tensor(as_sizes(start))
    ends = torch.minimum(begin + torch.tensor(as_sizes(size)), torch.tensor(list(sp_input.shape)))
    inside = ((sp_input.indices >= begin) & (sp_input.indices < ends)).all(-1)
    found = sp_input.at(inside)
    return SparseTensor(found.indices - begin, found.values, (ends - begin).clamp(min=0))


def split(
    sp_input: SparseTensor, num_split: Any, axis: Any, name: str | None = None
) -> list[SparseTensor]:
    """So many parts along ``axis``, the first ones longer if they can't be equal."""
    num_split, axis = as_size(num_split), as_size(axis)
    axis = axis % len(sp_input.shape)
    length, begin, parts = sp_input.shape[axis], 0, []
    for number in range(num_split):
        size = length // num_split + (number < length % num_split)
        start, sizes = [0] * len(sp_input.shape), list(sp_input.shape)
        start[axis], sizes[axis] = begin, size
        parts.append(slice(sp_input, start, sizes))
        begin += size
    return parts


def retain(sp_input: SparseTensor, to_retain: Any) -> SparseTensor:
    """The values where ``to_retain`` is True."""
    return sp_input.at(convert_to_tensor(to_retain).bool())


def fill_empty_rows(
    sp_input: SparseTensor, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """A value at the beginning of every row without one, and which rows those are."""
    counts = torch.bincount(sp_input.indices[:, 0], minlength=sp_input.shape[0])
    empty = counts == 0
    rows = empty.nonzero()
    places = torch.cat([rows, rows.new_zeros((len(rows), len(sp_input.shape) - 1))], dim=1)
    if isinstance(sp_input.values, Texts):
        fill: Any = as_texts(np.full(len(rows), default_value, dtype=object))
    else:
        fill = convert_to_tensor([default_value] * len(rows), sp_input.dtype)
    filled = SparseTensor(places, fill.reshape(len(rows)), sp_input.shape)
    indices = torch.cat([sp_input.indices, places])
    return reorder(SparseTensor(indices, joined_values([sp_input, filled]), sp_input.shape)), empty


def eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = torch.float32, name: str | None = None
) -> SparseTensor:
    """Ones on the diagonal."""
    rows = as_size(num_rows)
    columns = rows if num_columns is None else as_size(num_columns)
    places = torch.arange(min(rows, columns))[:, None].expand(-1, 2)
    return SparseTensor(places, torch.ones(len(places), dtype=torch_dtype(dtype)), (rows, columns))


def to_indicator(sp_input: SparseTensor, vocab_size: int, name: str | None = None) -> Tensor:
    """For each row, True at the numbers that are its values."""
    sizes = (*sp_input.shape[:-1], as_size(vocab_size))
    result = torch.zeros(sizes, dtype=torch.bool)
    result[(*sp_input.indices[:, :-1].T, sp_input.values.long())] = True
    return result
