"""``K.*`` functions of tensors whose arguments have other names than in ``keras.ops``."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchkeras import ops, tracer
from torchkeras.core.typing import TensorLike


def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Where ``x == y``."""
    return ops.equal(x, y)


def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Where ``x != y``."""
    return ops.not_equal(x, y)


def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """Where ``x > y``."""
    return ops.greater(x, y)


def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Where ``x >= y``."""
    return ops.greater_equal(x, y)


def less(x: TensorLike, y: TensorLike) -> Tensor:
    """Where ``x < y``."""
    return ops.less(x, y)


def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Where ``x <= y``."""
    return ops.less_equal(x, y)


def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """The greater of ``x`` and ``y``."""
    return ops.maximum(x, y)


def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """The smaller of ``x`` and ``y``."""
    return ops.minimum(x, y)


def one_hot(indices: TensorLike, num_classes: int) -> Tensor:
    """Rows with a 1 at the place that each index names: ``(...)`` -> ``(..., num_classes)``."""
    return ops.one_hot(indices, num_classes)


def reshape(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """``x`` in another shape; one size may be -1."""
    return ops.reshape(x, shape)


def tile(x: TensorLike, n: int | Sequence[int]) -> Tensor:
    """``x`` repeated ``n`` times; a list says how often along each axis."""
    return ops.tile(x, n)


def stop_gradient(variables: Any) -> Any:
    """A tensor, or a list of them, through which no gradient flows."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(variable) for variable in variables]
    return ops.stop_gradient(variables)


def is_keras_tensor(x: Any) -> bool:
    """Whether ``x`` is symbolic."""
    return tracer.is_symbolic(x)
