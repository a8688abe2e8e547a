"""Inverses, determinants, factors and functions of matrices."""

from typing import Any

import torch
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.linalg.products import matrix_transpose
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error


def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """The inverse."""
    return ops.inv(matrix_transpose(input, conjugate=True) if adjoint else input)


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """The pseudo-inverse; singular values up to ``rcond`` times the largest count as 0.

    ``rcond`` is 10 roundings of the longer side if it is None. ``validate_args`` changes nothing
    here: shapes are checked anyway.
    """
    a = convert_to_tensor(a)
    if rcond is None:
        rcond = 10.0 * max(a.shape[-2:]) * torch.finfo(a.dtype).eps
    return torch.linalg.pinv(a, rtol=rcond)


def det(input: Any, name: str | None = None) -> Any:
    """The determinant."""
    return ops.det(input)


def slogdet(input: Any, name: str | None = None) -> Any:
    """Sign and logarithm of the determinant."""
    return ops.slogdet(input)


def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """x of ``matrix @ x = rhs``."""
    return ops.solve(matrix_transpose(matrix, conjugate=True) if adjoint else matrix, rhs)


def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """x of ``matrix @ x = rhs`` with a triangular matrix."""
    matrix = convert_to_tensor(matrix)
    if adjoint:
        matrix, lower = matrix.mH, not lower
    return torch.linalg.solve_triangular(matrix, convert_to_tensor(rhs), upper=not lower)


def lstsq(
    matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True, name: str | None = None
) -> Any:
    """x that brings ``matrix @ x`` nearest to ``rhs``.

    Args:
        matrix: A matrix, or several.
        rhs: As many columns as wanted.
        l2_regularizer: What x squared costs, 0 or more; with ``fast`` only, as in TensorFlow.
        fast: Whether x may be found by products of ``matrix`` with itself. False finds the
            shortest x where several are as near, if columns depend on each other too.
        name: Accepted.
    """
    matrix, rhs = convert_to_tensor(matrix), convert_to_tensor(rhs)
    if not fast:
        return torch.linalg.pinv(matrix) @ rhs
    if not l2_regularizer:
        return torch.linalg.lstsq(matrix, rhs).solution
    rows, columns = matrix.shape[-2:]
    least = l2_regularizer * torch.eye(min(rows, columns), dtype=matrix.dtype, device=matrix.device)
    if rows < columns:  # the smaller of both products, which is the better conditioned one
        return matrix.mH @ torch.linalg.solve(matrix @ matrix.mH + least, rhs)
    return torch.linalg.solve(matrix.mH @ matrix + least, matrix.mH @ rhs)


def cholesky(input: Any, name: str | None = None) -> Any:
    """The lower triangular L of ``L @ L.T``."""
    return ops.cholesky(input)


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """An orthogonal and an upper triangular factor."""
    return ops.qr(input, mode="complete" if full_matrices else "reduced")


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: Any = None) -> Any:
    """Singular values s and, unless told otherwise, u and v of ``u @ diag(s) @ v.T``."""
    if not compute_uv:
        return torch.linalg.svdvals(convert_to_tensor(tensor))
    u, s, v = ops.svd(tensor, full_matrices=full_matrices)
    return s, u, matrix_transpose(v, conjugate=True)


