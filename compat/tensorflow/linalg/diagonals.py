"""Diagonals of matrices, and matrices of diagonals."""

import math
from typing import Any

import torch
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error


def _offsets(k: Any) -> tuple[int, int]:
    """The lowest and the highest diagonal of one, or of a band of them."""
    given = as_sizes(k)
    return given[0], given[-1]


def _starts(lengths: list[int], longest: int, diagonals: list[int], align: str) -> list[int]:
    """Where each diagonal begins in its row, by ``align``: above the main one, and below it."""
    above, below = align.split("_")
    is_right = [(above if d >= 0 else below) == "RIGHT" for d in diagonals]
    return [longest - n if right else 0 for n, right in zip(lengths, is_right, strict=True)]


def _band(rows: int, columns: int, k: Any) -> tuple[list[int], list[int]]:
    """The diagonals from the highest down, and their lengths."""
    low, high = _offsets(k)
    diagonals = list(range(high, low - 1, -1))
    return diagonals, [min(rows + min(d, 0), columns - max(d, 0)) for d in diagonals]


def diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """The diagonal of each matrix, or a band of them.

    Args:
        input: Matrices.
        name: Accepted.
        k: Number of the diagonal; above the main one positive. A pair gives a band, the highest
            diagonal as the first row.
        padding_value: What fills shorter diagonals up.
        align: On which side diagonals above, and below, the main one begin.
    """
    x = convert_to_tensor(input)
    low, high = _offsets(k)
    if low == high:
        return torch.diagonal(x, offset=low, dim1=-2, dim2=-1)
    diagonals, lengths = _band(*x.shape[-2:], k)
    longest = max(lengths)
    result = x.new_full((*x.shape[:-2], len(diagonals), longest), padding_value)
    starts = _starts(lengths, longest, diagonals, align)
    for row, (d, n, start) in enumerate(zip(diagonals, lengths, starts, strict=True)):
        result[..., row, start : start + n] = torch.diagonal(x, d, -2, -1)
    return result


def diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Matrices with these diagonals, ``padding_value`` elsewhere; see ``diag_part``.

    ``num_rows`` and ``num_cols`` are the matrices' lengths; -1 takes the smallest that hold them.
    """
    x = convert_to_tensor(diagonal)
    low, high = _offsets(k)
    longest = x.shape[-1]
    rows = as_size(num_rows) if num_rows != -1 else longest + max(-high, 0)
    columns = as_size(num_cols) if num_cols != -1 else longest + max(low, 0)
    if num_rows == -1 and num_cols == -1:
        rows = columns = max(rows, columns)
    elif num_rows == -1:
        rows = max(rows, columns - high) if low == high else rows
    lead = x.shape[:-1] if low == high else x.shape[:-2]
    result = x.new_full((*lead, rows, columns), padding_value)
    return set_diag(result, x, k=k, align=align)


def set_diag(
    input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Any:
    """``input`` with another diagonal, or band of them; see ``diag_part``."""
    x, values = convert_to_tensor(input), convert_to_tensor(diagonal)
    diagonals, lengths = _band(*x.shape[-2:], k)
    if len(diagonals) == 1:
        return torch.diagonal_scatter(x, values, offset=diagonals[0], dim1=-2, dim2=-1)
    starts = _starts(lengths, values.shape[-1], diagonals, align)
    for row, (d, n, start) in enumerate(zip(diagonals, lengths, starts, strict=True)):
        part = values[..., row, start : start + n]
        x = torch.diagonal_scatter(x, part, offset=d, dim1=-2, dim2=-1)
    return x


def tensor_diag(diagonal: Any, name: str | None = None) -> Any:
    """A tensor with each axis twice, whose elements with equal places in both are given."""
    x = convert_to_tensor(diagonal)
    return torch.diag(x.reshape(-1)).reshape(*x.shape, *x.shape)


def tensor_diag_part(input: Any, name: str | None = None) -> Any:
    """The elements with equal places in the first and in the second half of the axes."""
    x = convert_to_tensor(input)
    half = x.shape[: x.ndim // 2]
    size = math.prod(half)
    return torch.diagonal(x.reshape(size, size)).reshape(half)
