"""Operations of TensorFlow's graphs that tf.keras up to 2.3 noted in functional graphs.

A node holds the operation as TensorFlow's graphs have it (``TensorFlowOpLayer``): attributes, and
the inputs that are constants, by place. Here it is said in ``keras.ops``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from torchkeras import ops
from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error, nearest
from torchkeras.saving.tensorflow_operations import FUNCTIONS, REMEDY, get_item

_CLASS = "TensorFlowOpLayer"


def is_operation(entry: dict[str, Any]) -> bool:
    """Whether a serialized layer stands for an operation of TensorFlow's graphs."""
    return entry.get("class_name") == _CLASS and _CLASS not in scopes.custom_objects()


def read(config: dict[str, Any]) -> Callable[..., Any]:
    """What a serialized operation stands for: called with its tensors, it gives tensors.

    Args:
        config: Configuration of the layer, with ``node_def`` and ``constants``.

    Raises:
        ValueError: the operation isn't known, or written in another way.
    """
    node = config.get("node_def")
    if not isinstance(node, dict):
        raise argument_error("load", "node_def", type(node).__name__, "a dictionary")
    name = str(node.get("op"))
    if name not in OPERATIONS:
        raise argument_error(
            "load", "operation of TensorFlow in the model", name, "one that keras.ops can say",
            f"{nearest(name, OPERATIONS)} {REMEDY}".lstrip(),
        )  # fmt: skip
    attributes = {key: _attribute(value) for key, value in (node.get("attr") or {}).items()}
    held = (config.get("constants") or {}).items()
    constants = {int(place): _constant(value) for place, value in held}

    def call(inputs: Any) -> Any:
        given = list(inputs) if isinstance(inputs, list) else [inputs]
        for place in sorted(constants):
            given.insert(place, constants[place])
        return OPERATIONS[name](given, attributes)

    return call


def _constant(value: Any) -> Any:
    """A number, or the lists of numbers of an array."""
    if isinstance(value, dict):
        value = serialization.deserialize_value(value)
    return np.asarray(value).tolist() if hasattr(value, "shape") else value


