"""Functions of TensorFlow that tf.keras 2 noted in functional graphs: ``x * 2``, ``tf.concat``.

A node names a function of ``tf`` and its arguments; here it is said in ``keras.ops``. Arguments
have TensorFlow's names, since nodes give them by name. Nothing else can be named.
"""

import math
from collections.abc import Callable
from typing import Any

from torchkeras import ops
from torchkeras.core import scopes
from torchkeras.core.checks import argument_error, nearest
from torchkeras.tracer import is_symbolic

_CLASSES = ("TFOpLambda", "SlicingOpLambda")


def is_operation(entry: dict[str, Any]) -> bool:
    """Whether a serialized layer stands for a function of TensorFlow."""
    name = entry.get("class_name")
    return name in _CLASSES and name not in scopes.custom_objects()


def read(entry: dict[str, Any]) -> Callable[..., Any]:
    """What a serialized layer stands for: called like the node, it gives tensors.

    Results of several tensors are lists; a shape is a tuple, and one result.

    Raises:
        ValueError: the function isn't known.
    """
    config = entry.get("config") or {}
    name = str(config.get("function"))
    function = _named(name)
    if function is None:
        raise argument_error(
            "load", "function of TensorFlow in the model", name, "one that keras.ops can say",
            nearest(name, FUNCTIONS),
        )  # fmt: skip

    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("name", None)
        return function(*args, **kwargs)

    return call


def _named(name: str) -> Callable[..., Any] | None:
    for prefix in ("", "math.", "nn.", "linalg."):
        for candidate in (name, name.removeprefix("compat.v1.")):
            found = FUNCTIONS.get(prefix + candidate)
            if found is not None:
                return found
    return None


# --- Indices and shapes


def get_item(x: Any, slice_spec: Any) -> Any:
    """``x[slice_spec]``; a shape is indexed as the tuple it is."""
    index = _index(slice_spec)
    if isinstance(x, tuple):
        return x[index[0] if isinstance(index, tuple) else index]
    return x[index]


def _index(spec: Any) -> Any:
    if isinstance(spec, (list, tuple)):
        return tuple(_index(item) for item in spec)
    if isinstance(spec, dict):
        if spec.get("class_name") == "__ellipsis__":
            return Ellipsis
        inner = spec.get("config", spec)
        return slice(*(inner.get(key) for key in ("start", "stop", "step")))
    return spec


class _Shape(tuple):
    """The sizes of a tensor, and whose they are."""

    source: Any


def _shape(input: Any, out_type: Any = None) -> tuple[Any, ...]:
    shape = _Shape(ops.shape(input))
    shape.source = input
    return shape


def _sizes(shape: Any) -> tuple[Any, ...]:
    """A shape with the one size that is only known when the model runs left open."""
    sizes = list(shape) if isinstance(shape, (list, tuple)) else [shape]
    open_sizes = [number for number, size in enumerate(sizes) if is_symbolic(size)]
    if len(open_sizes) == 1 and -1 not in [s for s in sizes if not is_symbolic(s)]:
        sizes[open_sizes[0]] = -1
    return tuple(sizes)


def _broadcast_to(input: Any, shape: Any) -> Any:
    if isinstance(shape, _Shape):
        return ops.add(input, ops.zeros_like(shape.source, dtype=input.dtype))
    return ops.broadcast_to(input, tuple(shape))


# --- Functions whose words differ


def _unary(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: function(x)


def _binary(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: function(x, y)


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool = False,
        keep_dims: Any = None,
        reduction_indices: Any = None,
    ) -> Any:
        axis = reduction_indices if axis is None else axis
        axis = tuple(axis) if isinstance(axis, list) else axis
        return function(input_tensor, axis=axis, keepdims=bool(keepdims or keep_dims))

    return reduce


def _position(function: Callable[..., Any]) -> Callable[..., Any]:
    def find(
        input: Any, axis: Any = None, dimension: Any = None, output_type: Any = "int64"
    ) -> Any:
        axis = dimension if axis is None else axis
        return ops.cast(function(input, axis=0 if axis is None else axis), output_type)

    return find


def _matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, **rest: Any
) -> Any:
    _refuse_other("matmul", rest)
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    return ops.matmul(a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def _refuse_other(name: str, options: dict[str, Any]) -> None:
    given = {key: value for key, value in options.items() if value not in (None, False, "")}
    if given:
        raise argument_error("load", f"options of tf.{name}", given, "those that keras.ops has")


def _transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Any:
    return ops.transpose(a, perm)


def _squeeze(input: Any, axis: Any = None, squeeze_dims: Any = None) -> Any:
    axis = squeeze_dims if axis is None else axis
    return ops.squeeze(input, tuple(axis) if isinstance(axis, list) else axis)


def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> list[Any]:
    sizes = num_or_size_splits
    if isinstance(sizes, (list, tuple)):
        sizes = [sum(sizes[: k + 1]) for k in range(len(sizes) - 1)]
    return list(ops.split(value, sizes, axis=axis))


def _unstack(value: Any, num: Any = None, axis: int = 0) -> list[Any]:
    return list(ops.unstack(value, num, axis))


def _gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0
) -> Any:
    axis = batch_dims if axis is None else axis
    if batch_dims:
        raise argument_error("load", "batch_dims of tf.gather", batch_dims, "0")
    return ops.take(params, indices, axis=axis)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return ops.where(condition, x, y)


