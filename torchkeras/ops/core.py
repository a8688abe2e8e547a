"""Conversion, types and shapes of tensors, and cutting and scattering by place."""

import builtins
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.typing import DTypeLike, TensorLike
from torchkeras.core.variable import Variable
from torchkeras.ops.operands import as_sizes, held_dtype, make_tensor, tensor
from torchkeras.ops.operands import cast as cast_tensor
from torchkeras.tracer import KerasTensor, any_symbolic, record, traceable


def convert_to_tensor(
    x: TensorLike, dtype: DTypeLike = None, sparse: bool | None = None, ragged: bool | None = None
) -> Tensor:
    """``x`` as a tensor.

    Args:
        x: A tensor, Variable, array, number, or nested lists of them; a symbolic tensor stays one.
        dtype: Type of the result. None keeps that of tensors and arrays; Python's floats become
            ``floatx()``, its integers int32.
        sparse, ragged: Accepted where they are not set: tensors are dense.

    Raises:
        ValueError: ``sparse`` or ``ragged`` is set.
        TypeError: ``x`` holds something other than numbers.

    Example:
        >>> convert_to_tensor([1.0, 2.0])
        tensor([1., 2.])
    """
    if sparse or ragged:
        name = "sparse" if sparse else "ragged"
        raise ValueError(f"convert_to_tensor: {name} is True; expected None, as tensors are dense.")
    if dtype is None:
        if isinstance(x, KerasTensor):
            return x
        return _with_symbols(x) if any_symbolic(x) else tensor(x)
    return cast(_with_symbols(x) if any_symbolic(x) else x, dtype)


def _with_symbols(x: Any) -> Any:
    """Lists with symbolic tensors in them as one symbolic tensor."""
    return x if isinstance(x, KerasTensor) else record(_stacked, (x,), {})


def _stacked(x: Any) -> Tensor:
    return make_tensor(x, None)


def convert_to_numpy(x: TensorLike) -> np.ndarray:
    """``x`` as a NumPy array, without its gradient; lists of tensors become one array.

    bfloat16 becomes float32, which NumPy knows.
    """
    if isinstance(x, Variable):
        return x.numpy()
    if isinstance(x, Tensor):
        x = x.detach().cpu().resolve_conj().resolve_neg()
        return (x.float() if x.dtype is torch.bfloat16 else x).numpy()
    if isinstance(x, (list, tuple)):
        return np.array([convert_to_numpy(item) for item in x])
    return np.asarray(x)


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a torch tensor; symbolic tensors, Variables and arrays are not."""
    return isinstance(x, Tensor)


def shape(x: TensorLike) -> tuple[Any, ...]:
    """Sizes of ``x``; of a symbolic tensor, unknown ones are symbolic integers."""
    if isinstance(x, KerasTensor):
        known = enumerate(x.shape)
        return tuple([size_of(x, axis) if size is None else size for axis, size in known])
    return tuple(x.shape if hasattr(x, "shape") else tensor(x).shape)


@traceable(shape=lambda x, axis: KerasTensor((), "int32"))
def size_of(x: TensorLike, axis: int) -> int:
    """Length of ``x`` along ``axis``."""
    return x.shape[axis]


size_of.gives_size = True  # so that runs that find shapes take it for a number


def dtype(x: TensorLike) -> str:
    """Name of the number type of ``x``."""
    return standardize_dtype(x.dtype if hasattr(x, "dtype") else tensor(x).dtype)


def _cast_shape(x: Any, dtype: DTypeLike) -> KerasTensor:
    return KerasTensor(x.shape, dtype)


@traceable(shape=_cast_shape)
def cast(x: TensorLike, dtype: DTypeLike) -> Tensor:
    """``x`` as type ``dtype``.

    Example:
        >>> cast(torch.tensor([0.5, 1.5]), "int32")
        tensor([0, 1], dtype=torch.int32)
    """
    return cast_tensor(x, held_dtype(dtype))


@traceable(shape=_cast_shape)
def saturate_cast(x: TensorLike, dtype: DTypeLike) -> Tensor:
    """``cast`` with what the type can't hold replaced by its extremes."""
    x, wanted = tensor(x), held_dtype(dtype)
    if wanted is torch.bool or wanted.is_complex or x.dtype is torch.bool:
        return x.to(wanted)
    name = standardize_dtype(dtype)
    unsigned = name.startswith("uint")
    limits = torch.finfo(wanted) if wanted.is_floating_point else torch.iinfo(wanted)
    low, high = (0, 2 ** int(name[4:]) - 1) if unsigned else (limits.min, limits.max)
    own = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
    low, high = max(low, own.min), min(high, own.max)
    if x.is_floating_point() and not wanted.is_floating_point:
        high = _below(high, x.dtype)
    return torch.clamp(x, low, high).to(wanted)


