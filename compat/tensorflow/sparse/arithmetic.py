"""Sums, products and reductions of sparse tensors."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.sparse.forms import at_places, places_of, reorder, to_dense
from tensorflow.sparse.tensor import SparseTensor
from tensorflow.tensors import IndexedSlices, convert_to_tensor
from torchkeras.core.checks import argument_error


def _merged(a: SparseTensor, b: SparseTensor, function: Callable[[Tensor, Tensor], Tensor]) -> Any:
    """``function`` of both where either has a value; 0 stands where one has none."""
    if tuple(a.shape) != tuple(b.shape):
        raise argument_error("tf.sparse", "shape", tuple(b.shape), f"{tuple(a.shape)}")
    places = torch.cat([places_of(a), places_of(b)])
    found, inverse = torch.unique(places, return_inverse=True)
    values = torch.zeros((2, len(found)), dtype=torch.promote_types(a.values.dtype, b.values.dtype))
    values[0].index_add_(0, inverse[: len(a.values)], a.values.to(values.dtype))
    values[1].index_add_(0, inverse[len(a.values) :], b.values.to(values.dtype))
    return at_places(found, function(values[0], values[1]), a.shape)


def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """The sum of sparse tensors, without values below ``threshold``; with a dense one, dense."""
    if not isinstance(a, SparseTensor):
        a, b = b, a
    if not isinstance(b, SparseTensor):
        return to_dense(reorder(a)) + convert_to_tensor(b)
    total = _merged(a, b, torch.add)
    return total.at(total.values.abs() >= threshold) if threshold else total


def maximum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The larger of both where either has a value."""
    return _merged(sp_a, sp_b, torch.maximum)


def minimum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The smaller of both where either has a value."""
    return _merged(sp_a, sp_b, torch.minimum)


def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> SparseTensor:
    """``op`` of the values of sparse arguments, which stand in the same places."""
    form = next(a for a in (*args, *kwargs.values()) if isinstance(a, SparseTensor))

    def values(argument: Any) -> Any:
        return argument.values if isinstance(argument, SparseTensor) else argument

    named = {key: values(argument) for key, argument in kwargs.items()}
    return form.with_values(op(*map(values, args), **named))


def _reduced(
    x: SparseTensor, axis: Any, keepdims: Any, name: str
) -> tuple[Tensor, tuple[int, ...]]:
    """The sum, or the largest value, along axes; and the lengths of those that are left."""
    rank = len(x.shape)
    given = range(rank) if axis is None else (axis if isinstance(axis, (list, tuple)) else [axis])
    axes = {as_size(a) % rank for a in given}
    left = [place for place in range(rank) if place not in axes]
    sizes = [x.shape[place] for place in left]
    count = 1
    places = torch.zeros(len(x.values), dtype=torch.int64)
    for place, size in zip(left, sizes, strict=True):
        places = places * size + x.indices[:, place]
        count *= size
    result = x.values.new_zeros(count)
    result = result.scatter_reduce(0, places, x.values, name, include_self=False)
    shape = [1 if place in axes else x.shape[place] for place in range(rank)]
    return result, tuple(shape) if keepdims else tuple(sizes)


def _reduction(name: str, text: str) -> Callable[..., Any]:
    def reduce(
        sp_input: SparseTensor,
        axis: Any = None,
        keepdims: Any = None,
        output_is_sparse: bool = False,
        name: str | None = None,
    ) -> Any:
        found, shape = _reduced(sp_input, axis, keepdims, kind)
        if not output_is_sparse:
            return found.reshape(shape)
        places = found.nonzero().reshape(-1)
        return at_places(places, found[places], shape)

    kind = name
    reduce.__doc__ = text
    return reduce


reduce_sum = _reduction("sum", "The sum of the values along the axes; 0 where there are none.")
reduce_max = _reduction("amax", "The largest value along the axes; 0 where there are none.")


def sparse_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Tensor:
    """The product of matrices, of which one is sparse, turned first where asked for."""
    if isinstance(b, SparseTensor):
        dense = convert_to_tensor(sp_a)
        dense = dense.mH if adjoint_a else dense
        return sparse_dense_matmul(b, dense.mH, adjoint_a=not adjoint_b).mH
    rows, columns = sp_a.indices.T
    height, width = sp_a.shape
    if adjoint_a:
        rows, columns, height, width = columns, rows, width, height
    dense = convert_to_tensor(b)
    dense = dense.mH if adjoint_b else dense
    values = sp_a.values.conj() if adjoint_a else sp_a.values
    matrix = torch.sparse_coo_tensor(
        torch.stack([rows, columns]), values, (height, width), check_invariants=True
    )
    return torch.sparse.mm(matrix, dense)


def softmax(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Probabilities of the values of each row, along the last axis."""
    rows = places_of(sp_input) // sp_input.shape[-1]
    found, inverse = torch.unique(rows, return_inverse=True)
    values = sp_input.values
    top = values.new_full((len(found),), float("-inf")).scatter_reduce(0, inverse, values, "amax")
    powers = torch.exp(values - top[inverse])
    total = values.new_zeros(len(found)).index_add(0, inverse, powers)
    return sp_input.with_values(powers / total[inverse])


def mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The slices but for those with these numbers."""
    kept = ~torch.isin(a.indices.long(), convert_to_tensor(mask_indices).long())
    return IndexedSlices(a.values[kept], a.indices[kept], a.dense_shape)


def _segment_reduction(kind: str, text: str) -> Callable[..., Tensor]:
    def reduce(
        data: Any,
        indices: Any,
        segment_ids: Any,
        num_segments: Any = None,
        name: str | None = None,
        sparse_gradient: bool = False,
    ) -> Tensor:
        """Sums of the rows at ``indices`` with the same number.

        ``sparse_gradient`` changes nothing here: gradients are dense.
        """
        rows = convert_to_tensor(data)[convert_to_tensor(indices).long()]
        owner = convert_to_tensor(segment_ids).long()
        count = int(owner[-1]) + 1 if num_segments is None else as_size(num_segments)
        total = rows.new_zeros((count, *rows.shape[1:])).index_add(0, owner, rows)
        if kind == "sum":
            return total
        number = torch.bincount(owner, minlength=count).clamp(min=1).to(rows.dtype)
        number = number.sqrt() if kind == "sqrt_n" else number
        return total / number.reshape((-1,) + (1,) * (rows.ndim - 1))

    reduce.__doc__ = (reduce.__doc__ or "").replace("Sums", text, 1)
    return reduce


segment_sum = _segment_reduction("sum", "Sums")
segment_mean = _segment_reduction("mean", "Means")
segment_sqrt_n = _segment_reduction("sqrt_n", "Sums over the root of the number")


def bincount(
    values: Any,
    weights: Any = None,
    axis: int = 0,
    minlength: Any = None,
    maxlength: Any = None,
    binary_output: bool = False,
    name: str | None = None,
) -> SparseTensor:
    """How often each number appears, of all or of each row (``axis`` -1), or sums of weights.

    Args:
        values: Numbers, ``(n,)`` or ``(rows, n)``; sparse ones too.
        weights: What each counts, in the form of ``values``.
        axis: 0 or -1.
        minlength, maxlength: Bounds of the result's length; larger numbers don't count.
        binary_output: Whether 1 stands for any count.
        name: Accepted.
    """
    if isinstance(values, SparseTensor):
        rows = values.indices[:, 0] if len(values.shape) > 1 else torch.zeros(len(values.values))
        height = values.shape[0] if len(values.shape) > 1 else 1
        numbers = values.values.long()
        weights = weights.values if isinstance(weights, SparseTensor) else weights
    else:
        table = torch.atleast_2d(convert_to_tensor(values)).long()
        height = len(table)
        rows, numbers = torch.arange(height).repeat_interleave(table.shape[1]), table.reshape(-1)
    counted = torch.ones(len(numbers), dtype=torch.int32)
    counted = counted if weights is None else convert_to_tensor(weights).reshape(-1)
    if axis == 0:
        rows, height = torch.zeros_like(numbers), 1
    width = int(numbers.max()) + 1 if len(numbers) else 0
    width = max(width, as_size(minlength or 0))
    width = width if maxlength is None else min(width, as_size(maxlength))
    kept = (numbers >= 0) & (numbers < width)
    places = rows.long()[kept] * width + numbers[kept]
    found, inverse = torch.unique(places, return_inverse=True)
    total = counted.new_zeros(len(found)).index_add(0, inverse, counted[kept])
    total = torch.ones_like(total) if binary_output else total
    rank = len(values.shape if isinstance(values, SparseTensor) else _shape(values))
    is_row = axis == 0 or rank == 1
    return at_places(found, total, (width,) if is_row else (height, width))


def _shape(values: Any) -> tuple[int, ...]:
    return tuple(as_sizes(convert_to_tensor(values).shape))


def _asked_by_torch(
    kind: type, function: Any, types: Any, args: Any = (), kwargs: Any = None
) -> Any:
    """Torch's linear map of a sparse matrix, which dense layers ask for."""
    if function is not functional.linear or not isinstance(args[0], SparseTensor):
        raise TypeError(
            f"{getattr(function, '__name__', function)}: its argument is a tf.SparseTensor; "
            "expected a tensor. Try tf.sparse.to_dense(x)."
        )
    x, weight, *others = args
    bias = others[0] if others else (kwargs or {}).get("bias")
    product = sparse_dense_matmul(x, weight.mT)
    return product if bias is None else product + bias


SparseTensor.__torch_function__ = classmethod(_asked_by_torch)
