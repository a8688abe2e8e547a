"""Functions of ``tf.nn`` and ``tf.image`` that tf.keras 2 noted in graphs, said in ``keras.ops``.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

import math
from collections.abc import Callable
from typing import Any

from torchkeras import ops
from torchkeras.core.checks import argument_error


def refuse_other(name: str, options: dict[str, Any]) -> None:
    """Raise a ValueError if an option is set that can't be said in ``keras.ops``."""
    given = {key: value for key, value in options.items() if value not in (None, False, "")}
    if given:
        raise argument_error("load", f"options of tf.{name}", given, "those that keras.ops has")


# --- Windows


def window_of(spread: Any, rank: int) -> Any:
    """Sizes in space of what TensorFlow says for all axes."""
    if isinstance(spread, (list, tuple)):
        return tuple(spread[1:-1] if len(spread) == rank + 2 else spread * (rank // len(spread)))
    return spread


def _layout(data_format: str | None) -> str:
    is_first = data_format is not None and data_format.startswith("NC")
    return "channels_first" if is_first else "channels_last"


def _spread(value: Any, rank: int) -> Any:
    return 1 if value is None else window_of(value, rank)


def _conv(rank: int | None) -> Callable[..., Any]:
    def convolve(
        input: Any = None, filters: Any = None, strides: Any = None, padding: Any = "VALID",
        data_format: str | None = None, dilations: Any = None, **rest: Any,
    ) -> Any:  # fmt: skip
        x = rest.pop("value", input)
        kernel = array_of(rest.pop("filter", filters))
        strides = rest.pop("stride", strides)
        spread = rest.pop("dilation_rate", dilations)
        rest.pop("use_cudnn_on_gpu", None)
        axes = len(x.shape) - 2 if rank is None else rank
        refuse_other(f"nn.conv{axes}d", rest)
        if isinstance(padding, list):  # so many zeros before and behind along each axis
            x, padding = ops.pad(x, tuple(tuple(pair) for pair in padding)), "VALID"
        return ops.conv(
            x, kernel, _spread(strides, axes), padding.lower(), _layout(data_format),
            _spread(spread, axes),
        )  # fmt: skip

    return convolve


def _conv_transpose(rank: int | None) -> Callable[..., Any]:
    def convolve(
        input: Any = None, filters: Any = None, output_shape: Any = None, strides: Any = 1,
        padding: str = "SAME", data_format: str | None = None, dilations: Any = None, **rest: Any,
    ) -> Any:  # fmt: skip
        x = rest.pop("value", input)
        kernel = array_of(rest.pop("filter", filters))
        axes = len(x.shape) - 2 if rank is None else rank
        refuse_other(f"nn.conv{axes}d_transpose", rest)
        if _layout(data_format) == "channels_first":
            refuse_other(f"nn.conv{axes}d_transpose", {"data_format": data_format})
        steps, spread = (_each(_spread(value, axes), axes) for value in (strides, dilations))
        sizes = list(output_shape or ())[-axes - 1 : -1]
        y = ops.conv_transpose(x, kernel, steps, "valid", None, "channels_last", spread)
        index, pairs = [slice(None)], [(0, 0)]
        for axis in range(axes):
            window = (kernel.shape[axis] - 1) * spread[axis] + 1
            wanted = sizes[axis] if sizes else None
            if not isinstance(wanted, int):
                more = 0 if padding.upper() == "SAME" else max(window - steps[axis], 0)
                wanted = x.shape[axis + 1] * steps[axis] + more
            whole = (x.shape[axis + 1] - 1) * steps[axis] + window
            start = max(whole - wanted, 0) // 2 if padding.upper() == "SAME" else 0
            index.append(slice(start, start + wanted))
            pairs.append((0, max(start + wanted - y.shape[axis + 1], 0)))
        y = ops.pad(y, (*pairs, (0, 0))) if any(map(any, pairs)) else y
        return y[tuple(index)]

    return convolve


def _each(value: Any, number: int) -> tuple[int, ...]:
    """A number for each of several axes."""
    return tuple(value) if isinstance(value, tuple) else (value,) * number


def _conv_transpose_spread(
    value: Any, filters: Any, output_shape: Any, rate: Any, padding: str = "SAME"
) -> Any:
    convolve = _conv_transpose(2)
    return convolve(value, filters, output_shape, 1, padding, dilations=rate)


def array_of(value: Any) -> Any:
    """A tensor, also of a constant, which nodes hold as lists."""
    return ops.convert_to_tensor(value, "float32") if isinstance(value, list) else value


def _depthwise(
    input: Any, filter: Any = None, strides: Any = 1, padding: str = "VALID", rate: Any = None,
    data_format: str | None = None, dilations: Any = None, name: Any = None,
) -> Any:  # fmt: skip
    dilation = _spread(dilations if rate is None else rate, 2)
    strides = window_of(strides, 2)
    strides = strides[0] if isinstance(strides, tuple) and len(set(strides)) == 1 else strides
    return ops.depthwise_conv(
        input, array_of(filter), strides, padding.lower(), _layout(data_format), dilation
    )


def _separable(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any = 1,
    padding: str = "VALID", rate: Any = None, data_format: str | None = None,
    dilations: Any = None,
) -> Any:  # fmt: skip
    x = _depthwise(input, depthwise_filter, strides, padding, rate, data_format, dilations)
    return ops.conv(x, array_of(pointwise_filter), 1, "valid", _layout(data_format))


def _pool(kind: str, rank: int | None = None) -> Callable[..., Any]:
    function = {"max": ops.max_pool, "avg": ops.average_pool}[kind]

    def pool(
        input: Any = None, ksize: Any = None, strides: Any = None, padding: str = "VALID",
        data_format: str | None = None, **rest: Any,
    ) -> Any:  # fmt: skip
        x = rest.pop("value", input)
        refuse_other(f"nn.{kind}_pool", rest)
        axes = len(x.shape) - 2 if rank is None else rank
        return function(
            x, _spread(ksize, axes), _spread(strides, axes), padding.lower(), _layout(data_format)
        )

    return pool


def _any_pool(
    input: Any, window_shape: Any, pooling_type: str = "MAX", padding: str = "VALID",
    dilation_rate: Any = None, strides: Any = None, data_format: str | None = None,
    dilations: Any = None,
) -> Any:  # fmt: skip
    spread = dilation_rate if dilations is None else dilations
    refuse_other("nn.pool", {"dilations": spread if spread and set(spread) != {1} else None})
    pool = _pool(pooling_type.lower())
    return pool(input, window_shape, strides or [1] * len(window_shape), padding, data_format)


def _depth_to_space(input: Any, block_size: int, data_format: str | None = None) -> Any:
    return ops.depth_to_space(input, block_size, data_format=_layout(data_format))


def _space_to_depth(input: Any, block_size: int, data_format: str | None = None) -> Any:
    return ops.space_to_depth(input, block_size, data_format=_layout(data_format))


def _local_response(
    input: Any, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> Any:
    pad = [(0, 0)] * (len(input.shape) - 1) + [(depth_radius, depth_radius)]
    squares = ops.pad(ops.square(input), tuple(pad))
    number = input.shape[-1]
    total = squares[..., :number]
    for start in range(1, 2 * depth_radius + 1):
        total = total + squares[..., start : start + number]
    return input / ops.power(bias + alpha * total, beta)


# --- Activations and losses


def _batch_normalization(
    x: Any, scale: Any, offset: Any, mean: Any = None, variance: Any = None, epsilon: float = 0.001,
    data_format: str | None = None, is_training: bool = True, exponential_avg_factor: float = 1.0,
) -> list[Any]:  # fmt: skip
    data_format = None if data_format in ("NHWC", "NDHWC") else data_format
    refuse_other("nn.fused_batch_norm", {"is_training": is_training, "data_format": data_format})
    mean, variance = array_of(mean), array_of(variance)
    factor = array_of(scale) * ops.rsqrt(variance + epsilon)
    return [x * factor + (array_of(offset) - mean * factor), mean, variance]


def _l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, dim: Any = None) -> Any:
    squares = ops.sum(ops.square(x), axis=dim if axis is None else axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, epsilon))


def _softmax(logits: Any, axis: int = -1, dim: Any = None) -> Any:
    return ops.softmax(logits, axis=axis if dim is None else dim)


def _log_softmax(logits: Any, axis: int = -1, dim: Any = None) -> Any:
    return ops.log_softmax(logits, axis=axis if dim is None else dim)


def _crelu(features: Any, axis: int = -1) -> Any:
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis=axis))