def _attribute(value: Any) -> Any:
    """A value that JSON has of a protocol buffer: ``{"i": "3"}``, ``{"type": "DT_FLOAT"}``."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((kind, held),) = value.items()
    if kind == "i":
        return int(held)
    if kind == "list":
        return [int(item) for item in held.get("i", ())]
    if kind == "type":
        return _TYPES.get(held)
    return held


_TYPES = {
    "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_BFLOAT16": "bfloat16",
    "DT_INT8": "int8", "DT_INT16": "int16", "DT_INT32": "int32", "DT_INT64": "int64",
    "DT_UINT8": "uint8", "DT_BOOL": "bool",
}  # fmt: skip

_Operation = Callable[[list[Any], dict[str, Any]], Any]


def _said(name: str, *parameters: str) -> _Operation:
    """The function of ``tf`` of that name; ``parameters`` are attributes that it takes, too."""
    function = FUNCTIONS[name]
    pairs = [parameter.partition("=") for parameter in parameters]

    def call(inputs: list[Any], attributes: dict[str, Any]) -> Any:
        options = {new or old: attributes[old] for old, _, new in pairs if old in attributes}
        return function(*inputs, **options)

    return call


def _strided_slice(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    x, starts, stops, steps = inputs
    index: list[Any] = []
    for place, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        masks = {
            name: bool(attributes.get(f"{name}_mask", 0) >> place & 1)
            for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
        }
        if masks["ellipsis"]:
            index.append(Ellipsis)
        elif masks["new_axis"]:
            index.append(None)
        elif masks["shrink_axis"]:
            index.append(start)
        else:
            start, stop = (None if masks["begin"] else start), (None if masks["end"] else stop)
            index.append(slice(start, stop, step))
    return get_item(x, index)


def _pack(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    if all(getattr(item, "shape", ()) == () for item in inputs):
        return tuple(inputs)  # sizes that make a shape
    return ops.stack(inputs, axis=attributes.get("axis", 0))


def _one_hot(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    indices, depth, on, off = inputs
    return FUNCTIONS["one_hot"](indices, depth, on, off, axis=attributes.get("axis", -1))


def _concatenate(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return ops.concatenate(inputs[:-1], axis=inputs[-1])


def _squeeze(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return FUNCTIONS["squeeze"](inputs[0], attributes.get("squeeze_dims") or None)


def _split(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return list(ops.split(inputs[1], attributes["num_split"], axis=inputs[0]))


def _split_by_sizes(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return FUNCTIONS["split"](inputs[0], inputs[1], axis=inputs[2])


def _unpack(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return FUNCTIONS["unstack"](inputs[0], attributes["num"], attributes.get("axis", 0))


def _matmul(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    first, second = (
        bool(attributes.get(f"transpose_{x}") or attributes.get(f"adj_{y}"))
        for x, y in (("a", "x"), ("b", "y"))
    )
    return FUNCTIONS["linalg.matmul"](*inputs, transpose_a=first, transpose_b=second)


def _gather(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    params, indices, axis = (*inputs, 0)[:3]
    return FUNCTIONS["gather"](
        params, indices, axis=axis, batch_dims=attributes.get("batch_dims", 0)
    )


def _pad(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    mode = {"UkVGTEVDVA==": "REFLECT", "U1lNTUVUUklD": "SYMMETRIC"}.get(attributes.get("mode", ""))
    value = inputs[2] if len(inputs) > 2 else 0
    return FUNCTIONS["pad"](inputs[0], inputs[1], mode or "CONSTANT", value)


_SAME = """
Add=math.add AddV2=math.add Sub=math.subtract Mul=math.multiply RealDiv=math.divide Div=math.divide
FloorDiv=math.floordiv FloorMod=math.floormod Pow=math.pow Maximum=math.maximum Minimum=math.minimum
Greater=math.greater GreaterEqual=math.greater_equal Less=math.less LessEqual=math.less_equal
Equal=math.equal NotEqual=math.not_equal LogicalAnd=math.logical_and LogicalOr=math.logical_or
LogicalNot=math.logical_not SquaredDifference=math.squared_difference BiasAdd=nn.bias_add
DivNoNan=math.divide_no_nan Neg=math.negative Abs=math.abs Square=math.square Sqrt=math.sqrt
Rsqrt=math.rsqrt Exp=math.exp Expm1=math.expm1 Log=math.log Log1p=math.log1p Sin=math.sin
Cos=math.cos Tan=math.tan Tanh=math.tanh Erf=math.erf Sigmoid=math.sigmoid Relu=nn.relu
Relu6=nn.relu6 Elu=nn.elu Selu=nn.selu Softplus=math.softplus Softsign=nn.softsign
Floor=math.floor Ceil=math.ceil Round=math.round Sign=math.sign Reciprocal=math.reciprocal
Inv=math.reciprocal Identity=identity StopGradient=stop_gradient ZerosLike=zeros_like
OnesLike=ones_like Softmax=nn.softmax LogSoftmax=nn.log_softmax Shape=shape Rank=rank Size=size
Reshape=reshape Transpose=transpose ExpandDims=expand_dims Tile=tile BroadcastTo=broadcast_to
Select=where SelectV2=where ClipByValue=clip_by_value Fill=fill ReverseV2=reverse
Sum=math.reduce_sum Mean=math.reduce_mean Max=math.reduce_max Min=math.reduce_min
Prod=math.reduce_prod Any=math.reduce_any All=math.reduce_all
"""
_REDUCTIONS = {"Sum", "Mean", "Max", "Min", "Prod", "Any", "All"}


def _rows() -> dict[str, _Operation]:
    pairs = (row.partition("=") for row in _SAME.split())
    return {
        name: _said(function, *(["keep_dims"] if name in _REDUCTIONS else []))
        for name, _, function in pairs
    }


OPERATIONS: dict[str, _Operation] = {
    **_rows(),
    "AddN": lambda inputs, attributes: FUNCTIONS["math.add_n"](inputs),
    "ArgMax": _said("math.argmax", "output_type"),
    "ArgMin": _said("math.argmin", "output_type"),
    "BatchMatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "Cast": _said("cast", "DstT=dtype"),
    "ConcatV2": _concatenate,
    "Cumsum": _said("math.cumsum", "exclusive", "reverse"),
    "GatherV2": _gather,
    "LeakyRelu": _said("nn.leaky_relu", "alpha"),
    "MatMul": _matmul,
    "MirrorPad": _pad,
    "OneHot": _one_hot,
    "Pack": _pack,
    "Pad": _pad,
    "PadV2": _pad,
    "Split": _split,
    "SplitV": _split_by_sizes,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Unpack": _unpack,
}
