"""Models made of symbolic inputs and outputs, and their configuration as Keras writes it."""

from typing import Any

from torch import nn

from torchkeras import tracer
from torchkeras.core import nested, scopes, serialization
from torchkeras.core.checks import argument_error, nearest
from torchkeras.layers.asides import Aside
from torchkeras.layers.input import Input, InputLayer
from torchkeras.models.graph_writer import Writer, read_mode
from torchkeras.models.model import Model
from torchkeras.saving import (
    graph_operations,
    layer_order,
    operations,
    tensorflow_operations,
)
from torchkeras.tracer import Graph, KerasTensor, is_symbolic
from torchkeras.tracer.graph import without_own_masks
from torchkeras.tracer.symbolic import check_symbolic, map_symbols


class Functional(Model):
    """The model that ``Model(inputs, outputs)`` makes: a graph of calls.

    ``graph_module`` has it as a ``torch.fx.GraphModule``.

    Args:
        inputs: Structure of symbolic tensors; lists, tuples and dicts keep their form.
        outputs: Structure of symbolic tensors made from them.
        name: Name of the model.

    Raises:
        ValueError: an output can't be reached from the inputs, or two layers have one name.
    """

    _converts_inputs = False

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **options: Any) -> None:
        self.set_up(self, inputs, outputs, name=name, **options)

    @staticmethod
    def set_up(model: Model, inputs: Any, outputs: Any, *args: Any, **options: Any) -> None:
        """Make ``model``, of whatever class, a functional one."""
        if args:
            options["name"] = args[0]
        check_symbolic(type(model).__name__, "inputs", inputs)
        check_symbolic(type(model).__name__, "outputs", outputs)
        inputs, outputs = _own_inputs(inputs, outputs)
        trainable = options.pop("trainable", True)
        model._take_graph(Graph(_plain(inputs), _plain(outputs)), **options)
        if not trainable:
            model.trainable = False
        _check_names(model)

    @staticmethod
    def config_of(model: Model) -> dict[str, Any]:
        """The layers, the calls between them, the inputs and outputs, as Keras writes them."""
        return Writer(model).config()

    @staticmethod
    def from_graph_config(cls: type, config: dict[str, Any]) -> Any:
        """A model of class ``cls`` made from a graph's configuration."""
        reader = _Reader(config)
        model = cls(*reader.read(), name=config.get("name"))
        model._take_asides(reader.asides())
        if scopes.local.of_keras_2:
            layer_order.note(model, list(reader.layers))
        if not config.get("trainable", True):
            model.trainable = False
        return model


Model.functional_class = Functional


def _plain(structure: Any) -> Any:
    """Lists stay lists and tuples tuples, without classes of their own."""
    return nested.map_leaves(lambda leaf: leaf, structure)


def _own_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Inputs that are results of layers get an input layer, and the calls behind it are redone."""
    replaced = {
        id(symbol): Input(batch_shape=symbol.shape, dtype=symbol.dtype, name=f"{symbol.name}_input")
        for symbol in nested.flatten(inputs)
        if symbol.call is None or symbol.call.inputs
    }
    if not replaced:
        return inputs, outputs
    values = replay(Graph(inputs, outputs), dict(replaced), {})
    new_inputs = nested.map_leaves(lambda symbol: replaced.get(id(symbol), symbol), inputs)
    return new_inputs, nested.map_leaves(lambda symbol: values[id(symbol)], outputs)


def replay(graph: Graph, values: dict[int, KerasTensor], modules: dict[int, Any]) -> dict[int, Any]:
    """Make the calls of ``graph`` again.

    Args:
        graph: The calls.
        values: Symbolic tensor to use for each (by ``id``) that is given from outside.
        modules: What to call for each module (by ``id``) that is replaced.

    Returns:
        ``values`` with all results.
    """
    for symbol in graph.flat_inputs:
        values.setdefault(id(symbol), symbol)
    for call in graph.calls:
        if not call.inputs or all(id(symbol) in values for symbol in call.flat_outputs):
            continue
        args = map_symbols(lambda symbol: values[id(symbol)], call.args)
        kwargs = map_symbols(lambda symbol: values[id(symbol)], without_own_masks(call))
        replacement = modules.get(id(call.operation))
        if replacement is not None:
            outputs = replacement(*args, **kwargs)
        else:
            outputs = _invoke(call.operation, args, kwargs)
        for old, new in zip(call.flat_outputs, _symbols(outputs), strict=True):
            values[id(old)] = new
            if is_symbolic(getattr(old, "_keras_mask", None)) and hasattr(new, "_keras_mask"):
                values[id(old._keras_mask)] = new._keras_mask
    return values


def _invoke(operation: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Call a layer, a module, a function or (by name) a method on symbolic tensors."""
    if isinstance(operation, nn.Module):
        return operation(*args, **kwargs)
    return tracer.record(operation, args, kwargs)


