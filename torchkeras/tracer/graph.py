"""The calls between given inputs and outputs, in order, and as a ``torch.fx`` graph."""

import keyword
import operator
import re
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from torchkeras.core import nested
from torchkeras.core.configurable import is_builtin
from torchkeras.core.naming import LocalNames, to_pkg_snake_case
from torchkeras.core.variable import Variable
from torchkeras.tracer.symbolic import (
    Call,
    KerasTensor,
    is_symbolic,
    operation_name,
    release_modules,
    symbols_in,
)

InputsOf = Callable[[Call], Sequence[KerasTensor]]


class Graph:
    """What lies between symbolic ``inputs`` and ``outputs``.

    Args:
        inputs: Structure of symbolic tensors, each made by ``Input`` or by a layer.
        outputs: Structure of symbolic tensors made from them.
        asides: Further symbolic tensors made from them, whose calls are made too.

    Attributes:
        results: ``outputs``, of a list of one its item: what a run gives back, as in Keras.
        symbols: All symbolic tensors between, which last as long as the graph.
        calls: The calls, inputs first, in the order in which Keras numbers them.
        operations: What is called, once each, in Keras's order.

    Raises:
        ValueError: an output depends on a symbolic tensor that isn't among the inputs.
    """

    def __init__(self, inputs: Any, outputs: Any, asides: Sequence[KerasTensor] = ()) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.asides = list(asides)
        self.results = without_single(outputs)
        self.flat_inputs: list[KerasTensor] = nested.flatten(inputs)
        self.flat_outputs: list[KerasTensor] = nested.flatten(outputs)
        self._wanted = self._wanted_of_one()
        release_modules()
        self.calls, self.operations = self._in_order(*self._walk(self._roots()))
        if asides:  # what they need beside the outputs comes after all else
            calls, operations = self._in_order(*self._walk(self.asides))
            self.calls += _missing(calls, self.calls)
            self.operations += _missing(operations, self.operations)
        self.symbols = [symbol for call in self.calls for symbol in call.flat_outputs]
        self._check_connected()

    def operations_of_keras_2(self) -> list[Any]:
        """What is called, once each, in the order of tf.keras 2: there masks have no calls."""
        return self._operations_by(beside_masks)

    def operations_of_keras_3(self) -> list[Any]:
        """What is called, once each, in Keras's order: masks are there if a call gets them."""
        return self._operations_by(handed_by_keras)

    def _operations_by(self, inputs_of: InputsOf) -> list[Any]:
        walk = self._walk(list(map(_bare, self.flat_outputs)), inputs_of)
        _, operations = self._in_order(*walk, inputs_of)
        return operations + _missing(self.modules, operations)

    def _walk(
        self, roots: list[KerasTensor], inputs_of: InputsOf = operator.attrgetter("inputs")
    ) -> tuple[list[Call], dict[int, int]]:
        """Calls with all their ancestors before them, and when each operation was first met."""
        stops = {id(tensor) for tensor in self.flat_inputs}
        finished: list[Call] = []
        done: set[int] = set()
        first_seen: dict[int, int] = {}
        stack: list[tuple[Call, Iterator[KerasTensor]]] = []

        def enter(tensor: KerasTensor) -> None:
            call = tensor.call
            if call is None or id(call) in done or (id(tensor) in stops and call.inputs):
                return
            done.add(id(call))
            first_seen.setdefault(id(operation_of(call)), len(first_seen))
            stack.append((call, iter(inputs_of(call))))

        for tensor in roots:
            enter(tensor)
            while stack:
                call, parents = stack[-1]
                parent = next(parents, None)
                if parent is None:
                    finished.append(call)
                    stack.pop()
                else:
                    enter(parent)
        return finished, first_seen

    def _roots(self) -> list[KerasTensor]:
        """The outputs and, behind them, their masks."""
        masks = [getattr(tensor, "_keras_mask", None) for tensor in self.flat_outputs]
        return [*self.flat_outputs, *[mask for mask in masks if is_symbolic(mask)]]

    def _in_order(
        self,
        finished: list[Call],
        first_seen: dict[int, int],
        inputs_of: InputsOf = operator.attrgetter("inputs"),
    ) -> tuple[list[Call], list[Any]]:
        """Sort calls and operations by their depth, the longest way to an output."""
        inside = {id(call) for call in finished}
        call_depth: dict[int, int] = {}
        operation_depth: dict[int, int] = {}
        operations: dict[int, Any] = {}
        for call in reversed(finished):
            operation = operation_of(call)
            key = id(operation)
            depth = max(call_depth.get(id(call), 0), operation_depth.get(key, 0))
            operations[key] = operation
            operation_depth[key] = call_depth[id(call)] = depth
            for parent in inputs_of(call):
                if id(parent.call) in inside:
                    known = call_depth.get(id(parent.call), 0)
                    call_depth[id(parent.call)] = max(depth + 1, known)
        for tensor in self.flat_inputs:  # inputs that nothing uses are kept
            call = tensor.call
            if call is not None and id(operation_of(call)) not in operations and not call.inputs:
                operations[id(operation_of(call))] = operation_of(call)
                operation_depth[id(operation_of(call))] = call_depth[id(call)] = 0
                first_seen[id(operation_of(call))] = -1
                finished.append(call)
        calls = sorted(finished, key=lambda call: -call_depth[id(call)])
        keys = sorted(operations, key=lambda key: (-operation_depth[key], first_seen[key]))
        return calls, [operations[key] for key in keys]

    def _check_connected(self) -> None:
        known = {id(tensor) for tensor in self.flat_inputs}
        for call in self.calls:
            known.update(id(tensor) for tensor in call.flat_outputs if call.inputs)
        reached = []
        for call in self.calls:
            for tensor in call.inputs:
                if id(tensor) not in known:
                    self._disconnected(tensor, operation_name(call.operation), reached)
            reached.append(operation_name(call.operation))
        for tensor in self.flat_outputs:
            if id(tensor) not in known:
                self._disconnected(tensor, "the output", reached)

    def _disconnected(self, tensor: KerasTensor, where: str, reached: list[str]) -> None:
        raise ValueError(
            f"Graph disconnected: cannot find parent for tensor {tensor!r} at {where!r}; expected "
            "it among the inputs or made from them. The following previous operations were "
            f"accessed without issue: {reached}"
        )

    def _wanted_of_one(self) -> tuple[int, tuple[tuple[int, int], ...], bool]:
        """Rank, known sizes and kind of number of the first input."""
        symbol = self.flat_inputs[0]
        sizes = tuple((axis, n) for axis, n in enumerate(symbol.shape) if n is not None)
        return symbol.ndim, sizes, symbol.is_floating_point()

    def fits(self, tensor: Tensor) -> bool:
        """Whether ``tensor`` is what the one input declares: rank, known sizes, kind of number."""
        rank, sizes, is_float = self._wanted
        if tensor.dim() != rank or (is_float and not tensor.dtype.is_floating_point):
            return False
        shape = tensor.shape
        for axis, size in sizes:  # noqa: SIM110 - once per call; a generator costs more
            if shape[axis] != size:
                return False
        return True

    @property
    def modules(self) -> list[nn.Module]:
        """The modules called, once each, in Keras's order."""
        return [operation for operation in self.operations if isinstance(operation, nn.Module)]

    def calls_of(self, operation: Any) -> list[Call]:
        """The calls of ``operation`` inside this graph, in the order they were recorded."""
        calls = [call for call in self.calls if operation_of(call) is operation]
        return sorted(calls, key=lambda call: call.index)

    def __getstate__(self) -> dict[str, Any]:
        """The calls first: what copies goes through them one by one, not from the last inwards."""
        return {"calls": self.calls, **self.__dict__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Let the layers of a copy know the calls of the copy."""
        self.__dict__.update(state)
        for call in sorted(self.calls, key=lambda call: call.index):
            known = getattr(call.operation, "_inbound_calls", None)
            if known is not None and call not in known.living():
                call.index = known.add(call)

    def to_module(self, paths: dict[int, str]) -> "tuple[fx.GraphModule, nn.Module]":
        """The graph as a ``torch.fx.GraphModule`` of flat inputs.

        Args:
            paths: Dotted path under which each module (by ``id``) is to be found.

        Returns:
            The graph module, and a module that holds constants and free variables.
        """
        return _Emitter(self, paths).emit()


def _missing(found: list[Any], known: list[Any]) -> list[Any]:
    """What of ``found`` isn't among ``known``."""
    ids = {id(item) for item in known}
    return [item for item in found if id(item) not in ids]


def operation_of(call: Call) -> Any:
    """What Keras counts as the operation: the module, or the call itself for a function."""
    return call.operation if isinstance(call.operation, nn.Module) else call


def without_single(structure: Any) -> Any:
    """The item of a list or tuple of one; anything else as it is."""
    is_single = isinstance(structure, (list, tuple)) and len(structure) == 1
    return structure[0] if is_single else structure


def own_masks(call: Call) -> set[str]:
    """Keyword arguments of a call that are masks its inputs carry anyway."""
    carried = set()
    for name, value in call.kwargs.items():
        masks = symbols_in(value)
        if not masks or not (name == "mask" or name.endswith("_mask")):
            continue
        sources = {id(getattr(symbol, "_keras_mask", None)) for symbol in call.inputs}
        if all(id(mask) in sources for mask in masks):
            carried.add(name)
    return carried


def without_own_masks(call: Call) -> dict[str, Any]:
    """The keyword arguments of a call but for masks that its inputs carry anyway."""
    carried = own_masks(call)
    return {name: value for name, value in call.kwargs.items() if name not in carried}


def beside_masks(call: Call) -> list[KerasTensor]:
    """The symbolic tensors that a call is given, as if masks took no calls."""
    return list(map(_bare, symbols_in(call.args) + symbols_in(without_own_masks(call))))


def handed_by_keras(call: Call) -> list[KerasTensor]:
    """The symbolic tensors that Keras 3 hands to a call, masks of its inputs among them.

    Layers that merge find the masks themselves, and so does attention with a query and values. An
    argument called ``mask`` is for layers of a single tensor or structure: a recurrent layer is
    handed none beside an ``initial_state``.
    """
    others = [value for name, value in call.kwargs.items() if not name.endswith("mask")]
    is_single = sum(bool(symbols_in(value)) for value in (*call.args, *others)) == 1
    finds_masks = getattr(call.operation, "finds_masks_of_inputs", False)
    left_out = own_masks(call)
    if is_single and not finds_masks:
        left_out -= {"mask"}
    if not is_builtin(type(call.operation)):
        left_out &= {"mask"}
    kwargs = {name: value for name, value in call.kwargs.items() if name not in left_out}
    return list(map(_bare, symbols_in(call.args) + symbols_in(kwargs)))


def _bare(symbol: KerasTensor) -> KerasTensor:
    """The symbol to which a mask was attached, or ``symbol`` itself."""
    while symbol.call is not None and symbol.call.operation is attach_mask:
        symbol = symbol.call.args[0]
    return symbol


def attach_mask(x: Tensor, mask: Tensor | None) -> Tensor:
    """``x`` itself, carrying ``mask`` for consumers that look for it on the tensor."""
    if mask is not None:
        x._keras_mask = mask
    return x


def module_keys(modules: list[nn.Module]) -> list[str]:
    """Keys by class and counter, as in Keras's files: ``dense``, ``dense_1``, ...

    A word of Python's own gets an underscore (``lambda_``), since generated code spells keys out.
    """
    names = LocalNames()
    keys = [names(to_pkg_snake_case(type(module).__name__)) for module in modules]
    return [f"{key}_" if keyword.iskeyword(key) else key for key in keys]


class _GraphOfModule(fx.Graph):
    """A graph that doesn't hold the module whose graph it is.

    Torch's graphs and nodes refer to each other, so they stay until the collector of cycles runs,
    and with their module all layers in it would.

    Source: ``torch.fx.Graph.owning_module``.
    """

    @property
    def owning_module(self) -> fx.GraphModule | None:
        """The module, as long as there is one."""
        module = self._owning_module
        return module() if type(module) is weakref.ref else module

    @owning_module.setter
    def owning_module(self, module: fx.GraphModule | None) -> None:
        self._owning_module = None if module is None else weakref.ref(module)

    def __deepcopy__(self, memo: dict[int, Any]) -> fx.Graph:
        copied = super().__deepcopy__(memo)  # which torch makes one of its own class
        copied.__class__ = type(self)
        return copied


class _Emitter:
    """Writes a ``Graph`` down as ``torch.fx`` nodes."""

    def __init__(self, graph: Graph, paths: dict[int, str]) -> None:
        self.source = graph
        self.paths = paths
        self.graph = _GraphOfModule()
        self.values: dict[int, fx.Node] = {}
        self.constants = nn.Module()
        self.root: dict[str, Any] = {}

    def emit(self) -> tuple[fx.GraphModule, nn.Module]:
        for position, tensor in enumerate(self.source.flat_inputs):
            name = _identifier(tensor.call and operation_name(tensor.call.operation), position)
            self.values[id(tensor)] = self.graph.placeholder(name)
        for call in self.source.calls:
            if call.inputs and not self._is_known(call):
                self._emit_call(call)
        self.graph.output(_map(self._output_of, self.source.results))
        module = fx.GraphModule(self.root, self.graph, class_name="FunctionalGraph")
        if (
            "constants" in module._modules
        ):  # one holder for both, so that moving one moves the other
            module._modules["constants"] = self.constants
        return module, self.constants

    def _is_known(self, call: Call) -> bool:
        return all(id(tensor) in self.values for tensor in call.flat_outputs)

    def _emit_call(self, call: Call) -> None:
        args = _map(self._value_of, call.args)
        kwargs = _map(self._value_of, call.kwargs)
        operation = call.operation
        if isinstance(operation, nn.Module):
            path = self.paths[id(operation)]
            self.root[path] = operation
            node = self.graph.call_module(path, args, kwargs)
        elif isinstance(operation, str):
            node = self.graph.call_method(operation, args, kwargs)
        else:
            node = self.graph.call_function(operation, args, kwargs)
        for path, tensor in nested.flatten_with_path(call.outputs):
            if is_symbolic(tensor) and id(tensor) not in self.values:
                self.values[id(tensor)] = self._part(node, path)

    def _part(self, node: fx.Node, path: tuple) -> fx.Node:
        for key in path:
            node = self.graph.call_function(operator.getitem, (node, key))
        return node

    def _value_of(self, value: Any) -> Any:
        if isinstance(value, KerasTensor):
            return self.values[id(value)]
        if isinstance(value, (Tensor, np.ndarray, np.generic, Variable)):
            return self._constant(value)
        return value

    def _constant(self, value: Any) -> fx.Node:
        name = f"constant_{len(self.constants._parameters) + len(self.constants._buffers)}"
        if isinstance(value, Variable):
            stored = value.parameter
            node = self._tensor_node(name, stored)
            return (
                node
                if value.layout.is_identity
                else self.graph.call_function(value.layout.to_keras, (node,))
            )
        return self._tensor_node(name, torch.as_tensor(value))

    def _tensor_node(self, name: str, tensor: Tensor) -> fx.Node:
        if isinstance(tensor, nn.Parameter):
            self.constants.register_parameter(name, tensor)
        else:
            self.constants.register_buffer(name, tensor, persistent=False)
        self.root[f"constants.{name}"] = tensor
        return self.graph.get_attr(f"constants.{name}")

    def _output_of(self, value: Any) -> Any:
        if not isinstance(value, KerasTensor):
            return value
        node = self.values[id(value)]
        mask = getattr(value, "_keras_mask", None)
        if is_symbolic(mask) and id(mask) in self.values:
            return self.graph.call_function(attach_mask, (node, self.values[id(mask)]))
        return node


def _map(function: Any, value: Any) -> Any:
    """``value`` with ``function`` applied to its leaves, slices included."""
    if isinstance(value, tuple):
        items = [_map(function, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [_map(function, item) for item in value]
    if isinstance(value, dict):
        return {key: _map(function, item) for key, item in value.items()}
    if isinstance(value, slice) and symbols_in(value):
        return slice(*[_map(function, part) for part in (value.start, value.stop, value.step)])
    return function(value)


def _identifier(name: Any, position: int) -> str:
    text = re.sub(r"\W", "_", str(name)) if name else f"input_{position}"
    is_free = text.isidentifier() and not keyword.iskeyword(text) and text != "self"
    return text if is_free else f"input_{text}"
