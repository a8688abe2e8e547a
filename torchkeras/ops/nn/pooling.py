"""Pooling by windows, and to a given number of windows."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchkeras.core.typing import TensorLike
from torchkeras.nn import pooling
from torchkeras.ops.nn.convolution import in_channels_first, in_layout, per_axis, window_of
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable


def _pool(
    name: str, kind: str, x: Tensor, size: Any, strides: Any, padding: str, data_format: str | None
) -> Tensor:
    rank = x.ndim - 2
    window = window_of(name, rank, size, strides, 1, padding, data_format)
    x = in_channels_first(x, window)
    if window.padding == "valid":
        return in_layout(pooling.FUNCTIONS[kind][rank](x, window.size, window.strides), window)
    return in_layout(pooling.pool(window, kind)(x), window)


@traceable
def max_pool(
    inputs: TensorLike,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The largest element of each window.

    Args:
        pool_size: Lengths of the window.
        strides: Steps of the window; None is its length.
        padding: ``"valid"``, or ``"same"`` for output lengths of ``ceil(n / stride)``.
        data_format: ``"channels_last"``, ``"channels_first"`` or None, the default.

    Raises:
        ValueError: arguments that don't fit the rank.
    """
    return _pool("max_pool", "max", tensor(inputs), pool_size, strides, padding, data_format)


@traceable
def average_pool(
    inputs: TensorLike,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean over the elements of each window, padding left out; arguments as ``max_pool``."""
    x = floating(inputs)
    return _pool("average_pool", "average", x, pool_size, strides, padding, data_format)


@traceable
def adaptive_average_pool(
    inputs: TensorLike, output_size: int | Sequence[int], data_format: str | None = None
) -> Tensor:
    """Means over as many windows of nearly equal length as ``output_size`` says."""
    return _adapt("average", floating(inputs), output_size, data_format)


@traceable
def adaptive_max_pool(
    inputs: TensorLike, output_size: int | Sequence[int], data_format: str | None = None
) -> Tensor:
    """Largest elements of as many windows of nearly equal length as ``output_size`` says."""
    return _adapt("max", floating(inputs), output_size, data_format)


def _adapt(kind: str, x: Tensor, output_size: Any, data_format: str | None) -> Tensor:
    rank = x.ndim - 2
    size = per_axis(f"adaptive_{kind}_pool", "output_size", output_size, rank)
    window = window_of(f"adaptive_{kind}_pool", rank, size, 1, 1, "valid", data_format)
    y = pooling.ADAPTIVE_FUNCTIONS[kind][rank](in_channels_first(x, window), size)
    return in_layout(y, window)
