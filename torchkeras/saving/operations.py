"""Nodes of functional graphs that are no layers: torch functions here, operation classes in files.

``keras.ops`` functions have a class each. A torch function is first said in ``keras.ops``' words:
its name, the names of its arguments, and sometimes their form (``split`` by size or by sections).
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from torchkeras import ops
from torchkeras.core import registry, serialization
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.saving.operation_table import (
    BY_CLASS,
    BY_CLASS_ALONE,
    BY_FUNCTION,
    TABLE,
    Operation,
)
from torchkeras.tracer.symbolic import operation_name

_MODULE = "keras.src.ops."
_LOSSES = "keras.losses"  # whose functions have no classes: nodes of our own files


class KerasNode(NamedTuple):
    """A call in the words of Keras's files.

    Attributes:
        module: ``"keras.src.ops.numpy"`` or the like.
        class_name: Name of the operation class.
        config: Its configuration, without ``name``.
        args, kwargs: What the node is called with.
    """

    module: str
    class_name: str
    config: dict[str, Any]
    args: tuple
    kwargs: dict[str, Any]


# --- Reading


def is_operation(config: dict[str, Any]) -> bool:
    """Whether a serialized dictionary is an operation rather than a layer."""
    module = config.get("module")
    if not isinstance(module, str):  # as Keras 3 writes the outermost objects of .h5 files
        nodes, name = config.get("inbound_nodes"), config.get("class_name")
        is_newer = bool(nodes) and isinstance(nodes, list) and isinstance(nodes[0], dict)
        if not is_newer or name not in BY_CLASS_ALONE:
            return False
        # Layers of such a name (Add, Reshape, Softmax, ...) say whether they are trainable.
        is_layer = getattr(registry.find(name, "layers"), "__name__", None) == name
        return not is_layer or "trainable" not in (config.get("config") or {})
    rooms = (_MODULE, "keras.ops", "keras.src.ops")
    return module.startswith(rooms) or module == _LOSSES


def from_keras(
    class_name: str, config: dict[str, Any], module: str | None = None
) -> Callable[..., Any]:
    """The function that an operation class of a file stands for.

    It is called with what the node is called with; the configuration is bound to it. On symbolic
    tensors it records one call of the ``keras.ops`` function.

    Raises:
        ValueError: there is no such class.
    """
    if module == _LOSSES and inspect.isfunction(registry.find(class_name, "losses")):
        return registry.find(class_name, "losses")
    room = (module or "").rpartition(".")[2]
    row = BY_CLASS.get((room, class_name)) or BY_CLASS_ALONE.get(class_name)
    if row is None:
        raise argument_error(
            "load", "class_name of an operation", class_name, "one of Keras's operations",
            nearest(class_name, BY_CLASS_ALONE),
        )  # fmt: skip
    options = {
        key: serialization.deserialize_value(value)
        for key, value in (config or {}).items()
        if key in row.options
    }
    return functools.partial(_call, row, options)


def _call(row: Operation, options: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    if row.class_name == "GetItem":
        return _get_item(*args, **kwargs)
    function = _function_of(row)
    if row.inputs[:1] == ("*operands",):
        return function(options["subscripts"], *args)
    if row.inputs and row.inputs[0].startswith("*"):
        return function(*args, **options)
    named = dict(zip(row.inputs, args, strict=False))
    return function(**named, **kwargs, **options)


def _function_of(row: Operation) -> Callable[..., Any]:
    room = getattr(ops, "image", None) if row.room == "image" else ops
    function = getattr(room, row.function, None)
    if function is None:
        raise argument_error(
            "load", "class_name of an operation", row.class_name, "an operation of keras.ops",
            f"This release has no function {row.function} yet.",
        )  # fmt: skip
    return function


def _get_item(x: Any, key: Any) -> Any:
    # JSON has no tuples, so the index of several axes comes as a list.
    return x[tuple(key) if isinstance(key, list) else key]


# --- Writing


def to_keras(function: Any, args: tuple, kwargs: dict[str, Any]) -> KerasNode:
    """How a file says the call ``function(*args, **kwargs)``.

    Args:
        function: A ``keras.ops`` function, a torch function, one of Python's operators, or the
            name of a tensor method.
        args, kwargs: What it is called with; symbolic tensors have a shape and a dtype.

    Raises:
        ValueError: Keras has no operation that does this.
    """
    name = operation_name(function)
    if (getattr(function, "__module__", None) or "").startswith("torchkeras.losses."):
        return KerasNode(_LOSSES, name, {}, tuple(args), dict(kwargs))
    if name in ("getitem", "__getitem__"):
        return KerasNode(_MODULE + "numpy", "GetItem", {}, tuple(args), dict(kwargs))
    row, arguments = _in_words_of_keras(function, name, args, kwargs)
    return _split(row, arguments)


def _in_words_of_keras(
    function: Any, name: str, args: tuple, kwargs: dict[str, Any]
) -> tuple[Operation, dict[str, Any]]:
    module = getattr(function, "__module__", None) or ""
    if module.startswith(("torchkeras.ops", "torchkeras.activations")) and name in BY_FUNCTION:
        signature = inspect.signature(getattr(function, "unwrapped", function))
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return BY_FUNCTION[name], dict(bound.arguments)
    if name in _SHARING and module.startswith("torchkeras."):
        keras_name, arguments = _SHARING[name](*args, **kwargs)
        return BY_FUNCTION[keras_name], arguments
    if name in _REPHRASED:
        keras_name, arguments = _REPHRASED[name](*args, **kwargs)
        return BY_FUNCTION[keras_name], arguments
    if name in _RENAMED:
        return _renamed(name, args, kwargs)
    raise _unknown(name)


def _unknown(name: str) -> ValueError:
    return ValueError(
        f"save: the model calls {name!r} on a symbolic tensor, and Keras has no operation for it "
        "in files. Put the call into a Layer of your own, or use a function of keras.ops. "
        f"{nearest(name, BY_FUNCTION)}".rstrip()
    )


def _renamed(name: str, args: tuple, kwargs: dict[str, Any]) -> tuple[Operation, dict[str, Any]]:
    keras_name, parameters = _RENAMED[name]
    row = BY_FUNCTION[keras_name]
    torch_names = list(parameters)
    if len(args) > len(torch_names):
        raise _unknown(f"{name} with {len(args)} arguments")
    given = {**dict(zip(torch_names, args, strict=False)), **kwargs}
    arguments = {}
    for torch_name, value in given.items():
        if torch_name not in parameters:
            if value in (None, False) or torch_name[0] == "_" or (torch_name, value) in _NEUTRAL:
                continue
            raise _unknown(f"{name} with {torch_name}={value!r}")
        arguments[parameters[torch_name]] = value
    return row, arguments


# Options of torch functions at values that change nothing.
_NEUTRAL = {
    ("alpha", 1), ("beta", 1), ("threshold", 20), ("decimals", 0), ("min_val", -1), ("max_val", 1),
}  # fmt: skip


def _split(row: Operation, arguments: dict[str, Any]) -> KerasNode:
    """Separate what a node is called with from what its class is configured with."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for name in row.inputs:
        if name.startswith("**"):
            kwargs.update(arguments.get(name[2:], {}))
        elif name.startswith("*"):
            args += arguments.get(name[1:], ())
        elif name in arguments and not kwargs and len(args) == row.inputs.index(name):
            args.append(arguments[name])
        elif name in arguments:
            kwargs[name] = arguments[name]
    required = _required_options(row)
    config = {
        name: _plain_option(name, arguments.get(name))
        for name in row.options
        if name in arguments or name in required
    }
    return KerasNode(_MODULE + row.room, row.class_name, config, tuple(args), kwargs)


