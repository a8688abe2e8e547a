"""Windows that slide over images: turned convolutions, pools, and blocks of pixels."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.dtypes import as_dtype
from tensorflow.nn.functions import (
    avg_pool,
    convolution,
    layout_of,
    max_pool,
    padded,
    window_of,
)
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error

_TURNED = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The gradient of a convolution, over one, two or three axes, as a function.

    Args:
        input: ``(batch, *sizes, channels)``, or as ``data_format`` says.
        filters: ``(*window, output channels, input channels)``.
        output_shape: Lengths of the result's axes.
        strides: One number, one for each of the window's axes, or one for each of all.
        padding: ``"SAME"`` or ``"VALID"``.
        data_format: ``"NHWC"`` and kin, or ``"NCHW"`` and kin.
        dilations: Like ``strides``.
        name: Accepted.

    Raises:
        ValueError: a convolution of ``output_shape`` would give another size than the input's.
    """
    x, kernel = convert_to_tensor(input), convert_to_tensor(filters)
    layout, rank = layout_of(data_format), kernel.ndim - 2
    steps, spread = window_of(strides, rank, layout), window_of(dilations, rank, layout)
    sizes = as_sizes(output_shape)
    where = "tf.nn.conv_transpose"
    if padding.upper() not in ("SAME", "VALID"):
        raise argument_error(where, "padding", padding, '"SAME" or "VALID"')
    channels = sizes[-1 if layout == "channels_last" else 1] if len(sizes) == rank + 2 else None
    if channels not in (None, kernel.shape[-2]):
        raise argument_error(where, "output_shape", sizes, f"{kernel.shape[-2]} channels")
    last = layout == "channels_last"
    sizes = (sizes[1:-1] if last else sizes[2:]) if len(sizes) == rank + 2 else sizes
    x = x.movedim(-1, 1) if last else x
    weight = kernel.movedim((-1, -2), (0, 1))
    whole = _TURNED[rank](x, weight, stride=steps, dilation=spread)
    for axis, size in enumerate(sizes):
        k = (kernel.shape[axis] - 1) * spread[axis] + 1
        given, step = x.shape[2 + axis], steps[axis]
        is_same = padding.upper() == "SAME"
        expected = -(-size // step) if is_same else -(-(size - k + 1) // step)
        if expected != given:
            raise argument_error(
                "tf.nn.conv_transpose", "output_shape", tuple(sizes), f"sizes of {given} windows"
            )
        before = max((given - 1) * step + k - size, 0) // 2 if is_same else 0
        more = max(0, before + size - whole.shape[2 + axis])
        pads = [0, 0] * (rank - 1 - axis) + [0, more]
        whole = functional.pad(whole, pads).narrow(2 + axis, before, size)
    return whole.movedim(1, -1) if last else whole


def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """``conv_transpose`` over one axis."""
    return conv_transpose(input, filters, output_shape, strides, padding, data_format, dilations)


def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """``conv_transpose`` over two axes."""
    return conv_transpose(input, filters, output_shape, strides, padding, data_format, dilations)


def conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """``conv_transpose`` over three axes."""
    return conv_transpose(input, filters, output_shape, strides, padding, data_format, dilations)


def atrous_conv2d(
    value: Any, filters: Any, rate: Any, padding: Any, name: str | None = None
) -> Tensor:
    """Convolution whose window's pixels are ``rate`` apart."""
    return convolution(value, filters, 1, padding, dilations=as_size(rate))


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolution of each channel by itself, and then of all channels of a pixel."""
    layout = layout_of(data_format)
    input, padding = padded(input, padding)
    return ops.separable_conv(
        input,
        depthwise_filter,
        pointwise_filter,
        strides=window_of(strides, 2, layout),
        padding=padding,
        data_format=layout,
        dilation_rate=window_of(dilations, 2, layout),
    )


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The largest element (``"MAX"``), or the mean (``"AVG"``), of each window.

    Raises:
        ValueError: another type, or windows with gaps.
    """
    kinds = {"MAX": max_pool, "AVG": avg_pool}
    if pooling_type not in kinds:
        raise argument_error("tf.nn.pool", "pooling_type", pooling_type, '"MAX" or "AVG"')
    if dilations is not None and set(as_sizes(dilations)) != {1}:
        raise argument_error("tf.nn.pool", "dilations", dilations, "1")
    return kinds[pooling_type](input, window_shape, strides, padding, data_format)


def _check_channels_last(where: str, data_format: str) -> None:
    if data_format != "NHWC":
        raise argument_error(where, "data_format", data_format, '"NHWC"', "Transpose the images.")


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    output_dtype: Any = torch.int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The largest element of each window, and its place in the flattened image.

    Args:
        input: ``(batch, height, width, channels)``.
        ksize, strides: One number, one for each of the window's axes, or one for each of all.
        padding: ``"SAME"`` or ``"VALID"``.
        data_format: ``"NHWC"``.
        output_dtype: Type of the places: int32 or int64.
        include_batch_in_index: Whether places are those in the flattened batch.
        name: Accepted.

    Raises:
        ValueError: another ``data_format`` or ``output_dtype``.
    """
    where = "tf.nn.max_pool_with_argmax"
    _check_channels_last(where, data_format)
    if as_dtype(output_dtype) not in (torch.int32, torch.int64):
        raise argument_error(where, "output_dtype", output_dtype, "int32 or int64")
    x = convert_to_tensor(input)
    window, step = (window_of(part, 2, "channels_last") for part in (ksize, strides))
    _, height, width, channels = x.shape
    planes, shifts = x.movedim(-1, 1), [0, 0]
    if padding.upper() == "SAME":
        missing = [
            max(0, (-(-n // s) - 1) * s + k - n)
            for n, s, k in zip((height, width), step, window, strict=True)
        ]
        shifts = [m // 2 for m in missing]
        widths = (shifts[1], missing[1] - shifts[1], shifts[0], missing[0] - shifts[0])
        planes = functional.pad(planes, widths, value=-torch.inf)
    found, places = functional.max_pool2d(planes, window, step, return_indices=True)
    rows = torch.div(places, planes.shape[-1], rounding_mode="floor") - shifts[0]
    columns = places % planes.shape[-1] - shifts[1]
    flat = (rows * width + columns) * channels + torch.arange(channels).reshape(-1, 1, 1)
    if include_batch_in_index:
        flat = flat + torch.arange(len(x)).reshape(-1, 1, 1, 1) * (height * width * channels)
    return found.movedim(1, -1), flat.movedim(1, -1).to(as_dtype(output_dtype))


def dilation2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Tensor:
    """The largest sum of pixel and filter in each window, channel by channel.

    ``data_format`` is ``"NHWC"``; another is a ValueError.
    """
    _check_channels_last("tf.nn.dilation2d", data_format)
    x, kernel = convert_to_tensor(input), convert_to_tensor(filters)
    step, spread = (window_of(part, 2, "channels_last") for part in (strides, dilations))
    planes = x.movedim(-1, 1)
    window = tuple(kernel.shape[:2])
    reach = [(k - 1) * s + 1 for k, s in zip(window, spread, strict=True)]
    if padding.upper() == "SAME":
        missing = [
            max(0, (-(-n // s) - 1) * s + k - n)
            for n, s, k in zip(planes.shape[2:], step, reach, strict=True)
        ]
        top, left = (m // 2 for m in missing)
        # Not infinity, which the unfolding would turn into NaN.
        planes = functional.pad(
            planes, (left, missing[1] - left, top, missing[0] - top), value=-1e30
        )
    counts = [(n - r) // s + 1 for n, r, s in zip(planes.shape[2:], reach, step, strict=True)]
    columns = functional.unfold(planes, window, dilation=spread, stride=step)
    columns = columns.reshape(len(x), x.shape[-1], math.prod(window), *counts)
    weights = kernel.reshape(-1, kernel.shape[2]).T[:, :, None, None]
    return (columns + weights).amax(2).movedim(1, -1)


def erosion2d(
    value: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Tensor:
    """The smallest difference of pixel and filter in each window, channel by channel."""
    turned = convert_to_tensor(filters).flip(0, 1)
    return -dilation2d(-convert_to_tensor(value), turned, strides, padding, data_format, dilations)


def _check_block(where: str, size: int) -> None:
    if size < 2:
        raise argument_error(where, "block_size", size, "2 or more")


def space_to_depth(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Blocks of pixels as channels of one; ``block_size`` is 2 or more."""
    _check_block("tf.nn.space_to_depth", block_size)
    return ops.space_to_depth(input, block_size, data_format=layout_of(data_format))


def depth_to_space(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Channels of a pixel as a block of them; ``block_size`` is 2 or more."""
    _check_block("tf.nn.depth_to_space", block_size)
    return ops.depth_to_space(input, block_size, data_format=layout_of(data_format))