def _softmax_loss(labels: Any, logits: Any, axis: int = -1, dim: Any = None) -> Any:
    axis = axis if dim is None else dim
    return ops.negative(ops.sum(labels * ops.log_softmax(logits, axis=axis), axis=axis))


def _sparse_softmax_loss(labels: Any, logits: Any) -> Any:
    chosen = ops.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    return _softmax_loss(chosen, logits)


def _sigmoid_loss(labels: Any, logits: Any) -> Any:
    return ops.softplus(logits) - logits * labels


def _weighted_sigmoid_loss(labels: Any, logits: Any, pos_weight: Any) -> Any:
    labels = array_of(labels)
    weight = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weight * ops.softplus(ops.negative(logits))


def _average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    if global_batch_size is None:
        raise argument_error(
            "load", "global_batch_size of tf.nn.compute_average_loss", None, "a number"
        )
    weight = 1.0 if sample_weight is None else array_of(sample_weight)
    return ops.sum(per_example_loss * weight) / global_batch_size


def _poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False) -> Any:
    refuse_other("nn.log_poisson_loss", {"compute_full_loss": compute_full_loss})
    return ops.exp(log_input) - log_input * targets


def _dropout(x: Any, rate: float = 0.0, keep_prob: float | None = None, **rest: Any) -> Any:
    rate = rate if keep_prob is None else 1 - keep_prob
    refuse_other("nn.dropout", {"rate": rate})  # it drops in prediction, too
    return x


