"""Functions of TensorFlow on matrices and numbers that tf.keras 2 noted, said in ``keras.ops``.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

import math
from collections.abc import Callable
from typing import Any

import torch

from torchkeras import ops
from torchkeras.saving.tensorflow_networks import array_of, refuse_other


def _turned(x: Any) -> Any:
    return ops.swapaxes(x, -1, -2)


def _matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False,
    adjoint_b: bool = False, **rest: Any,
) -> Any:  # fmt: skip
    refuse_other("matmul", rest)
    a = _turned(a) if transpose_a or adjoint_a else a
    return ops.matmul(a, _turned(b) if transpose_b or adjoint_b else b)


def _norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None) -> Any:
    keepdims = bool(keepdims)
    axis = tuple(axis) if isinstance(axis, list) else axis
    if ord in ("euclidean", "fro", 2) and (ord != 2 or not isinstance(axis, tuple)):
        return ops.sqrt(ops.sum(ops.square(tensor), axis=axis, keepdims=keepdims))
    ord = math.inf if ord in ("inf", "Infinity") else ord
    return ops.norm(tensor, ord=ord, axis=axis, keepdims=keepdims)


_ALIGNED = ("RIGHT_LEFT", -1)  # what these options are if nobody sets them


def _diagonal(diagonal: Any, k: Any = 0, **rest: Any) -> Any:
    refuse_other("linalg.diag", {name: v for name, v in rest.items() if v not in _ALIGNED})
    if k == 0:
        return ops.expand_dims(diagonal, -1) * ops.eye(diagonal.shape[-1], dtype=diagonal.dtype)
    return torch.diag_embed(diagonal, offset=_offset("linalg.diag", k))


def _diagonal_part(input: Any, k: Any = 0, **rest: Any) -> Any:
    refuse_other("linalg.diag_part", {name: v for name, v in rest.items() if v not in _ALIGNED})
    return ops.diagonal(input, _offset("linalg.diag_part", k), axis1=-2, axis2=-1)


def _offset(name: str, k: Any) -> int:
    """The one diagonal that is meant; those of a band have no form in common with others."""
    if not isinstance(k, int):
        refuse_other(name, {"k": k})
    return k


def _with_diagonal(input: Any, diagonal: Any, **rest: Any) -> Any:
    refuse_other("linalg.set_diag", {k: v for k, v in rest.items() if v not in _ALIGNED})
    diagonal = array_of(diagonal)
    rows, columns = input.shape[-2:]
    is_there = ops.eye(rows, columns, dtype="bool")
    if rows > columns:
        pad = [(0, 0)] * (len(diagonal.shape) - 1) + [(0, rows - columns)]
        diagonal = ops.pad(diagonal, tuple(pad))
    return ops.where(is_there, ops.expand_dims(diagonal, -1), input)


def _band(input: Any, num_lower: int, num_upper: int) -> Any:
    input = input if num_lower < 0 else ops.triu(input, -num_lower)
    return input if num_upper < 0 else ops.tril(input, num_upper)


def _solve(matrix: Any, rhs: Any, adjoint: bool = False) -> Any:
    return ops.linalg.solve(_turned(matrix) if adjoint else matrix, rhs)


def _inverse(input: Any, adjoint: bool = False) -> Any:
    return ops.linalg.inv(_turned(input) if adjoint else input)


def _matvec(a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False) -> Any:
    b = ops.expand_dims(array_of(b), -1)
    return _matmul(array_of(a), b, transpose_a, adjoint_a=adjoint_a)[..., 0]


def _triangular(matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False) -> Any:
    matrix = _turned(matrix) if adjoint else matrix
    return ops.solve_triangular(matrix, array_of(rhs), lower=lower != adjoint)


def _singular(tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return ops.linalg.svd(tensor, full_matrices, compute_uv=False)
    left, values, right = ops.linalg.svd(tensor, full_matrices)
    return [values, left, _turned(right)]


def _least_squares(
    matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True
) -> Any:  # fmt: skip
    turned = _turned(matrix)
    squares = ops.matmul(turned, matrix)
    if l2_regularizer:
        squares = squares + l2_regularizer * ops.eye(matrix.shape[-1], dtype=matrix.dtype)
    return ops.linalg.solve(squares, ops.matmul(turned, array_of(rhs)))


def _normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None) -> list[Any]:
    length = _norm(tensor, ord, axis, keepdims=True)
    return [tensor / length, length]


def _norm_of_all(t_list: Any) -> Any:
    return ops.sqrt(sum(ops.sum(ops.square(t)) for t in t_list))


def _clip_all(t_list: Any, clip_norm: Any, use_norm: Any = None) -> list[Any]:
    length = _norm_of_all(t_list) if use_norm is None else use_norm
    scale = clip_norm / ops.maximum(length, clip_norm)
    return [*(t * scale for t in t_list), length]


# --- Numbers


def _clip_by_norm(t: Any, clip_norm: float, axes: Any = None) -> Any:
    axes = tuple(axes) if isinstance(axes, list) else axes
    length = ops.sqrt(ops.sum(ops.square(t), axis=axes, keepdims=True))
    return t * clip_norm / ops.maximum(length, clip_norm)


def _cumulative(function: Callable[..., Any], start: int) -> Callable[..., Any]:
    def accumulate(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        x = ops.flip(x, axis) if reverse else x
        found = function(x, axis=axis)
        if exclusive:
            first = ops.full_like(ops.take(x, [0], axis=axis), start)
            index = [slice(None)] * len(x.shape)
            index[axis] = slice(None, -1)
            found = ops.concatenate([first, found[tuple(index)]], axis=axis)
        return ops.flip(found, axis) if reverse else found

    return accumulate


def _where_zero(x: Any, y: Any, function: Callable[[Any, Any], Any]) -> Any:
    """``function(x, y)``, and 0 where ``x`` is."""
    is_zero = ops.equal(x, 0)
    found = function(x, ops.where(is_zero, ops.ones_like(y), y))
    return ops.where(is_zero, ops.zeros_like(found), found)


def _count(
    input: Any = None, axis: Any = None, keepdims: Any = None, dtype: Any = "int64", **rest: Any
) -> Any:
    x = rest.pop("input_tensor", input)
    keepdims = bool(rest.pop("keep_dims", None) or keepdims)
    axis = rest.pop("reduction_indices", None) if axis is None else axis
    axis = tuple(axis) if isinstance(axis, list) else axis
    return ops.sum(ops.cast(ops.not_equal(x, 0), dtype), axis=axis, keepdims=keepdims)


def _polynomial(coeffs: Any, x: Any) -> Any:
    total = coeffs[0]
    for coefficient in coeffs[1:]:
        total = total * x + coefficient
    return total


def _cumulative_sums_of_exponents(
    x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False
) -> Any:
    refuse_other("math.cumulative_logsumexp", {"exclusive": exclusive})
    found = torch.logcumsumexp(ops.flip(x, axis) if reverse else x, axis)
    return ops.flip(found, axis) if reverse else found


def _increases(is_so: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def test(x: Any) -> Any:
        flat = ops.reshape(x, (-1,))
        return ops.all(is_so(flat[1:], flat[:-1]))

    return test


def _euclidean(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _norm(input_tensor, "euclidean", axis, keepdims)


def _weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, keep_dims: Any = None, keepdims: Any = None
) -> list[Any]:
    weights = array_of(frequency_weights) + ops.zeros_like(x)
    options = {"axis": tuple(axes), "keepdims": bool(keep_dims or keepdims)}
    total = ops.sum(weights, **options)
    mean = ops.sum(weights * x, **options) / total
    return [mean, ops.sum(weights * ops.square(x), **options) / total - ops.square(mean)]


def _statistics(
    x: Any, axes: Any, shift: Any = None, keep_dims: Any = None, keepdims: Any = None
) -> list[Any]:
    options = {"axis": tuple(axes), "keepdims": bool(keep_dims or keepdims)}
    count = ops.sum(ops.ones_like(x), axis=tuple(axes)) if axes else ops.ones_like(x)
    moved = x if shift is None else x - array_of(shift)
    sums = [ops.sum(part, **options) for part in (moved, ops.square(moved))]
    return [ops.max(count), *sums, *([] if shift is None else [array_of(shift)])]


def _fake_quantized(
    inputs: Any, min: float = -6, max: float = 6, num_bits: int = 8, narrow_range: bool = False
) -> Any:
    lowest, highest = int(narrow_range), 2**num_bits - 1
    scale = (max - min) / (highest - lowest)
    zero = math.floor(sorted((lowest, lowest - min / scale, highest))[1] + 0.5)
    low, high = (lowest - zero) * scale, (highest - zero) * scale
    kept = ops.clip(inputs, low, high)
    rounded = ops.floor((kept - low) / scale + 0.5) * scale + low
    return kept + ops.stop_gradient(rounded - kept)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "nn.weighted_moments": _weighted_moments,
    "nn.sufficient_statistics": _statistics,
    "quantization.fake_quant_with_min_max_args": _fake_quantized,
    "linalg.matmul": _matmul,
    "linalg.matvec": _matvec,
    "linalg.norm": _norm,
    "norm": _norm,
    "linalg.adjoint": _turned,
    "linalg.matrix_transpose": lambda a, conjugate=False: _turned(a),
    "linalg.diag": _diagonal,
    "linalg.diag_part": _diagonal_part,
    "linalg.set_diag": _with_diagonal,
    "linalg.band_part": _band,
    "linalg.trace": lambda x: ops.trace(x, axis1=-2, axis2=-1),
    "linalg.det": lambda input: ops.linalg.det(input),
    "linalg.inv": _inverse,
    "linalg.solve": _solve,
    "linalg.cholesky": lambda input: ops.linalg.cholesky(input),
    "linalg.expm": lambda input: torch.linalg.matrix_exp(input),
    "linalg.pinv": lambda a, rcond=None, validate_args=False: torch.linalg.pinv(a, rtol=rcond),
    "linalg.qr": lambda input, full_matrices=False: list(
        ops.linalg.qr(input, "complete" if full_matrices else "reduced")
    ),
    "linalg.svd": _singular,
    "linalg.eigh": lambda tensor: list(ops.linalg.eigh(tensor)),
    "linalg.eigvalsh": lambda tensor: torch.linalg.eigvalsh(tensor),
    "linalg.lstsq": _least_squares,
    "linalg.triangular_solve": _triangular,
    "linalg.cholesky_solve": lambda chol, rhs: torch.cholesky_solve(array_of(rhs), chol),
    "linalg.normalize": _normalize,
    "linalg.global_norm": _norm_of_all,
    "clip_by_global_norm": _clip_all,
    "linalg.tensor_diag": lambda diagonal: torch.diag(diagonal),
    "linalg.tensor_diag_part": lambda input: torch.diag(input),
    "linalg.matrix_rank": lambda a, tol=None, validate_args=False: ops.cast(
        torch.linalg.matrix_rank(a, **({} if tol is None else {"tol": tol})), "int32"
    ),
    "linalg.cross": lambda a, b: ops.cross(a, b),
    "ensure_shape": lambda x, shape: x,
    "clip_by_norm": _clip_by_norm,
    "math.cumsum": _cumulative(ops.cumsum, 0),
    "math.cumprod": _cumulative(ops.cumprod, 1),
    "math.count_nonzero": _count,
    "math.reduce_euclidean_norm": _euclidean,
    "math.cumulative_logsumexp": _cumulative_sums_of_exponents,
    "math.polyval": _polynomial,
    "math.scalar_mul": lambda scalar, x: ops.multiply(scalar, x),
    "math.zero_fraction": lambda value: ops.mean(ops.cast(ops.equal(value, 0), "float32")),
    "math.nextafter": lambda x1, x2: ops.nextafter(x1, x2),
    "math.is_strictly_increasing": _increases(ops.greater),
    "math.is_non_decreasing": _increases(ops.greater_equal),
    "truncatediv": lambda x, y: torch.div(x, y, rounding_mode="trunc"),
    "truncatemod": lambda x, y: torch.fmod(x, y),
    "bitwise.bitwise_and": lambda x, y: ops.bitwise_and(x, y),
    "bitwise.bitwise_or": lambda x, y: ops.bitwise_or(x, y),
    "bitwise.bitwise_xor": lambda x, y: ops.bitwise_xor(x, y),
    "bitwise.invert": lambda x: ops.bitwise_invert(x),
    "bitwise.left_shift": lambda x, y: ops.left_shift(x, y),
    "bitwise.right_shift": lambda x, y: ops.right_shift(x, y),
    "dtypes.saturate_cast": lambda value, dtype: ops.saturate_cast(value, dtype),
    "math.erfc": lambda x: 1 - ops.erf(x),
    "math.rint": lambda x: ops.round(x),
    "math.log_sigmoid": lambda x: ops.log_sigmoid(x),
    "math.atan2": lambda y, x: ops.arctan2(y, x),
    "math.xdivy": lambda x, y: _where_zero(x, y, ops.divide),
    "math.xlogy": lambda x, y: _where_zero(x, y, lambda a, b: a * ops.log(b)),
    "math.xlog1py": lambda x, y: _where_zero(x, y, lambda a, b: a * ops.log1p(b)),
    "math.multiply_no_nan": lambda x, y: _where_zero(y, x, lambda a, b: a * b),
    "math.reciprocal_no_nan": lambda x: _where_zero(x, ops.ones_like(x), lambda a, b: 1 / a),
}
