"""Reading elements by place, and finding places by value."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import TensorLike
from torchkeras.core.variable import Variable
from torchkeras.ops.operands import canonical_axis, join, tensor
from torchkeras.tracer import traceable


@traceable
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Slices of ``x`` along ``axis`` (None: elements of the flattened tensor) at ``indices``.

    Indices below 0 count from the end.

    Shape:
        output: ``x``'s with the axis replaced by the shape of ``indices``.
    """
    x = tensor(x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = canonical_axis(axis, x.ndim)
    if isinstance(indices, int):
        return torch.select(x, axis, indices)
    places = _from_front(indices, x.shape[axis], x.device)
    if x.ndim == 2 and axis == 0:
        return functional.embedding(places, x)
    shape = x.shape[:axis] + places.shape + x.shape[axis + 1 :]
    return torch.index_select(x, axis, places.reshape(-1)).reshape(shape)


def _from_front(indices: TensorLike, length: int, device: Any) -> Tensor:
    places = tensor(indices, device).long()
    return torch.add(places, places < 0, alpha=length)  # faster than a choice


@traceable
def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """For each place in ``indices`` the element of ``x`` there along ``axis``.

    ``indices`` has the rank of ``x`` and broadcasts with it on the other axes; below 0 they count
    from the end. None flattens both.
    """
    x = tensor(x)
    length = x.numel() if axis is None else x.shape[axis]
    places = _from_front(indices, length, x.device)
    if axis is not None and places.shape == x.shape:
        return torch.gather(x, axis, places)  # broadcasts nothing, and is faster for it
    return torch.take_along_dim(x, places, axis)


@traceable
def get_item(x: TensorLike, key: Any) -> Tensor:
    """``x[key]``, with numbers, slices, None, Ellipsis and tensors as in Python."""
    return tensor(x)[_plain(key)]


def _plain(key: Any) -> Any:
    if isinstance(key, Variable):
        return key.value
    if isinstance(key, tuple):
        return tuple([_plain(part) for part in key])
    return key


@traceable
def nonzero(x: TensorLike) -> Tensor:
    """Places of the elements other than 0, one row per axis, int32."""
    return torch.nonzero(tensor(x)).T.int()


@traceable
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> Tensor:
    """Where ``values`` would have to be put in to keep the sequence sorted, int32.

    Args:
        sorted_sequence: One axis, rising.
        side: Before (``"left"``) or after (``"right"``) equal elements.

    Raises:
        ValueError: the sequence has other than one axis, or another side.
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side is {side!r}; expected 'left' or 'right'.")
    sequence = tensor(sorted_sequence)
    if sequence.ndim != 1:
        raise ValueError(
            f"searchsorted: sorted_sequence has shape {tuple(sequence.shape)}; expected one axis: "
            "`searchsorted` only supports 1-D sorted sequences. Use vectorized_map for more."
        )
    sequence, values = join(sequence, values)
    return torch.searchsorted(sequence, values, side=side, out_int32=sequence.shape[0] < 2**31)


@traceable
def digitize(x: TensorLike, bins: TensorLike) -> Tensor:
    """Number of the interval that each element falls in; ``bins`` are the rising edges. int32."""
    x, bins = join(x, bins)
    if bins.ndim != 1:
        raise argument_error("digitize", "the shape of bins", tuple(bins.shape), "one axis")
    if x.dtype is torch.bool:
        x, bins = x.byte(), bins.byte()
    return torch.bucketize(x, bins, right=True, out_int32=True)


@traceable
def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: float | None = None,
) -> Any:
    """The different elements of ``x``, or slices along ``axis``.

    Args:
        sorted: Whether they must come in rising order; False allows torch any order, which on the
            CPU is the same.
        return_index: Whether the place where each occurs first is returned, too.
        return_inverse: Likewise the place of each element of ``x`` among the different ones.
        return_counts: Likewise how often each occurs.
        size: Length of the result: what is beyond is cut off, what is missing filled.
        fill_value: What fills the values; None is 0.

    Returns:
        The values, or a tuple (values, index, inverse, counts) of what is asked for.
    """
    x = tensor(x)
    dim = None if axis is None else canonical_axis(axis, x.ndim)
    values, inverse, counts = torch.unique(
        x, sorted=sorted, return_inverse=True, return_counts=True, dim=dim
    )
    results = [_resized(values, dim or 0, size, 0 if fill_value is None else fill_value)]
    if return_index:
        first = _first_places(inverse.reshape(-1), counts.shape[0])
        results.append(_resized(first, 0, size, 1))
    if return_inverse:
        results.append(inverse)
    if return_counts:
        results.append(_resized(counts, 0, size, 0))
    return results[0] if len(results) == 1 else tuple(results)


def _first_places(inverse: Tensor, number: int) -> Tensor:
    places = torch.arange(inverse.numel(), device=inverse.device)
    return inverse.new_empty(number).scatter_reduce_(0, inverse, places, "amin", include_self=False)


def _resized(x: Tensor, axis: int, size: int | None, fill: float) -> Tensor:
    if size is None or x.shape[axis] == size:
        return x
    if x.shape[axis] > size:
        return x.narrow(axis, 0, size)
    shape = list(x.shape)
    shape[axis] = size - shape[axis]
    return torch.cat([x, x.new_full(shape, fill)], axis)


@traceable
def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> Tensor:
    """``x`` with what is below ``x_min`` or above ``x_max`` replaced by these."""
    x = tensor(x)
    x = x.int() if x.dtype is torch.bool else x
    if isinstance(x_min, (int, float)) and isinstance(x_max, (int, float)):
        return torch.clamp(x, x_min, x_max)
    low = None if x_min is None else tensor(x_min, x.device)
    high = None if x_max is None else tensor(x_max, x.device)
    return torch.clamp(x, low, high)
