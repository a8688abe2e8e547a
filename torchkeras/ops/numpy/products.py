"""Products and sums over several tensors: matrices, vectors, Einstein's notation."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.typing import TensorLike
from torchkeras.ops.operands import (
    SMALL_INTEGERS,
    cast,
    common_dtype,
    floating,
    join,
    join_floating,
    tensor,
)
from torchkeras.tracer import traceable


def _product(function: Callable[..., Tensor], x1: TensorLike, x2: TensorLike) -> Tensor:
    """``function`` of both in their common type; truth values are counted, then tested.

    int8 by int8 gives int32, since the sums would overflow.
    """
    x1, x2 = join(x1, x2)
    if x1.dtype is torch.bool:
        return function(x1.float(), x2.float()).bool()
    if x1.dtype is torch.int8:
        x1, x2 = x1.int(), x2.int()
    if x1.is_cuda and not (x1.is_floating_point() or x1.is_complex()):
        return function(x1.double(), x2.double()).to(x1.dtype)  # CUDA has no integer products
    return function(x1, x2)


@traceable
def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Matrix product of the last two axes; the axes before them broadcast."""
    if (
        isinstance(x1, Tensor)
        and isinstance(x2, Tensor)
        and x1.dtype is x2.dtype
        and x1.is_floating_point()
    ):
        return torch.matmul(x1, x2)
    x1, x2 = tensor(x1), tensor(x2)
    product = _product(torch.matmul, x1, x2)
    return product if x1.dtype is x2.dtype else cast(product, common_dtype(x1, x2))


def _dot(x1: Tensor, x2: Tensor) -> Tensor:
    if x1.ndim == 0 or x2.ndim == 0:
        return torch.mul(x1, x2)
    if x2.ndim < 3:
        return torch.matmul(x1, x2)
    return torch.tensordot(x1, x2, ([-1], [-2]))


@traceable
def dot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Sum over the last axis of ``x1`` and the last but one of ``x2``; scalars multiply."""
    x1, x2 = join(x1, x2)
    return cast(_product(_dot, x1, x2), x1.dtype)


@traceable
def vdot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Dot product of both flattened, the first conjugated."""
    x1, x2 = join(x1, x2)
    return cast(_product(torch.vdot, _row(x1), _row(x2)), x1.dtype)