def _symbols(outputs: Any) -> list[KerasTensor]:
    return [leaf for leaf in nested.flatten(outputs) if is_symbolic(leaf)]


def _check_names(model: Model) -> None:
    seen: set[str] = set()
    for layer in model.layers:
        if layer.name in seen:
            raise ValueError(
                f'Functional "{model.name}": The name "{layer.name}" is used several times in the '
                "model. All operation names should be unique: give the layers other names."
            )
        seen.add(layer.name)


# --- Reading


# What tf.keras 2 writes in place of a layer's name for a first argument that is no tensor.
_CONSTANT = "_CONSTANT_VALUE"


class _Reader:
    """Makes the layers of a configuration and calls them in order."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.layers: dict[str, Any] = {}
        self.first_node: dict[str, int] = {}
        self.results: dict[tuple[str, int], list[KerasTensor]] = {}
        self.waiting: list[tuple[str, int, Any]] = []
        self.of_tensorflow: set[str] = set()

    def read(self) -> tuple[Any, Any]:
        with serialization.sharing_scope():
            for entry in self.config["layers"]:
                self._make(entry)
        self._call_all()
        return (
            self._ends(self.config["input_layers"]),
            self._ends(self.config["output_layers"]),
        )

    def asides(self) -> list[KerasTensor]:
        """What the layers at the side of the graph were called on."""
        return [
            symbol
            for (name, _), symbols in self.results.items()
            for symbol in symbols
            if isinstance(self.layers[name], Aside)
        ]

    def _make(self, entry: dict[str, Any]) -> None:
        name = entry.get("name") or entry["config"]["name"]
        if operations.is_operation(entry):
            config = dict(entry["config"])
            config.pop("name", None)
            layer = operations.from_keras(entry["class_name"], config, entry.get("module"))
        elif tensorflow_operations.is_operation(entry):
            layer = tensorflow_operations.read(entry)
            self.of_tensorflow.add(name)
        elif graph_operations.is_operation(entry):
            layer = graph_operations.read(entry["config"])
            self.of_tensorflow.add(name)
        else:
            layer = serialization.deserialize_keras_object(
                {k: v for k, v in entry.items() if k not in ("inbound_nodes", "name")}
            )
        self.layers[name] = layer
        if isinstance(layer, InputLayer):
            self.results[(name, 0)] = [layer.output]
        # Keras 2 counts the construction of a nested model as its node 0.
        is_model = isinstance(layer, Model)
        nodes = entry.get("inbound_nodes") or []
        self.first_node[name] = int(is_model and bool(nodes) and _is_older(nodes[0]))
        for number, node in enumerate(nodes):
            if not isinstance(layer, InputLayer):
                self.waiting.append((name, number + self.first_node[name], node))

    def _call_all(self) -> None:
        while self.waiting:
            left = []
            for name, number, node in self.waiting:
                if self._is_ready(name, number, node):
                    self._call(name, number, node)
                else:
                    left.append((name, number, node))
            if len(left) == len(self.waiting):
                raise argument_error(
                    "Functional",
                    "inbound_nodes",
                    [name for name, _, _ in left],
                    "a graph without loops in which each tensor is made by a call before",
                )
            self.waiting = left

    def _is_ready(self, name: str, number: int, node: Any) -> bool:
        earlier = number == self.first_node[name] or (name, number - 1) in self.results
        return earlier and all(key in self.results for key in self._keys(node))

    def _keys(self, node: Any) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        _find_references(node, found, self.layers)
        return found

    def _call(self, name: str, number: int, node: Any) -> None:
        if not _is_older(node):
            args = tuple(self._value(item) for item in node.get("args", ()))
            kwargs = {key: self._value(item) for key, item in node.get("kwargs", {}).items()}
            if "training" in kwargs:
                kwargs["training"] = read_mode(self.layers[name], kwargs["training"])
        else:
            args, kwargs = self._older_arguments(node)
        layer = self.layers[name]
        outputs = layer(*args, **kwargs)
        if name in self.of_tensorflow:  # shapes, too
            self.results[(name, number)] = outputs if isinstance(outputs, list) else [outputs]
        else:
            self.results[(name, number)] = symbols = _symbols(outputs) or [outputs]  # a size
            if not isinstance(layer, nn.Module) and is_symbolic(symbols[0]):
                symbols[0].call.name = name

    def _older_arguments(self, node: Any) -> tuple[tuple, dict[str, Any]]:
        """Arguments of a Keras 2 node: a list or dict of [layer, node, tensor, kwargs]."""
        tensors, kwargs = [], {}
        if isinstance(node, dict):
            named = {key: self._older_tensor(entry, kwargs) for key, entry in node.items()}
            return (named,), kwargs
        entries = node if node and isinstance(node[0], list) else [node]
        for entry in entries:
            tensors.append(self._older_tensor(entry, kwargs))
        single = tensors[0] if len(tensors) == 1 else tensors
        return (single,), kwargs

    def _older_tensor(self, entry: list, kwargs: dict[str, Any]) -> Any:
        """A tensor, constant or list of them; what stands beside it goes to ``kwargs``."""
        if not isinstance(entry, list):
            raise argument_error(
                "from_config", "an inbound node", entry, "a list: layer, number of its call, output"
            )
        if not entry or isinstance(entry[0], list):
            return [self._older_tensor(inner, kwargs) for inner in entry]
        if len(entry) > 3:
            kwargs.update({key: self._older_value(v) for key, v in (entry[3] or {}).items()})
        return entry[2] if entry[0] == _CONSTANT else self._symbol(*entry[:3])

    def _older_value(self, value: Any) -> Any:
        if _is_triple(value, self.layers):
            return self._symbol(*value[:3])
        if isinstance(value, list):
            return [self._older_value(item) for item in value]
        if isinstance(value, dict) and "class_name" not in value:
            return {key: self._older_value(item) for key, item in value.items()}
        return self._value(value)

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                return self._symbol(*value["config"]["keras_history"])
            if "class_name" in value and "config" in value:
                return serialization.deserialize_value(value)
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self._value(item) for item in value)
        return value

    def _symbol(self, name: str, node: int, position: int) -> KerasTensor:
        results = self.results.get((name, int(node)))
        if results is None or not 0 <= int(position) < len(results):
            raise argument_error(
                "Functional",
                "tensor",
                [name, node, position],
                "an output of a layer of the model",
                nearest(name, self.layers),
            )
        return results[int(position)]

    def _ends(self, reference: Any) -> Any:
        """The inputs or outputs; here alone Keras 3 counts a nested model's calls from 1."""
        if _is_triple(reference, self.layers):
            name, number, position = reference[:3]
            if isinstance(self.layers[name], Functional) and not self.first_node[name]:
                number -= 1 if (name, number - 1) in self.results else 0
            return self._symbol(name, number, position)
        if isinstance(reference, dict):
            return {key: self._ends(value) for key, value in reference.items()}
        return [self._ends(value) for value in reference]


def _is_older(node: Any) -> bool:
    """Whether Keras 2 wrote a node: a list of tensors, or a dict of them by name."""
    return not isinstance(node, dict) or (bool(node) and not {"args", "kwargs"} & node.keys())


def _is_triple(value: Any, layers: dict[str, Any]) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) >= 3
        and isinstance(value[0], str)
        and value[0] in layers
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


def _find_references(value: Any, found: list[tuple[str, int]], layers: dict[str, Any]) -> None:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            name, node, _ = value["config"]["keras_history"]
            found.append((name, int(node)))
            return
        for item in value.values():
            _find_references(item, found, layers)
    elif _is_triple(value, layers):
        found.append((value[0], int(value[1])))
        if len(value) > 3:
            _find_references(value[3], found, layers)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _find_references(item, found, layers)
