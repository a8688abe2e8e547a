"""Sums, means, extremes and orderings along axes, and running ones."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.typing import AxisLike, DTypeLike, TensorLike
from torchkeras.ops import outlines
from torchkeras.ops.operands import (
    SMALL_INTEGERS,
    axes_of,
    canonical_axes,
    canonical_axis,
    cast,
    floating,
    floatx_dtype,
    held_dtype,
    join_floating,
    tensor,
)
from torchkeras.tracer import traceable


def _summable(x: TensorLike) -> tuple[Tensor, torch.dtype]:
    """``x`` and the type in which it is added up: int32 for small integers."""
    x = tensor(x)
    return x, torch.int32 if x.dtype in SMALL_INTEGERS else x.dtype


@traceable(shape=outlines.summed)
def sum(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """Sum along ``axis``; None takes all axes. Integers below 32 bits and bool give int32."""
    x, axis = tensor(x), axes_of(axis)
    if axis == ():
        return x
    if x.is_floating_point():
        return torch.sum(x, axis, keepdims)
    return torch.sum(x, axis, keepdims, dtype=_summable(x)[1])


@traceable(shape=outlines.averaged)
def mean(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """Mean along ``axis``; None takes all axes. Integers give floats."""
    x, axis = tensor(x), axes_of(axis)
    return x if axis == () else torch.mean(floating(x), axis, keepdims)


@traceable
def prod(
    x: TensorLike, axis: AxisLike = None, keepdims: bool = False, dtype: DTypeLike = None
) -> Tensor:
    """Product along ``axis``; None takes all axes."""
    x, summed = _summable(x)
    return _product(x, axis, keepdims, summed if dtype is None else held_dtype(dtype))


def _product(x: Tensor, axis: AxisLike, keepdims: bool, dtype: torch.dtype) -> Tensor:
    if axis is None and not keepdims:
        return torch.prod(x, dtype=dtype)
    for each in _descending(axis, x.ndim):
        x = torch.prod(x, dim=each, keepdim=keepdims, dtype=dtype)
    return cast(x, dtype)


def _descending(axis: AxisLike, rank: int) -> list[int]:
    """The axes meant by ``axis``, from the last to the first, so that each may be removed."""
    return sorted(canonical_axes(axis, rank), reverse=True)


@traceable(shape=outlines.averaged)
def var(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """Variance along ``axis``: the mean of squared differences from the mean."""
    x, axis = floating(x), axes_of(axis)
    return torch.zeros_like(x) if axis == () else torch.var(x, axis, correction=0, keepdim=keepdims)


@traceable(shape=outlines.averaged)
def std(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """Standard deviation along ``axis``, the square root of ``var``."""
    x, axis = floating(x), axes_of(axis)
    return torch.zeros_like(x) if axis == () else torch.std(x, axis, correction=0, keepdim=keepdims)


@traceable
def max(
    x: TensorLike,
    axis: AxisLike = None,
    keepdims: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The largest element along ``axis``, at least ``initial`` if that is given.

    Raises:
        ValueError: there is no element and no ``initial``.
    """
    return _extreme(torch.amax, torch.maximum, "max", tensor(x), axis, keepdims, initial)


