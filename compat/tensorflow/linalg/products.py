"""Products and lengths of vectors and matrices."""

from typing import Any

import torch
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error


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
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    """The product of matrices, or of stacks of them, turned first where asked for.

    ``a_is_sparse``, ``b_is_sparse``, ``grad_a`` and ``grad_b`` change nothing here: they choose
    among TensorFlow's kernels.

    Raises:
        ValueError: a matrix is to be transposed and to be adjoint.
    """
    for letter, both in (("a", transpose_a and adjoint_a), ("b", transpose_b and adjoint_b)):
        if both:
            raise argument_error(
                "tf.matmul", f"transpose_{letter}", True, f"False, as adjoint_{letter} is True"
            )
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


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The product of a matrix, turned first where asked for, and a vector.

    ``a_is_sparse`` and ``b_is_sparse`` change nothing here; see ``matmul``.
    """
    column = ops.expand_dims(convert_to_tensor(b), -1)
    product = matmul(a, column, transpose_a=transpose_a, adjoint_a=adjoint_a)
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


def einsum(
    equation: str,
    *inputs: Any,
    optimize: Any = "greedy",
    greedy: Any = None,
    name: str | None = None,
) -> Any:
    """Products summed as the letters of ``equation`` say.

    ``optimize`` and ``greedy`` change nothing here: torch chooses the order of the products.
    """
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


def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Any:
    """The band of so many diagonals below and above the main one; -1 keeps all on that side."""
    x = convert_to_tensor(input)
    lower, upper = as_size(num_lower), as_size(num_upper)
    if lower >= 0:
        x = ops.triu(x, -lower)
    return ops.tril(x, upper) if upper >= 0 else x


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """``tensor`` over its length, and the length."""
    length = norm(tensor, ord, axis, keepdims=True)
    return ops.divide(tensor, length), length
