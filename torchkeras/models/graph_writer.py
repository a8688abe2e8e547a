"""The configuration of a functional model, as Keras writes it."""

from collections.abc import Callable
from typing import Any

import torch

from torchkeras.core import serialization
from torchkeras.core.naming import LocalNames, to_snake_case
from torchkeras.layers.base import Layer
from torchkeras.layers.merging import Merge
from torchkeras.layers.recurrent.cell import DropoutRNNCell
from torchkeras.layers.recurrent.rnn import RNN
from torchkeras.layers.recurrent.stacked import StackedRNNCells
from torchkeras.models.model import Model
from torchkeras.saving import operations
from torchkeras.tracer import Call, Graph, KerasTensor, is_symbolic, symbols_in
from torchkeras.tracer.graph import attach_mask, operation_of, without_own_masks


def default_mode(layer: Any) -> bool | None:
    """The default of ``training`` in the ``call`` of Keras's layer.

    Keras writes it down at every call, as if it had been given, and gives it no weight.
    """
    if isinstance(layer, (RNN, DropoutRNNCell, StackedRNNCells)):
        return False
    signature = getattr(layer, "_call_signature", None)
    return None if signature is None else signature.training_default


def written_mode(layer: Any, training: Any) -> Any:
    """``training`` of a call as it is written: what was given, but is the default, as a number."""
    return int(training) if training is default_mode(layer) is not None else training


def read_mode(layer: Any, training: Any) -> Any:
    """What was given as ``training`` of a call that was written, None if nothing was."""
    if isinstance(training, int):  # bool is one, too
        return None if training is default_mode(layer) else bool(training)
    return training


def _with_own_masks(call: Call) -> dict[str, Any]:
    """The keyword arguments of a call; Keras 3 merges masks without being handed them."""
    return without_own_masks(call) if isinstance(call.operation, Merge) else call.kwargs


