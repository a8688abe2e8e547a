"""Activations, losses on logits, convolutions and pools as functions."""

from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torchkeras_shim.composite import Composite, over_values
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow import indexing, math
from tensorflow.random import seed_generator
from tensorflow.tensors import convert_to_tensor
from torchkeras import activations, ops
from torchkeras import random as keras_random
from torchkeras.core.checks import argument_error, kind_error


@over_values
def relu(features: Any, name: str | None = None) -> Any:
    """max(x, 0)."""
    return activations.relu(features)


@over_values
def relu6(features: Any, name: str | None = None) -> Any:
    """x between 0 and 6."""
    return activations.relu6(features)


@over_values
def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Any:
    """x, or ``alpha`` * x where x is negative."""
    return activations.leaky_relu(features, negative_slope=float(alpha))


@over_values
def elu(features: Any, name: str | None = None) -> Any:
    """x, or exp(x) - 1 where x is negative."""
    return activations.elu(features)


@over_values
def selu(features: Any, name: str | None = None) -> Any:
    """Scaled ``elu`` that keeps mean 0 and variance 1."""
    return activations.selu(features)


def crelu(features: Any, axis: int = -1, name: str | None = None) -> Any:
    """``relu`` of x and of -x, one after the other."""
    return activations.relu(ops.concatenate([features, ops.negative(features)], axis=axis))


@over_values
def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """x times the normal distribution's probability below x."""
    return activations.gelu(features, approximate=approximate)


@over_values
def silu(features: Any, beta: Any = 1.0) -> Any:
    """x * sigmoid(beta * x)."""
    return ops.multiply(features, activations.sigmoid(ops.multiply(features, beta)))


swish = silu


def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Any:
    """Cross-entropy of each row in nats; ``labels`` are probabilities, one row for all or each."""
    labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
    if isinstance(labels, torch.Tensor) and isinstance(logits, torch.Tensor):
        labels, logits = torch.broadcast_tensors(labels, logits)
    return ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Any:
    """Cross-entropy of each row in nats; ``labels`` are class indices.

    Raises:
        ValueError: there isn't one label for each row.
    """
    labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
    if len(labels.shape) != len(logits.shape) - 1:
        raise argument_error(
            "tf.nn.sparse_softmax_cross_entropy_with_logits", "labels.shape",
            tuple(labels.shape), f"that of the logits, {tuple(logits.shape)}, but the last axis",
        )  # fmt: skip
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """Cross-entropy of each element in nats.

    Raises:
        ValueError: the shapes differ.
    """
    labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
    if tuple(labels.shape) != tuple(logits.shape):
        raise argument_error(
            "tf.nn.sigmoid_cross_entropy_with_logits",
            "labels.shape",
            tuple(labels.shape),
            f"that of the logits, {tuple(logits.shape)}",
        )
    return ops.binary_crossentropy(labels, logits, from_logits=True)


def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Any:
    """``sigmoid_cross_entropy_with_logits`` with true labels counted ``pos_weight`` times.

    Raises:
        ValueError: the shapes of labels and logits differ.
    """
    labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
    if tuple(labels.shape) != tuple(logits.shape):
        where, expected = "tf.nn.weighted_cross_entropy_with_logits", tuple(logits.shape)
        raise argument_error(where, "labels.shape", tuple(labels.shape), f"{expected}")
    positive = ops.multiply(labels, pos_weight)
    missing_part = ops.multiply(ops.subtract(1, labels), math.softplus(logits))
    return ops.add(ops.multiply(positive, math.softplus(ops.negative(logits))), missing_part)


@over_values
def dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: int | None = None, name: str | None = None
) -> Any:
    """``x`` with a fraction ``rate`` of its elements set to 0 and the others scaled up.

    Raises:
        ValueError: ``rate`` is below 0, or 1 or more.
    """
    if not 0 <= float(rate) < 1:
        raise argument_error("tf.nn.dropout", "rate", rate, "0 or more, below 1")
    shape = None if noise_shape is None else as_sizes(noise_shape)
    return keras_random.dropout(x, float(rate), noise_shape=shape, seed=seed_generator(seed))


_FORMATS = {
    None: "channels_last",
    **dict.fromkeys(("NWC", "NHWC", "NDHWC", "N...C"), "channels_last"),
    **dict.fromkeys(("NCW", "NCHW", "NCDHW", "NC..", "NC..."), "channels_first"),
}


