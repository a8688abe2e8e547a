"""What TensorFlow's checkpoints call the parts of Keras objects, in both of its generations.

A file is to be read by Keras 3 and by tf.keras 2 on TensorFlow. Where they have different names for
a part, it is there under both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torchkeras.core.configurable import is_builtin
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving import optimizer_slots, weights
from torchkeras.saving.object_graph import VALUE
from torchkeras.tracer.graph import Graph

# Attributes that hold layers or variables once more.
_REPEATED = {"layers", "_variables", "_created_weights", "_flags_at_compile", "_held", "_symbols"}
_OTHER_NAMES = {
    "kernel": "_kernel", "embeddings": "_embeddings",
    "query_dense": "_query_dense", "key_dense": "_key_dense", "value_dense": "_value_dense",
    "output_dense": "_output_dense",
}  # fmt: skip
_DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")
# A whole number that has 64 bits on TensorFlow, which reads it in no other type, and 32 on torch.
_WIDE = ("Normalization", "count")


@dataclass
class Parts:
    """What a checkpoint keeps of an object.

    Attributes:
        below: The objects below it, by name; lists and dicts of them among these.
        values: Its own values by name, or functions that give them.
        name: What it is called, if it is a variable.
    """

    below: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    name: str = ""


def parts_of(thing: Any, others: tuple[type, ...] = ()) -> Parts:
    """What a checkpoint keeps of a variable, layer, optimizer, metric, or container of them.

    Args:
        thing: The object.
        others: Further classes whose objects may have variables.
    """
    if isinstance(thing, Variable):
        return Parts(values={VALUE: lambda: _as_on_tensorflow(thing)}, name=thing.path)
    if isinstance(thing, Optimizer):
        return Parts(optimizer_slots.parts(thing))
    if weights.is_saveable(thing):
        return Parts(_with_other_names(thing, _of_layer(thing, others)))
    return Parts({str(name): part for name, part in items(thing) if holds_values(part, others)})


def whole_tensor(variable: Variable) -> Any:
    """The value of a variable in Keras's layout and its own type; shares are gathered."""
    tensor = variable.tensor.detach()
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def _as_on_tensorflow(variable: Variable) -> Any:
    """``whole_tensor`` in the type that the variable has on TensorFlow."""
    owner, key = _WIDE
    is_wide = variable.name == key and _is_a(variable.module, (owner,))
    return whole_tensor(variable).long() if is_wide else whole_tensor(variable)


def _is_a(thing: Any, names: tuple[str, ...]) -> bool:
    """Whether the class of ``thing``, or one that it inherits from, has one of the names."""
    return any(base.__name__ in names for base in type(thing).__mro__)


def items(container: Any) -> Iterator[tuple[Any, Any]]:
    """Names and members of a list, tuple or dict; nothing of anything else."""
    if isinstance(container, dict):
        yield from container.items()
    elif isinstance(container, (list, tuple)):
        yield from enumerate(container)


def holds_values(thing: Any, others: tuple[type, ...] = (), depth: int = 8) -> bool:
    """Whether ``thing`` is an object that may have variables, or a container with one."""
    if isinstance(thing, (Variable, *others)) or weights.is_saveable(thing):
        return True
    return depth > 0 and any(holds_values(part, others, depth - 1) for _, part in items(thing))


def _of_layer(layer: Any, others: tuple[type, ...]) -> dict[str, Any]:
    """Parts and variables of a layer or metric under the names of attributes.

    Variables are there under their own names, too, as in tf.keras 2.
    """
    counted: set[int] = set()
    found: dict[str, Any] = {}
    if weights.is_graph_model(layer):
        counted = {id(part) for part in layer.layers}
        found |= _of_graph_model(layer)
    found |= {name: value for name, value in vars(layer).items() if isinstance(value, Variable)}
    for name, part in weights.children(layer):
        if name not in _REPEATED and id(part) not in counted and holds_values(part, others):
            found[name] = part
    reached = {id(member) for part in found.values() for member in _members(part)}
    for variable in layer._own_variables() if isinstance(layer, Layer) else ():
        name = variable.name
        while id(variable) not in reached and name in found:
            name += "_"
        found.setdefault(name, variable)
    return found


def _members(part: Any) -> list[Any]:
    return [part, *(member for _, member in items(part))]


def _of_graph_model(model: Any) -> Iterator[tuple[str, Any]]:
    """The layers of a sequential or functional model.

    tf.keras 2 counts them, and those with weights by themselves. Keras 3 lists them, as members of
    a functional model within a sequential one, and counts operations, too.
    """
    counted = _places(model, Graph.operations_of_keras_2)
    with_weights = [layer for layer in counted.values() if layer.weights]
    yield from ((f"layer_with_weights-{n}", layer) for n, layer in enumerate(with_weights))
    yield from ((f"layer-{place}", layer) for place, layer in counted.items())
    if not _is_sequential(model):
        yield "_operations", _places(model, Graph.operations_of_keras_3)
    elif model._traced_graph is None:
        yield "_functional", {"_operations": {n + 1: layer for n, layer in counted.items()}}
    else:
        yield "_functional", {"_operations": _places_in_graph(model, Graph.operations_of_keras_3)}


def _is_sequential(model: Any) -> bool:
    return any(base.__name__ == "Sequential" and is_builtin(base) for base in type(model).__mro__)


def _places(model: Any, operations_of: Callable[[Graph], list[Any]]) -> dict[int, Any]:
    """The layers, by their number among all operations; a sequential model has layers alone."""
    if _is_sequential(model):
        return dict(enumerate(model.layers))
    return _places_in_graph(model, operations_of)


def _places_in_graph(model: Any, operations_of: Callable[[Graph], list[Any]]) -> dict[int, Any]:
    known = {id(layer) for layer in model.layers}
    counted = operations_of(model._traced_graph)
    return {place: each for place, each in enumerate(counted) if id(each) in known}


def _with_other_names(owner: Any, parts: dict[str, Any]) -> dict[str, Any]:
    others = dict(_OTHER_NAMES)
    if _is_a(owner, _DEPTHWISE):
        others["kernel"] = "depthwise_kernel"  # Keras 3 calls it kernel
    for name, other in others.items():
        if name in parts:
            parts.setdefault(other, parts[name])
    return parts