def _below(limit: int, dtype: torch.dtype) -> float:
    """The highest number of a float type that isn't above ``limit``."""
    nearest = torch.tensor(limit, dtype=dtype)
    if int(nearest) > limit:
        nearest = torch.nextafter(nearest, torch.zeros((), dtype=dtype))
    return float(nearest)


@traceable
def stop_gradient(variable: TensorLike) -> Tensor:
    """``variable`` as a constant, through which no gradient flows."""
    return tensor(variable).detach()


class _CustomGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, function: Callable, options: dict, *args: Any) -> Any:
        ctx.arguments = args
        output, ctx.gradient = function(*args, **options)
        return output

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple:
        given = upstream[0] if len(upstream) == 1 else upstream
        gradients = ctx.gradient(*ctx.arguments, upstream=given)
        if not isinstance(gradients, (tuple, list)):
            gradients = (gradients,)
        rest = len(ctx.arguments) - len(gradients)
        return None, None, *gradients, *[None] * rest


def custom_gradient(f: Callable) -> Callable:
    """Let ``f`` say its own gradient.

    Args:
        f: Returns ``(output, grad)``; ``grad(*args, upstream)`` gives the gradients with respect
            to the arguments.

    Example:
        >>> @custom_gradient
        ... def log1pexp(x):
        ...     e = torch.exp(x)
        ...     return torch.log1p(e), lambda *args, upstream: upstream * (1 - 1 / (1 + e))
        >>> log1pexp(torch.zeros(1))
        tensor([0.6931])
    """

    def call(*args: Any, **options: Any) -> Any:
        return _CustomGradient.apply(f, options, *[_plain(arg) for arg in args])

    return call


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x


@traceable
def slice(inputs: TensorLike, start_indices: Any, shape: Sequence[int]) -> Tensor:
    """The block of ``shape`` that starts at ``start_indices``; -1 in ``shape`` is all the rest.

    A block that would stick out is moved inside.

    Raises:
        ValueError: the block has another number of axes than ``inputs``, or is larger.
    """
    inputs = tensor(inputs)
    if type(start_indices) in (tuple, list) and type(shape) in (tuple, list):
        if not len(start_indices) == len(shape) == inputs.ndim:
            raise _misfit("slice", start_indices, shape, inputs)
        block = []
        for start, size, length in zip(start_indices, shape, inputs.shape, strict=True):
            if type(start) is not int or type(size) is not int:
                break
            size = length - start if size == -1 else size
            if size > length:
                raise _misfit("slice", start_indices, shape, inputs)
            if start < 0 or start > length - size:
                start = max(0, min(start, length - size))
            block.append(builtins.slice(start, start + size))
        else:
            return inputs[tuple(block)]
    starts, sizes = _starts("slice", start_indices, shape, inputs)
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        if size != inputs.shape[axis]:
            inputs = torch.narrow(inputs, axis, start, size)
    return inputs


def _misfit(name: str, start_indices: Any, shape: Any, inputs: Tensor) -> ValueError:
    return ValueError(
        f"{name}: the block of shape {tuple(shape)} starts at {start_indices}; expected one within "
        f"inputs, whose shape is {tuple(inputs.shape)}."
    )


def _starts(name: str, start_indices: Any, shape: Any, inputs: Tensor) -> tuple[Any, list[int]]:
    """First places and sizes of a block; a block that would stick out is moved inside."""
    sizes = list(as_sizes(shape))
    starts = (
        list(start_indices.reshape(-1).unbind())
        if isinstance(start_indices, Tensor)
        else [*start_indices]
    )
    if not len(starts) == len(sizes) == inputs.ndim or any(map(operator.gt, sizes, inputs.shape)):
        raise _misfit(name, start_indices, sizes, inputs)
    for axis, (start, size, length) in enumerate(zip(starts, sizes, inputs.shape, strict=True)):
        if size == -1:
            sizes[axis] = size = length - start
        if isinstance(start, int) and not 0 <= start <= length - size:
            starts[axis] = max(0, min(start, length - size))
    return starts, sizes


