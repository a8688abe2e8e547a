"""Convolutions, and moving blocks of cells between space and depth."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core import settings
from torchkeras.core.typing import TensorLike
from torchkeras.nn.conv import convolve, convolve_transposed
from torchkeras.nn.geometry import Window, to_channels_first, to_channels_last
from torchkeras.ops.operands import join, tensor
from torchkeras.tracer import traceable

_FILTERS_FIRST = {1: (2, 1, 0), 2: (3, 2, 0, 1), 3: (4, 3, 0, 1, 2)}


def per_axis(name: str, argument: str, value: Any, rank: int) -> tuple[int, ...]:
    """``value``, one for all axes or one for each, as one for each.

    Raises:
        ValueError: it has another length, or a number is below 1.
    """
    sizes = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(sizes) != rank or any(size < 1 for size in sizes):
        raise ValueError(
            f"{name}: {argument} is {value!r}; expected {rank} integers, 1 or more. The "
            f"`{argument}` argument must be a tuple of {rank} integers."
        )
    return sizes


def window_of(
    name: str,
    rank: int,
    size: Any,
    strides: Any,
    dilation: Any,
    padding: str,
    data_format: str | None,
) -> Window:
    """The window that an op's arguments describe, made once for each of them.

    Args:
        name: The op, for messages.
        rank: Axes that the window moves along.
        size: That of a kernel, or one number or one for each axis; also what strides of None are.
        strides, dilation, padding, data_format: See the ops.
    """
    layout = settings.standardize_data_format(data_format)
    arguments = name, rank, size, strides, dilation, padding, layout
    if torch.compiler.is_compiling():
        return _new_window(*arguments)
    key = (*arguments, type(size), type(strides), type(dilation))  # 2.0 isn't 2
    try:
        window = _WINDOWS.get(key)
    except TypeError:  # lists, and sizes that only a trace knows
        return _new_window(*arguments)
    if window is None:
        window = _new_window(*arguments)
        if len(_WINDOWS) < _MOST_WINDOWS:
            _WINDOWS[key] = window
    return window


_WINDOWS: dict[tuple, Window] = {}
_MOST_WINDOWS = 1000


def _new_window(
    name: str,
    rank: int,
    size: Any,
    strides: Any,
    dilation: Any,
    padding: str,
    layout: str,
) -> Window:
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"{name}: padding is {padding!r}; expected 'valid' or 'same'.")
    if rank not in _FILTERS_FIRST:
        raise ValueError(
            f"{name}: inputs have {rank + 2} axes; expected 3, 4 or 5. Inputs should have ndim=3, "
            "4, or 5, corresponding to 1D, 2D and 3D inputs."
        )
    if not isinstance(size, torch.Size):
        size = per_axis(name, "pool_size", size, rank)
    return Window(
        size=tuple(size),
        strides=tuple(size) if strides is None else per_axis(name, "strides", strides, rank),
        dilation=per_axis(name, "dilation_rate", dilation, rank),
        padding=padding,
        layout=layout,
    )


def in_channels_first(x: Tensor, window: Window) -> Tensor:
    """``x`` with its channels on axis 1, as torch's kernels have them."""
    return to_channels_first(x) if window.layout == "channels_last" else x


def in_layout(y: Tensor, window: Window) -> Tensor:
    """``y``, with channels on axis 1, in the window's layout."""
    return to_channels_last(y) if window.layout == "channels_last" else y


def _convolve(name: str, x: Tensor, kernel: Tensor, window: Window, groups: int) -> Tensor:
    """Convolution of ``x`` with ``(*size, channels / groups, filters)``."""
    channels, group = x.shape[window.channel_axis], kernel.shape[-2]
    if channels != group * groups:
        raise ValueError(
            f"{name}: inputs have {channels} channels and kernel {group}; expected that the number "
            "of input channels is divisible by kernel input channels."
        )
    weight = kernel.permute(*_FILTERS_FIRST[window.rank])
    return in_layout(convolve(in_channels_first(x, window), weight, None, window, groups), window)


