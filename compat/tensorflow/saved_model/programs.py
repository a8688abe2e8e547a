"""Computations as data: graphs of torch's own operations, written as JSON and run from it.

``torch.export`` gives the graph. A file can name nothing but operations of torch that compute on
tensors, so reading and running one executes no other code.
"""

import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from tensorflow.tensors import TensorSpec
from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable

_NAME = re.compile(r"aten\.(\w+)\.(\w+)")
# Operations that reach beyond tensors.
_REFUSED = {"from_file"}
_PLAIN = {
    "getitem": operator.getitem, "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "floordiv": operator.floordiv, "truediv": operator.truediv, "mod": operator.mod,
    "neg": operator.neg, "pow": operator.pow, "eq": operator.eq, "ne": operator.ne,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "and_": operator.and_, "or_": operator.or_, "ceil": math.ceil, "floor": math.floor,
    "sym_int": torch.sym_int, "sym_float": torch.sym_float, "sym_max": torch.sym_max,
    "sym_min": torch.sym_min, "sym_not": torch.sym_not, "sym_ite": torch.sym_ite,
}  # fmt: skip
_DTYPES = {str(value): value for value in vars(torch).values() if isinstance(value, torch.dtype)}
_LAYOUTS = {str(value): value for value in vars(torch).values() if isinstance(value, torch.layout)}
_FORMATS = {
    str(value): value for value in vars(torch).values() if isinstance(value, torch.memory_format)
}
# Lengths that stand for unknown ones while a computation is followed, by axis.
_LENGTHS = (2, 37, 41, 43, 47, 53, 59, 61)


class _Owners(nn.ModuleList):
    """The modules that own variables; called, they let a function run."""

    def forward(self, compute: Callable[..., Any], tensors: Sequence[Tensor]) -> Any:
        return compute(*tensors)


class _Program(nn.Module):
    """A function of tensors and variables, all of whose variables are known to torch.

    Variables that torch keeps in another layout are seen as Keras shows them. The modules that own
    them are no parts of this one, since one of them may lie in another.
    """

    def __init__(self, compute: Callable[..., Any], variables: Sequence[Variable]) -> None:
        super().__init__()
        self.compute = compute
        modules = {id(variable.module): variable.module for variable in variables}
        self.owners = (_Owners(modules.values()),)
        numbers = {owner: number for number, owner in enumerate(modules)}
        self.places = {}
        for number, variable in enumerate(variables):
            is_same = variable.layout.is_identity
            stored = variable.parameter
            value = stored if is_same else variable.layout.to_keras(stored.detach()).clone()
            register = (
                self.register_parameter if isinstance(value, nn.Parameter) else self.register_buffer
            )
            register(f"value_{number}", value)
            self.places[f"value_{number}"] = (
                f"{numbers[id(variable.module)]}.{variable.key}",
                variable.layout,
            )

    def forward(self, *tensors: Tensor) -> Any:
        values = {
            name: layout.from_keras(getattr(self, own))
            for own, (name, layout) in self.places.items()
        }
        return torch.func.functional_call(
            self.owners[0], values, (self.compute, tensors), tie_weights=False
        )


def followed(
    compute: Callable[..., Any],
    specs: Sequence[TensorSpec],
    variables: Sequence[Variable],
) -> tuple[dict[str, Any], list[TensorSpec], dict[str, Tensor]]:
    """What ``compute`` does with tensors like ``specs``, as JSON.

    Args:
        compute: Takes a tensor for each of ``specs`` and gives a list of tensors.
        specs: What the tensors look like.
        variables: All variables that may be used.

    Returns:
        The program; the specs, with the lengths that it turned out to depend on; and tensors that
        it holds besides variables, by name.

    Raises:
        ValueError: it does something that can't be written down.
    """
    examples = [_example(spec) for spec in specs]
    free = torch.export.Dim.AUTO
    shapes = [{i: free for i, n in enumerate(spec.shape) if n is None} for spec in specs]
    program = _Program(compute, variables)
    try:
        with torch.no_grad():
            exported = torch.export.export(
                program, tuple(examples), dynamic_shapes=(tuple(shapes),), strict=False
            )
    except RuntimeError as error:
        raise _unwritable(str(error).strip().partition("\n")[0]) from error
    signature = exported.graph_signature
    stored = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    constants = signature.inputs_to_lifted_tensor_constants
    inputs: list[dict[str, Any]] = []
    kept: dict[str, Tensor] = {}
    found: list[TensorSpec] = []
    for node in exported.graph.find_nodes(op="placeholder"):
        if node.name in stored:
            name = stored[node.name]
            if name in program.places:
                inputs.append({"variable": int(name.removeprefix("value_"))})
                continue
        if node.name in stored or node.name in constants:
            name = stored.get(node.name) or constants[node.name]
            kept[node.name] = exported.state_dict.get(name, exported.constants.get(name))
            inputs.append({"constant": node.name})
        else:
            spec = specs[len(found)]
            lengths = [n if isinstance(n, int) else None for n in node.meta["val"].shape]
            found.append(TensorSpec(lengths, spec.dtype, spec.name))
            inputs.append({"argument": len(found) - 1})
    return {**_written(exported.graph), "inputs": inputs}, found, kept