def eigh(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues, from the smallest, and eigenvectors of symmetric matrices."""
    return ops.eigh(tensor)


def eig(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues and eigenvectors, complex."""
    return ops.eig(tensor)


def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues of symmetric matrices, from the smallest."""
    return torch.linalg.eigvalsh(convert_to_tensor(tensor))


def expm(input: Any, name: str | None = None) -> Any:
    """The exponential of each matrix."""
    return torch.linalg.matrix_exp(convert_to_tensor(input))


def logdet(matrix: Any, name: str | None = None) -> Any:
    """Logarithm of the determinant of positive definite matrices."""
    return torch.logdet(convert_to_tensor(matrix))


def eigvals(tensor: Any, name: str | None = None) -> Any:
    """Eigenvalues, complex."""
    return torch.linalg.eigvals(convert_to_tensor(tensor))


def matrix_rank(a: Any, tol: Any = None, validate_args: bool = False, name: Any = None) -> Any:
    """How many singular values exceed ``tol``.

    ``validate_args`` changes nothing here: shapes are checked anyway.
    """
    return torch.linalg.matrix_rank(
        convert_to_tensor(a), atol=tol, rtol=None if tol is None else 0.0
    ).to(torch.int32)


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """x of ``L @ L.T @ x = rhs``."""
    return torch.cholesky_solve(convert_to_tensor(rhs), convert_to_tensor(chol))


def lu(input: Any, output_idx_type: Any = torch.int32, name: str | None = None) -> Any:
    """Both triangular factors in one matrix, and the order of the rows."""
    packed, pivots = torch.linalg.lu_factor(convert_to_tensor(input))
    places = torch.lu_unpack(packed, pivots, unpack_data=False)[0]
    return packed, torch.argmax(places, dim=-2).to(output_idx_type)


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: Any = None
) -> Any:
    """The matrix that ``lu`` has factored; ``validate_args`` makes a wrong ``perm`` an error."""
    packed, order = convert_to_tensor(lower_upper), convert_to_tensor(perm).long()
    size = packed.shape[-1]
    if validate_args and not bool((order.sort(-1).values == torch.arange(size)).all()):
        raise argument_error(
            "tf.linalg.lu_reconstruct", "perm", order.tolist(), f"each of 0 to {size - 1} once"
        )
    lower = packed.tril(-1) + torch.eye(size, dtype=packed.dtype)
    product = lower @ packed.triu()
    back = torch.argsort(order, dim=-1)
    return product.gather(-2, back[..., None].expand_as(product))


def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """x of ``matrix @ x = rhs``, by the factors that ``lu`` gives; see ``lu_reconstruct``."""
    return torch.linalg.solve(
        lu_reconstruct(lower_upper, perm, validate_args), convert_to_tensor(rhs)
    )


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The inverse, by the factors that ``lu`` gives; see ``lu_reconstruct``."""
    return torch.linalg.inv(lu_reconstruct(lower_upper, perm, validate_args))


def _by_eigenvalues(matrix: Any, function: Any) -> Any:
    x = convert_to_tensor(matrix)
    values, vectors = torch.linalg.eig(x)
    found = vectors @ torch.diag_embed(function(values)) @ torch.linalg.inv(vectors)
    return found if x.is_complex() else found.real.to(x.dtype)


def sqrtm(input: Any, name: str | None = None) -> Any:
    """The root of each matrix that has a basis of eigenvectors."""
    return _by_eigenvalues(input, torch.sqrt)


def logm(input: Any, name: str | None = None) -> Any:
    """The logarithm of each matrix that has a basis of eigenvectors."""
    return _by_eigenvalues(input, torch.log)


def _tridiagonal(diagonals: Any, form: str) -> Any:
    """Matrices of three diagonals, given as rows, as a triple, or whole."""
    if form == "matrix":
        return convert_to_tensor(diagonals)
    if form == "compact":
        above, main, below = convert_to_tensor(diagonals).unbind(-2)
        above, below = above[..., :-1], below[..., 1:]
    elif form == "sequence":
        above, main, below = (convert_to_tensor(part) for part in diagonals)
        size = main.shape[-1] - 1
        above, below = above[..., :size], below[..., -size:]
    else:
        raise argument_error(
            "tf.linalg", "diagonals_format", form, '"compact", "sequence" or "matrix"'
        )
    whole = torch.diag_embed(main)
    return whole + torch.diag_embed(above, offset=1) + torch.diag_embed(below, offset=-1)


def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Any:
    """The product of a matrix of three diagonals and another one."""
    return _tridiagonal(diagonals, diagonals_format) @ convert_to_tensor(rhs)


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Any:
    """x of ``matrix @ x = rhs`` with a matrix of three diagonals.

    Args:
        diagonals: The diagonals as ``diagonals_format`` says.
        rhs: A vector, or the columns of a matrix.
        diagonals_format: ``"compact"`` for rows of one tensor, the one above the main diagonal
            first; ``"sequence"`` for a triple of them; ``"matrix"`` for the whole.
        transpose_rhs, conjugate_rhs: What is done to ``rhs`` first.
        name: Accepted.
        partial_pivoting: Changes nothing here: rows are always exchanged, which is the safe way.
        perturb_singular: Whether pivots of 0 are taken as tiny ones; else x has infinities or NaN.

    Raises:
        ValueError: ``perturb_singular`` is given without ``partial_pivoting``.
    """
    if perturb_singular and not partial_pivoting:
        raise argument_error(
            "tf.linalg.tridiagonal_solve", "partial_pivoting", False,
            "True, as perturb_singular is True",
        )  # fmt: skip
    right = convert_to_tensor(rhs)
    right = right.conj() if conjugate_rhs else right
    right = right.mT if transpose_rhs else right
    matrix = _tridiagonal(diagonals, diagonals_format)
    is_vector = right.ndim == matrix.ndim - 1
    packed, pivots, _ = torch.linalg.lu_factor_ex(matrix)
    if perturb_singular:
        tiny = torch.finfo(matrix.dtype).eps * matrix.abs().amax((-2, -1), keepdim=True)
        is_nothing = torch.eye(packed.shape[-1], dtype=torch.bool) & (packed.abs() < tiny)
        packed = torch.where(is_nothing, tiny.to(packed.dtype), packed)
    x = torch.linalg.lu_solve(packed, pivots, right[..., None] if is_vector else right)
    return x[..., 0] if is_vector else x
