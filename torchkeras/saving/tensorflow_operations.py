"""Functions of TensorFlow that tf.keras 2 noted in functional graphs: ``x * 2``, ``tf.concat``.

A node names a function of ``tf`` and its arguments; here it is said in ``keras.ops``. Arguments
have TensorFlow's names, since nodes give them by name. Nothing else can be named.
"""

import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

from torchkeras import ops
from torchkeras.core import scopes
from torchkeras.core.checks import argument_error, nearest
from torchkeras.saving import (
    tensorflow_algebra,
    tensorflow_images,
    tensorflow_networks,
    tensorflow_places,
    tensorflow_special,
    tensorflow_windows,
)
from torchkeras.tracer import is_symbolic

_CLASSES = ("TFOpLambda", "SlicingOpLambda")
REMEDY = (
    "Write the model anew with a layer of your own in that place, and call load_weights on the "
    "file."
)


def is_operation(entry: dict[str, Any]) -> bool:
    """Whether a serialized layer stands for a function of TensorFlow."""
    name = entry.get("class_name")
    return name in _CLASSES and name not in scopes.custom_objects()


def read(entry: dict[str, Any]) -> Callable[..., Any]:
    """What a serialized layer stands for: called like the node, it gives tensors.

    Results of several tensors are lists; a shape is a tuple, and one result.

    Raises:
        ValueError: the function isn't known; or, when called, arguments are missing or strange.
    """
    config = entry.get("config") or {}
    name = str(config.get("function"))
    function = _named(name)
    if function is None:
        raise argument_error(
            "load", "function of TensorFlow in the model", name, "one that keras.ops can say",
            f"{nearest(name, FUNCTIONS)} {REMEDY}".lstrip(),
        )  # fmt: skip

    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("name", None)
        try:
            inspect.signature(function).bind(*args, **kwargs)
        except TypeError as error:
            raise argument_error(
                "load", f"call of tf.{name} in the model", str(error), "the arguments it takes",
                f"(tf.keras 2 leaves the second operand of == and != out of its files.) {REMEDY}",
            ) from error  # fmt: skip
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
    plain = _OF_SIZES.get(function.__name__)

    def compute(x: Any, y: Any) -> Any:
        if isinstance(x, tuple) and plain:
            return _of_shapes(plain, x, y)
        return (plain if plain and (_is_size(x) or _is_size(y)) else function)(x, y)

    return compute


# What sizes that are known only when the model runs are reckoned with.
_OF_SIZES = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "floor_divide": operator.floordiv, "greater": operator.gt,
}  # fmt: skip


def _of_shapes(function: Callable[..., Any], first: tuple, second: Any) -> tuple[Any, ...]:
    """``function`` of the sizes of shapes; two that are known when the model runs are as one."""
    others = second if isinstance(second, (tuple, list)) else (second,) * len(first)
    pairs = zip(first, others, strict=True)
    return tuple(function(*((0, 0) if all(map(_is_size, pair)) else pair)) for pair in pairs)


def _is_size(value: Any) -> bool:
    return is_symbolic(value) and not value.shape and "int" in str(value.dtype)


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
    if isinstance(value, tuple):
        return list(value)  # the sizes of a shape
    return list(ops.unstack(value, num, axis))


def _concatenate(values: Any, axis: int = 0) -> Any:
    if all(isinstance(value, (tuple, list)) for value in values):
        return tuple(size for value in values for size in value)  # parts of shapes
    return ops.concatenate(values, axis=axis)


def _stack(values: Any, axis: int = 0) -> Any:
    if all(isinstance(value, int) or _is_size(value) for value in values):
        return tuple(values)  # sizes that make a shape
    return ops.stack(values, axis=axis)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if isinstance(condition, tuple):  # parts of shapes
        return tuple(a if is_met else b for is_met, a, b in zip(condition, x, y, strict=True))
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


def _ones_like(input: Any, dtype: Any = None) -> Any:
    if isinstance(input, tuple):  # of a shape
        return (1,) * len(input)
    return ops.ones_like(input, dtype=dtype)


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
add subtract multiply divide truediv=divide floordiv=floor_divide floor_div=floor_divide
floormod=mod mod pow=power maximum
minimum greater greater_equal less less_equal equal not_equal logical_and logical_or logical_xor
"""
_REDUCTIONS = """
reduce_sum=sum reduce_mean=mean reduce_max=max reduce_min=min reduce_prod=prod reduce_any=any
reduce_all=all reduce_logsumexp=logsumexp reduce_std=std reduce_variance=var
"""


def _rows(text: str, wrap: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    pairs = (row.partition("=") for row in text.split())
    return {f"math.{name}": wrap(getattr(ops, other or name)) for name, _, other in pairs}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **tensorflow_algebra.FUNCTIONS,
    **tensorflow_images.FUNCTIONS,
    **tensorflow_networks.FUNCTIONS,
    **tensorflow_places.FUNCTIONS,
    **tensorflow_special.FUNCTIONS,
    **tensorflow_windows.FUNCTIONS,
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
    "math.accumulate_n": lambda inputs, shape=None, tensor_dtype=None: _add_all(inputs),
    "math.argmax": _position(ops.argmax),
    "math.argmin": _position(ops.argmin),
    "math.top_k": lambda input, k=1, sorted=True: list(ops.top_k(input, k, sorted)),
    "tensordot": lambda a, b, axes: ops.tensordot(a, b, axes),
    "shape": _shape,
    "size": _size,
    "rank": lambda input: len(input.shape),
    "reshape": lambda tensor, shape: ops.reshape(tensor, _sizes(shape)),
    "transpose": _transpose,
    "expand_dims": lambda input, axis: ops.expand_dims(input, axis),
    "squeeze": _squeeze,
    "concat": _concatenate,
    "stack": _stack,
    "unstack": _unstack,
    "split": _split,
    "tile": lambda input, multiples: ops.tile(input, tuple(multiples)),
    "repeat": lambda input, repeats, axis=None: ops.repeat(input, repeats, axis),
    "reverse": lambda tensor, axis: ops.flip(tensor, tuple(axis)),
    "roll": lambda input, shift, axis: ops.roll(input, shift, axis),
    "pad": _pad,
    "where": _where,
    "cast": lambda x, dtype: ops.cast(x, dtype),
    "convert_to_tensor": lambda value, dtype=None, dtype_hint=None: (
        ops.cast(value, dtype) if dtype else value
    ),
    "identity": lambda input: input,
    "stop_gradient": lambda input: ops.stop_gradient(input),
    "zeros_like": lambda input, dtype=None: ops.zeros_like(input, dtype=dtype),
    "ones_like": _ones_like,
    "fill": _fill,
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "broadcast_to": _broadcast_to,
    "one_hot": _one_hot,
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(
        t, clip_value_min, clip_value_max
    ),
}