@traceable
def slice_update(inputs: TensorLike, start_indices: Any, updates: TensorLike) -> Tensor:
    """``inputs`` with the block that starts at ``start_indices`` replaced by ``updates``.

    Raises:
        ValueError: the block has another number of axes than ``inputs``, or sticks out.
    """
    inputs = tensor(inputs)
    updates = cast_tensor(updates, inputs.dtype)
    starts, sizes = _starts("slice_update", start_indices, updates.shape, inputs)
    if all(isinstance(start, int) for start in starts):
        if starts != [*start_indices]:
            raise _misfit("slice_update", start_indices, sizes, inputs)
        result = inputs.clone()
        block = tuple([builtins.slice(s, s + n) for s, n in zip(starts, sizes, strict=True)])
        result[block] = updates
        return result
    places = [
        start + torch.arange(size, device=inputs.device)
        for start, size in zip(starts, sizes, strict=True)
    ]
    return inputs.index_put(torch.meshgrid(*places, indexing="ij"), updates)


_REDUCTIONS = {"add": "sum", "max": "amax", "min": "amin", "mul": "prod"}


@traceable
def scatter(indices: TensorLike, values: TensorLike, shape: Sequence[int]) -> Tensor:
    """Zeros of ``shape`` with ``values`` added at ``indices``.

    Shape:
        indices: ``(..., depth)``, one place along the first ``depth`` axes of ``shape`` each.
        values: ``(...,)`` and the rest of ``shape``.
    """
    values, sizes = tensor(values), as_sizes(shape)
    places = tensor(indices, values.device).long()
    depth = places.shape[-1]
    flat = values.reshape(-1, *sizes[depth:])
    zeros = torch.zeros(sizes, dtype=values.dtype, device=values.device)
    return zeros.index_put(places.reshape(-1, depth).unbind(-1), flat, accumulate=True)


def _check_updates(inputs: Tensor, places: Tensor, updates: Tensor) -> None:
    """Raise a ValueError unless there is an update for each place, or one that serves several."""
    wanted = (*places.shape[:-1], *inputs.shape[places.shape[-1] :]) if places.ndim else ()
    given = tuple(updates.shape)
    fits = given == wanted or (
        len(given) <= len(wanted)
        and all(size in (1, want) for size, want in zip(given[::-1], wanted[::-1], strict=False))
    )
    if not places.ndim or places.shape[-1] > inputs.ndim:
        raise argument_error(
            "scatter_update", "the shape of indices", tuple(places.shape),
            f"(n, depth) with a depth of at most {inputs.ndim}, the axes of inputs",
        )  # fmt: skip
    if not fits:
        raise argument_error(
            "scatter_update", "the shape of updates", given, f"{wanted}, one for each place"
        )


@traceable
def scatter_update(
    inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: str | None = None
) -> Tensor:
    """``inputs`` with ``updates`` put at ``indices``.

    Args:
        indices: ``(n, depth)``, one place along the first ``depth`` axes of ``inputs`` each.
        updates: ``(n,)`` and the rest of the shape of ``inputs``.
        reduction: None replaces; ``"add"``, ``"max"``, ``"min"``, ``"mul"`` combine with what is
            there, also where a place occurs more than once.

    Raises:
        ValueError: an unknown reduction, or updates that don't fit.
    """
    inputs = tensor(inputs)
    updates = cast_tensor(updates, inputs.dtype)
    places = tensor(indices, inputs.device).long()
    _check_updates(inputs, places, updates)
    if reduction is None or reduction == "add":
        return inputs.index_put(places.unbind(-1), updates, accumulate=reduction == "add")
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"scatter_update: Unsupported reduction: {reduction!r}; expected None or one of "
            f"{sorted(_REDUCTIONS)}."
        )
    depth = places.shape[-1]
    flat = _flat_places(places, inputs.shape[:depth])
    rows = inputs.reshape(-1, *inputs.shape[depth:])
    target = flat.reshape(-1, *[1] * (rows.ndim - 1)).expand(-1, *rows.shape[1:])
    updates = updates.expand(target.shape)
    return rows.scatter_reduce(0, target, updates, _REDUCTIONS[reduction]).reshape(inputs.shape)


def _flat_places(places: Tensor, sizes: Sequence[int]) -> Tensor:
    """Places along several axes as places along one."""
    flat = torch.zeros_like(places[..., 0])
    for axis, size in enumerate(sizes):
        flat = flat * size + places[..., axis] % size
    return flat
