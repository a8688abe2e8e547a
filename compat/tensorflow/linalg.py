"""``tf.linalg``: products, decompositions and parts of matrices."""

from typing import Any

import torch
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.math import l2_normalize
from tensorflow.tensors import convert_to_tensor, eye
from torchkeras import ops

__getattr__ = missing(__name__)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    name: str | None = None,
) -> Any:
    """The product of matrices, or of stacks of them, turned first where asked for."""
    if transpose_a or adjoint_a:
        a = matrix_transpose(a, conjugate=adjoint_a)
    if transpose_b or adjoint_b:
        b = matrix_transpose(b, conjugate=adjoint_b)
    result = ops.matmul(a, b)
    return result if output_type is None else ops.cast(result, output_type)


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Any:
    """The last two axes exchanged."""
    result = ops.swapaxes(a, -1, -2)
    return ops.conj(result) if conjugate else result


def adjoint(matrix: Any, name: str | None = None) -> Any:
    """The complex conjugate with the last two axes exchanged."""
    return matrix_transpose(matrix, conjugate=True)


def matvec(a: Any, b: Any, transpose_a: bool = False, name: str | None = None) -> Any:
    """The product of a matrix and a vector."""
    product = matmul(a, ops.expand_dims(b, -1), transpose_a=transpose_a)
    return ops.squeeze(product, -1)


def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None, name: Any = None
) -> Any:
    """Length of vectors, or of all elements together; a pair of axes makes it that of matrices."""
    x = convert_to_tensor(tensor)
    axes = None if axis is None else (as_size(axis) if not _is_pair(axis) else as_sizes(axis))
    if ord in ("euclidean", "fro", 2) and not (_is_pair(axis) and ord == 2):
        return ops.sqrt(ops.sum(ops.square(ops.absolute(x)), axis=axes, keepdims=bool(keepdims)))
    if axes is None:
        return torch.linalg.vector_norm(x, ord, keepdim=bool(keepdims))
    return torch.linalg.norm(x, ord, dim=axes, keepdim=bool(keepdims))


def _is_pair(axis: Any) -> bool:
    return isinstance(axis, (list, tuple))


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Products summed as the letters of ``equation`` say."""
    return ops.einsum(equation, *inputs)


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """Products summed over the named axes, or over as many as ``axes`` says."""
    return ops.tensordot(a, b, axes=axes)


def cross(a: Any, b: Any, name: str | None = None) -> Any:
    """The vector product."""
    return ops.cross(a, b)


def trace(x: Any, name: str | None = None) -> Any:
    """The sum of the diagonal of each matrix."""
    return ops.trace(x, axis1=-2, axis2=-1)


def diag(diagonal: Any, name: str = "diag", k: int = 0) -> Any:
    """Matrices with these diagonals."""
    return torch.diag_embed(convert_to_tensor(diagonal), offset=k)


def diag_part(input: Any, name: str = "diag_part", k: int = 0) -> Any:
    """The diagonal of each matrix."""
    return torch.diagonal(convert_to_tensor(input), offset=k, dim1=-2, dim2=-1)


tensor_diag = diag
tensor_diag_part = diag_part


def set_diag(input: Any, diagonal: Any, name: str = "set_diag", k: int = 0) -> Any:
    """``input`` with another diagonal."""
    return torch.diagonal_scatter(
        convert_to_tensor(input), convert_to_tensor(diagonal), offset=k, dim1=-2, dim2=-1
    )


def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Any:
    """The band of so many diagonals below and above the main one; -1 keeps all on that side."""
    x = convert_to_tensor(input)
    lower, upper = as_size(num_lower), as_size(num_upper)
    if lower >= 0:
        x = ops.triu(x, -lower)
    return ops.tril(x, upper) if upper >= 0 else x


def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """The inverse."""
    return ops.inv(matrix_transpose(input, conjugate=True) if adjoint else input)


def pinv(a: Any, rcond: Any = None, name: str | None = None) -> Any:
    """The pseudo-inverse."""
    return torch.linalg.pinv(convert_to_tensor(a), rtol=rcond)


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
    """x that brings ``matrix @ x`` nearest to ``rhs``; x squared costs ``l2_regularizer``."""
    matrix, rhs = convert_to_tensor(matrix), convert_to_tensor(rhs)
    if not l2_regularizer:
        return torch.linalg.lstsq(matrix, rhs).solution
    gram = matrix.mT @ matrix
    return torch.linalg.solve(gram + l2_regularizer * torch.eye(gram.shape[-1]), matrix.mT @ rhs)


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


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """``tensor`` over its length, and the length."""
    length = norm(tensor, ord, axis, keepdims=True)
    return ops.divide(tensor, length), length
