"""Shapes and axes: reshaping, joining, splitting, repeating, padding."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import AxisLike, TensorLike
from torchkeras.ops import outlines
from torchkeras.ops.operands import as_sizes, canonical_axes, join, tensor, with_sizes
from torchkeras.tracer import traceable


@traceable(shape=outlines.reshaped)
def reshape(x: TensorLike, newshape: int | Sequence[int]) -> Tensor:
    """The elements of ``x`` in order under another shape; one size may be -1."""
    return torch.reshape(tensor(x), as_sizes(newshape))


@traceable
def ravel(x: TensorLike) -> Tensor:
    """All elements of ``x`` in one axis."""
    return torch.ravel(tensor(x))


@traceable(shape=outlines.permuted)
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in the order ``axes``; None reverses them."""
    x = tensor(x)
    return torch.permute(x, tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


@traceable
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    return torch.swapaxes(tensor(x), axis1, axis2)


@traceable
def moveaxis(
    x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """Axes ``source`` moved to ``destination``, the others kept in order."""
    return torch.moveaxis(tensor(x), source, destination)


@traceable(shape=outlines.expanded)
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """New axes of length 1 at ``axis``, counted in the result."""
    x = tensor(x)
    if isinstance(axis, int):
        return with_sizes(torch.unsqueeze(x, axis), [x])
    for each in sorted(canonical_axes(axis, x.ndim + len(axis))):
        x = torch.unsqueeze(x, each)
    return x


@traceable
def squeeze(x: TensorLike, axis: AxisLike = None) -> Tensor:
    """Without the axes ``axis``, which must have length 1; None takes all of that length."""
    x = tensor(x)
    if axis is None:
        return torch.squeeze(x)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for each in axes:
        if x.shape[each] != 1:
            raise ValueError(
                f"squeeze: x has shape {tuple(x.shape)}; expected length 1 at axis {each}. Cannot "
                f"squeeze axis={each}, because the dimension is not 1."
            )
    return torch.squeeze(x, axes)


@traceable
def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """``x`` repeated along axes of length 1, and new ones in front, to have ``shape``."""
    return torch.broadcast_to(tensor(x), as_sizes(shape))


@traceable
def flip(x: TensorLike, axis: AxisLike = None) -> Tensor:
    """Elements in reverse order along ``axis``; None takes all axes."""
    x = tensor(x)
    if axis is None:
        return torch.flip(x, tuple(range(x.ndim)))
    return torch.flip(x, (axis,) if isinstance(axis, int) else tuple(axis))


@traceable
def fliplr(x: TensorLike) -> Tensor:
    """``flip`` along axis 1."""
    return torch.fliplr(tensor(x))


@traceable
def flipud(x: TensorLike) -> Tensor:
    """``flip`` along axis 0."""
    return torch.flipud(tensor(x))


@traceable
def rot90(array: TensorLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """``array`` turned ``k`` times by 90 degrees, from the first towards the second of ``axes``.

    Raises:
        ValueError: ``array`` has fewer than two axes, or ``axes`` are not two different ones.
    """
    array = tensor(array)
    if array.ndim < 2:
        raise ValueError(
            f"rot90: array has shape {tuple(array.shape)}; expected at least 2 dimensions. Input "
            "array must have at least 2 dimensions."
        )
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(
            f"rot90: Invalid axes: {axes}; expected a tuple of two different dimensions."
        )
    if any(not -array.ndim <= axis < array.ndim for axis in axes):
        raise ValueError(
            f"rot90: Invalid axes {tuple(axes)} for tensor with {array.ndim} dimensions."
        )
    return torch.rot90(array, k, tuple(axes))


@traceable
def roll(x: TensorLike, shift: int | Sequence[int], axis: AxisLike = None) -> Tensor:
    """Elements moved by ``shift`` places along ``axis``, the last ones coming in at the front.

    Without ``axis`` the tensor is rolled as if it were flat.
    """
    x = tensor(x)
    if axis is None:
        return torch.roll(x, shift if isinstance(shift, int) else sum(shift))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) * len(axes) if isinstance(shift, int) else tuple(shift)
    if len(shifts) != len(axes):
        axes = axes * len(shifts)
    return torch.roll(x, shifts, axes)


@traceable
def concatenate(xs: Sequence[TensorLike], axis: int | None = 0) -> Tensor:
    """``xs`` one after another along ``axis``; None flattens them first."""
    tensors = [tensor(x) for x in xs]
    if axis is None:
        return torch.cat([x.reshape(-1) for x in tensors])
    return with_sizes(torch.cat(tensors, axis), tensors)


@traceable
def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Tensor:
    """``x2`` after ``x1`` along ``axis``; None flattens both first."""
    return concatenate([x1, x2], axis)


@traceable
def stack(x: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Tensors of one shape beside each other along a new axis."""
    return torch.stack(join(*x), axis)


@traceable
def hstack(xs: Sequence[TensorLike]) -> Tensor:
    """``xs`` joined along axis 1, or along axis 0 if they have but one."""
    return torch.hstack(join(*xs))


@traceable
def vstack(xs: Sequence[TensorLike]) -> Tensor:
    """``xs`` joined along axis 0, vectors as rows."""
    return torch.vstack(join(*xs))


@traceable
def dstack(xs: Sequence[TensorLike]) -> Tensor:
    """``xs`` joined along axis 2, vectors and matrices spread to three axes."""
    return torch.dstack(join(*xs))


@traceable
def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The slices of ``x`` along ``axis``.

    Args:
        num: How many there are; None takes the length of ``axis``.

    Raises:
        ValueError: ``num`` is not that length.
    """
    slices = list(torch.unbind(tensor(x), axis))
    if num is not None and num != len(slices):
        raise ValueError(f"unstack: num is {num}; expected {len(slices)}, the length of the axis.")
    return slices


@traceable
def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Pieces of ``x`` along ``axis``: a number of equal ones, or cut at the given places.

    Raises:
        ValueError: the length of ``axis`` isn't divisible by the number of pieces.
    """
    x = tensor(x)
    length = x.shape[axis]
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1:
            raise argument_error(
                "split", "indices_or_sections", indices_or_sections, "1 piece or more, or places"
            )
        if length % indices_or_sections:
            raise ValueError(
                f"split: x has shape {tuple(x.shape)}; expected a length of axis {axis} that "
                f"indices_or_sections={indices_or_sections} divides, but {length} is not divisible "
                "by it."
            )
        return list(torch.tensor_split(x, indices_or_sections, axis))
    return list(torch.tensor_split(x, as_sizes(indices_or_sections), axis))


@traceable
def array_split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Tensor]:
    """``split`` into pieces that may differ in length by 1."""
    cuts = indices_or_sections
    return list(
        torch.tensor_split(tensor(x), cuts if isinstance(cuts, int) else as_sizes(cuts), axis)
    )


@traceable
def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """``split`` along axis 1, or along axis 0 if there is but one."""
    x = tensor(x)
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@traceable
def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """``split`` along axis 0."""
    return split(x, indices_or_sections, 0)


@traceable
def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """``split`` along axis 2."""
    return split(x, indices_or_sections, 2)


@traceable
def tile(x: TensorLike, repeats: int | Sequence[int]) -> Tensor:
    """``x`` beside itself ``repeats`` times along each axis."""
    return torch.tile(tensor(x), as_sizes(repeats))


@traceable
def repeat(x: TensorLike, repeats: int | Sequence[int], axis: int | None = None) -> Tensor:
    """Each element (or slice along ``axis``) ``repeats`` times in a row; None flattens first.

    Args:
        repeats: One number, or one for each element.
    """
    x = tensor(x)
    if not isinstance(repeats, int):
        repeats = tensor(repeats, x.device).long().reshape(-1)
    return torch.repeat_interleave(x, repeats, axis)


_PAD_MODES = {"constant", "reflect", "symmetric", "edge", "wrap"}


@traceable
def pad(
    x: TensorLike,
    pad_width: int | Sequence[Any],
    mode: str = "constant",
    constant_values: float | None = None,
) -> Tensor:
    """``x`` with cells added around it.

    Args:
        pad_width: One number for all sides, one pair for all axes, or a pair (before, after) for
            each axis.
        mode: ``"constant"``; ``"reflect"``, the neighbours mirrored without the edge;
            ``"symmetric"``, with it; ``"edge"``, the edge repeated; ``"wrap"``, the other side.
        constant_values: What is added in mode ``"constant"``; None is 0.

    Raises:
        ValueError: an unknown mode, ``constant_values`` with a mode that has none, or a width that
            doesn't fit the rank.
    """
    x = tensor(x)
    widths = _pad_widths(pad_width, x.ndim)
    if mode not in _PAD_MODES:
        raise ValueError(f"pad: mode is {mode!r}; expected one of {sorted(_PAD_MODES)}.")
    if mode == "constant":
        flat = [width for pair in widths[::-1] for width in pair]
        value = 0 if constant_values is None else constant_values
        if isinstance(value, Tensor):
            value = value.item()
        return torch.constant_pad_nd(x, flat, value)
    if constant_values is not None:
        raise ValueError(
            f"pad: mode is {mode!r}; expected 'constant', since there are constant_values. "
            "Argument `constant_values` can only be provided when `mode == 'constant'`."
        )
    for axis, (before, after) in enumerate(widths):
        if before or after:
            places = _padded_places(x.shape[axis], before, after, mode, x.device)
            x = torch.index_select(x, axis, places)
    return x


def _pad_widths(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, Tensor):
        pad_width = pad_width.tolist()
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * rank
    if len(pad_width) and isinstance(pad_width[0], int):
        pair = tuple(pad_width) if len(pad_width) == 2 else (pad_width[0],) * 2
        return [pair] * rank
    pairs = [pair if len(pair) == 2 else (pair[0],) * 2 for pair in pad_width]
    pairs = pairs * rank if len(pairs) == 1 else pairs
    if len(pairs) != rank:
        raise ValueError(
            f"pad: pad_width is {pad_width}; expected a pair for each of {rank} axes. `pad_width` "
            "must have the same length as `len(x.shape)`."
        )
    return pairs


def _padded_places(size: int, before: int, after: int, mode: str, device: Any) -> Tensor:
    """Where each cell of a padded axis comes from."""
    places = torch.arange(-before, size + after, device=device)
    if mode == "edge":
        return places.clamp(0, size - 1)
    if mode == "wrap":
        return places % size
    if mode == "symmetric":
        places = places % (2 * size)
        return torch.where(places < size, places, 2 * size - 1 - places)
    period = max(2 * size - 2, 1)
    places = places % period
    return torch.where(places < size, places, period - places)


def ndim(x: TensorLike) -> int:
    """Number of axes."""
    return x.ndim if hasattr(x, "ndim") else tensor(x).ndim


@traceable
def size(x: TensorLike) -> int:
    """Number of elements."""
    return math.prod(tensor(x).shape)


@traceable
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of the matrices in two axes, along a new last axis."""
    return torch.diagonal(tensor(x), offset, axis1, axis2)


@traceable
def diag(x: TensorLike, k: int = 0) -> Tensor:
    """The diagonal ``k`` of a matrix, or a matrix with the vector ``x`` on it.

    Raises:
        ValueError: ``x`` is neither.
    """
    x = tensor(x)
    if x.ndim not in (1, 2):
        raise ValueError(
            f"diag: x has shape {tuple(x.shape)}; expected 1 or 2 axes. `x` must be 1-D or 2-D."
        )
    return torch.diag(x, k)


@traceable
def diagflat(x: TensorLike, k: int = 0) -> Tensor:
    """A matrix with the elements of ``x`` on its diagonal ``k``."""
    return torch.diagflat(tensor(x), k)


@traceable
def tril(x: TensorLike, k: int = 0) -> Tensor:
    """Matrices with zeros above the diagonal ``k``."""
    return torch.tril(tensor(x), k)


@traceable
def triu(x: TensorLike, k: int = 0) -> Tensor:
    """Matrices with zeros below the diagonal ``k``."""
    return torch.triu(tensor(x), k)
