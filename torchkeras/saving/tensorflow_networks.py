"""Functions of ``tf.nn`` and ``tf.image`` that tf.keras 2 noted in graphs, said in ``keras.ops``.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

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


def _window(spread: Any, rank: int) -> Any:
    """Sizes in space of what TensorFlow says for all axes."""
    if isinstance(spread, (list, tuple)):
        return tuple(spread[1:-1] if len(spread) == rank + 2 else spread * (rank // len(spread)))
    return spread


def _layout(data_format: str | None) -> str:
    is_first = data_format is not None and data_format.startswith("NC")
    return "channels_first" if is_first else "channels_last"


def _spread(value: Any, rank: int) -> Any:
    return 1 if value is None else _window(value, rank)


def _conv(rank: int) -> Callable[..., Any]:
    def convolve(
        input: Any = None, filters: Any = None, strides: Any = None, padding: str = "VALID",
        data_format: str | None = None, dilations: Any = None, **rest: Any,
    ) -> Any:  # fmt: skip
        x = rest.pop("value", input)
        kernel = rest.pop("filter", filters)
        strides = rest.pop("stride", strides)
        rest.pop("use_cudnn_on_gpu", None)
        refuse_other(f"nn.conv{rank}d", rest)
        return ops.conv(
            x, _array(kernel), _spread(strides, rank), padding.lower(), _layout(data_format),
            _spread(dilations, rank),
        )  # fmt: skip

    return convolve


def _array(value: Any) -> Any:
    """A tensor, also of a constant, which nodes hold as lists."""
    return ops.convert_to_tensor(value, "float32") if isinstance(value, list) else value


def _depthwise(
    input: Any, filter: Any = None, strides: Any = 1, padding: str = "VALID", rate: Any = None,
    data_format: str | None = None, dilations: Any = None, name: Any = None,
) -> Any:  # fmt: skip
    dilation = _spread(dilations if rate is None else rate, 2)
    strides = _window(strides, 2)
    strides = strides[0] if isinstance(strides, tuple) and len(set(strides)) == 1 else strides
    return ops.depthwise_conv(
        input, _array(filter), strides, padding.lower(), _layout(data_format), dilation
    )


def _separable(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any = 1,
    padding: str = "VALID", rate: Any = None, data_format: str | None = None,
    dilations: Any = None,
) -> Any:  # fmt: skip
    x = _depthwise(input, depthwise_filter, strides, padding, rate, data_format, dilations)
    return ops.conv(x, _array(pointwise_filter), 1, "valid", _layout(data_format))


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


# --- Images


def _resize(
    images: Any, size: Any, method: Any = "bilinear", preserve_aspect_ratio: bool = False,
    antialias: bool = False, align_corners: bool = False, half_pixel_centers: Any = None,
) -> Any:  # fmt: skip
    refuse_other("image.resize", {"align_corners": align_corners})
    methods = {0: "bilinear", 1: "nearest", 2: "bicubic"}
    return ops.image.resize(
        images, tuple(size), interpolation=methods.get(method, method), antialias=antialias,
        data_format="channels_last",
    )  # fmt: skip


def _resize_older(method: str) -> Callable[..., Any]:
    """Resizing in TensorFlow 1, whose pixels have no width unless ``half_pixel_centers``."""

    def resize(
        images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Any:
        if half_pixel_centers:
            return _resize(images, size, method)
        for axis, number in zip((1, 2), size, strict=True):
            images = _resize_axis(images, axis, int(number), align_corners, method)
        return images

    return resize


def _resize_axis(x: Any, axis: int, number: int, align_corners: bool, method: str) -> Any:
    length = x.shape[axis]
    if length is None:
        raise argument_error("load", "size of an image that TensorFlow 1 resizes", None, "known")
    step = (length - 1) / (number - 1) if align_corners and number > 1 else length / number
    places = [step * k for k in range(number)]
    if method == "nearest":
        rounded = [int(p + 0.5) if align_corners else int(p) for p in places]
        return ops.take(x, [min(p, length - 1) for p in rounded], axis=axis)
    below = [min(int(p), length - 1) for p in places]
    shape = [1] * len(x.shape)
    shape[axis] = number
    parts = [p - b for p, b in zip(places, below, strict=True)]
    share = ops.reshape(ops.convert_to_tensor(parts, "float32"), tuple(shape))
    first = ops.cast(ops.take(x, below, axis=axis), "float32")
    second = ops.take(x, [min(b + 1, length - 1) for b in below], axis=axis)
    return first + (ops.cast(second, "float32") - first) * share


def _crop(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    bottom, right = offset_height + target_height, offset_width + target_width
    return image[..., offset_height:bottom, offset_width:right, :]


def _enlarge(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    height, width = image.shape[-3:-1]
    pairs = [
        (offset_height, target_height - height - offset_height),
        (offset_width, target_width - width - offset_width),
    ]
    return ops.pad(image, tuple([(0, 0)] * (len(image.shape) - 3) + pairs + [(0, 0)]))


def _crop_or_enlarge(image: Any, target_height: int, target_width: int) -> Any:
    height, width = image.shape[-3:-1]
    low, high = min(height, target_height), min(width, target_width)
    image = _crop(image, (height - low) // 2, (width - high) // 2, low, high)
    top, left = (target_height - low) // 2, (target_width - high) // 2
    return _enlarge(image, top, left, target_height, target_width)


def _central(image: Any, central_fraction: float) -> Any:
    starts = [int((size - size * central_fraction) / 2) for size in image.shape[-3:-1]]
    sizes = [size - 2 * start for size, start in zip(image.shape[-3:-1], starts, strict=True)]
    return _crop(image, *starts, *sizes)


def _standardize(image: Any) -> Any:
    axes = tuple(range(len(image.shape) - 3, len(image.shape)))
    count = 1
    for axis in axes:
        count *= image.shape[axis]
    image = ops.cast(image, "float32")
    spread = ops.std(image, axis=axes, keepdims=True)
    return (image - ops.mean(image, axis=axes, keepdims=True)) / ops.maximum(spread, count**-0.5)


def _contrast(images: Any, contrast_factor: float) -> Any:
    mean = ops.mean(images, axis=(-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


def _saturation(image: Any, saturation_factor: float) -> Any:
    hsv = ops.image.rgb_to_hsv(image, data_format="channels_last")
    strong = ops.clip(hsv[..., 1:2] * saturation_factor, 0, 1)
    turned = ops.concatenate([hsv[..., :1], strong, hsv[..., 2:]], axis=-1)
    return ops.image.hsv_to_rgb(turned, data_format="channels_last")


def _turned(image: Any, k: int = 1) -> Any:
    return ops.rot90(image, k, axes=(len(image.shape) - 3, len(image.shape) - 2))


def _patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    return ops.image.extract_patches(
        images, _window(sizes, 2), _window(strides, 2), _window(rates, 2)[0], padding.lower(),
        data_format="channels_last",
    )  # fmt: skip


FUNCTIONS: dict[str, Callable[..., Any]] = {
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
    "nn.bias_add": lambda value, bias, data_format=None: ops.add(value, _array(bias)),
    "nn.conv1d": _conv(1),
    "nn.conv2d": _conv(2),
    "nn.conv3d": _conv(3),
    "nn.depthwise_conv2d": _depthwise,
    "nn.separable_conv2d": _separable,
    "nn.max_pool1d": _pool("max", 1),
    "nn.avg_pool1d": _pool("avg", 1),
    "nn.max_pool2d": _pool("max", 2),
    "nn.avg_pool2d": _pool("avg", 2),
    "nn.max_pool": _pool("max"),
    "nn.avg_pool": _pool("avg"),
    "nn.pool": _any_pool,
    "nn.depth_to_space": _depth_to_space,
    "nn.space_to_depth": _space_to_depth,
    "nn.local_response_normalization": _local_response,
    "nn.dropout": _dropout,
    "nn.embedding_lookup": lambda params, ids, **rest: ops.take(_array(params), ids, axis=0),
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
    "image.resize": _resize,
    "image.resize_bilinear": _resize_older("bilinear"),
    "image.resize_nearest_neighbor": _resize_older("nearest"),
    "image.flip_left_right": lambda image: ops.flip(image, -2),
    "image.flip_up_down": lambda image: ops.flip(image, -3),
    "image.transpose": lambda image: ops.swapaxes(image, -3, -2),
    "image.rot90": _turned,
    "image.rgb_to_grayscale": lambda images: ops.image.rgb_to_grayscale(images),
    "image.grayscale_to_rgb": lambda images: ops.repeat(images, 3, -1),
    "image.rgb_to_hsv": lambda images: ops.image.rgb_to_hsv(images, data_format="channels_last"),
    "image.hsv_to_rgb": lambda images: ops.image.hsv_to_rgb(images, data_format="channels_last"),
    "image.crop_to_bounding_box": _crop,
    "image.pad_to_bounding_box": _enlarge,
    "image.resize_with_crop_or_pad": _crop_or_enlarge,
    "image.central_crop": _central,
    "image.per_image_standardization": _standardize,
    "image.adjust_brightness": lambda image, delta: image + delta,
    "image.adjust_contrast": _contrast,
    "image.adjust_saturation": _saturation,
    "image.extract_patches": _patches,
}
