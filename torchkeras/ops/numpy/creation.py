"""New tensors: constants, ranges, windows, identity matrices."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import local
from torchkeras.core.typing import DTypeLike, TensorLike
from torchkeras.ops.operands import (
    as_sizes,
    cast,
    common_dtype,
    floating,
    floatx_dtype,
    held_dtype,
    tensor,
)
from torchkeras.tracer import traceable


@traceable
def zeros(shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
    """Zeros; ``dtype`` None is ``floatx()``."""
    return torch.zeros(as_sizes(shape), dtype=held_dtype(dtype), device=local.device)


@traceable
def ones(shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
    """Ones; ``dtype`` None is ``floatx()``."""
    return torch.ones(as_sizes(shape), dtype=held_dtype(dtype), device=local.device)


@traceable
def empty(shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
    """A tensor whose values are whatever lay in memory; ``dtype`` None is ``floatx()``."""
    return torch.empty(as_sizes(shape), dtype=held_dtype(dtype), device=local.device)


@traceable
def full(shape: Sequence[int], fill_value: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """``fill_value`` (a number, or a tensor that broadcasts) everywhere; None is ``floatx()``."""
    if isinstance(fill_value, (bool, int, float)):
        return torch.full(as_sizes(shape), fill_value, dtype=held_dtype(dtype), device=local.device)
    return cast(fill_value, held_dtype(dtype)).expand(as_sizes(shape)).clone()


def _like(x: TensorLike, dtype: DTypeLike) -> tuple[Tensor, torch.dtype]:
    x = tensor(x)
    return x, x.dtype if dtype is None else held_dtype(dtype)


@traceable
def zeros_like(x: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """Zeros in the shape of ``x``; ``dtype`` None is that of ``x``."""
    x, dtype = _like(x, dtype)
    return torch.zeros_like(x, dtype=dtype)


@traceable
def ones_like(x: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """Ones in the shape of ``x``; ``dtype`` None is that of ``x``."""
    x, dtype = _like(x, dtype)
    return torch.ones_like(x, dtype=dtype)


@traceable
def empty_like(x: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """Memory as it is, in the shape of ``x``; ``dtype`` None is that of ``x``."""
    x, dtype = _like(x, dtype)
    return torch.empty_like(x, dtype=dtype)


@traceable
def full_like(x: TensorLike, fill_value: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """``fill_value`` in the shape of ``x``; ``dtype`` None is that of ``x``."""
    x, dtype = _like(x, dtype)
    if isinstance(fill_value, (bool, int, float)):
        return torch.full_like(x, fill_value, dtype=dtype)
    return cast(fill_value, dtype).to(x.device).expand(x.shape).clone()


@traceable
def array(x: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """``x`` as a tensor; ``dtype`` None keeps the type, or finds that of Python's numbers."""
    return tensor(x) if dtype is None else cast(x, held_dtype(dtype))


@traceable
def copy(x: TensorLike) -> Tensor:
    """A copy of ``x``."""
    return torch.clone(tensor(x))


@traceable
def arange(
    start: float, stop: float | None = None, step: float | None = None, dtype: DTypeLike = None
) -> Tensor:
    """Numbers from ``start`` up to, not including, ``stop``; with ``start`` alone from 0 to it."""
    if dtype is not None:
        wanted = held_dtype(dtype)
    elif type(start) is int and stop is None and step is None:
        wanted = torch.int32
    else:
        wanted = common_dtype(*[value for value in (start, stop, step) if value is not None])
    if stop is None:
        start, stop = 0, start
    start, stop, step = [
        value.item() if isinstance(value, Tensor) else value for value in (start, stop, step)
    ]
    step = 1 if step is None else step
    return torch.arange(start, stop, step, dtype=wanted, device=local.device)


@traceable
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers at equal distances from ``start`` to ``stop``.

    Args:
        endpoint: Whether ``stop`` is the last of them.
        retstep: Whether the distance is returned, too.
        axis: Where the new axis goes, if ``start`` or ``stop`` are tensors.
    """
    wanted = _range_dtype(start, stop, dtype)
    if _between_numbers(start, stop, num, endpoint, wanted) and not retstep:
        return torch.linspace(start, stop, num, dtype=wanted, device=local.device)
    compute = wanted if wanted.is_floating_point else floatx_dtype()
    start, stop = cast(start, compute), cast(stop, compute)
    parts = num - 1 if endpoint else num
    step = (stop - start) / parts if parts > 0 else torch.full_like(start, float("nan"))
    steps = torch.arange(num, dtype=compute, device=step.device)
    steps = steps.reshape(-1, *[1] * step.ndim)
    result = start + steps * (step if parts > 0 else torch.zeros_like(step))
    if endpoint and num > 1:
        result = torch.cat([result[:-1], stop.expand(step.shape).unsqueeze(0)])
    result = torch.moveaxis(result, 0, axis).to(wanted)
    return (result, step) if retstep else result


def _range_dtype(start: TensorLike, stop: TensorLike, dtype: DTypeLike) -> torch.dtype:
    if dtype is not None:
        return held_dtype(dtype)
    if type(start) in (int, float) and type(stop) in (int, float):
        return floatx_dtype()
    return common_dtype(start, stop, float)


def _between_numbers(
    start: TensorLike, stop: TensorLike, num: int, endpoint: bool, dtype: torch.dtype
) -> bool:
    """Whether torch's own functions give these numbers."""
    are_numbers = type(start) in (int, float) and type(stop) in (int, float)
    return are_numbers and endpoint and num >= 0 and dtype.is_floating_point