def layout_of(data_format: str | None) -> str:
    if data_format not in _FORMATS:
        raise argument_error("tf.nn", "data_format", data_format, f"one of {[*_FORMATS][1:]}")
    return _FORMATS[data_format]


def window_of(size: Any, rank: int, data_format: str) -> tuple[int, ...]:
    """Lengths along the spatial axes, given as one, for those axes or for all of them."""
    sizes = as_sizes(1 if size is None else size)
    if len(sizes) == 1:
        return sizes * rank
    if len(sizes) == rank + 2:
        is_last = data_format == "channels_last"
        if sizes[0] != 1 or sizes[-1 if is_last else 1] != 1:
            raise argument_error("tf.nn", "window", sizes, "1 for the batch and for channels")
        return sizes[1:-1] if is_last else sizes[2:]
    return sizes


def padded(input: Any, padding: Any, fill: float = 0.0) -> tuple[Any, str]:
    """``input`` with what pairs of numbers say put around it, and the padding that is left.

    Raises:
        ValueError: ``padding`` is another text than ``"SAME"`` and ``"VALID"``.
    """
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise argument_error("tf.nn", "padding", padding, '"SAME", "VALID" or pairs of numbers')
        return input, padding.lower()
    axes = padding if len(padding) == len(input.shape) else [(0, 0), *padding, (0, 0)]
    return ops.pad(input, [as_sizes(pair) for pair in axes], constant_values=fill), "valid"


def _convolution(
    input: Any, filters: Any, strides: Any, padding: Any, data_format: Any, dilations: Any
) -> Any:
    layout, rank = layout_of(data_format), len(filters.shape) - 2
    input, padding = padded(input, padding)
    return ops.conv(
        input,
        filters,
        strides=window_of(strides, rank, layout),
        padding=padding,
        data_format=layout,
        dilation_rate=window_of(dilations, rank, layout),
    )


def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution over one, two or three axes; the kernel is ``(*window, channels, filters)``.

    Args:
        input: ``(batch, *sizes, channels)``, or as ``data_format`` says.
        filters: The kernel.
        strides, dilations: One number, one for each of the window's axes, or one for each of all.
        padding: ``"VALID"``, ``"SAME"`` or pairs of numbers for each axis.
        data_format: ``"NHWC"`` and kin, or ``"NCHW"`` and kin.
        name: Accepted.
    """
    return _convolution(input, filters, strides, padding, data_format, dilations)


def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """``convolution`` over one axis."""
    return _convolution(input, filters, stride, padding, data_format, dilations)


def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """``convolution`` over two axes."""
    return _convolution(input, filters, strides, padding, data_format, dilations)


def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """``convolution`` over three axes."""
    return _convolution(input, filters, strides, padding, data_format, dilations)


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution of each channel by itself; the kernel is ``(*window, channels, multiplier)``.

    Raises:
        ValueError: strides and dilations above 1 at once, with "SAME" padding.
    """
    layout = layout_of(data_format)
    input, padding = padded(input, padding)
    steps, rates = window_of(strides, 2, layout), window_of(dilations, 2, layout)
    if padding == "same" and max(steps) > 1 and max(rates) > 1:
        raise argument_error(
            "tf.nn.depthwise_conv2d",
            "strides",
            strides,
            "1, since dilations are above 1",
            "Pad by tf.pad and take padding='VALID'.",
        )
    return ops.depthwise_conv(
        input,
        filter,
        strides=steps,
        padding=padding,
        data_format=layout,
        dilation_rate=rates,
    )


def _pool(
    operation: Any, input: Any, ksize: Any, strides: Any, padding: str, data_format: str | None
) -> Any:
    layout, rank = layout_of(data_format), len(input.shape) - 2
    if not isinstance(padding, str) and operation is ops.average_pool:
        raise argument_error("tf.nn.avg_pool", "padding", padding, '"SAME" or "VALID"')
    input, padding = padded(input, padding, -np.inf)
    return operation(
        input,
        window_of(ksize, rank, layout),
        strides=window_of(strides, rank, layout),
        padding=padding,
        data_format=layout,
    )


def max_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """The largest element in each window."""
    return _pool(ops.max_pool, input, ksize, strides, padding, data_format)


def avg_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """The mean of each window."""
    return _pool(ops.average_pool, input, ksize, strides, padding, data_format)