def _required_options(row: Operation) -> set[str]:
    """Options that Keras's class wants, even if torch's function was called without."""
    function = _function_of(row)
    parameters = inspect.signature(getattr(function, "unwrapped", function)).parameters
    return {
        name
        for name in row.options
        if name in parameters and parameters[name].default is inspect.Parameter.empty
    }


def _plain_option(name: str, value: Any) -> Any:
    if name == "dtype" and value is not None:
        return standardize_dtype(value)
    if isinstance(value, torch.Size):
        return tuple(value)
    return value


# --- torch functions


def _table(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Rows ``torch_name=keras_name(torch_parameter=keras_parameter, ...)``, in torch's order."""
    table = {}
    for row in text.replace("\n", " ").split("."):
        if not row.strip():
            continue
        names, _, parameters = row.strip().rstrip(")").partition("(")
        torch_name, _, keras_name = names.partition("=")
        pairs = [pair.partition("=") for pair in parameters.split(", ")]
        table[torch_name] = (keras_name or torch_name, {a: b or a for a, _, b in pairs})
    return table


_UNARY = """
absolute exp exp2 expm1 log log2 log10 log1p sqrt square rsqrt sin cos tan sinh cosh tanh arcsin
arccos arctan arcsinh arccosh arctanh ceil floor trunc sign signbit isfinite isinf isnan isneginf
isposinf isreal erf erfc erfinv sigmoid relu relu6 silu softplus softsign selu reciprocal deg2rad
rad2deg sinc i0 angle real imag negative logical_not bitwise_not nan_to_num fliplr flipud ravel
round
"""
_UNARY_ALIASES = {
    "abs": "absolute", "neg": "negative", "acos": "arccos", "asin": "arcsin", "atan": "arctan",
    "acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh", "fix": "trunc", "pos": "copy",
    "clone": "copy", "logsigmoid": "log_sigmoid", "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_silu", "tanhshrink": "tanh_shrink", "conj": "conjugate",
    "detach": "stop_gradient", "hardtanh": "hard_tanh",
}  # fmt: skip
_BINARY_ALIASES = {
    "add": "add", "sub": "subtract", "subtract": "subtract", "mul": "multiply",
    "multiply": "multiply", "truediv": "true_divide", "true_divide": "true_divide",
    "floordiv": "floor_divide", "floor_divide": "floor_divide", "mod": "mod", "remainder": "mod",
    "fmod": "fmod", "pow": "power", "matmul": "matmul", "mm": "matmul", "bmm": "matmul",
    "mv": "matmul", "maximum": "maximum", "minimum": "minimum", "fmax": "fmax", "fmin": "fmin",
    "atan2": "arctan2", "arctan2": "arctan2", "eq": "equal", "ne": "not_equal",
    "not_equal": "not_equal", "gt": "greater", "greater": "greater", "ge": "greater_equal",
    "greater_equal": "greater_equal", "lt": "less", "less": "less", "le": "less_equal",
    "less_equal": "less_equal", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "hypot": "hypot", "logaddexp": "logaddexp",
    "logaddexp2": "logaddexp2", "dot": "dot", "outer": "outer", "inner": "inner", "vdot": "vdot",
    "kron": "kron", "heaviside": "heaviside", "gcd": "gcd", "lcm": "lcm", "ldexp": "ldexp",
    "nextafter": "nextafter",
}  # fmt: skip

_RENAMED: dict[str, tuple[str, dict[str, str]]] = {
    **{name: (name, {"input": "x"}) for name in _UNARY.split()},
    **{name: (other, {"input": "x"}) for name, other in _UNARY_ALIASES.items()},
    **{
        name: (other, {"input": "x1", "other": "x2"}) for name, other in _BINARY_ALIASES.items()
    },
    **_table("""
    sum(input=x, dim=axis, keepdim=keepdims). mean(input=x, dim=axis, keepdim=keepdims).
    amax=max(input=x, dim=axis, keepdim=keepdims). amin=min(input=x, dim=axis, keepdim=keepdims).
    prod(input=x, dim=axis, keepdim=keepdims). all(input=x, dim=axis, keepdim=keepdims).
    any(input=x, dim=axis, keepdim=keepdims). argmax(input=x, dim=axis, keepdim=keepdims).
    argmin(input=x, dim=axis, keepdim=keepdims). logsumexp(input=x, dim=axis, keepdim=keepdims).
    cumsum(input=x, dim=axis, dtype). cumprod(input=x, dim=axis, dtype). argsort(input=x, dim=axis).
    reshape(input=x, shape=newshape). permute=transpose(input=x, dims=axes).
    unsqueeze=expand_dims(input=x, dim=axis). squeeze(input=x, dim=axis).
    cat=concatenate(tensors=xs, dim=axis). concat=concatenate(tensors=xs, dim=axis).
    concatenate(tensors=xs, dim=axis). stack(tensors=x, dim=axis). hstack(tensors=xs).
    vstack(tensors=xs). dstack(tensors=xs). swapaxes(input=x, axis0=axis1, axis1=axis2).
    swapdims=swapaxes(input=x, dim0=axis1, dim1=axis2).
    transpose=swapaxes(input=x, dim0=axis1, dim1=axis2).
    movedim=moveaxis(input=x, source, destination). moveaxis(input=x, source, destination).
    tile(input=x, dims=repeats). repeat_interleave=repeat(input=x, repeats, dim=axis).
    broadcast_to(input=x, size=shape). roll(input=x, shifts=shift, dims=axis).
    flip(input=x, dims=axis). where(condition, input=x1, other=x2).
    softmax(input=x, dim=axis). log_softmax(input=x, dim=axis).
    leaky_relu(input=x, negative_slope). elu(input=x, alpha). celu(input=x, alpha).
    glu(input=x, dim=axis). hardshrink=hard_shrink(input=x, lambd=threshold).
    softshrink=soft_shrink(input=x, lambd=threshold). tril(input=x, diagonal=k).
    threshold(input=x, threshold, value=default_value). triu(input=x, diagonal=k).
    trace(input=x). diagonal(input=x, offset, dim1=axis1, dim2=axis2).
    take_along_dim=take_along_axis(input=x, indices, dim=axis). zeros_like(input=x, dtype).
    ones_like(input=x, dtype). full_like(input=x, fill_value, dtype).
    diff(input=a, n, dim=axis).
    cdist(x1=x, x2=y). unbind=unstack(input=x, dim=axis).
    """),
}  # fmt: skip


def _bits(logical: str, bitwise: str) -> Callable[..., tuple[str, dict[str, Any]]]:
    """``&``, ``|``, ``^`` and ``~``: logical on truth values, bitwise on integers."""

    def phrase(*args: Any) -> tuple[str, dict[str, Any]]:
        types = [standardize_dtype(arg.dtype) for arg in args if hasattr(arg, "dtype")]
        is_logical = all(dtype == "bool" for dtype in types)
        name = logical if is_logical else bitwise
        names = BY_FUNCTION[name].inputs
        return name, dict(zip(names, args, strict=True))

    return phrase


def _reshape(input: Any, *shape: Any) -> tuple[str, dict[str, Any]]:
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = tuple(shape[0])
    return "reshape", {"x": input, "newshape": tuple(shape)}


def _permute(input: Any, *dims: Any) -> tuple[str, dict[str, Any]]:
    if len(dims) == 1 and isinstance(dims[0], (tuple, list)):
        dims = tuple(dims[0])
    return "transpose", {"x": input, "axes": tuple(axis % len(input.shape) for axis in dims)}


def _flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> tuple[str, dict[str, Any]]:
    rank = len(input.shape)
    first, last = start_dim % rank, end_dim % rank
    joined, size = input.shape[first : last + 1], 1
    for length in joined:
        size = -1 if length is None or size == -1 else size * length
    shape = [*input.shape[:first], size, *input.shape[last + 1 :]]
    if sum(1 for length in shape if length in (None, -1)) > 1:
        raise _unknown(f"flatten of {tuple(input.shape)}")
    return "reshape", {"x": input, "newshape": tuple(-1 if n is None else n for n in shape)}


def _division(
    input: Any, other: Any, rounding_mode: str | None = None
) -> tuple[str, dict[str, Any]]:
    if rounding_mode == "trunc":
        raise _unknown("div with rounding_mode='trunc'")
    return "floor_divide" if rounding_mode else "true_divide", {"x1": input, "x2": other}


def _cast(input: Any, *args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    dtype = kwargs.get("dtype", args[0] if args else None)
    if isinstance(dtype, torch.dtype):
        return "cast", {"x": input, "dtype": dtype}
    raise _unknown(f"to({dtype!r})")


def _cast_to(dtype: torch.dtype) -> Callable[..., tuple[str, dict[str, Any]]]:
    return lambda input: ("cast", {"x": input, "dtype": dtype})


def _split_by_size(
    tensor: Any, split_size_or_sections: Any, dim: int = 0
) -> tuple[str, dict[str, Any]]:
    length, size = tensor.shape[dim], split_size_or_sections
    if isinstance(size, (tuple, list)):
        ends = [sum(size[: k + 1]) for k in range(len(size) - 1)]
    else:
        if length is None:
            raise _unknown("split of an axis of unknown length")
        ends = list(range(size, length, size))
    return "split", {"x": tensor, "indices_or_sections": tuple(ends), "axis": dim}


def _chunk(input: Any, chunks: int, dim: int = 0) -> tuple[str, dict[str, Any]]:
    length = input.shape[dim]
    if length is None or length % chunks:
        raise _unknown("chunk into parts of unequal length")
    return "split", {"x": input, "indices_or_sections": chunks, "axis": dim}


def _patches_3d(
    volumes: Any, size: Any, strides: Any = None, *args: Any, **kwargs: Any
) -> tuple[str, dict[str, Any]]:
    size = (size,) * 3 if isinstance(size, int) else size  # whose length says the rank
    further = dict(zip(("dilation_rate", "padding", "data_format"), args, strict=False))
    return "extract_patches", {
        "images": volumes, "size": size, "strides": size if strides is None else strides,
        "dilation_rate": 1, "padding": "valid", **further, **kwargs,
    }  # fmt: skip


def _index_select(input: Any, dim: int, index: Any) -> tuple[str, dict[str, Any]]:
    return "take", {"x": input, "indices": index, "axis": dim}


def _repeat(input: Any, *sizes: Any) -> tuple[str, dict[str, Any]]:
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    return "tile", {"x": input, "repeats": tuple(sizes)}


def _einsum(equation: str, *operands: Any) -> tuple[str, dict[str, Any]]:
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    return "einsum", {"subscripts": equation, "operands": operands}


def _gelu(input: Any, approximate: str = "none") -> tuple[str, dict[str, Any]]:
    return "gelu", {"x": input, "approximate": approximate == "tanh"}


def _clamp(input: Any, min: Any = None, max: Any = None) -> tuple[str, dict[str, Any]]:
    if max is None:
        return "maximum", {"x1": input, "x2": min}
    if min is None:
        return "minimum", {"x1": input, "x2": max}
    return "clip", {"x": input, "x_min": min, "x_max": max}


def _one_hot(input: Any, num_classes: int = -1) -> tuple[str, dict[str, Any]]:
    if num_classes < 1:
        raise _unknown("one_hot without num_classes")
    return "one_hot", {"x": input, "num_classes": num_classes, "axis": -1, "dtype": "int64"}


def _spread(
    input: Any, dim: Any = None, *, correction: Any = 1, keepdim: bool = False, name: str
) -> tuple[str, dict[str, Any]]:
    if correction != 0:
        raise _unknown(f"{name} with correction={correction}, where Keras has 0")
    return name, {"x": input, "axis": dim, "keepdims": keepdim}


def _pad(
    input: Any, pad: Any, mode: str = "constant", value: Any = None
) -> tuple[str, dict[str, Any]]:
    rank = len(input.shape)
    pairs = [(0, 0)] * (rank - len(pad) // 2)
    pairs += [(pad[k], pad[k + 1]) for k in range(len(pad) - 2, -1, -2)]
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    arguments = {"x": input, "pad_width": tuple(pairs), "mode": modes[mode]}
    if mode == "constant":
        arguments["constant_values"] = 0 if value is None else value
    return "pad", arguments


def _extreme(name: str, input: Any, *args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    if args and hasattr(args[0], "dtype"):
        return f"{name}imum", {"x1": input, "x2": args[0]}
    if args or kwargs:
        raise _unknown(f"{name} along an axis, which also gives positions; a{name} does not")
    return name, {"x": input, "axis": None, "keepdims": False}


_REPHRASED: dict[str, Callable[..., tuple[str, dict[str, Any]]]] = {
    "and_": _bits("logical_and", "bitwise_and"),
    "or_": _bits("logical_or", "bitwise_or"),
    "xor": _bits("logical_xor", "bitwise_xor"),
    "invert": _bits("logical_not", "bitwise_invert"),
    "bitwise_and": _bits("logical_and", "bitwise_and"),
    "bitwise_or": _bits("logical_or", "bitwise_or"),
    "bitwise_xor": _bits("logical_xor", "bitwise_xor"),
    "bitwise_not": _bits("logical_not", "bitwise_invert"),
    "reshape": _reshape,
    "view": _reshape,
    "permute": _permute,
    "flatten": _flatten,
    "div": _division,
    "divide": _division,
    "to": _cast,
    "type": _cast,
    "float": _cast_to(torch.float32),
    "double": _cast_to(torch.float64),
    "half": _cast_to(torch.float16),
    "bfloat16": _cast_to(torch.bfloat16),
    "int": _cast_to(torch.int32),
    "long": _cast_to(torch.int64),
    "bool": _cast_to(torch.bool),
    "split": _split_by_size,
    "chunk": _chunk,
    "index_select": _index_select,
    "repeat": _repeat,
    "einsum": _einsum,
    "gelu": _gelu,
    "clamp": _clamp,
    "clip": _clamp,
    "one_hot": _one_hot,
    "std": functools.partial(_spread, name="std"),
    "var": functools.partial(_spread, name="var"),
    "pad": _pad,
    "max": functools.partial(_extreme, "max"),
    "min": functools.partial(_extreme, "min"),
}


# Functions of ``keras.ops`` that share the class of another one.
_SHARING: dict[str, Callable[..., tuple[str, dict[str, Any]]]] = {
    "extract_patches_3d": _patches_3d,
    "hard_swish": lambda x: ("hard_silu", {"x": x}),
    "swish": lambda x: ("silu", {"x": x}),
}


def known_names() -> list[str]:
    """Names of the torch functions and tensor methods that files can say."""
    return sorted({*_RENAMED, *_REPHRASED, "getitem"})


def class_names() -> list[str]:
    """Names of Keras's operation classes that can be read."""
    return [row.class_name for row in TABLE]
