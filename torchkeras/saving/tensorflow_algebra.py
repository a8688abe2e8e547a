"""Functions of TensorFlow on matrices and places that tf.keras 2 noted, said in ``keras.ops``.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

import math
from collections.abc import Callable
from typing import Any

from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.saving.tensorflow_networks import refuse_other


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


def _diagonal(diagonal: Any, **rest: Any) -> Any:
    refuse_other("linalg.diag", {k: v for k, v in rest.items() if v not in (-1, "RIGHT_LEFT")})
    number = diagonal.shape[-1]
    return ops.expand_dims(diagonal, -1) * ops.eye(number, dtype=diagonal.dtype)


def _diagonal_part(input: Any, **rest: Any) -> Any:
    refuse_other("linalg.diag_part", {k: v for k, v in rest.items() if v != "RIGHT_LEFT"})
    return ops.diagonal(input, axis1=-2, axis2=-1)


def _with_diagonal(input: Any, diagonal: Any, **rest: Any) -> Any:
    refuse_other("linalg.set_diag", {k: v for k, v in rest.items() if v != "RIGHT_LEFT"})
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
    return _matmul(a, ops.expand_dims(b, -1), transpose_a, adjoint_a=adjoint_a)[..., 0]


# --- Places


def _gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0
) -> Any:
    params = ops.convert_to_tensor(params) if isinstance(params, list) else params
    axis = batch_dims if axis is None else axis
    if not batch_dims:
        return ops.take(params, indices, axis=axis)
    rank = len(params.shape)
    axis, batch_dims = axis % rank, batch_dims % len(indices.shape)
    # Behind the axes in common, those before ``axis`` and behind it are new to the indices.
    places = indices
    for number in range(batch_dims, axis):
        places = ops.expand_dims(places, number)
    chosen = len(indices.shape) - batch_dims
    if chosen != 1:
        raise argument_error(
            "load", "indices of tf.gather with batch_dims", indices.shape, "one axis"
        )
    for _ in range(axis + 1, rank):
        places = ops.expand_dims(places, -1)
    open_axes = [*range(batch_dims, axis), *range(axis + 1, rank)]
    for number in open_axes:
        places = ops.repeat(places, params.shape[number], axis=number)
    return ops.take_along_axis(params, places, axis=axis)


def _boolean_mask(tensor: Any, mask: Any, axis: Any = None) -> Any:
    if not isinstance(mask, list) or not all(isinstance(item, bool) for item in mask):
        raise argument_error("load", "mask of tf.boolean_mask", mask, "a list of bools")
    chosen = [number for number, item in enumerate(mask) if item]
    return ops.take(tensor, chosen, axis=axis or 0)


def _slice(input_: Any, begin: Any, size: Any) -> Any:
    pairs = zip(begin, size, strict=True)
    return input_[tuple(slice(b, None if s == -1 else b + s) for b, s in pairs)]


def _strided_slice(
    input_: Any, begin: Any, end: Any, strides: Any = None, begin_mask: int = 0, end_mask: int = 0,
    ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0, var: Any = None,
) -> Any:  # fmt: skip
    index: list[Any] = []
    for place, (start, stop) in enumerate(zip(begin, end, strict=True)):
        is_set = [bool(mask >> place & 1) for mask in (ellipsis_mask, new_axis_mask)]
        if any(is_set):
            index.append(Ellipsis if is_set[0] else None)
        elif shrink_axis_mask >> place & 1:
            index.append(start)
        else:
            start = None if begin_mask >> place & 1 else start
            stop = None if end_mask >> place & 1 else stop
            index.append(slice(start, stop, strides[place] if strides else None))
    return input_[tuple(index)]


def _sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    found = ops.sort(values, axis=axis)
    return found if direction == "ASCENDING" else ops.flip(found, axis)


def _order(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    values = values if direction == "ASCENDING" else ops.negative(values)
    return ops.cast(ops.argsort(values, axis=axis), "int32")


def _sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Any:
    if maxlen is None:
        raise argument_error("load", "maxlen of tf.sequence_mask", maxlen, "a length")
    places = ops.arange(maxlen, dtype=lengths.dtype)
    return ops.cast(places < ops.expand_dims(lengths, -1), dtype)


def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    return ops.arange(start, limit, delta, dtype=dtype)


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


def _euclidean(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _norm(input_tensor, "euclidean", axis, keepdims)


FUNCTIONS: dict[str, Callable[..., Any]] = {
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
    "linalg.cross": lambda a, b: ops.cross(a, b),
    "gather": _gather,
    "boolean_mask": _boolean_mask,
    "slice": _slice,
    "strided_slice": _strided_slice,
    "sort": _sort,
    "argsort": _order,
    "sequence_mask": _sequence_mask,
    "range": _range,
    "ensure_shape": lambda x, shape: x,
    "clip_by_norm": _clip_by_norm,
    "math.unsorted_segment_sum": lambda data, segment_ids, num_segments: ops.segment_sum(
        data, ops.convert_to_tensor(segment_ids), num_segments
    ),
    "math.cumsum": _cumulative(ops.cumsum, 0),
    "math.cumprod": _cumulative(ops.cumprod, 1),
    "math.count_nonzero": _count,
    "math.reduce_euclidean_norm": _euclidean,
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