@traceable
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolution along one, two or three axes.

    Args:
        strides, dilation_rate: One number, or one for each axis.
        padding: ``"valid"``, or ``"same"`` for output lengths of ``ceil(n / stride)``.
        data_format: ``"channels_last"``, ``"channels_first"`` or None, the default.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or as ``data_format`` says.
        kernel: ``(*size, channels / groups, filters)``.

    Raises:
        ValueError: arguments that don't fit the rank, or channels that the kernel's don't divide.
    """
    inputs, kernel = join(inputs, kernel)
    rank = inputs.ndim - 2
    window = window_of(
        "conv", rank, kernel.shape[:-2], strides, dilation_rate, padding, data_format
    )
    channels = inputs.shape[window.channel_axis]
    return _convolve("conv", inputs, kernel, window, max(channels // kernel.shape[-2], 1))


@traceable
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolution of each channel by itself.

    Shape:
        kernel: ``(*size, channels, multiplier)``.
        output: ``channels * multiplier`` channels.
    """
    inputs, kernel = join(inputs, kernel)
    rank = inputs.ndim - 2
    window = window_of(
        "depthwise_conv", rank, kernel.shape[:-2], strides, dilation_rate, padding, data_format
    )
    channels = kernel.shape[-2]
    kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return _convolve("depthwise_conv", inputs, kernel, window, channels)


@traceable
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """``depthwise_conv`` and a convolution of window 1 that mixes the channels."""
    each = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(each, pointwise_kernel, 1, "valid", data_format, 1)


@traceable
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: int | Sequence[int] | None = None,
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Transposed convolution: what a convolution's gradient does to its inputs.

    Args:
        output_padding: Surplus of the output's lengths; None chooses ``n * stride`` for "same" and
            ``n * stride + max(extent - stride, 0)`` for "valid".

    Shape:
        kernel: ``(*size, filters, channels)``.
    """
    inputs, kernel = join(inputs, kernel)
    rank = inputs.ndim - 2
    window = window_of(
        "conv_transpose", rank, kernel.shape[:-2], strides, dilation_rate, padding, data_format
    )
    x = in_channels_first(inputs, window)
    if x.shape[1] != kernel.shape[-1]:
        raise ValueError(
            f"conv_transpose: inputs have {x.shape[1]} channels; expected {kernel.shape[-1]}, the "
            "last axis of the kernel."
        )
    weight = kernel.permute(rank + 1, rank, *range(rank))
    single = output_padding is None or isinstance(output_padding, int)
    extra = (output_padding,) * rank if single else tuple(output_padding)
    return in_layout(convolve_transposed(x, weight, window, extra), window)


@traceable
def unfold(
    x: TensorLike, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Blocks of an image as columns: ``(b, c, h, w)`` to ``(b, c * kh * kw, blocks)``."""
    return functional.unfold(tensor(x), kernel_size, dilation, padding, stride)


@traceable
def fold(
    x: TensorLike,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Blocks added up to an image: ``(b, c * kh * kw, blocks)`` to ``(b, c, *output_size)``."""
    return functional.fold(tensor(x), output_size, kernel_size, dilation, padding, stride)


@traceable
def depth_to_space(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Channels spread over blocks of ``block_size`` by ``block_size`` cells."""
    x = tensor(x)
    if settings.standardize_data_format(data_format) == "channels_first":
        return functional.pixel_shuffle(x, block_size)
    b, h, w, c = x.shape
    n = block_size
    x = x.reshape(b, h, w, n, n, c // n**2).permute(0, 1, 3, 2, 4, 5)  # (b, h, n, w, n, c)
    return x.reshape(b, h * n, w * n, c // n**2)


@traceable
def space_to_depth(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Blocks of ``block_size`` by ``block_size`` cells gathered in the channels."""
    x = tensor(x)
    if settings.standardize_data_format(data_format) == "channels_first":
        return functional.pixel_unshuffle(x, block_size)
    b, h, w, c = x.shape
    n = block_size
    x = x.reshape(b, h // n, n, w // n, n, c).permute(0, 1, 3, 2, 4, 5)  # (b, h, w, n, n, c)
    return torch.reshape(x, (b, h // n, w // n, c * n**2))