def _example(spec: TensorSpec) -> Tensor:
    if spec.shape is None or not isinstance(spec.dtype, torch.dtype):
        raise argument_error(
            "tf.saved_model.save", "signature", spec, "tensors of numbers, with a known rank",
            "Texts are looked up before the function is called.",
        )  # fmt: skip
    lengths = [_LENGTHS[min(i, 7)] if n is None else n for i, n in enumerate(spec.shape)]
    return torch.ones(lengths, dtype=spec.dtype)


# --- Writing


def _written(graph: fx.Graph) -> dict[str, Any]:
    """Operations in order, with their arguments, and the results."""
    numbers: dict[fx.Node, int] = {}
    steps, results = [], None
    for node in graph.nodes:
        if node.op == "call_function":
            if not node.users and _is_check(node.target):
                continue
            steps.append([_name_of(node.target), *_encoded((node.args, node.kwargs), numbers)])
        elif node.op == "output":
            results = _encoded(node.args[0], numbers)
        elif node.op != "placeholder":
            raise _unwritable(node.op)
        numbers[node] = len(numbers)
    return {"steps": steps, "results": results}


def _is_check(target: Any) -> bool:
    return "assert" in str(target) or "sym_constrain" in str(target)


def _name_of(target: Any) -> str:
    name = str(target)
    if isinstance(target, torch._ops.OpOverload) and _NAME.fullmatch(name):
        return name
    for word, plain in _PLAIN.items():
        if target is plain:
            return word
    raise _unwritable(name)


def _unwritable(what: str) -> ValueError:
    return argument_error(
        "tf.saved_model.save", "function", what, "torch's own operations on tensors",
        "Conditions and loops that depend on values can't be written; save the variables by "
        "tf.train.Checkpoint, or the model by model.save('x.keras').",
    )  # fmt: skip


def _encoded(value: Any, numbers: dict[fx.Node, int]) -> Any:
    if isinstance(value, fx.Node):
        return {"node": numbers[value]}
    if isinstance(value, (list, tuple)):
        return [_encoded(item, numbers) for item in value]
    if isinstance(value, dict):
        return {"named": {name: _encoded(item, numbers) for name, item in value.items()}}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    for kind, type_ in (
        ("dtype", torch.dtype),
        ("layout", torch.layout),
        ("format", torch.memory_format),
    ):
        if isinstance(value, type_):
            return {kind: str(value)}
    if isinstance(value, torch.device):
        return {"device": value.type}
    raise _unwritable(f"{type(value).__name__} {value!r}")


# --- Running


class Program:
    """A computation that ``followed`` wrote.

    Args:
        told: The JSON.
        variables: The variables, in the order they were given to ``followed``.
        kept: The other tensors, by name.

    Raises:
        ValueError: it names something else than torch's operations on tensors.
    """

    def __init__(
        self, told: dict[str, Any], variables: Sequence[Variable], kept: dict[str, Tensor]
    ) -> None:
        self._steps = [(_operation(n), args, named["named"]) for n, args, named in told["steps"]]
        self._results = told["results"]
        self._inputs = [
            variables[entry["variable"]]
            if "variable" in entry
            else kept[entry["constant"]]
            if "constant" in entry
            else entry["argument"]
            for entry in told["inputs"]
        ]

    def __call__(self, tensors: Sequence[Tensor]) -> list[Any]:
        """The results for tensors as arguments."""
        values: list[Any] = []
        for entry in self._inputs:
            if isinstance(entry, int):
                values.append(tensors[entry])
            else:
                values.append(entry.parameter if isinstance(entry, Variable) else entry)
        device = tensors[0].device if tensors else torch.get_default_device()
        for (compute, changes), args, named in self._steps:
            args = [_decoded(arg, values, device) for arg in args]
            named_values = {k: _decoded(arg, values, device) for k, arg in named.items()}
            if changes:
                with torch.no_grad():
                    values.append(compute(*args, **named_values))
            else:
                values.append(compute(*args, **named_values))
        return [_decoded(result, values, device) for result in self._results]


def _operation(name: str) -> tuple[Callable[..., Any], bool]:
    """The operation of a name, and whether it changes its arguments."""
    match = _NAME.fullmatch(name)
    if match is None and name in _PLAIN:
        return _PLAIN[name], False
    if match is not None and match[1] not in _REFUSED:
        overload = getattr(getattr(torch.ops.aten, match[1], None), match[2], None)
        if isinstance(overload, torch._ops.OpOverload):
            return overload, overload._schema.is_mutable
    raise argument_error(
        "tf.saved_model.load", "operation", name, "one of torch's operations on tensors",
        "The file may have been made to run something else.",
    )  # fmt: skip


def _decoded(value: Any, values: list[Any], device: torch.device) -> Any:
    if isinstance(value, list):
        return [_decoded(item, values, device) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "node":
        return values[content]
    if kind == "float":
        return float(content)
    if kind == "device":
        return device
    if kind == "named":
        return {name: _decoded(item, values, device) for name, item in content.items()}
    return {"dtype": _DTYPES, "layout": _LAYOUTS, "format": _FORMATS}[kind][content]
