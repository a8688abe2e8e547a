"""``K.*`` of tf.keras 2: convolutions, pooling, losses, recurrent loops, functions of graphs."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras import losses, ops
from torchkeras.core.settings import standardize_data_format
from torchkeras.core.typing import AxisLike, TensorLike


def conv1d(
    x: TensorLike,
    kernel: TensorLike,
    strides: int = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> Tensor:
    """``ops.conv`` along one axis, which may also be padded ``"causal"``."""
    if padding == "causal":
        before = dilation_rate * (kernel.shape[0] - 1)
        x, padding = temporal_padding(x, (before, 0)), "valid"
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """``ops.conv`` along two axes."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: TensorLike,
    kernel: TensorLike,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Tensor:
    """``ops.conv`` along three axes."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d_transpose(
    x: TensorLike,
    kernel: TensorLike,
    output_shape: Sequence[int],
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """``ops.conv_transpose`` to an output of ``output_shape`` (its batch is that of ``x``).

    Raises:
        ValueError: a convolution of ``output_shape`` doesn't have the lengths of ``x``.
    """
    first = standardize_data_format(data_format) == "channels_first"
    lengths = tuple(output_shape[2:] if first else output_shape[1:3])
    given = tuple(x.shape[2:] if first else x.shape[1:3])
    extra = []
    for n, m, k, s, d in zip(
        lengths, given, kernel.shape, _pair(strides), _pair(dilation_rate), strict=False
    ):
        extent = (k - 1) * d + 1
        if -(-(n if padding == "same" else n - extent + 1) // s) != m:
            raise ValueError(
                f"conv2d_transpose: output_shape is {tuple(output_shape)}; expected a shape from "
                f"which a convolution with these strides and padding makes lengths {given}."
            )
        extra.append(n - (m - 1) * s - (extent if padding == "valid" else extent % 2))
    return ops.conv_transpose(x, kernel, strides, padding, tuple(extra), data_format, dilation_rate)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def depthwise_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """``ops.depthwise_conv``."""
    return ops.depthwise_conv(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def separable_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """``ops.separable_conv``."""
    return ops.separable_conv(
        x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate
    )


def local_conv1d(
    inputs: TensorLike,
    kernel: TensorLike,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    data_format: str | None = None,
) -> Tensor:
    """Convolution with another kernel at each place, ``kernel`` ``(places, size * c, filters)``.

    Raises:
        ValueError: ``kernel`` has another shape.
    """
    x = ops.convert_to_tensor(inputs)
    first = standardize_data_format(data_format) == "channels_first"
    x = x.mT if first else x
    pieces = x.unfold(1, kernel_size[0], strides[0])  # (b, t, c, size)
    pieces = (pieces if first else pieces.mT).flatten(2)
    y = _by_place("local_conv1d", pieces, kernel)
    return y.mT if first else y


def _by_place(owner: str, pieces: Tensor, kernel: TensorLike) -> Tensor:
    """Products of the pieces (b, t, k) and the kernel of each place (t, k, f)."""
    kernel = ops.convert_to_tensor(kernel)
    if kernel.ndim != 3 or pieces.shape[1:] != kernel.shape[:2]:
        raise ValueError(
            f"{owner}: kernel has shape {tuple(kernel.shape)}; expected "
            f"{(*pieces.shape[1:], 'filters')}: places, then kernel size by channels."
        )
    return torch.einsum("btk,tkf->btf", pieces, kernel)


def local_conv2d(
    inputs: TensorLike,
    kernel: TensorLike,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    output_shape: Sequence[int],
    data_format: str | None = None,
) -> Tensor:
    """Convolution with another kernel at each place, ``(places, kh * kw * c, filters)``.

    Raises:
        ValueError: ``kernel`` has another shape.
    """
    x = ops.convert_to_tensor(inputs)
    first = standardize_data_format(data_format) == "channels_first"
    x = x.permute(0, 2, 3, 1) if first else x
    blocks = x.unfold(1, kernel_size[0], strides[0]).unfold(2, kernel_size[1], strides[1])
    order = (0, 1, 2, 3, 4, 5) if first else (0, 1, 2, 4, 5, 3)
    pieces = blocks.permute(*order).flatten(3).flatten(1, 2)  # (b, h * w, kh * kw * c)
    y = _by_place("local_conv2d", pieces, kernel)
    y = y.unflatten(1, tuple(output_shape))
    return y.permute(0, 3, 1, 2) if first else y


def _pool(
    x: TensorLike, size: Any, strides: Any, padding: str, data_format: str | None, mode: str
) -> Tensor:
    if mode not in ("max", "avg"):
        raise ValueError(f"pool: pool_mode is {mode!r}; expected 'max' or 'avg'.")
    pool = ops.max_pool if mode == "max" else ops.average_pool
    return pool(x, size, strides, padding, data_format)


def pool2d(
    x: TensorLike,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """``ops.max_pool`` or ``ops.average_pool`` (``pool_mode`` ``"avg"``)."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: TensorLike,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """``ops.max_pool`` or ``ops.average_pool`` (``pool_mode`` ``"avg"``)."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def bias_add(x: TensorLike, bias: TensorLike, data_format: str | None = None) -> Tensor:
    """``x + bias`` along the channels."""
    rank = len(x.shape)
    if standardize_data_format(data_format) == "channels_last" or rank < 3:
        return ops.add(x, bias)
    if len(bias.shape) == 1:
        return ops.add(x, ops.reshape(bias, (1, -1) + (1,) * (rank - 2)))
    return ops.add(x, ops.expand_dims(ops.moveaxis(bias, -1, 0), 0))


