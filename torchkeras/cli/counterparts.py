"""Functions of TensorFlow that ``keras.ops`` or torch has too, with the same results."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Counterpart:
    """What to call instead.

    Args:
        target: ``keras.ops.mean``, ``torch.manual_seed``.
        parameters: The arguments that both take, in TensorFlow's order: its name -> the other's.
        order: The other's arguments, in its order.
        required: Arguments of TensorFlow's without which the two differ.
        dtype: The number type that the result is to be brought to; None leaves it.
    """

    target: str
    parameters: Mapping[str, str]
    order: tuple[str, ...]
    required: tuple[str, ...] = ()
    dtype: str | None = None

    def arguments(self, positional: int, keywords: tuple[str, ...]) -> list[str | None] | None:
        """How each argument of a call is passed on: by position (""), by a name, left out (None).

        Positional arguments come first, then those by keyword. The result is None if the call has
        an argument that the counterpart doesn't take.
        """
        names = list(self.parameters)
        given = {*names[:positional], *keywords}
        if positional > len(names) or not given.issuperset(self.required):
            return None
        passed: list[str | None] = []
        for place, name in enumerate(names[:positional]):
            target = self.parameters[name]
            fits = self.order[place : place + 1] == (target,)
            passed.append("" if fits and "" in (passed[-1:] or [""]) else target)
        for name in keywords:
            if name == "name":
                passed.append(None)
            elif name in self.parameters:
                passed.append(self.parameters[name])
            else:
                return None
        return passed


def _ops(name: str, text: str, order: str = "") -> Counterpart:
    """A function of ``keras.ops``; ``"input:x axis"`` says that ``input`` is its ``x``."""
    parameters = {}
    for word in text.split():
        own, _, other = word.partition(":")
        parameters[own] = other or own
    listed = tuple(order.split()) or tuple(parameters.values())
    return Counterpart(f"keras.ops.{name}", parameters, listed)


_UNARY = {
    "abs": "abs", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh",
    "atan": "arctan", "atanh": "arctanh", "ceil": "ceil", "cos": "cos", "cosh": "cosh",
    "erf": "erf", "exp": "exp", "expm1": "expm1", "floor": "floor", "is_finite": "isfinite",
    "is_inf": "isinf", "is_nan": "isnan", "log": "log", "log1p": "log1p",
    "logical_not": "logical_not", "negative": "negative", "reciprocal": "reciprocal",
    "round": "round", "rsqrt": "rsqrt", "sigmoid": "sigmoid", "sign": "sign", "sin": "sin",
    "sinh": "sinh", "softplus": "softplus", "sqrt": "sqrt", "square": "square", "tan": "tan",
    "tanh": "tanh",
}  # fmt: skip
_BINARY = {
    "add": "add", "divide": "true_divide", "equal": "equal", "floordiv": "floor_divide",
    "floormod": "mod", "greater": "greater", "greater_equal": "greater_equal", "less": "less",
    "less_equal": "less_equal", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "maximum": "maximum", "minimum": "minimum", "mod": "mod",
    "multiply": "multiply", "not_equal": "not_equal", "pow": "power", "subtract": "subtract",
    "truediv": "true_divide",
}  # fmt: skip
_REDUCTIONS = {
    "reduce_all": "all", "reduce_any": "any", "reduce_max": "max", "reduce_mean": "mean",
    "reduce_min": "min", "reduce_prod": "prod", "reduce_std": "std", "reduce_sum": "sum",
    "reduce_variance": "var",
}  # fmt: skip
# Without an axis, TensorFlow takes the first one and keras.ops the whole.
_OF_AN_AXIS = {
    "argmax": Counterpart(
        "keras.ops.argmax", {"input": "x", "axis": "axis"}, ("x", "axis"), ("axis",), "int64"
    ),
    "argmin": Counterpart(
        "keras.ops.argmin", {"input": "x", "axis": "axis"}, ("x", "axis"), ("axis",), "int64"
    ),
    "cumsum": Counterpart("keras.ops.cumsum", {"x": "x", "axis": "axis"}, ("x", "axis"), ("axis",)),
}
_MATH = {
    **_OF_AN_AXIS,
    **{name: _ops(other, "x") for name, other in _UNARY.items()},
    **{name: _ops(other, "x:x1 y:x2") for name, other in _BINARY.items()},
    **{name: _ops(other, "input_tensor:x axis keepdims") for name, other in _REDUCTIONS.items()},
}
_ARRAYS = {
    "cast": _ops("cast", "x dtype"),
    "concat": _ops("concatenate", "values:xs axis"),
    "convert_to_tensor": _ops("convert_to_tensor", "value:x dtype"),
    "constant": _ops("convert_to_tensor", "value:x dtype"),
    "expand_dims": _ops("expand_dims", "input:x axis"),
    "matmul": _ops("matmul", "a:x1 b:x2"),
    "ones": _ops("ones", "shape dtype"),
    "ones_like": _ops("ones_like", "input:x dtype"),
    "repeat": _ops("repeat", "input:x repeats axis"),
    "reshape": _ops("reshape", "tensor:x shape:newshape"),
    "squeeze": _ops("squeeze", "input:x axis"),
    "stack": _ops("stack", "values:x axis"),
    "stop_gradient": _ops("stop_gradient", "input:variable"),
    "tile": _ops("tile", "input:x multiples:repeats"),
    "transpose": _ops("transpose", "a:x perm:axes"),
    "zeros": _ops("zeros", "shape dtype"),
    "zeros_like": _ops("zeros_like", "input:x dtype"),
    "one_hot": _ops("one_hot", "indices:x depth:num_classes"),
}
_NETWORKS = {
    "elu": _ops("elu", "features:x"),
    "leaky_relu": _ops("leaky_relu", "features:x alpha:negative_slope"),
    "log_softmax": _ops("log_softmax", "logits:x axis"),
    "relu": _ops("relu", "features:x"),
    "relu6": _ops("relu6", "features:x"),
    "selu": _ops("selu", "features:x"),
    "sigmoid": _ops("sigmoid", "x"),
    "softmax": _ops("softmax", "logits:x axis"),
    "softplus": _ops("softplus", "features:x"),
    "tanh": _ops("tanh", "x"),
}
# Those of tf.math that aren't at the top as well.
_ONLY_IN_MATH = {
    "ceil", "erf", "expm1", "floormod", "is_finite", "is_inf", "is_nan", "log", "log1p", "mod",
    "logical_xor", "reciprocal", "reduce_std", "reduce_variance", "rsqrt", "softplus", "floordiv",
}  # fmt: skip
CALLS: dict[str, Counterpart] = {
    **{f"tensorflow.math.{name}": found for name, found in _MATH.items()},
    **{f"tensorflow.{name}": f for name, f in _MATH.items() if name not in _ONLY_IN_MATH},
    **{f"tensorflow.{name}": found for name, found in _ARRAYS.items()},
    **{f"tensorflow.nn.{name}": found for name, found in _NETWORKS.items()},
    "tensorflow.linalg.matmul": _ARRAYS["matmul"],
    "tensorflow.random.set_seed": Counterpart("torch.manual_seed", {"seed": "seed"}, ("seed",)),
}
# Functions of one tensor, which may be handed to another function as they are.
PASSED_ON = {path for path, call in CALLS.items() if len(call.parameters) == 1}
DTYPES = (
    "bfloat16", "bool", "complex128", "complex64", "double", "float16", "float32", "float64",
    "half", "int16", "int32", "int64", "int8", "uint8",
)  # fmt: skip
# What stands for itself.
VALUES: dict[str, str] = {
    **{f"tensorflow.{name}": f"torch.{name}" for name in DTYPES},
    **{f"tensorflow.dtypes.{name}": f"torch.{name}" for name in DTYPES},
    "tensorflow.Tensor": "torch.Tensor",
    "tensorflow.newaxis": "None",
}
# Keras's namespaces and initializers under TensorFlow's own names.
KERAS_PATHS = {
    **{
        f"tensorflow.{room}": f"tensorflow.keras.{room}"
        for room in ("initializers", "losses", "metrics", "optimizers")
    },
    "tensorflow.constant_initializer": "tensorflow.keras.initializers.Constant",
    "tensorflow.ones_initializer": "tensorflow.keras.initializers.Ones",
    "tensorflow.random_normal_initializer": "tensorflow.keras.initializers.RandomNormal",
    "tensorflow.random_uniform_initializer": "tensorflow.keras.initializers.RandomUniform",
    "tensorflow.zeros_initializer": "tensorflow.keras.initializers.Zeros",
}


def keras_path(path: str) -> str:
    """``path`` under Keras's own name for it, if it is Keras's."""
    for own, other in KERAS_PATHS.items():
        if path == own or path.startswith(f"{own}."):
            return other + path[len(own) :]
    return path
