"""Rows of tables, looked up by number and put together."""

from typing import Any

import torch
from torch import Tensor

from tensorflow.nn.functions import embedding_lookup
from tensorflow.ragged import RaggedTensor
from tensorflow.ragged.reducing import segments
from tensorflow.sparse import fill_empty_rows
from torchkeras.core.checks import argument_error


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any = None,
    combiner: str | None = None,
    max_norm: float | None = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """Rows of a table for each row of numbers, put together.

    Args:
        params: ``(n, features)`` the table.
        sp_ids: Numbers, sparse or ragged.
        sp_weights: What each counts, in the same form; None counts all alike.
        combiner: ``"mean"`` (None), ``"sum"``, or ``"sqrtn"``: the sum over the root of the
            weights' squares.
        max_norm: Length to which longer rows are shortened.
        name: Accepted.
        allow_fast_lookup: Changes nothing here: it lets TensorFlow skip checks.
    """
    rows, numbers, count = _entries(sp_ids)
    weights = None if sp_weights is None else _entries(sp_weights)[1]
    kind = combiner or "mean"
    if kind not in ("mean", "sum", "sqrtn"):
        raise argument_error(
            "tf.nn.embedding_lookup_sparse", "combiner", combiner, '"mean", "sum" or "sqrtn"'
        )
    found = embedding_lookup(params, numbers, max_norm)
    weights = found.new_ones(len(rows)) if weights is None else weights.to(found.dtype)
    scale = weights.reshape((-1,) + (1,) * (found.ndim - 1))
    total = segments("sum", found * scale, rows, count)
    if kind == "sum":
        return total
    size = segments("sum", weights if kind == "mean" else weights**2, rows, count)
    size = size.sqrt() if kind == "sqrtn" else size
    size = torch.where(size == 0, torch.ones_like(size), size)
    return total / size.reshape((-1,) + (1,) * (found.ndim - 1))


def _entries(ids: Any) -> tuple[Tensor, Tensor, int]:
    """Row of each number, the numbers, and how many rows there are."""
    if isinstance(ids, RaggedTensor):
        return ids.value_rowids().long(), ids.values, len(ids)
    rows = ids.indices[:, 0]
    return rows, ids.values, int(rows.max()) + 1 if len(rows) else 0


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: Any = None,
    max_norm: float | None = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """``embedding_lookup_sparse`` without negative numbers, and with zeros for empty rows.

    Args:
        embedding_weights: ``(n, features)`` the table.
        sparse_ids, sparse_weights, combiner, max_norm: As there.
        default_id: The number that stands for an empty row; None means zeros.
        name: Accepted.
        allow_fast_lookup: Changes nothing here: it lets TensorFlow skip checks.
    """
    kept = sparse_ids.values >= 0
    if sparse_weights is not None and combiner != "sum":
        kept = kept & (sparse_weights.values > 0)
    ids = sparse_ids.at(kept)
    filled, empty = fill_empty_rows(ids, default_id or 0)
    weights = None
    if sparse_weights is not None:
        weights = fill_empty_rows(sparse_weights.at(kept), 1.0)[0]
    found = embedding_lookup_sparse(embedding_weights, filled, weights, combiner, max_norm)
    if default_id is not None:
        return found
    blank = empty.reshape((-1,) + (1,) * (found.ndim - 1))
    return torch.where(blank, torch.zeros_like(found), found)