def temporal_padding(x: TensorLike, padding: tuple[int, int] = (1, 1)) -> Tensor:
    """Zeros before and after axis 1 of ``(batch, time, features)``."""
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


def spatial_2d_padding(
    x: TensorLike, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None
) -> Tensor:
    """Zeros around two axes."""
    return ops.pad(x, _around(padding, data_format))


def spatial_3d_padding(
    x: TensorLike, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Tensor:
    """Zeros around three axes."""
    return ops.pad(x, _around(padding, data_format))


def _around(padding: Any, data_format: str | None) -> tuple:
    pairs = tuple([tuple(pair) for pair in padding])
    none = (0, 0)
    if standardize_data_format(data_format) == "channels_first":
        return (none, none, *pairs)
    return (none, *pairs, none)


def resize_images(
    x: TensorLike,
    height_factor: int,
    width_factor: int,
    data_format: str,
    interpolation: str = "nearest",
) -> Tensor:
    """Images enlarged by whole factors."""
    axes = (2, 3) if standardize_data_format(data_format) == "channels_first" else (1, 2)
    if interpolation == "nearest":
        return ops.repeat(ops.repeat(x, height_factor, axes[0]), width_factor, axes[1])
    size = (x.shape[axes[0]] * height_factor, x.shape[axes[1]] * width_factor)
    return ops.image.resize(x, size, interpolation, data_format=data_format)


def resize_volumes(
    x: TensorLike, depth_factor: int, height_factor: int, width_factor: int, data_format: str
) -> Tensor:
    """Volumes enlarged by whole factors, elements repeated."""
    start = 2 if standardize_data_format(data_format) == "channels_first" else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), start):
        x = ops.repeat(x, factor, axis)
    return x


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    var: TensorLike,
    beta: TensorLike | None,
    gamma: TensorLike | None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Tensor:
    """``(x - mean) / sqrt(var + epsilon) * gamma + beta``, all broadcast or along ``axis``."""
    weights = [w if w is None else ops.reshape(w, (-1,)) for w in (mean, var, beta, gamma)]
    return ops.batch_normalization(
        x, weights[0], weights[1], axis, offset=weights[2], scale=weights[3], epsilon=epsilon
    )


def normalize_batch_in_training(
    x: TensorLike,
    gamma: TensorLike | None,
    beta: TensorLike | None,
    reduction_axes: AxisLike,
    epsilon: float = 1e-3,
) -> tuple[Tensor, Tensor, Tensor]:
    """``x`` normalized by its own moments, and these."""
    mean, variance = ops.moments(x, reduction_axes, keepdims=True)
    y = ops.multiply(ops.subtract(x, mean), ops.rsqrt(ops.add(variance, epsilon)))
    y = y if gamma is None else ops.multiply(y, ops.reshape(gamma, mean.shape))
    y = y if beta is None else ops.add(y, ops.reshape(beta, mean.shape))
    return y, ops.squeeze(mean, reduction_axes), ops.squeeze(variance, reduction_axes)


def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """``ops.binary_crossentropy``."""
    return ops.binary_crossentropy(target, output, from_logits)


def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """``ops.categorical_crossentropy``."""
    return ops.categorical_crossentropy(target, output, from_logits, axis)


