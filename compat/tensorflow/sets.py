"""``tf.sets``: the last axis of tensors as sets."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.names import missing

from tensorflow import sparse
from tensorflow.sparse import SparseTensor
from tensorflow.tensors import convert_to_tensor

__getattr__ = missing(__name__)


def _members(x: Any) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Row and value of each member, and the lengths of the axes before the last."""
    if isinstance(x, SparseTensor):
        rows = sparse.forms.places_of(x) // max(x.shape[-1], 1)
        return rows, x.values, tuple(x.shape[:-1])
    x = convert_to_tensor(x)
    count = x.shape[-1]
    rows = torch.arange(x.numel() // max(count, 1)).repeat_interleave(count)
    return rows, x.reshape(-1), tuple(x.shape[:-1])


def _combined(a: Any, b: Any, kept: Callable[[Tensor, Tensor], Tensor]) -> SparseTensor:
    """The values for which ``kept`` of "in a" and "in b" holds, in order, row by row."""
    rows_a, values_a, lead = _members(a)
    rows_b, values_b, _ = _members(b)
    pairs = torch.stack(
        [torch.cat([rows_a, rows_b]), torch.cat([values_a, values_b]).to(torch.int64)], dim=1
    )
    found, inverse = torch.unique(pairs, dim=0, return_inverse=True)
    is_in = torch.zeros((2, len(found)), dtype=torch.bool)
    is_in[0, inverse[: len(rows_a)]] = True
    is_in[1, inverse[len(rows_a) :]] = True
    rows, values = found[kept(is_in[0], is_in[1])].T
    counts = torch.bincount(rows)
    starts = counts.cumsum(0) - counts
    places = torch.arange(len(rows)) - starts[rows]
    width = int(counts.max()) if len(counts) else 0
    indices = [*torch.unravel_index(rows, lead), places] if lead else [places]
    return SparseTensor(torch.stack(indices, dim=1), values.to(values_a.dtype), (*lead, width))


def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in either set of integers."""
    return _combined(a, b, torch.logical_or)


def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in both sets of integers."""
    return _combined(a, b, torch.logical_and)


def difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """What is in ``a`` but not in ``b``, or the other way round if not ``aminusb``."""
    if aminusb:
        return _combined(a, b, lambda in_a, in_b: in_a & ~in_b)
    return _combined(a, b, lambda in_a, in_b: in_b & ~in_a)


def size(a: SparseTensor, validate_indices: bool = True) -> Tensor:
    """How many members each set has."""
    rows, values, lead = _members(a)
    found = torch.unique(torch.stack([rows, values.to(torch.int64)], dim=1), dim=0)
    count = 1
    for length in lead:
        count *= length
    return torch.bincount(found[:, 0], minlength=count).to(torch.int32).reshape(lead)