def _one_hot(
    indices: Any, depth: int, on_value: Any = None, off_value: Any = None, axis: Any = None,
    dtype: Any = None,
) -> Any:  # fmt: skip
    rows = ops.one_hot(indices, depth, axis=-1 if axis is None else axis, dtype=dtype or "float32")
    on, off = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    return rows if (on, off) == (1, 0) else rows * (on - off) + off


def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    pairs = tuple(tuple(pair) for pair in paddings)
    if mode.upper() != "CONSTANT":
        return ops.pad(tensor, pairs, mode=mode.lower())
    return ops.pad(tensor, pairs, constant_values=constant_values)


def _cumulative(function: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        x = ops.flip(x, axis) if reverse else x
        _refuse_other("cumsum", {"exclusive": exclusive})
        found = function(x, axis=axis)
        return ops.flip(found, axis) if reverse else found

    return accumulate


def _norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None and ord in ("euclidean", 2):
        return ops.sqrt(ops.sum(ops.square(tensor), keepdims=keepdims))
    return ops.norm(tensor, ord=None if ord == "euclidean" else ord, axis=axis, keepdims=keepdims)


def _l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, dim: Any = None) -> Any:
    squares = ops.sum(ops.square(x), axis=dim if axis is None else axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, epsilon))


def _softmax(logits: Any, axis: int = -1, dim: Any = None) -> Any:
    return ops.softmax(logits, axis=axis if dim is None else dim)


def _log_softmax(logits: Any, axis: int = -1, dim: Any = None) -> Any:
    return ops.log_softmax(logits, axis=axis if dim is None else dim)


def _resize(
    images: Any, size: Any, method: Any = "bilinear", preserve_aspect_ratio: bool = False,
    antialias: bool = False, align_corners: bool = False, half_pixel_centers: Any = None,
) -> Any:  # fmt: skip
    _refuse_other("image.resize", {"align_corners": align_corners})
    methods = {0: "bilinear", 1: "nearest", 2: "bicubic"}
    return ops.image.resize(
        images, tuple(size), interpolation=methods.get(method, method), antialias=antialias,
        data_format="channels_last",
    )  # fmt: skip