@traceable
def inner(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Sum of products over the last axis of both."""
    x1, x2 = join(x1, x2)
    return cast(_product(torch.inner, x1, x2), x1.dtype)


@traceable
def outer(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Each element of ``x1`` by each of ``x2``, both flattened."""
    x1, x2 = join(x1, x2)
    return torch.outer(_row(x1), _row(x2))


def _row(x: Tensor) -> Tensor:
    return x if x.ndim == 1 else x.reshape(-1)


@traceable
def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Tensor:
    """Sum of products over pairs of axes.

    Args:
        axes: How many of the last axes of ``x1`` and first of ``x2``; or two lists of axes.
    """
    x1, x2 = join(x1, x2)
    if not isinstance(axes, int):
        axes = tuple([[each] if isinstance(each, int) else list(each) for each in axes])
    return cast(_product(lambda a, b: torch.tensordot(a, b, axes), x1, x2), x1.dtype)


@traceable
def kron(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Kronecker product: ``x2`` by each element of ``x1``."""
    return torch.kron(*join(x1, x2))


@traceable
def cross(
    x1: TensorLike,
    x2: TensorLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Tensor:
    """Cross product of vectors of length 3 or 2; the third component of the latter is 0.

    Args:
        axisa, axisb, axisc: Axis of the vectors in ``x1``, ``x2`` and the result.
        axis: All three at once.

    Raises:
        ValueError: the vectors have other lengths.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = join(x1, x2)
    if axisa == axisb == axisc == -1 and x1.shape[-1:] == x2.shape[-1:] == (3,):
        return torch.linalg.cross(x1, x2)
    x1, x2 = torch.moveaxis(x1, axisa, -1), torch.moveaxis(x2, axisb, -1)
    lengths = (x1.shape[-1], x2.shape[-1])
    if not set(lengths) <= {2, 3}:
        raise ValueError(
            f"cross: shapes are {tuple(x1.shape)} and {tuple(x2.shape)}; expected vectors of "
            "length 2 or 3. Both x1 and x2 must have their axis of length 2 or 3."
        )
    if lengths == (2, 2):
        return x1[..., 0] * x2[..., 1] - x1[..., 1] * x2[..., 0]
    x1, x2 = [x if x.shape[-1] == 3 else functional.pad(x, (0, 1)) for x in (x1, x2)]
    return torch.moveaxis(torch.linalg.cross(*torch.broadcast_tensors(x1, x2)), -1, axisc)


@traceable
def einsum(subscripts: str, *operands: TensorLike, **options: Any) -> Tensor:
    """Sum of products in Einstein's notation, such as ``"bij,bjk->bik"``.

    Args:
        options: ``optimize``, accepted for scripts written for NumPy; torch orders by itself.
    """
    if set(options) - {"optimize"}:
        raise TypeError(f"einsum: options are {sorted(options)}; expected none but `optimize`.")
    tensors = [tensor(operand) for operand in operands]
    first = tensors[0].dtype
    if any(each.dtype is not first for each in tensors):
        tensors = list(join(*tensors))
        first = tensors[0].dtype
    if first is torch.int8:
        return torch.einsum(subscripts, *[each.int() for each in tensors])
    if first is torch.bool:
        return torch.einsum(subscripts, *[each.float() for each in tensors]).bool()
    return torch.einsum(subscripts, *tensors)


@traceable
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of the diagonals of the matrices in two axes."""
    x = tensor(x)
    dtype = torch.int32 if x.dtype in SMALL_INTEGERS else x.dtype
    return torch.sum(torch.diagonal(x, offset, axis1, axis2), -1, dtype=dtype)


@traceable
def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Tensor:
    """Differences of neighbours along ``axis``, taken ``n`` times."""
    return torch.diff(tensor(a), n, axis)


@traceable
def trapezoid(
    y: TensorLike, x: TensorLike | None = None, dx: float = 1.0, axis: int = -1
) -> Tensor:
    """Integral of ``y`` along ``axis`` by trapezoids, at points ``x`` or at distances ``dx``."""
    y = floating(y)
    if x is not None:
        return torch.trapezoid(y, floating(x), dim=axis)
    return torch.trapezoid(y, dx=float(dx), dim=axis)


@traceable
def corrcoef(x: TensorLike) -> Tensor:
    """Correlation coefficients of the rows of ``x`` with each other."""
    return torch.corrcoef(floating(x))


@traceable
def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> Tensor:
    """Cross-correlation of two vectors, ``sum_n x1[n + k] * x2[n]``.

    Args:
        mode: ``"valid"``: where both overlap entirely; ``"same"``: as long as the longer one;
            ``"full"``: wherever they overlap.

    Raises:
        ValueError: an unknown mode.
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"correlate: mode is {mode!r}; expected 'valid', 'same' or 'full'.")
    x1, x2 = join_floating(x1, x2)
    long, short = max(x1.shape[0], x2.shape[0]), min(x1.shape[0], x2.shape[0])
    full = functional.conv1d(x1[None, None], x2[None, None], padding=x2.shape[0] - 1)[0, 0]
    length = {"valid": long - short + 1, "same": long, "full": full.shape[0]}[mode]
    start = (full.shape[0] - length) // 2
    if mode == "valid":
        start = short - 1
    return full[start : start + length]


@traceable
def slogdet(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Sign and logarithm of the absolute value of the determinant."""
    return tuple(torch.linalg.slogdet(tensor(x)))


def vectorize(pyfunc: Callable, *, excluded: Any = None, signature: str | None = None) -> Callable:
    """``pyfunc``, written for scalars (or the core shapes of ``signature``), over whole tensors.

    Args:
        excluded: Positions or names of arguments that are passed on as they are.
        signature: Core axes such as ``"(m,n),(n)->(m)"``; None means scalars.
    """
    excluded = set(excluded or ())
    inputs = _core_axes(signature)

    def vectorized(*args: Any, **kwargs: Any) -> Any:
        mapped = [place for place in range(len(args)) if place not in excluded]
        tensors = {place: tensor(args[place]) for place in mapped}
        ranks = {
            place: tensors[place].ndim - (inputs[order] if inputs else 0)
            for order, place in enumerate(mapped)
        }
        loops = max(ranks.values(), default=0)

        def call(*values: Tensor) -> Any:
            full = list(args)
            for place, value in zip(mapped, values, strict=True):
                full[place] = value
            return pyfunc(*full, **kwargs)

        lead = torch.broadcast_shapes(*[t.shape[: ranks[p]] for p, t in tensors.items()])
        spread = [t.expand(lead + t.shape[ranks[p] :]) for p, t in tensors.items()]
        for _ in range(loops):
            call = torch.vmap(call)
        return call(*spread)

    return vectorized


def _core_axes(signature: str | None) -> list[int] | None:
    """Numbers of core axes of the arguments in a signature such as ``"(m,n),(n)->(m)"``."""
    if signature is None:
        return None
    cores = re.findall(r"\(([^)]*)\)", signature.split("->")[0])
    return [len([name for name in core.split(",") if name.strip()]) for core in cores]