@traceable
def min(
    x: TensorLike,
    axis: AxisLike = None,
    keepdims: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The smallest element along ``axis``, at most ``initial`` if that is given.

    Raises:
        ValueError: there is no element and no ``initial``.
    """
    return _extreme(torch.amin, torch.minimum, "min", tensor(x), axis, keepdims, initial)


def _extreme(
    reduce: Callable,
    combine: Callable,
    name: str,
    x: Tensor,
    axis: AxisLike,
    keepdims: bool,
    initial: float | None,
) -> Tensor:
    axis = axes_of(axis)
    if axis == ():
        return x
    if initial is None:
        if x.numel() == 0 and any(x.shape[each] == 0 for each in _descending(axis, x.ndim)):
            raise ValueError(
                f"{name}: x has shape {tuple(x.shape)}; expected elements or `initial`. Cannot "
                f"compute the {name} of an empty tensor."
            )
        return reduce(x, () if axis is None else axis, keepdims)
    start = torch.as_tensor(initial, dtype=x.dtype, device=x.device)
    if x.numel() > 0:
        return combine(reduce(x, () if axis is None else axis, keepdims), start)
    outline = torch.sum(x, axis, keepdim=keepdims)
    return start.expand(outline.shape)


@traceable
def amax(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``max``."""
    return max(x, axis, keepdims)


@traceable
def amin(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``min``."""
    return min(x, axis, keepdims)


@traceable
def ptp(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``max - min`` along ``axis``."""
    x = tensor(x)
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def _ordered(x: TensorLike) -> Tensor:
    """``x`` in a type that torch can order."""
    x = tensor(x)
    return x.byte() if x.dtype is torch.bool else x


@traceable(shape=outlines.placed)
def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Place of the largest element along ``axis`` (None: in the flattened tensor), int32."""
    return torch.argmax(_ordered(x), axis, keepdims).int()


@traceable(shape=outlines.placed)
def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Place of the smallest element along ``axis`` (None: in the flattened tensor), int32."""
    return torch.argmin(_ordered(x), axis, keepdims).int()


@traceable
def sort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Elements in rising order along ``axis``; None flattens first."""
    x = tensor(x)
    if axis is None:
        return torch.sort(x.reshape(-1))[0]
    return torch.sort(x, dim=canonical_axis(axis, x.ndim or 1))[0]


@traceable
def argsort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Places that put the elements in rising order along ``axis``; ties keep theirs. int32."""
    x = _ordered(x)
    if axis is None:
        return torch.argsort(x.reshape(-1), stable=True).int()
    return torch.argsort(x, dim=canonical_axis(axis, x.ndim or 1), stable=True).int()


@traceable
def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> Tensor:
    """Places such that those of the ``kth + 1`` smallest come first. int32.

    Args:
        kth: A place on the axis, counted from the end if below 0. The result doesn't depend on it,
            since all places come in order, which is right for every ``kth``.

    Raises:
        ValueError: there is no such place.
    """
    x = tensor(x)
    length = x.numel() if axis is None else x.shape[axis]
    if not -length <= kth < length:
        raise ValueError(f"argpartition: kth is {kth}; expected one in [{-length}, {length}).")
    return argsort(x, axis)


@traceable
def cumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """Running sum along ``axis``; None flattens first."""
    return _running(torch.cumsum, tensor(x), axis, dtype)


@traceable
def cumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """Running product along ``axis``; None flattens first."""
    return _running(torch.cumprod, tensor(x), axis, dtype)


def _running(function: Callable, x: Tensor, axis: int | None, dtype: DTypeLike) -> Tensor:
    wanted = x.dtype if dtype is None else held_dtype(dtype)
    wanted = torch.int32 if wanted is torch.bool else wanted
    x = x.reshape(-1) if axis is None else x
    return function(x, dim=axis or 0, dtype=wanted)


@traceable
def count_nonzero(x: TensorLike, axis: AxisLike = None) -> Tensor:
    """Number of elements other than 0 along ``axis``, int32."""
    x, axis = tensor(x), axes_of(axis)
    return (x != 0).int() if axis == () else torch.count_nonzero(x, dim=axis).int()


@traceable
def average(x: TensorLike, axis: AxisLike = None, weights: TensorLike | None = None) -> Tensor:
    """Mean along ``axis``, weighted if ``weights`` (of ``x``'s shape, or of one axis) are given."""
    axis = axes_of(axis)
    if weights is None:
        return mean(floating(x), axis)
    x, weights = join_floating(x, weights)
    if axis == ():
        return x
    if weights.ndim == 1 and x.ndim > 1 and isinstance(axis, int):
        shape = [1] * x.ndim
        shape[axis] = -1
        weights = weights.reshape(shape)
    weights = weights.expand(x.shape)
    return torch.sum(x * weights, axis) / torch.sum(weights, axis)


@traceable
def quantile(
    x: TensorLike,
    q: TensorLike,
    axis: AxisLike = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """The values below which fractions ``q`` (in [0, 1]) of the elements along ``axis`` lie.

    Args:
        method: Between two elements: ``"linear"``, ``"lower"``, ``"higher"``, ``"midpoint"`` or
            ``"nearest"``.

    Shape:
        output: ``q``'s shape, then ``x``'s without ``axis``.
    """
    return _quantile(torch.quantile, x, q, axis, method, keepdims)


def _quantile(
    function: Callable, x: TensorLike, q: TensorLike, axis: AxisLike, method: str, keepdims: bool
) -> Tensor:
    if isinstance(q, (int, float)) and not 0 <= q <= 1:
        raise ValueError(f"quantile: q is {q}; expected a fraction in [0, 1].")
    x = floating(x)
    computed = x if x.dtype in (torch.float32, torch.float64) else x.float()
    if axis is None and not keepdims and isinstance(q, (int, float)):
        return cast(function(computed.reshape(-1), q, interpolation=method), x.dtype)
    q = cast(q, computed.dtype).to(x.device)
    moved = sorted(_descending(axis, x.ndim))
    kept = [each for each in range(x.ndim) if each not in moved]
    rows = computed.permute(*kept, *moved).reshape([x.shape[each] for each in kept] + [-1])
    result = function(rows, q, dim=-1, interpolation=method)
    if keepdims:
        for each in moved:
            result = result.unsqueeze(each + q.ndim)
    return cast(result, x.dtype)


@traceable
def percentile(
    x: TensorLike,
    q: TensorLike,
    axis: AxisLike = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """``quantile`` with ``q`` in percent, [0, 100]."""
    return quantile(x, _fraction(q), axis, method, keepdims)


def _fraction(percent: TensorLike) -> Tensor:
    if isinstance(percent, (int, float)) and not 0 <= percent <= 100:
        raise ValueError(f"percentile: q is {percent}; expected percents in [0, 100].")
    return cast(percent, floatx_dtype()) / 100.0


@traceable
def median(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """The middle value along ``axis``; the mean of the middle two if their number is even."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


# The same, leaving NaN out.


def _replaced(x: TensorLike, value: float) -> Tensor:
    """``x`` with ``value`` in place of NaN."""
    x = tensor(x)
    if not (x.is_floating_point() or x.is_complex()):
        return x
    return torch.where(torch.isnan(x), torch.full_like(x, value), x)


def _all_nan(x: Tensor, axis: AxisLike, keepdims: bool) -> Tensor:
    return torch.all(torch.isnan(x), dim=axis, keepdim=keepdims)


@traceable
def nansum(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``sum`` with NaN taken as 0."""
    return sum(_replaced(x, 0.0), axis, keepdims)


@traceable
def nanprod(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``prod`` with NaN taken as 1."""
    return prod(_replaced(x, 1.0), axis, keepdims)


@traceable
def nanmean(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``mean`` of what isn't NaN."""
    x, axis = floating(x), axes_of(axis)
    return x if axis == () else torch.nanmean(x, axis, keepdims)


@traceable
def nanvar(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``var`` of what isn't NaN."""
    x, axis = floating(x), axes_of(axis)
    if axis == ():
        return torch.where(torch.isnan(x), x, torch.zeros_like(x))
    missing = torch.isnan(x)
    squares = (x - torch.nanmean(x, axis, True)).square()
    total = torch.sum(torch.where(missing, 0.0, squares), axis, keepdims)
    return total / torch.sum(~missing, axis, keepdims)


@traceable
def nanstd(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``std`` of what isn't NaN."""
    return torch.sqrt(nanvar(x, axis, keepdims))


@traceable
def nanmax(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``max`` of what isn't NaN; NaN where nothing else is."""
    return _nan_extreme(max, float("-inf"), tensor(x), axes_of(axis), keepdims)


@traceable
def nanmin(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``min`` of what isn't NaN; NaN where nothing else is."""
    return _nan_extreme(min, float("inf"), tensor(x), axes_of(axis), keepdims)


def _nan_extreme(
    function: Callable, worst: float, x: Tensor, axis: AxisLike, keepdims: bool
) -> Tensor:
    if axis == () or not x.is_floating_point():
        return function(x, axis, keepdims)
    result = function(_replaced(x, worst), axis, keepdims)
    return torch.where(_all_nan(x, axis, keepdims), torch.full_like(result, float("nan")), result)


@traceable
def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """``argmax`` of what isn't NaN; -1 where nothing else is."""
    return _nan_place(argmax, float("-inf"), tensor(x), axis, keepdims)


@traceable
def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """``argmin`` of what isn't NaN; -1 where nothing else is."""
    return _nan_place(argmin, float("inf"), tensor(x), axis, keepdims)


def _nan_place(
    function: Callable, worst: float, x: Tensor, axis: int | None, keepdims: bool
) -> Tensor:
    result = function(_replaced(x, worst), axis, keepdims)
    if not x.is_floating_point():
        return result
    return torch.where(_all_nan(x, axis, keepdims), torch.full_like(result, -1), result)


@traceable
def nancumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """``cumsum`` with NaN taken as 0."""
    return cumsum(_replaced(x, 0.0), axis, dtype)


@traceable
def nancumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """``cumprod`` with NaN taken as 1."""
    return cumprod(_replaced(x, 1.0), axis, dtype)


@traceable
def nanquantile(
    x: TensorLike,
    q: TensorLike,
    axis: AxisLike = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """``quantile`` of what isn't NaN."""
    return _quantile(torch.nanquantile, x, q, axis, method, keepdims)


@traceable
def nanpercentile(
    x: TensorLike,
    q: TensorLike,
    axis: AxisLike = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """``percentile`` of what isn't NaN."""
    return nanquantile(x, _fraction(q), axis, method, keepdims)


@traceable
def nanmedian(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``median`` of what isn't NaN."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


@traceable
def bincount(
    x: TensorLike, weights: TensorLike | None = None, minlength: int = 0, sparse: bool = False
) -> Tensor:
    """How often each of 0, 1, ... occurs in ``x``, or the sum of its ``weights``.

    Shape:
        x: ``(n,)`` or ``(batch, n)``, integers, 0 or more.
        output: ``(max(max(x) + 1, minlength),)``, or that per row.

    Raises:
        ValueError: ``sparse`` is set.
    """
    if sparse:
        raise ValueError("bincount: sparse is True; expected False, since counts are dense here.")
    x = tensor(x)
    dtype = torch.int32
    if weights is not None:
        weights = tensor(weights, x.device)
        dtype = weights.dtype if weights.is_floating_point() else floatx_dtype()
    if x.ndim == 1:
        return torch.bincount(x, weights, minlength).to(dtype)
    length = int(torch.clamp(x.max() + 1, min=minlength)) if x.numel() else minlength
    counts = torch.zeros(x.shape[0], length, dtype=dtype, device=x.device)
    added: Any = torch.ones_like(x, dtype=dtype) if weights is None else cast(weights, dtype)
    return counts.scatter_add_(1, x.long(), added)


@traceable
def histogram(
    x: TensorLike, bins: int | TensorLike = 10, range: tuple[float, float] | None = None
) -> tuple[Tensor, Tensor]:
    """Numbers of elements in ``bins`` intervals of equal width over ``range``, and their edges.

    Args:
        x: Any shape; it is flattened.
        bins: Number of intervals, or their rising edges.
        range: Lowest and highest edge; None takes the extremes of ``x``.
    """
    x = floating(x).reshape(-1)
    if isinstance(bins, int):
        if bins < 1:
            raise ValueError(
                f"histogram: bins is {bins}; expected a non-negative integer, 1 or more."
            )
        low, high = range if range else ((x.min(), x.max()) if x.numel() else (0.0, 1.0))
        low, high = cast(low, x.dtype).to(x.device), cast(high, x.dtype).to(x.device)
        low, high = (
            torch.where(low == high, low - 0.5, low),
            torch.where(low == high, high + 0.5, high),
        )
        steps = torch.arange(bins + 1, dtype=x.dtype, device=x.device) / bins
        edges = low + (high - low) * steps
    else:
        edges = cast(bins, x.dtype)
    places = torch.bucketize(x, edges, right=True) - 1
    places = torch.where(x == edges[-1], edges.numel() - 2, places)
    inside = (x >= edges[0]) & (x <= edges[-1])
    counts = torch.bincount(places[inside], minlength=edges.numel() - 1)
    return counts.to(x.dtype), edges
