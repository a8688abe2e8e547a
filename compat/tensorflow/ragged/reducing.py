"""Sums, means and kin of ragged tensors along their axes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorflow.ragged.rows import owners
from tensorflow.ragged.tensor import RaggedTensor
from torchkeras.core.checks import argument_error

_OF_TENSORS: dict[str, Callable[[Tensor], Tensor]] = {
    "sum": lambda x: x.sum(0, dtype=x.dtype),
    "prod": lambda x: x.prod(0, dtype=x.dtype),
    "max": lambda x: x.amax(0) if len(x) else x.new_full(x.shape[1:], lowest(x.dtype)),
    "min": lambda x: x.amin(0) if len(x) else x.new_full(x.shape[1:], highest(x.dtype)),
    "all": lambda x: x.bool().all(0),
    "any": lambda x: x.bool().any(0),
    "logsumexp": lambda x: x.logsumexp(0),
}


def lowest(dtype: torch.dtype) -> Any:
    """What the largest of no numbers is."""
    return -torch.inf if dtype.is_floating_point else torch.iinfo(dtype).min


def highest(dtype: torch.dtype) -> Any:
    """What the smallest of no numbers is."""
    return torch.inf if dtype.is_floating_point else torch.iinfo(dtype).max


def reduced(kind: str, x: RaggedTensor, axis: Any, keepdims: bool) -> Any:
    """``x`` reduced along its axes.

    Args:
        kind: What is done: "sum", "mean", "max", "min", "prod", "all", "any", "variance", "std",
            "logsumexp". Means, and what follows from them, are floating.
        x: The ragged tensor.
        axis: One axis or several; None means all.
        keepdims: Whether they stay, with length 1.

    Raises:
        ValueError: there is no such axis.
    """
    if kind in ("mean", "variance", "std") and not x.flat_values.is_floating_point():
        x = x.with_flat_values(x.flat_values.double())
    if kind == "std":
        return _root(reduced("variance", x, axis, keepdims))
    if kind == "variance":
        mean = reduced("mean", x, axis, keepdims)
        square = reduced("mean", x.with_flat_values(x.flat_values**2), axis, keepdims)
        return square - mean * mean
    if kind == "mean":
        ones = x.with_flat_values(torch.ones_like(x.flat_values))
        return reduced("sum", x, axis, keepdims) / reduced("sum", ones, axis, keepdims)
    rank = len(x.shape)
    given = range(rank) if axis is None else axis if isinstance(axis, (list, tuple)) else [axis]
    if any(not -rank <= one < rank for one in given):
        raise argument_error("tf.math", "axis", axis, f"-{rank} to {rank - 1}")
    found: Any = x
    for place in sorted({one % rank for one in given}, reverse=True):
        found = _along(kind, found, place, keepdims)
    return found


def _root(x: Any) -> Any:
    return x.with_flat_values(x.flat_values.sqrt()) if isinstance(x, RaggedTensor) else x.sqrt()


def _along(kind: str, x: Any, axis: int, keepdims: bool) -> Any:
    if isinstance(x, Tensor):
        found = _OF_TENSORS[kind](x.movedim(axis, 0))
        return found.unsqueeze(axis) if keepdims else found
    if axis > 1:
        return x.with_values(_along(kind, x.values, axis - 1, keepdims))
    rows = owners(x.row_splits.diff())
    if axis == 1:
        found = _merged(kind, x.values, rows, len(x))
        if not keepdims:
            return found
        if isinstance(found, RaggedTensor):
            return RaggedTensor.from_uniform_row_length(found, 1)
        return found.unsqueeze(1)
    places = torch.arange(len(rows)) - x.row_splits.long()[rows]
    found = _merged(kind, x.values, places, int(x.row_splits.diff().max()) if len(x) else 0)
    if not keepdims:
        return found
    if isinstance(found, RaggedTensor):
        return RaggedTensor.from_row_lengths(found, [len(found)])
    return found.unsqueeze(0)


def _merged(kind: str, values: Any, owner: Tensor, count: int) -> Any:
    """Values, or rows place by place, of each of ``count`` owners made one."""
    if isinstance(values, Tensor):
        return segments(kind, values, owner, count)
    lengths = values.row_splits.diff().long()
    longest = torch.zeros(count, dtype=torch.int64).scatter_reduce(0, owner, lengths, "amax")
    rows = owners(lengths)
    places = torch.arange(len(rows)) - values.row_splits.long()[rows]
    inner = (longest.cumsum(0) - longest)[owner[rows]] + places
    found = _merged(kind, values.values, inner, int(longest.sum()))
    return RaggedTensor.from_row_lengths(found, longest)


def segments(kind: str, values: Tensor, owner: Tensor, count: int) -> Tensor:
    """One value for each of ``count`` owners, made of those that are its own.

    Without any, sums are 0, products 1, the largest the least number there is, the logarithm of
    the sum of exponentials minus infinity.
    """
    if kind in ("all", "any"):
        whole = values.bool().to(torch.int32)
        return segments("min" if kind == "all" else "max", whole, owner, count) > 0
    if kind == "logsumexp":
        top = segments("max", values, owner, count)
        total = segments("sum", torch.exp(values - top[owner]), owner, count)
        return torch.where(total > 0, torch.log(total) + top, -torch.inf)
    dtype = values.dtype
    info = torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)
    starts = {"sum": 0, "prod": 1, "max": info.min, "min": info.max}
    result = values.new_full((count, *values.shape[1:]), starts[kind])
    place = owner.reshape((-1,) + (1,) * (values.ndim - 1)).expand_as(values)
    name = kind if kind in ("sum", "prod") else f"a{kind}"
    return result.scatter_reduce(0, place, values, name)
