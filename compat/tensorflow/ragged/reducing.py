"""Sums, means and kin of ragged tensors along their axes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorflow.ragged.rows import owners
from tensorflow.ragged.tensor import RaggedTensor
from torchkeras.core.checks import argument_error


def reduced(
    kind: str, x: RaggedTensor, axis: Any, keepdims: bool, whole: Callable[..., Any]
) -> Any:
    """``x`` reduced along its axes.

    Args:
        kind: What is done: "sum", "mean", "max", "min", "prod", "all", "any", "variance", "std".
        x: The ragged tensor.
        axis: One axis or several; None means all.
        keepdims: Whether they stay, with length 1.
        whole: The same reduction of tensors.
    """
    if axis is None:
        return whole(x.flat_values)
    rank = len(x.shape)
    axes = sorted({a % rank for a in (axis if isinstance(axis, (list, tuple)) else [axis])})
    if kind == "std":
        return _root(reduced("variance", x, axes, keepdims, whole))
    if kind == "variance":
        mean = reduced("mean", x, axes, keepdims, whole)
        square = reduced("mean", x.with_flat_values(x.flat_values**2), axes, keepdims, whole)
        return square - mean * mean
    if kind == "mean" and len(axes) > 1:
        ones = x.with_flat_values(torch.ones_like(x.flat_values))
        total = reduced("sum", x, axes, keepdims, whole)
        return total / reduced("sum", ones, axes, keepdims, whole)
    found: Any = x
    for place in reversed(axes):
        found = _along(kind, found, place, keepdims, whole)
    return found


def _root(x: Any) -> Any:
    return x.with_flat_values(x.flat_values.sqrt()) if isinstance(x, RaggedTensor) else x.sqrt()


def _along(kind: str, x: Any, axis: int, keepdims: bool, whole: Callable[..., Any]) -> Any:
    if isinstance(x, Tensor):
        return whole(x, axis=axis, keepdims=keepdims)
    if axis > 1:
        return x.with_values(_along(kind, x.values, axis - 1, keepdims, whole))
    values = x.values
    if isinstance(values, RaggedTensor):
        if axis == 0 or not isinstance(values.values, Tensor):
            raise argument_error(
                "tf.math", "axis", axis, "an inner axis of rows of rows", "Try x.merge_dims(0, 1)."
            )
        # Rows of rows along the middle axis: by place within the inner rows.
        outer, _, place = x.coordinates()
        width = max(int(values.row_splits.diff().max()) if len(values) else 0, 1)
        merged = segments(kind, values.values, outer * width + place, len(x) * width)
        longest = torch.zeros(len(x), dtype=torch.int64)
        lengths = values.row_splits.diff().long()
        longest.scatter_reduce_(0, owners(x.row_splits.diff()), lengths, "amax")
        rows = merged.reshape(len(x), width, *merged.shape[1:])
        found = RaggedTensor.from_tensor(rows, longest)
        return RaggedTensor.from_uniform_row_length(found, 1) if keepdims else found
    rows, places = x.coordinates()
    if axis == 0:
        width = int(x.row_splits.diff().max()) if len(x) else 0
        found = segments(kind, values, places, width)
        return found.unsqueeze(0) if keepdims else found
    found = segments(kind, values, rows, len(x))
    return found.unsqueeze(1) if keepdims else found


def segments(kind: str, values: Tensor, owner: Tensor, count: int) -> Tensor:
    """One value for each of ``count`` owners, made of those that are its own.

    Without any, sums are 0, products 1, the largest the least number there is, means NaN.
    """
    if kind in ("all", "any"):
        found = segments("min" if kind == "all" else "max", values.to(torch.int32), owner, count)
        return found > 0
    dtype = values.dtype
    if kind == "mean":
        values = values if dtype.is_floating_point else values.double()
        total = segments("sum", values, owner, count)
        number = torch.zeros(count).index_add_(0, owner, torch.ones(len(owner)))
        return (total / number.reshape((-1,) + (1,) * (values.ndim - 1))).to(values.dtype)
    info = torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)
    starts = {"sum": 0, "prod": 1, "max": info.min, "min": info.max}
    result = values.new_full((count, *values.shape[1:]), starts[kind])
    place = owner.reshape((-1,) + (1,) * (values.ndim - 1)).expand_as(values)
    name = kind if kind in ("sum", "prod") else f"a{kind}"
    return result.scatter_reduce(0, place, values, name)