class Writer:
    """Writes a graph down as Keras's configuration.

    Args:
        model: A functional model.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.graph: Graph = model._traced_graph
        self._nodes: dict[int, Any] = {}
        self.kwargs_of: Callable[[Call], dict[str, Any]] = without_own_masks
        self.needed = self._needed_calls()
        if self._has_special_masks():
            self._take_in_masks()
        self.names: dict[int, str] = {}
        self.numbers: dict[int, int] = {}
        self._local_names = LocalNames()
        self._taken = {
            layer.name if isinstance(layer, Layer) else to_snake_case(type(layer).__name__)
            for layer in self.graph.modules
        }
        self._note_names_of_operations()
        for operation in self.graph.operations:
            calls = [c for c in self.graph.calls_of(operation) if id(c) in self.needed]
            for number, call in enumerate(calls):
                self.numbers[id(call)] = number
                if not isinstance(operation, Call):
                    self.names[id(call)] = operation.name
                elif call.operation is not attach_mask and id(call) not in self.names:
                    word = to_snake_case(self._node(call).class_name)
                    self.names[id(call)] = self._free_name(word)

    def _note_names_of_operations(self) -> None:
        """Keep the names that operations have in the file which they are from."""
        for operation in self.graph.operations:
            if isinstance(operation, Call) and operation.name not in (None, *self._taken):
                self.names[id(operation)] = operation.name
                self._taken.add(operation.name)

    def _free_name(self, word: str) -> str:
        """A name made of ``word`` that nothing has."""
        name = self._local_names(word)
        while name in self._taken:
            name = self._local_names(word)
        return name

    def _has_special_masks(self) -> bool:
        """Whether masks are to be written that Keras 3 would compute by another rule, or by an
        operation to which it would give the name of a layer, ``"concatenate"``."""
        calls = (call for call in self.graph.calls if id(call) not in self.needed)
        return any(call.operation is torch.cat for call in calls) or any(
            isinstance(module, Merge) and module.masks_of_keras_2 for module in self.graph.modules
        )

    def _take_in_masks(self) -> None:
        """Write masks that tensors carry, too, if Keras has operations for them."""
        self.kwargs_of, before = _with_own_masks, self.needed
        self.needed = self._needed_calls()
        try:
            for call in self.graph.calls:
                is_new = id(call) in self.needed and id(call) not in before
                if is_new and isinstance(operation_of(call), Call):
                    self._node(call)
        except ValueError:
            self.kwargs_of, self.needed = without_own_masks, before

    def _needed_calls(self) -> set[int]:
        """Calls that an output needs, and by ``kwargs_of`` those of masks that tensors carry."""
        needed: set[int] = set()
        graph = self.graph
        ends = (*graph.flat_outputs, *graph.flat_inputs, *graph.asides)
        stack = [symbol.call for symbol in ends]
        while stack:
            call = stack.pop()
            if call is None or id(call) in needed:
                continue
            needed.add(id(call))
            if call.operation is attach_mask:
                stack.append(call.args[0].call)
                continue
            kwargs = self.kwargs_of(call)
            stack += [symbol.call for symbol in symbols_in(call.args) + symbols_in(kwargs)]
        return needed

    def _node(self, call: Call) -> Any:
        if id(call) not in self._nodes:
            self._nodes[id(call)] = operations.to_keras(call.operation, call.args, call.kwargs)
        return self._nodes[id(call)]

    def config(self) -> dict[str, Any]:
        """The layers and operations, and where inputs and outputs are."""
        layers = []
        for operation in self.graph.operations:
            calls = [c for c in self.graph.calls_of(operation) if id(c) in self.needed]
            if not calls or (isinstance(operation, Call) and operation.operation is attach_mask):
                continue
            layers.append(self._operation_config(operation, calls))
        return {
            "name": self.model.name,
            "trainable": self.model.trainable,
            "layers": layers,
            "input_layers": self._ends(self.graph.inputs),
            "output_layers": self._ends(self.graph.outputs),
        }

    def _operation_config(self, operation: Any, calls: list[Call]) -> dict[str, Any]:
        if isinstance(operation, Call):
            node = self._node(operation)
            name = self.names[id(operation)]
            return {
                "module": node.module,
                "class_name": node.class_name,
                "config": {"name": name, **node.config},
                "registered_name": node.class_name,
                "name": name,
                "inbound_nodes": [self._node_config(node.args, node.kwargs)],
            }
        config = serialization.serialize_keras_object(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [
            self._node_config(call.args, self._kwargs(operation, call))
            for call in calls
            if call.inputs
        ]
        return config

    def _kwargs(self, layer: Any, call: Call) -> dict[str, Any]:
        kwargs = self.kwargs_of(call)
        if "training" in kwargs:
            kwargs = {**kwargs, "training": written_mode(layer, kwargs["training"])}
        return kwargs

    def _node_config(self, args: Any, kwargs: Any) -> dict[str, Any]:
        return {"args": self._value(list(args)), "kwargs": self._value(dict(kwargs))}

    def _value(self, value: Any) -> Any:
        if is_symbolic(value):
            return {
                "class_name": "__keras_tensor__",
                "config": {
                    "shape": list(value.shape),
                    "dtype": value.dtype,
                    "keras_history": list(self._reference(value)),
                },
            }
        if isinstance(value, (list, tuple)):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        return serialization.serialize_value(value)

    def _reference(self, symbol: KerasTensor) -> tuple[str, int, int]:
        call = symbol.call
        while call.operation is attach_mask:
            symbol = call.args[0]
            call = symbol.call
        return (self.names[id(call)], self.numbers[id(call)], symbol.position)

    def _ends(self, structure: Any) -> Any:
        """Where inputs or outputs come from; here alone a nested model's calls count from 1."""
        if is_symbolic(structure):
            name, number, position = self._reference(structure)
            return [
                name,
                number + isinstance(structure.call.operation, Model.functional_class),
                position,
            ]
        if isinstance(structure, dict):
            return {key: self._ends(value) for key, value in structure.items()}
        return [self._ends(value) for value in structure]
