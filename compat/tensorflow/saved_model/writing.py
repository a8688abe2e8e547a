"""``tf.saved_model.save``: an object's variables and functions as a folder.

``saved_model.json`` tells of the objects and functions, ``variables/`` holds the tensors as
safetensors. Functions are what ``torch.export`` makes of them (see ``programs``).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from tensorflow.functions import ConcreteFunction, Function, Trace
from tensorflow.module import Module
from tensorflow.saved_model import programs
from tensorflow.saved_model.options import SaveOptions
from tensorflow.tensors import TensorSpec, convert_to_tensor, is_tensor
from tensorflow.train import objects
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import NAMES
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer
from torchkeras.saving import weights
from torchkeras.saving.files import replacing_within
from torchkeras.saving.safetensors import write

FORMAT = "torchkeras saved model 1"
DESCRIPTION = "saved_model.json"
VARIABLES = "variables/variables.safetensors"
DEFAULT = "serving_default"


def save(
    obj: Any,
    export_dir: str | os.PathLike,
    signatures: Any = None,
    options: SaveOptions | None = None,
) -> None:
    """Write the variables and functions of ``obj``, so that they run without its Python code.

    Methods decorated with ``tf.function`` are kept for their ``input_signature``, for what
    ``get_concrete_function`` named and for the first call; a Keras model for its inputs.

    Args:
        obj: A ``tf.Module``, Keras model or layer, or ``tf.train.Checkpoint``.
        export_dir: The folder, which is replaced if it is there.
        signatures: A function, concrete or with an ``input_signature``, or a dict of them: what
            ``signatures`` of the loaded object has.
        options: See ``SaveOptions``.

    Raises:
        ValueError: ``obj`` is nothing that has variables, or a function can't be written down.

    Source: ``tf.saved_model.save``; ``torch.export``, ``safetensors``.
    """
    if not objects.is_kept(obj):
        raise argument_error(
            "tf.saved_model.save", "obj", obj, "a tf.Module, Keras model or tf.train.Checkpoint"
        )
    writer = _Writer(obj)
    chosen = _signatures(obj, signatures)
    told = {
        "format": FORMAT,
        "nodes": writer.nodes,
        "variables": writer.described(),
        "functions": {
            str(number): {name: writer.function(f) for name, f in functions.items()}
            for number, functions in writer.functions.items()
        },
        "signatures": {name: writer.signature(f, t) for name, (f, t) in chosen.items()},
    }
    target = Path(export_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing_within(target) as folder:
        (folder / "variables").mkdir()
        write(writer.tensors, folder / VARIABLES)
        (folder / DESCRIPTION).write_text(json.dumps(told), encoding="utf-8")


def _signatures(obj: Any, given: Any) -> dict[str, tuple[Function, Trace]]:
    """The functions to serve, each with a way of calling it."""
    if given is None:
        if isinstance(obj, Layer):
            function = model_function(obj)
            return {DEFAULT: (function, function.traces[0])}
        ready = [f for f in functions_of(obj).values() if f.input_signature is not None]
        given = ready[0] if len(ready) == 1 else {}
    functions = given if isinstance(given, dict) else {DEFAULT: given}
    found = {}
    for name, function in functions.items():
        if isinstance(function, ConcreteFunction):
            found[name] = function.function, function.trace
        elif isinstance(function, Function) and (function.input_signature or function.traces):
            concrete = (
                function.get_concrete_function() if function.input_signature is not None else None
            )
            found[name] = function, concrete.trace if concrete else function.traces[0]
        else:
            raise argument_error(
                "tf.saved_model.save", f"signature {name!r}", function,
                "a tf.function with an input_signature, or its get_concrete_function(...)",
            )  # fmt: skip
    return found


def functions_of(thing: Any) -> dict[str, Function]:
    """The methods and attributes of an object that are decorated with ``tf.function``."""
    if isinstance(thing, Layer):
        return {"__call__": model_function(thing)} if thing.built else {}
    names = {name for base in type(thing).__mro__ for name in vars(base)} | set(vars(thing))
    found = {name: _attribute(thing, name) for name in sorted(names)}
    return {name: value for name, value in found.items() if isinstance(value, Function)}


def _attribute(thing: Any, name: str) -> Any:
    for base in type(thing).__mro__:  # properties aren't computed
        if name in vars(base):
            value = vars(base)[name]
            return value.__get__(thing) if isinstance(value, Function) else None
    return vars(thing).get(name)


def model_function(model: Layer) -> Function:
    """A Keras model's or layer's call, for its inputs."""
    inputs = getattr(model, "inputs", None)
    if inputs:
        structure = getattr(model, "_inputs_struct", None)
        leaves = [TensorSpec((None, *i.shape[1:]), i.dtype, i.name) for i in inputs]
        structure = leaves[0] if len(leaves) == 1 and structure is None else leaves
        if hasattr(model, "input_names") and isinstance(model.input, dict):
            structure = dict(zip(model.input, leaves, strict=True))
    else:
        shape = (model.get_build_config() or {}).get("input_shape")
        if shape is None:
            raise argument_error(
                model, "signatures", None, "the function to keep, since the inputs are unknown",
                "Pass tf.function(model).get_concrete_function(tf.TensorSpec(...)).",
            )  # fmt: skip
        structure = TensorSpec((None, *shape[1:]), "float32", "inputs")

    def call(inputs: Any, training: bool = False) -> Any:
        return model(inputs, training=training)

    function = Function(call, None, None)
    function.get_concrete_function(structure)
    return function


class _Writer:
    """Numbers the objects, their variables and tensors."""

    def __init__(self, root: Any) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.functions: dict[int, dict[str, Function]] = {}
        self.tensors: dict[str, Tensor] = {}
        self._variables: list[Variable] = []
        self._numbers: dict[int, int] = {}
        self._places: dict[int, int] = {}
        self._visit(root)

    def _visit(self, thing: Any) -> int:
        if id(thing) in self._numbers:
            return self._numbers[id(thing)]
        number = self._numbers[id(thing)] = len(self.nodes)
        node: dict[str, Any] = {}
        self.nodes.append(node)
        if isinstance(thing, Variable):
            node["variable"] = self._add(thing)
        elif isinstance(thing, (list, tuple)):
            node["list"] = [self._visit(part) for part in thing if objects.is_kept(part)]
        elif isinstance(thing, dict):
            kept = {str(k): part for k, part in thing.items() if objects.is_kept(part)}
            node["dict"] = {name: self._visit(part) for name, part in kept.items()}
        else:
            self._visit_object(thing, number, node)
        return number

    def _visit_object(self, thing: Any, number: int, node: dict[str, Any]) -> None:
        is_keras = weights.is_saveable(thing)
        own = getattr(thing, "variables", ()) if is_keras else ()
        node["variables"] = [self._add(variable) for variable in own]
        parts = {} if is_keras else objects.below(thing)
        node["children"] = {name: self._visit(part) for name, part in parts.items()}
        functions = functions_of(thing) if isinstance(thing, (Module, Layer)) else {}
        if functions:
            self.functions[number] = functions

    def _add(self, variable: Variable) -> int:
        if id(variable) not in self._places:
            self._places[id(variable)] = len(self._variables)
            self._variables.append(variable)
        return self._places[id(variable)]

    def described(self) -> list[dict[str, Any]]:
        """Name of each variable and whether it is trained; its value goes to the tensors."""
        for number, variable in enumerate(self._variables):
            value = weights.plain_value(variable)
            self.tensors[f"variable.{number}"] = value.detach().clone().contiguous()
        return [{"name": v.name, "trainable": bool(v.trainable)} for v in self._variables]

    def function(self, function: Function) -> list[dict[str, Any]]:
        """All ways of calling a function that are known."""
        if function.input_signature is not None:
            function.get_concrete_function()
        return [self._written(function.python_function, trace) for trace in function.traces]

    def signature(self, function: Function, trace: Trace) -> dict[str, Any]:
        """One way of calling, with tensors by name as arguments and as results.

        Raises:
            ValueError: the results aren't a tensor, a flat sequence or a dict of tensors.
        """

        def compute(**arguments: Any) -> dict[str, Any]:
            found = function.python_function(**arguments)
            if isinstance(found, dict):
                return found
            found = found if isinstance(found, (list, tuple)) else [found]
            return {f"output_{number}": value for number, value in enumerate(found)}

        told = self._written(compute, trace)
        if not all(isinstance(v, dict) and "out" in v for v in told["results"]["dict"].values()):
            raise argument_error(
                "tf.saved_model.save", "results of a signature", told["results"],
                "a tensor, or a list or dict of tensors",
            )  # fmt: skip
        single = {name: value for name, value in trace.items() if isinstance(value, TensorSpec)}
        leaves = [leaf for leaf in nested.flatten(list(trace.values())) if _is_spec(leaf)]
        named = {id(value): name for name, value in single.items()}
        told["names"] = [
            leaf.name or named.get(id(leaf)) or f"input_{number}"
            for number, leaf in enumerate(leaves)
        ]
        return told

    def _written(self, function: Callable[..., Any], trace: Trace) -> dict[str, Any]:
        leaves = nested.flatten(list(trace.values()))
        specs = [leaf for leaf in leaves if _is_spec(leaf)]
        results: list[Any] = []

        def compute(*tensors: Tensor) -> list[Tensor]:
            given = iter(tensors)
            filled = [next(given) if _is_spec(leaf) else leaf for leaf in leaves]
            arguments = nested.pack_sequence_as(list(trace.values()), filled)
            found = function(**dict(zip(trace, arguments, strict=True)))
            outputs: list[Tensor] = []
            results[:] = [_template(found, outputs)]
            return outputs

        program, specs, kept = programs.followed(compute, specs, self._variables)
        prefix = f"program.{sum(name.startswith('program.') for name in self.tensors)}"
        for name, tensor in kept.items():
            self.tensors[f"{prefix}.{name}"] = tensor.detach().clone().contiguous()
        program["prefix"] = prefix
        known = iter(specs)
        filled = [next(known) if _is_spec(leaf) else leaf for leaf in leaves]
        arguments = nested.pack_sequence_as(list(trace.values()), filled)
        return {
            "arguments": {k: structure(v) for k, v in zip(trace, arguments, strict=True)},
            "program": program,
            "results": results[0],
        }


def _is_spec(value: Any) -> bool:
    return isinstance(value, TensorSpec)


def structure(value: Any) -> Any:
    """A structure of specs and constants as JSON.

    Raises:
        ValueError: a constant has no form in JSON.
    """
    if _is_spec(value):
        return {"spec": [list(value.shape), NAMES[value.dtype], value.name]}
    return _container(value, structure)


def _template(value: Any, outputs: list[Tensor]) -> Any:
    """A structure of results as JSON; the tensors in it are put into ``outputs``."""
    if is_tensor(value):
        outputs.append(convert_to_tensor(value))
        return {"out": len(outputs) - 1}
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return _template(convert_to_tensor(value), outputs)
    return _container(value, lambda part: _template(part, outputs))


def _container(value: Any, encode: Callable[[Any], Any]) -> Any:
    for kind in (list, tuple):
        if isinstance(value, kind):
            return {kind.__name__: [encode(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": {str(name): encode(part) for name, part in value.items()}}
    if value is None or isinstance(value, (bool, int, float, str)):
        return {"value": value}
    raise argument_error(
        "tf.saved_model.save", "argument or result", value, "tensors, numbers and texts",
        "Give the function an input_signature.",
    )  # fmt: skip