def _pool_of(rank: int, name: str, text: str) -> Any:
    """A pool over so many axes."""
    letters = "DHW"[-rank:] if rank > 1 else "W"
    layouts = (f"N{letters}C", f"NC{letters}")
    operation = {"max": ops.max_pool, "avg": ops.average_pool}[name]

    def pool(
        input: Any,
        ksize: Any,
        strides: Any,
        padding: str,
        data_format: str | None = layouts[0],
        name: str | None = None,
    ) -> Any:
        where = f"tf.nn.{kind}_pool{rank}d"
        if data_format not in (None, *layouts):
            raise argument_error(where, "data_format", data_format, f"one of {layouts}")
        if len(np.shape(input) if isinstance(input, list) else input.shape) != rank + 2:
            raise argument_error(where, "input.shape", tuple(input.shape), f"{rank + 2} axes")
        return _pool(operation, input, ksize, strides, padding, data_format)

    kind = name
    pool.__name__ = pool.__qualname__ = f"{kind}_pool{rank}d"
    pool.__doc__ = f"{text} in each window, over {rank} of the axes."
    return pool


max_pool1d, max_pool2d, max_pool3d = (_pool_of(n, "max", "The largest element") for n in (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = (_pool_of(n, "avg", "The mean") for n in (1, 2, 3))


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """``value`` with one number added for each channel.

    Raises:
        ValueError: ``bias`` has another length.
    """
    bias = convert_to_tensor(bias)
    channels = value.shape[1 if layout_of(data_format) == "channels_first" else -1]
    if channels is not None and tuple(bias.shape) != (channels,):
        raise argument_error("tf.nn.bias_add", "bias.shape", tuple(bias.shape), f"({channels},)")
    if layout_of(data_format) == "channels_first":
        bias = ops.reshape(bias, (-1, *(1,) * (len(value.shape) - 2)))
    return ops.add(value, bias)


def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any]:
    """Mean and variance along the axes.

    ``shift`` changes nothing here: the variance is that of distances from the mean, which no
    shift makes more exact.
    """
    axes = as_sizes(axes)
    return math.reduce_mean(x, axes, keepdims), math.reduce_variance(x, axes, keepdims)


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``."""
    factor = ops.rsqrt(ops.add(variance, variance_epsilon))
    result = ops.multiply(ops.subtract(x, mean), factor if scale is None else factor * scale)
    return result if offset is None else ops.add(result, offset)


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """Each element over a power of the squares of its neighbours in the last axis."""
    size = 2 * depth_radius + 1
    channels_first = torch.movedim(convert_to_tensor(input), -1, 1)
    result = functional.local_response_norm(channels_first, size, alpha * size, beta, bias)
    return torch.movedim(result, 1, -1)


lrn = local_response_normalization


def l2_loss(t: Any, name: str | None = None) -> Any:
    """Half the sum of squares."""
    return ops.divide(ops.sum(ops.square(t)), 2)


def embedding_lookup(
    params: Any, ids: Any, max_norm: float | None = None, name: str | None = None
) -> Any:
    """Rows of a table by number, shortened to length ``max_norm`` where they are longer.

    Args:
        params: The table; or parts of it in a list, one after another.
        ids: Numbers, from 0; ragged ones give ragged rows.
        max_norm: The length; None leaves rows as they are.
        name: Accepted.
    """
    if isinstance(params, (list, tuple)):
        tables = [convert_to_tensor(table) for table in params]
        is_one = len(tables) == 1 and tables[0].ndim > 1
        if is_one or (tables and tables[0].ndim > 1):
            params = tables[0] if is_one else ops.concatenate(tables, axis=0)
    if isinstance(ids, Composite):
        return ids.with_flat_values(embedding_lookup(params, ids.flat_values, max_norm))
    found = indexing.gather(params, ids)
    if max_norm is None:
        return found
    axes = tuple(range(len(found.shape) - len(params.shape) + 1, len(found.shape)))
    length = ops.sqrt(ops.sum(ops.square(found), axis=axes, keepdims=True))
    return ops.multiply(found, ops.divide(max_norm, ops.maximum(length, max_norm)))


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """The sum of losses over ``global_batch_size``, the number of samples unless named."""
    loss = convert_to_tensor(per_example_loss)
    if sample_weight is not None:
        loss = ops.multiply(loss, sample_weight)
    samples = loss.shape[0] if global_batch_size is None else as_size(global_batch_size)
    if isinstance(samples, float):
        where = "tf.nn.compute_average_loss"
        raise kind_error(where, "global_batch_size", global_batch_size, "a whole number")
    return ops.divide(ops.sum(loss), samples)


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """The loss itself: there is one replica in each process."""
    return ops.sum(convert_to_tensor(regularization_loss))
