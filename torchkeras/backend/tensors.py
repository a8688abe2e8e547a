"""``K.*`` of tf.keras 2: functions on tensors, with its names and defaults."""

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras import activations, ops, random
from torchkeras.core import scopes
from torchkeras.core.settings import floatx
from torchkeras.core.typing import AxisLike, DTypeLike, SeedLike, TensorLike
from torchkeras.core.variable import Variable
from torchkeras.layers.input import Input
from torchkeras.tracer import KerasTensor


def _counted(x: TensorLike) -> TensorLike:
    """Truth values as ``floatx()``, so that they can be averaged."""
    return ops.cast(x, floatx()) if ops.dtype(x) == "bool" else x


def sum(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.sum``."""
    return ops.sum(x, axis, keepdims)


def prod(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.prod``."""
    return ops.prod(x, axis, keepdims)


def mean(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.mean``, truth values counted as 0 and 1."""
    return ops.mean(_counted(x), axis, keepdims)


def var(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.var``."""
    return ops.var(_counted(x), axis, keepdims)


def std(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.std``."""
    return ops.std(_counted(x), axis, keepdims)


def max(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.max``."""
    return ops.max(x, axis, keepdims)


def min(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.min``."""
    return ops.min(x, axis, keepdims)


def all(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.all``."""
    return ops.all(x, axis, keepdims)


def any(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``ops.any``."""
    return ops.any(x, axis, keepdims)


def argmax(x: TensorLike, axis: int = -1) -> Tensor:
    """``ops.argmax`` along the last axis."""
    return ops.argmax(x, axis)


def argmin(x: TensorLike, axis: int = -1) -> Tensor:
    """``ops.argmin`` along the last axis."""
    return ops.argmin(x, axis)


def cumsum(x: TensorLike, axis: int = 0) -> Tensor:
    """``ops.cumsum``."""
    return ops.cumsum(x, axis)


def cumprod(x: TensorLike, axis: int = 0) -> Tensor:
    """``ops.cumprod``."""
    return ops.cumprod(x, axis)


def pow(x: TensorLike, a: TensorLike) -> Tensor:
    """``x ** a``."""
    return ops.power(x, a)


def clip(x: TensorLike, min_value: TensorLike, max_value: TensorLike) -> Tensor:
    """``ops.clip``; None is no bound."""
    low = float("-inf") if min_value is None else min_value
    high = float("inf") if max_value is None else max_value
    return ops.clip(x, low, high)


def dot(x: TensorLike, y: TensorLike) -> Tensor:
    """Sum over the last axis of ``x`` and the last but one of ``y``."""
    return ops.dot(x, y)


def batch_dot(x: TensorLike, y: TensorLike, axes: int | Sequence[int] | None = None) -> Tensor:
    """Sum of products over one axis of each, row by row of the batch.

    Args:
        axes: The axis of ``x`` and that of ``y`` (or one for both); None is the last of ``x`` and
            the last but one of ``y``.

    Shape:
        output: ``x`` without its axis, then ``y`` without its axis and batch; at least two axes.
    """
    x_rank, y_rank = len(x.shape), len(y.shape)
    if axes is None:
        axes = (x_rank - 1, y_rank - 1 if y_rank == 2 else y_rank - 2)
    a, b = (axes, axes) if isinstance(axes, int) else axes
    letters = "abcdefghijklmnop"
    left = list("z" + letters[: x_rank - 1])
    right = list("z" + letters[x_rank - 1 : x_rank + y_rank - 2])
    right[b % y_rank] = left[a % x_rank]
    summed = left[a % x_rank]
    kept = [c for c in left + right[1:] if c != summed]
    result = ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x, y)
    return ops.expand_dims(result, -1) if len(kept) == 1 else result


def l2_normalize(x: TensorLike, axis: AxisLike = None) -> Tensor:
    """``x`` over its length along ``axis``; None takes all axes."""
    squares = ops.sum(ops.square(x), axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, 1e-12)))


def relu(
    x: TensorLike, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Tensor:
    """``activations.relu``."""
    return activations.relu(x, alpha, max_value, threshold)


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """``activations.elu``."""
    return activations.elu(x, alpha)


def hard_sigmoid(x: TensorLike) -> Tensor:
    """``0.2 * x + 0.5`` cut to [0, 1]: tf.keras 2's, which ``activations.hard_sigmoid`` is not."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


sigmoid = activations.sigmoid
softmax = activations.softmax
softplus = activations.softplus
softsign = activations.softsign
tanh = activations.tanh


def concatenate(tensors: Sequence[TensorLike], axis: int = -1) -> Tensor:
    """``ops.concatenate`` along the last axis."""
    return ops.concatenate(tensors, axis)


def stack(x: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """``ops.stack``."""
    return ops.stack(x, axis)


def expand_dims(x: TensorLike, axis: int = -1) -> Tensor:
    """``ops.expand_dims`` at the end."""
    return ops.expand_dims(x, axis)


def squeeze(x: TensorLike, axis: int) -> Tensor:
    """``ops.squeeze``."""
    return ops.squeeze(x, axis)


def flatten(x: TensorLike) -> Tensor:
    """All elements in one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: TensorLike) -> Tensor:
    """All axes but the first in one."""
    size = None
    if None not in x.shape[1:]:
        size = 1
        for length in x.shape[1:]:
            size *= length
    return ops.reshape(x, (-1, size)) if size else ops.reshape(x, (ops.shape(x)[0], -1))


def permute_dimensions(x: TensorLike, pattern: Sequence[int]) -> Tensor:
    """``ops.transpose``."""
    return ops.transpose(x, pattern)


def repeat(x: TensorLike, n: int) -> Tensor:
    """``(batch, features)`` to ``(batch, n, features)``."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: TensorLike, rep: int, axis: int) -> Tensor:
    """Each slice along ``axis`` ``rep`` times in a row."""
    return ops.repeat(x, rep, axis)


def reverse(x: TensorLike, axes: int | Sequence[int]) -> Tensor:
    """``ops.flip``."""
    return ops.flip(x, axes)


def gather(reference: TensorLike, indices: TensorLike) -> Tensor:
    """Slices along the first axis."""
    return ops.take(reference, indices, axis=0)


def arange(
    start: int, stop: int | None = None, step: int = 1, dtype: DTypeLike = "int32"
) -> Tensor:
    """``ops.arange``, int32."""
    return ops.arange(start, stop, step, dtype)


def constant(
    value: Any, dtype: DTypeLike = None, shape: Sequence[int] | None = None, name: str | None = None
) -> Tensor:
    """``value`` as a tensor of ``floatx()``, filling ``shape`` if that is given.

    ``name`` changes nothing: tensors have none.
    """
    tensor = ops.convert_to_tensor(value, dtype or floatx())
    if shape is None:
        return tensor
    return ops.reshape(tensor, shape) if tensor.numel() > 1 else tensor.expand(tuple(shape)).clone()


def eye(size: Any, dtype: DTypeLike = None, name: str | None = None) -> Tensor:
    """``ops.eye``; ``size`` may be a pair, and ``name`` changes nothing."""
    return ops.eye(*((size,) if isinstance(size, int) else tuple(size)), dtype=dtype)


def zeros(shape: Sequence[int], dtype: DTypeLike = None, name: str | None = None) -> Variable:
    """A variable of zeros."""
    return Variable(ops.zeros(shape, dtype), name=name)


def ones(shape: Sequence[int], dtype: DTypeLike = None, name: str | None = None) -> Variable:
    """A variable of ones."""
    return Variable(ops.ones(shape, dtype), name=name)


def zeros_like(x: TensorLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor:
    """``ops.zeros_like``; ``name`` changes nothing."""
    return ops.zeros_like(x, dtype)


def ones_like(x: TensorLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor:
    """``ops.ones_like``; ``name`` changes nothing."""
    return ops.ones_like(x, dtype)


def cast_to_floatx(x: TensorLike) -> Tensor:
    """``x`` as ``floatx()``."""
    return ops.cast(x, floatx())


def variable(
    value: Any, dtype: DTypeLike = None, name: str | None = None, constraint: Any = None
) -> Variable:
    """A variable of ``floatx()`` with this value."""
    result = Variable(ops.convert_to_tensor(value), dtype=dtype or floatx(), name=name)
    result.constraint = constraint
    return result


def placeholder(
    shape: Sequence[int | None] | None = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> KerasTensor:
    """A symbolic input; its shape includes the batch."""
    if shape is None and ndim is not None:
        shape = (None,) * ndim
    return Input(
        batch_shape=tuple(shape or ()), dtype=dtype, name=name, sparse=sparse, ragged=ragged
    )


def int_shape(x: Any) -> tuple[int | None, ...]:
    """Sizes of ``x``; None where unknown."""
    return tuple(x.shape)


def count_params(x: Any) -> int:
    """Number of elements."""
    return ops.size(x)


def eval(x: Any) -> Any:
    """``x`` as a NumPy array."""
    return ops.convert_to_numpy(x)


get_value = eval


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """NumPy arrays of several tensors."""
    return [eval(x) for x in tensors]


def set_value(x: Variable, value: Any) -> None:
    """Assign ``value`` to a variable, or to an optimizer's learning rate."""
    if hasattr(x, "assign"):
        x.assign(value)
    else:
        x.copy_(torch.as_tensor(value))


def batch_set_value(tuples: Sequence[tuple[Variable, Any]]) -> None:
    """Assign to several variables."""
    for target, value in tuples:
        set_value(target, value)


def update(x: Variable, new_x: Any) -> Variable:
    """Assign."""
    return x.assign(new_x)


def update_add(x: Variable, increment: Any) -> Variable:
    """Add to a variable."""
    return x.assign_add(increment)


def update_sub(x: Variable, decrement: Any) -> Variable:
    """Subtract from a variable."""
    return x.assign_sub(decrement)


def moving_average_update(x: Variable, value: Any, momentum: float) -> Variable:
    """``x`` becomes ``x * momentum + value * (1 - momentum)``; momentum in [0, 1]."""
    return x.assign(ops.add(ops.multiply(x, momentum), ops.multiply(value, 1.0 - momentum)))


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values (or results of callables), by a scalar or element by element."""
    if callable(then_expression) or callable(else_expression):
        calls = [f if callable(f) else (lambda f=f: f) for f in (then_expression, else_expression)]
        if not isinstance(condition, KerasTensor) and ops.ndim(condition) == 0:
            return ops.cond(condition, *calls)
        then_expression, else_expression = [call() for call in calls]
    missing = len(then_expression.shape) - len(getattr(condition, "shape", ()))
    if isinstance(condition, (Tensor, KerasTensor)) and missing > 0:
        for _ in range(missing):
            condition = ops.expand_dims(condition, -1)
    return ops.where(condition, then_expression, else_expression)


def learning_phase() -> int:
    """1 while training, else 0."""
    return int(bool(scopes.local.training))


def set_learning_phase(value: int | bool) -> None:
    """Make calls without a ``training`` argument train (1) or infer (0)."""
    scopes.local.training = bool(value)


def learning_phase_scope(value: int | bool) -> scopes.training_scope:
    """A context in which calls train (1) or infer (0)."""
    return scopes.training_scope(bool(value))


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``x`` (or its result) while training, else ``alt``."""
    is_training = learning_phase() if training is None else training
    chosen = x if is_training else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``x`` (or its result) while not training, else ``alt``."""
    return in_train_phase(alt, x, training)


def map_fn(fn: Callable, elems: Any, name: str | None = None, dtype: DTypeLike = None) -> Any:
    """``ops.map``, with results of type ``dtype`` if that is given; ``name`` changes nothing."""
    result = ops.map(fn, elems)
    return result if dtype is None else ops.cast(result, dtype)


def foldl(fn: Callable, elems: TensorLike, initializer: Any = None, name: str | None = None) -> Any:
    """``fn(accumulated, element)`` from the first slice to the last; ``name`` changes nothing."""
    items = list(ops.unstack(elems))
    value = items.pop(0) if initializer is None else initializer
    for item in items:
        value = fn(value, item)
    return value


def foldr(fn: Callable, elems: TensorLike, initializer: Any = None, name: str | None = None) -> Any:
    """``fn(accumulated, element)`` from the last slice to the first; ``name`` changes nothing."""
    return foldl(fn, ops.flip(elems, 0), initializer)


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """Print ``message`` and the values of ``x``, and give ``x`` back.

    Args:
        x: A tensor; a symbolic one is printed as such.
        message: What stands before it.
        summarize: How many entries are shown at both ends of each axis; -1 shows all.
    """
    shown: Any = x
    if not isinstance(x, KerasTensor):
        values = ops.convert_to_numpy(x)
        edge = values.size if summarize < 0 else summarize
        shown = np.array2string(values, threshold=0, edgeitems=edge)
    builtins.print(message, shown)
    return x


def is_sparse(tensor: Any) -> bool:
    """Whether a tensor is sparse."""
    return bool(getattr(tensor, "is_sparse", getattr(tensor, "sparse", False)))


def to_dense(tensor: Any) -> Any:
    """A dense copy of a sparse tensor; others as they are."""
    return tensor.to_dense() if isinstance(tensor, Tensor) and tensor.is_sparse else tensor


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """``random.normal``."""
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """``random.uniform``."""
    return random.uniform(shape, minval, maxval, dtype, seed)


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """``random.truncated_normal``."""
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_bernoulli(
    shape: Sequence[int], p: float = 0.0, dtype: DTypeLike = None, seed: SeedLike = None
) -> Tensor:
    """1 with probability ``p``, else 0."""
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), dtype or floatx())


random_binomial = random_bernoulli


def random_normal_variable(
    shape: Sequence[int],
    mean: float,
    scale: float,
    dtype: DTypeLike = None,
    name: str | None = None,
    seed: SeedLike = None,
) -> Variable:
    """A variable of normally distributed numbers."""
    return Variable(random.normal(shape, mean, scale, dtype, seed), name=name)


def random_uniform_variable(
    shape: Sequence[int],
    low: float,
    high: float,
    dtype: DTypeLike = None,
    name: str | None = None,
    seed: SeedLike = None,
) -> Variable:
    """A variable of uniformly distributed numbers."""
    return Variable(random.uniform(shape, low, high, dtype, seed), name=name)


def dropout(
    x: TensorLike, level: float, noise_shape: Sequence[int] | None = None, seed: SeedLike = None
) -> Tensor:
    """``random.dropout``."""
    return random.dropout(x, level, noise_shape, seed)


def _get_available_gpus() -> list[str]:
    """Names of the GPUs: scripts ask the inside of tf.keras for them."""
    return [f"/device:GPU:{number}" for number in range(torch.cuda.device_count())]
