"""``tf.sets``: the last axis of tensors as sets.

``validate_indices`` says whether sparse sets whose indices are out of order, or repeated, are an
error; otherwise they are put in order.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.names import missing
from torchkeras_shim.text import Texts, octets_of

from tensorflow import sparse
from tensorflow.sparse import SparseTensor
from tensorflow.sparse.forms import check_indices
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import kind_error

__getattr__ = missing(__name__)


def _numbered(*sets: Any) -> tuple[list[Any], Texts | None]:
    """Sets of texts as sets of their numbers, in order, and the texts; others as they are."""
    sets = tuple(x if isinstance(x, SparseTensor) else convert_to_tensor(x) for x in sets)
    members = [x.values if isinstance(x, SparseTensor) else x for x in sets]
    for x in members:
        if not isinstance(x, Texts) and x.dtype not in _KINDS:
            raise kind_error("tf.sets", "a set", f"of {x.dtype}", "integers or texts")
    if not all(isinstance(x, Texts) for x in members):
        return list(sets), None
    octets = np.concatenate([octets_of(x).reshape(-1) for x in members])
    texts, numbers = np.unique(octets, return_inverse=True)
    made, start = [], 0
    for x, own in zip(sets, members, strict=True):
        part = torch.as_tensor(numbers[start : start + own.size]).reshape(own.shape)
        made.append(x.with_values(part) if isinstance(x, SparseTensor) else part)
        start += own.size
    return made, texts.astype(object).view(Texts)


_KINDS = (
    torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16,
)  # fmt: skip


def _members(x: Any) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Row and value of each member, and the lengths of the axes before the last."""
    if isinstance(x, SparseTensor):
        rows = sparse.forms.places_of(x) // max(x.shape[-1], 1)
        return rows, x.values, tuple(x.shape[:-1])
    x = convert_to_tensor(x)
    count = x.shape[-1]
    rows = torch.arange(x.numel() // max(count, 1)).repeat_interleave(count)
    return rows, x.reshape(-1), tuple(x.shape[:-1])


def _combined(
    a: Any, b: Any, validate: bool, kept: Callable[[Tensor, Tensor], Tensor]
) -> SparseTensor:
    """The values for which ``kept`` of "in a" and "in b" holds, in order, row by row."""
    for x in (a, b):
        if isinstance(x, SparseTensor):
            check_indices("tf.sets", x, validate)
    (a, b), texts = _numbered(a, b)
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
    members = values.to(values_a.dtype) if texts is None else texts[values.numpy()]
    return SparseTensor(torch.stack(indices, dim=1), members, (*lead, width))


def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in either set of integers or texts."""
    return _combined(a, b, validate_indices, torch.logical_or)


def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in both sets of integers or texts."""
    return _combined(a, b, validate_indices, torch.logical_and)


def difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """What is in ``a`` but not in ``b``, or the other way round if not ``aminusb``."""
    if aminusb:
        return _combined(a, b, validate_indices, lambda in_a, in_b: in_a & ~in_b)
    return _combined(a, b, validate_indices, lambda in_a, in_b: in_b & ~in_a)


def size(a: SparseTensor, validate_indices: bool = True) -> Tensor:
    """How many members each set has.

    Raises:
        TypeError: ``a`` isn't sparse.
    """
    if not isinstance(a, SparseTensor):
        raise kind_error("tf.sets.size", "a", type(a).__name__, "a tf.SparseTensor")
    check_indices("tf.sets.size", a, validate_indices)
    (a,), _ = _numbered(a)
    rows, values, lead = _members(a)
    found = torch.unique(torch.stack([rows, values.to(torch.int64)], dim=1), dim=0)
    count = int(np.prod(lead))
    return torch.bincount(found[:, 0], minlength=count).to(torch.int32).reshape(lead)