def _crossentropy(function: Callable[..., Any]) -> Callable[..., Any]:
    def loss(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
        if function is ops.binary_crossentropy:
            return function(target, output, from_logits=from_logits)
        return function(target, output, from_logits=from_logits, axis=axis)

    return loss


def _ctc(
    labels: Any, logits: Any, label_length: Any, logit_length: Any, logits_time_major: bool = True,
    unique: Any = None, blank_index: int | None = None,
) -> Any:  # fmt: skip
    refuse_other("nn.ctc_loss", {"unique": unique})
    logits = ops.swapaxes(logits, 0, 1) if logits_time_major else logits
    lengths = [
        ops.convert_to_tensor(length, "int32") if isinstance(length, list) else length
        for length in (label_length, logit_length)
    ]
    return ops.ctc_loss(labels, logits, *lengths, mask_index=blank_index or 0)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "nn.ctc_loss": _ctc,
    "math.l2_normalize": _l2_normalize,
    "nn.relu": lambda features: ops.relu(features),
    "nn.relu6": lambda features: ops.relu6(features),
    "nn.crelu": _crelu,
    "nn.elu": lambda features: ops.elu(features),
    "nn.selu": lambda features: ops.selu(features),
    "nn.silu": lambda features, beta=1.0: features * ops.sigmoid(beta * features),
    "nn.softsign": lambda features: ops.softsign(features),
    "nn.leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, negative_slope=alpha),
    "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
    "nn.softmax": _softmax,
    "nn.log_softmax": _log_softmax,
    "nn.bias_add": lambda value, bias, data_format=None: ops.add(value, array_of(bias)),
    "nn.conv1d": _conv(1),
    "nn.conv2d": _conv(2),
    "nn.conv3d": _conv(3),
    "nn.convolution": _conv(None),
    "nn.conv1d_transpose": _conv_transpose(1),
    "nn.conv2d_transpose": _conv_transpose(2),
    "nn.conv3d_transpose": _conv_transpose(3),
    "nn.conv_transpose": _conv_transpose(None),
    "nn.atrous_conv2d_transpose": _conv_transpose_spread,
    "nn.fused_batch_norm": _batch_normalization,
    "nn.weighted_cross_entropy_with_logits": _weighted_sigmoid_loss,
    "nn.compute_average_loss": _average_loss,
    "nn.scale_regularization_loss": lambda regularization_loss: ops.sum(regularization_loss),
    "keras.backend.batch_flatten": lambda x: ops.reshape(x, (-1, math.prod(x.shape[1:]))),
    "nn.depthwise_conv2d": _depthwise,
    "nn.separable_conv2d": _separable,
    "nn.max_pool1d": _pool("max", 1),
    "nn.avg_pool1d": _pool("avg", 1),
    "nn.max_pool2d": _pool("max", 2),
    "nn.avg_pool2d": _pool("avg", 2),
    "nn.max_pool3d": _pool("max", 3),
    "nn.avg_pool3d": _pool("avg", 3),
    "nn.max_pool": _pool("max"),
    "nn.avg_pool": _pool("avg"),
    "nn.pool": _any_pool,
    "nn.depth_to_space": _depth_to_space,
    "nn.space_to_depth": _space_to_depth,
    "nn.local_response_normalization": _local_response,
    "nn.dropout": _dropout,
    "nn.embedding_lookup": lambda params, ids, **rest: ops.take(array_of(params), ids, axis=0),
    "nn.l2_loss": lambda t: ops.sum(ops.square(t)) / 2,
    "nn.softmax_cross_entropy_with_logits_v2": _softmax_loss,
    "nn.softmax_cross_entropy_with_logits": _softmax_loss,
    "nn.sparse_softmax_cross_entropy_with_logits": _sparse_softmax_loss,
    "nn.sigmoid_cross_entropy_with_logits": _sigmoid_loss,
    "nn.log_poisson_loss": _poisson_loss,
    "keras.backend.categorical_crossentropy": _crossentropy(ops.categorical_crossentropy),
    "keras.backend.sparse_categorical_crossentropy": _crossentropy(
        ops.sparse_categorical_crossentropy
    ),
    "keras.backend.binary_crossentropy": _crossentropy(ops.binary_crossentropy),
}