@traceable
def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Tensor:
    """``base`` to the powers that ``linspace`` gives."""
    wanted = _range_dtype(start, stop, dtype)
    if _between_numbers(start, stop, num, endpoint, wanted) and type(base) in (int, float):
        return torch.logspace(start, stop, num, base, dtype=wanted, device=local.device)
    exponents = linspace(floating(start), floating(stop), num, endpoint, axis=axis)
    return cast(torch.pow(base, exponents), wanted)


@traceable
def geomspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Tensor:
    """``num`` numbers at equal ratios from ``start`` to ``stop``, both of the same sign."""
    wanted = _range_dtype(start, stop, dtype)
    start, stop = floating(start), floating(stop)
    sign = torch.sign(start)
    exponents = linspace(torch.log10(start.abs()), torch.log10(stop.abs()), num, endpoint)
    return torch.moveaxis(torch.pow(10.0, exponents) * sign, 0, axis).to(wanted)


@traceable
def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = None) -> Tensor:
    """``(N, M)`` with ones on the diagonal ``k`` (above the main one if positive), else zeros."""
    wanted = held_dtype(dtype)
    columns = N if M is None else M
    if k == 0 or k is None:
        return torch.eye(N, columns, dtype=wanted, device=local.device)
    rows, places = [torch.arange(n, device=local.device) for n in (N, columns)]
    return (places[None, :] - rows[:, None] == k).to(wanted)


@traceable
def identity(n: int, dtype: DTypeLike = None) -> Tensor:
    """``eye(n)``."""
    return eye(n, dtype=dtype)


@traceable
def tri(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = None) -> Tensor:
    """``(N, M)`` with ones on and below the diagonal ``k``, else zeros."""
    return torch.tril(torch.ones(N, M or N, dtype=held_dtype(dtype), device=local.device), k)


@traceable
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde matrix: the powers of the elements of ``x``, ``N`` columns."""
    x = tensor(x)
    x = x.int() if x.dtype is torch.bool else x
    return cast(torch.vander(x, N=N, increasing=increasing), x.dtype)


@traceable
def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """The coordinates ``x``, each spread over the grid of all of them.

    Args:
        indexing: ``"xy"``, the first runs along columns; or ``"ij"``, along rows.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is {indexing!r}; expected 'xy' or 'ij'.")
    rows = [each if each.ndim == 1 else each.reshape(-1) for each in map(tensor, x)]
    if len({row.dtype for row in rows}) == 1:
        return list(torch.meshgrid(rows, indexing=indexing))
    axes = list(range(len(rows)))
    if indexing == "xy" and len(rows) > 1:
        axes[:2] = [1, 0]
    shape = [rows[place].shape[0] for place in axes]  # the exchange is its own inverse
    spread = []
    for row, axis in zip(rows, axes, strict=True):
        alone = [1] * len(rows)
        alone[axis] = -1
        spread.append(row.reshape(alone).expand(shape))
    return spread


def _length(x: TensorLike) -> int:
    return int(tensor(x)) if not isinstance(x, int) else x


@traceable
def bartlett(x: int) -> Tensor:
    """Triangular window of ``x`` samples."""
    return torch.signal.windows.bartlett(_length(x), dtype=floatx_dtype(), device=local.device)


@traceable
def blackman(x: int) -> Tensor:
    """Blackman window of ``x`` samples."""
    return torch.signal.windows.blackman(_length(x), dtype=floatx_dtype(), device=local.device)


@traceable
def hamming(x: int) -> Tensor:
    """Hamming window of ``x`` samples."""
    return torch.signal.windows.hamming(_length(x), dtype=floatx_dtype(), device=local.device)


@traceable
def hanning(x: int) -> Tensor:
    """Hann window of ``x`` samples."""
    return torch.signal.windows.hann(_length(x), dtype=floatx_dtype(), device=local.device)


@traceable
def kaiser(x: int, beta: float) -> Tensor:
    """Kaiser window of ``x`` samples; ``beta`` sets how steep its flanks are."""
    return torch.signal.windows.kaiser(
        _length(x), beta=float(beta), dtype=floatx_dtype(), device=local.device
    )


@traceable
def view(x: TensorLike, dtype: DTypeLike = None) -> Tensor:
    """The bytes of ``x`` read as ``dtype``; the last axis grows or shrinks to fit."""
    x = tensor(x)
    return x if dtype is None else x.view(held_dtype(dtype))


@traceable
def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """Places in a tensor of ``shape``, one tensor per axis, of places in the flattened one.

    Raises:
        ValueError: a size of ``shape`` is below 1.
    """
    indices = tensor(indices)
    shape = tuple(shape)
    if min(shape, default=1) < 1:
        raise argument_error("unravel_index", "shape", shape, "sizes of 1 or more")
    total = 1
    for size in shape:
        total *= size
    flat = torch.where(indices < 0, indices + total, indices)
    places = []
    for size in reversed(shape):
        places.append((flat % size).to(indices.dtype))
        flat = torch.div(flat, size, rounding_mode="floor")
    return tuple(reversed(places))