def _window(spread: Any, rank: int) -> Any:
    """Sizes in space of what TensorFlow says for all axes."""
    if isinstance(spread, (list, tuple)):
        return tuple(spread[1:-1] if len(spread) == rank + 2 else spread * (rank // len(spread)))
    return spread


def _conv2d(
    input: Any, filters: Any, strides: Any = 1, padding: str = "VALID", data_format: str = "NHWC",
    dilations: Any = None, **rest: Any,
) -> Any:  # fmt: skip
    _refuse_other("nn.conv2d", rest)
    layout = "channels_last" if data_format == "NHWC" else "channels_first"
    dilation = 1 if dilations is None else _window(dilations, 2)
    return ops.conv(input, filters, _window(strides, 2), padding.lower(), layout, dilation)


def _pool(function: Callable[..., Any]) -> Callable[..., Any]:
    def pool(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC") -> Any:
        layout = "channels_last" if data_format == "NHWC" else "channels_first"
        return function(input, _window(ksize, 2), _window(strides, 2), padding.lower(), layout)

    return pool


def _divide_without_nan(x: Any, y: Any) -> Any:
    is_zero = ops.equal(y, 0)
    return ops.where(is_zero, ops.zeros_like(x), x / ops.where(is_zero, ops.ones_like(x), y))


def _add_all(inputs: Any) -> Any:
    total = inputs[0]
    for other in inputs[1:]:
        total = ops.add(total, other)
    return total


def _fill(dims: Any, value: Any) -> Any:
    if isinstance(dims, _Shape):
        dtype = "float32" if isinstance(value, float) else "int32"
        return ops.full_like(dims.source, value, dtype=dtype)
    return ops.full(tuple(dims), value)


def _filled(value: float) -> Callable[..., Any]:
    return lambda shape, dtype="float32": ops.cast(_fill(shape, value), dtype)


def _size(input: Any, out_type: Any = None) -> Any:
    return math.prod(ops.shape(input))


_UNARY = """
abs=absolute negative square sqrt rsqrt exp log log1p expm1 sin cos tan sinh cosh tanh asin=arcsin
acos=arccos atan=arctan asinh=arcsinh acosh=arccosh atanh=arctanh floor ceil round sign reciprocal
sigmoid softplus erf erfinv is_nan=isnan is_inf=isinf is_finite=isfinite logical_not real imag
"""
_BINARY = """
add subtract multiply divide truediv=divide floordiv=floor_divide floormod=mod mod pow=power maximum
minimum greater greater_equal less less_equal equal not_equal logical_and logical_or logical_xor
atan2=arctan2
"""
_REDUCTIONS = """
reduce_sum=sum reduce_mean=mean reduce_max=max reduce_min=min reduce_prod=prod reduce_any=any
reduce_all=all reduce_logsumexp=logsumexp reduce_std=std reduce_variance=var
"""


def _rows(text: str, wrap: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    pairs = (row.partition("=") for row in text.split())
    return {f"math.{name}": wrap(getattr(ops, other or name)) for name, _, other in pairs}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **_rows(_UNARY, _unary),
    **_rows(_BINARY, _binary),
    **_rows(_REDUCTIONS, _reduction),
    "__operators__.add": _binary(ops.add),
    "__operators__.eq": _binary(ops.equal),
    "__operators__.ne": _binary(ops.not_equal),
    "__operators__.getitem": get_item,
    "math.squared_difference": lambda x, y: ops.square(ops.subtract(x, y)),
    "math.divide_no_nan": _divide_without_nan,
    "math.add_n": _add_all,
    "math.argmax": _position(ops.argmax),
    "math.argmin": _position(ops.argmin),
    "math.cumsum": _cumulative(ops.cumsum),
    "math.cumprod": _cumulative(ops.cumprod),
    "math.l2_normalize": _l2_normalize,
    "math.top_k": lambda input, k=1, sorted=True: list(ops.top_k(input, k, sorted)),
    "linalg.matmul": _matmul,
    "linalg.norm": _norm,
    "norm": _norm,
    "tensordot": lambda a, b, axes: ops.tensordot(a, b, axes),
    "nn.relu": lambda features: ops.relu(features),
    "nn.relu6": lambda features: ops.relu6(features),
    "nn.elu": lambda features: ops.elu(features),
    "nn.selu": lambda features: ops.selu(features),
    "nn.silu": lambda features, beta=1.0: features * ops.sigmoid(beta * features),
    "nn.softsign": lambda features: ops.softsign(features),
    "nn.leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, negative_slope=alpha),
    "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
    "nn.softmax": _softmax,
    "nn.log_softmax": _log_softmax,
    "nn.bias_add": lambda value, bias, data_format=None: ops.add(value, bias),
    "nn.conv2d": _conv2d,
    "nn.max_pool2d": _pool(ops.max_pool),
    "nn.avg_pool2d": _pool(ops.average_pool),
    "shape": _shape,
    "size": _size,
    "rank": lambda input: len(input.shape),
    "reshape": lambda tensor, shape: ops.reshape(tensor, _sizes(shape)),
    "transpose": _transpose,
    "expand_dims": lambda input, axis: ops.expand_dims(input, axis),
    "squeeze": _squeeze,
    "concat": lambda values, axis: ops.concatenate(values, axis=axis),
    "stack": lambda values, axis=0: ops.stack(values, axis=axis),
    "unstack": _unstack,
    "split": _split,
    "tile": lambda input, multiples: ops.tile(input, tuple(multiples)),
    "repeat": lambda input, repeats, axis=None: ops.repeat(input, repeats, axis),
    "reverse": lambda tensor, axis: ops.flip(tensor, tuple(axis)),
    "roll": lambda input, shift, axis: ops.roll(input, shift, axis),
    "pad": _pad,
    "gather": _gather,
    "where": _where,
    "cast": lambda x, dtype: ops.cast(x, dtype),
    "convert_to_tensor": lambda value, dtype=None: ops.cast(value, dtype) if dtype else value,
    "identity": lambda input: input,
    "stop_gradient": lambda input: ops.stop_gradient(input),
    "zeros_like": lambda input, dtype=None: ops.zeros_like(input, dtype=dtype),
    "ones_like": lambda input, dtype=None: ops.ones_like(input, dtype=dtype),
    "fill": _fill,
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "broadcast_to": _broadcast_to,
    "one_hot": _one_hot,
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(
        t, clip_value_min, clip_value_max
    ),
    "image.resize": _resize,
    "image.flip_left_right": lambda image: ops.flip(image, -2),
    "image.flip_up_down": lambda image: ops.flip(image, -3),
    "image.rgb_to_grayscale": lambda images: ops.image.rgb_to_grayscale(images),
}
