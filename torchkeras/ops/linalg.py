"""Linear algebra on the matrices in the last two axes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import AxisLike, TensorLike
from torchkeras.ops.operands import axes_of, floating, join_floating, tensor
from torchkeras.tracer import traceable


def _matrices(name: str, x: TensorLike, square: bool = False) -> Tensor:
    x = floating(x)
    if x.ndim < 2:
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; Expected input to have rank >= 2.")
    if square and x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"{name}: x has shape {tuple(x.shape)}; Expected a square matrix in the last two axes."
        )
    return x


@traceable
def cholesky(x: TensorLike, upper: bool = False) -> Tensor:
    """Triangular L with ``L @ L.T = x``, for positive-definite ``x``; ``upper`` gives ``L.T``."""
    return torch.linalg.cholesky(_matrices("cholesky", x, square=True), upper=upper)


@traceable
def cholesky_inverse(x: TensorLike, upper: bool = False) -> Tensor:
    """Inverse of the matrix whose Cholesky factor is ``x``."""
    return torch.cholesky_inverse(_matrices("cholesky_inverse", x, square=True), upper=upper)


@traceable
def det(x: TensorLike) -> Tensor:
    """Determinant."""
    return torch.linalg.det(_matrices("det", x, square=True))


@traceable
def eig(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors (in columns), complex."""
    return tuple(torch.linalg.eig(_matrices("eig", x, square=True)))


@traceable
def eigh(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Eigenvalues in rising order and eigenvectors (in columns) of symmetric matrices."""
    return tuple(torch.linalg.eigh(_matrices("eigh", x, square=True)))


@traceable
def inv(x: TensorLike) -> Tensor:
    """Inverse."""
    return torch.linalg.inv(_matrices("inv", x, square=True))


@traceable
def lu_factor(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Both triangular factors in one matrix, and for each row the one it was exchanged with."""
    factors, pivots = torch.linalg.lu_factor(_matrices("lu_factor", x))
    return factors, pivots - 1  # torch counts from 1


@traceable
def norm(
    x: TensorLike,
    ord: int | float | str | None = None,
    axis: AxisLike = None,
    keepdims: bool = False,
) -> Tensor:
    """Norm of vectors (one axis) or matrices (two axes).

    Args:
        ord: Order, ``"fro"`` or ``"nuc"``; None is the root of the sum of squares.
        axis: One or two axes; None takes all.

    Raises:
        ValueError: more than two axes, or an order that there isn't.
    """
    x = floating(x)
    if isinstance(axis, (tuple, list)) and len(axis) not in (1, 2):
        raise argument_error("norm", "axis", axis, "one axis or two")
    if ord is None:
        return torch.linalg.vector_norm(x, 2, axes_of(axis), keepdims)
    return torch.linalg.norm(x, ord, axes_of(axis), keepdims)


@traceable
def qr(x: TensorLike, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """Orthogonal Q and upper triangular R with ``Q @ R = x``; ``mode`` ``"complete"`` fills Q.

    Raises:
        ValueError: an unknown mode.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(
            f"qr: `mode` argument value not supported. Expected one of ('reduced', 'complete'); "
            f"mode is {mode!r}."
        )
    return tuple(torch.linalg.qr(_matrices("qr", x), mode))


@traceable
def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """The x with ``a @ x = b``; ``b`` holds columns, or is one vector per matrix."""
    a, b = join_floating(a, b)
    a = _matrices("solve", a, square=True)
    if b.ndim == a.ndim - 1:
        return torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1)
    return torch.linalg.solve(a, b)


@traceable
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> Tensor:
    """``solve`` for triangular ``a``, of which only one half is read."""
    a, b = join_floating(a, b)
    a = _matrices("solve_triangular", a, square=True)
    if b.ndim == a.ndim - 1:
        columns = torch.linalg.solve_triangular(a, b.unsqueeze(-1), upper=not lower)
        return columns.squeeze(-1)
    return torch.linalg.solve_triangular(a, b, upper=not lower)


@traceable
def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, S, V with ``U @ diag(S) @ V = x``; S alone without ``compute_uv``."""
    x = _matrices("svd", x)
    if not compute_uv:
        return torch.linalg.svdvals(x)
    return tuple(torch.linalg.svd(x, full_matrices))


@traceable
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> Tensor:
    """The x with the least ``norm(a @ x - b)``.

    Args:
        rcond: Singular values below this share of the largest count as 0; None is the precision
            times the longer side.

    Shape:
        a: ``(m, n)``.
        b: ``(m,)`` or ``(m, k)``.
        output: ``(n,)`` or ``(n, k)``.

    Raises:
        ValueError: other ranks, or different lengths m.
    """
    a, b = join_floating(a, b)
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ValueError(
            f"lstsq: shapes are {tuple(a.shape)} and {tuple(b.shape)}; Expected a to have rank 2, "
            "b rank 1 or 2, and both the same first axis."
        )
    columns = b if b.ndim == 2 else b.unsqueeze(-1)
    if rcond is None:
        rcond = torch.finfo(a.dtype).eps * max(a.shape)
    if a.is_cuda:
        x = torch.linalg.pinv(a, rtol=rcond) @ columns
    else:
        x = torch.linalg.lstsq(a, columns, rcond=rcond, driver="gelsd")[0]
    return x if b.ndim == 2 else x.squeeze(-1)


@traceable
def matrix_rank(x: TensorLike, tol: float | None = None) -> Tensor:
    """Number of singular values above ``tol``, int32; None is the precision times the largest."""
    return torch.linalg.matrix_rank(_matrices("matrix_rank", x), atol=tol).int()


@traceable
def pinv(x: TensorLike, rcond: float | None = None) -> Tensor:
    """Pseudo-inverse; singular values below ``rcond`` of the largest count as 0."""
    return torch.linalg.pinv(_matrices("pinv", x), rtol=rcond)


def jvp(fun: Callable, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """``fun(*primals)`` and its change along ``tangents``.

    Args:
        has_aux: Whether ``fun`` gives a pair whose second is passed on as it is.
    """
    primals = tuple([tensor(x) for x in primals])
    tangents = tuple([tensor(x) for x in tangents])
    return torch.func.jvp(fun, primals, tangents, has_aux=has_aux)