def sparse_categorical_crossentropy(
    target: TensorLike,
    output: TensorLike,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Tensor:
    """``losses.sparse_categorical_crossentropy``."""
    return losses.sparse_categorical_crossentropy(
        target, output, from_logits=from_logits, axis=axis, ignore_class=ignore_class
    )


def binary_focal_crossentropy(
    target: TensorLike,
    output: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor:
    """Binary cross-entropy of each element by ``(1 - p) ** gamma``, p that of the right answer."""
    target = ops.cast(target, ops.dtype(output))
    p = ops.sigmoid(output) if from_logits else output
    right = ops.add(ops.multiply(target, p), ops.multiply(1 - target, 1 - p))
    loss = ops.power(1.0 - right, gamma) * ops.binary_crossentropy(target, p)
    weight = target * alpha + (1 - target) * (1 - alpha)
    return ops.multiply(weight, loss) if apply_class_balancing else loss


def categorical_focal_crossentropy(
    target: TensorLike,
    output: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Tensor:
    """``losses.categorical_focal_crossentropy``."""
    return losses.categorical_focal_crossentropy(
        target, output, alpha=alpha, gamma=gamma, from_logits=from_logits, axis=axis
    )


def in_top_k(predictions: TensorLike, targets: TensorLike, k: int) -> Tensor:
    """``ops.in_top_k``, predictions first."""
    return ops.in_top_k(targets, predictions, k)


def ctc_batch_cost(
    y_true: TensorLike, y_pred: TensorLike, input_length: TensorLike, label_length: TensorLike
) -> Tensor:
    """CTC loss of probabilities whose last class is the blank, ``(batch, 1)``.

    Shape:
        y_true: ``(batch, labels)``.
        y_pred: ``(batch, time, classes)``, probabilities.
        input_length, label_length: ``(batch, 1)``.
    """
    logits = ops.log(ops.add(y_pred, 1e-7))
    lengths = [ops.reshape(length, (-1,)) for length in (label_length, input_length)]
    blank = y_pred.shape[-1] - 1
    return ops.expand_dims(ops.ctc_loss(y_true, logits, *lengths, mask_index=blank), 1)


def ctc_decode(
    y_pred: TensorLike,
    input_length: TensorLike,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
) -> tuple[list[Tensor], Tensor]:
    """The most likely labels, -1 behind their end, and their log-probabilities.

    The last class is the blank. Greedy decoding gives minus the log-probability.
    """
    logits = ops.log(ops.add(y_pred, 1e-7))
    paths, scores = ops.ctc_decode(
        logits,
        ops.reshape(input_length, (-1,)),
        strategy="greedy" if greedy else "beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        mask_index=y_pred.shape[-1] - 1,
    )
    return list(ops.unstack(paths)), scores


def ctc_label_dense_to_sparse(labels: TensorLike, label_lengths: TensorLike) -> Tensor:
    """Labels up to their lengths as a sparse tensor."""
    labels = ops.convert_to_tensor(labels)
    lengths = ops.reshape(label_lengths, (-1, 1))
    is_label = torch.arange(labels.shape[1], device=labels.device) < lengths
    places = is_label.nonzero().T
    return torch.sparse_coo_tensor(places, labels[is_label], labels.shape, check_invariants=True)


def rnn(
    step_function: Callable[[Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]],
    inputs: TensorLike,
    initial_states: Sequence[TensorLike],
    go_backwards: bool = False,
    mask: TensorLike | None = None,
    constants: Sequence[TensorLike] | None = None,
    unroll: bool = False,
    input_length: int | None = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Run ``step_function(x, states + constants)`` over time.

    Args:
        inputs: ``(batch, time, ...)``, or time first if ``time_major``.
        go_backwards: Whether time runs from the end.
        mask: ``(batch, time)``; where False the state stays, and the output is the last one (or 0
            if ``zero_output_for_mask``).
        constants: Handed to every step behind the states.
        unroll, input_length: Accepted for scripts written for static graphs: steps are run one by
            one.
        return_all_outputs: Whether all outputs are given, or the last one alone.

    Returns:
        The last output, all outputs (``(batch, time, ...)``) and the last states.
    """
    xs = ops.convert_to_tensor(inputs)
    xs = xs if time_major else xs.transpose(0, 1)  # (t, b, ...)
    held = None if mask is None else ops.cast(mask, "bool")
    held = held if held is None or time_major else held.transpose(0, 1)
    states = [ops.convert_to_tensor(state) for state in initial_states]
    order = range(xs.shape[0])
    outputs: list[Tensor] = []
    previous = None
    for step in reversed(order) if go_backwards else order:
        output, new_states = step_function(xs[step], [*states, *(constants or ())])
        if held is not None:
            kept = torch.zeros_like(output) if previous is None else previous
            fallback = torch.zeros_like(output) if zero_output_for_mask else kept
            new_states = [_where(held[step], n, s) for n, s in zip(new_states, states, strict=True)]
            previous = _where(held[step], output, kept)
            output = _where(held[step], output, fallback)
        states = list(new_states)
        outputs.append(output)
    last = outputs[-1] if previous is None else previous
    every = torch.stack(outputs if return_all_outputs else [last])
    return last, every if time_major else every.transpose(0, 1), states


def _where(mask: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return torch.where(mask.reshape(-1, *[1] * (x.ndim - 1)), x, y)
