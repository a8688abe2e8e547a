"""Category numbers as one-hot rows, sets and counts."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.scopes import local
from torchkeras.core.typing import Shape

MODES = ("int", "one_hot", "multi_hot", "count")
_OLDER = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def checked_mode(owner: Any, mode: str, modes: tuple[str, ...] = MODES) -> str:
    """``mode``, older spellings as the present ones.

    Raises:
        ValueError: it isn't one of ``modes``.
    """
    mode = _OLDER.get(mode, mode)
    if mode not in modes:
        raise argument_error(owner, "output_mode", mode, f"one of {modes}", nearest(mode, modes))
    return mode


def check_sparse(owner: Any, sparse: bool, mode: str) -> None:
    """Raise a ValueError if numbers as they are should be sparse."""
    if sparse and mode == "int":
        raise argument_error(
            owner, "sparse", sparse, "False, since output_mode is 'int'",
            "`sparse` may only be true for 'one_hot', 'multi_hot', 'count' and 'tf_idf'.",
        )  # fmt: skip


def encode(
    indices: Tensor,
    mode: str,
    depth: int,
    dtype: torch.dtype,
    sparse: bool = False,
    weights: Tensor | None = None,
) -> Tensor:
    """Category numbers in one of the output modes; numbers outside ``[0, depth)`` count nowhere.

    ``"one_hot"`` adds an axis, or takes the place of a last one of length 1. ``"multi_hot"`` and
    ``"count"`` sum up axis 1 (of one axis, that one).

    Args:
        indices: Integers.
        mode: ``"int"``, ``"one_hot"``, ``"multi_hot"`` or ``"count"``.
        depth: Number of categories.
        dtype: Type of the result.
        sparse: Whether the result is a sparse COO tensor.
        weights: What each index counts, for ``"count"``; None is 1.
    """
    if mode == "int":
        return indices.to(dtype)
    indices = indices.to(torch.int64)
    if indices.dim() == 0:
        indices = indices.reshape(1)
        weights = weights if weights is None else weights.reshape(1)
    if mode == "one_hot":
        if indices.dim() > 1 and indices.shape[-1] == 1:
            indices = indices.squeeze(-1)
        indices = indices.unsqueeze(-1)
    elif indices.dim() > 2:
        indices = indices.movedim(1, -1)
        weights = weights if weights is None else weights.movedim(1, -1)
    inside = (indices >= 0) & (indices < depth)
    amounts = inside.to(dtype) if weights is None else torch.where(inside, weights, 0).to(dtype)
    if sparse and not local.recorded:
        return _sparse(indices, inside, amounts, depth, mode)
    result = torch.zeros(*indices.shape[:-1], depth, dtype=dtype, device=indices.device)
    places = indices.clamp(0, max(depth - 1, 0))
    if mode == "multi_hot":
        result = result.scatter_reduce_(-1, places, amounts, "amax")
    else:
        result = result.scatter_add_(-1, places, amounts)
    return result.to_sparse() if sparse else result


def _sparse(indices: Tensor, inside: Tensor, amounts: Tensor, depth: int, mode: str) -> Tensor:
    places = inside.nonzero()
    places[:, -1] = indices[inside]
    shape = (*indices.shape[:-1], depth)
    result = torch.sparse_coo_tensor(
        places.T, amounts[inside], shape, check_invariants=False
    ).coalesce()
    if mode != "multi_hot":
        return result
    ones = torch.ones_like(result.values())
    return torch.sparse_coo_tensor(
        result.indices(), ones, shape, is_coalesced=True, check_invariants=False
    )


def encoded_shape(shape: Shape, mode: str, depth: int | None) -> Shape:
    """Shape that ``encode`` gives."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot":
        if len(shape) > 1 and shape[-1] == 1:
            return (*shape[:-1], depth)
        return (*shape, depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)
