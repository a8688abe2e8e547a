"""Axes rearranged by a pattern of names."""

import re

import torch
from torch import Tensor

from torchkeras.core.typing import TensorLike
from torchkeras.ops.operands import tensor as as_tensor
from torchkeras.tracer import traceable

# The new order of axes, by pattern and rank, of patterns that do nothing else.
_ORDERS: dict[tuple[str, int], list[int]] = {}
_MOST_ORDERS = 1000
_TOKEN = re.compile(r"\(|\)|\w+|\S")


@traceable
def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Tensor:
    """Split, reorder and merge axes as a pattern says.

    Args:
        tensor: A tensor with one axis per name or group on the left.
        pattern: Such as ``"b (h p) c -> b p h c"``: names in brackets share an axis; 1 is an axis
            of length 1; ``...`` stands for any axes.
        axes_lengths: Lengths of names; in each group at most one may be left out.

    Raises:
        ValueError: the sides don't name the same axes, or the lengths don't fit.

    Example:
        >>> rearrange(torch.zeros(2, 6), "b (n c) -> b c n", c=3).shape
        torch.Size([2, 3, 2])
    """
    x = as_tensor(tensor)
    order = (
        None if axes_lengths or torch.compiler.is_compiling() else _ORDERS.get((pattern, x.ndim))
    )
    if order is not None:
        return x.permute(*order)
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError(f"rearrange: pattern is {pattern!r}; expected two sides around '->'.")
    source, target = _groups(left), _groups(right)
    source, target = _fill_ellipsis(source, target, x.ndim, pattern)
    if len(source) != x.ndim:
        raise ValueError(
            f"rearrange: x has shape {tuple(x.shape)}; expected {len(source)} axes for {pattern!r}."
        )
    lengths = dict(axes_lengths)
    for group, size in zip(source, x.shape, strict=True):
        _solve(group, size, lengths, pattern)
    names = [name for group in source for name in group]
    wanted = [name for group in target for name in group]
    if sorted(names) != sorted(wanted):
        raise ValueError(
            f"rearrange: pattern is {pattern!r}; expected the same names on both sides."
        )
    order = [names.index(name) for name in wanted]
    if all(len(group) == 1 for group in [*source, *target]):
        if len(_ORDERS) < _MOST_ORDERS and not axes_lengths and not torch.compiler.is_compiling():
            _ORDERS[pattern, x.ndim] = order
        return x.permute(*order)
    x = x.reshape([lengths[name] for name in names]).permute(*order)
    return x.reshape([_size(group, lengths) for group in target])


def _size(group: list[str], lengths: dict[str, int]) -> int:
    size = 1
    for name in group:
        size *= lengths[name]
    return size


def _groups(side: str) -> list[list[str]]:
    """The names of each axis on one side; an axis of length 1 has none."""
    groups: list[list[str]] = []
    is_open = False
    for token in _TOKEN.findall(side.replace("...", "…")):
        if token in "()":
            is_open = token == "("
            if is_open:
                groups.append([])
        elif token == "1":
            if not is_open:
                groups.append([])
        elif is_open:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups


def _fill_ellipsis(
    source: list[list[str]], target: list[list[str]], rank: int, pattern: str
) -> tuple[list[list[str]], list[list[str]]]:
    if ["…"] not in source:
        return source, target
    hidden = [[f"…{axis}"] for axis in range(rank - len(source) + 1)]
    filled = []
    for groups in (source, target):
        if ["…"] not in groups:
            raise ValueError(f"rearrange: pattern is {pattern!r}; expected ... on both sides.")
        place = groups.index(["…"])
        filled.append(groups[:place] + hidden + groups[place + 1 :])
    return filled[0], filled[1]


def _solve(group: list[str], size: int, lengths: dict[str, int], pattern: str) -> None:
    """Find the one length of ``group`` that isn't given from the axis's ``size``."""
    unknown = [name for name in group if name not in lengths]
    known = _size([name for name in group if name in lengths], lengths)
    if len(unknown) > 1:
        raise ValueError(
            f"rearrange: pattern is {pattern!r}; expected lengths of all but one of {group}."
        )
    if unknown and size % known == 0:
        lengths[unknown[0]] = size // known
    elif unknown or known != size:
        raise ValueError(
            f"rearrange: an axis has length {size}; expected {known} (times an integer) for "
            f"{group} in {pattern!r}."
        )
