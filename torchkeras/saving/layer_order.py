"""The order of layers and of their weights in files of either generation.

It is that of a walk through the graph. Masks are computed by calls in Keras 3's graphs, and by the
layers themselves in tf.keras 2's, so that the two may walk differently.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from torchkeras.core import scopes
from torchkeras.core.configurable import is_builtin
from torchkeras.core.variable import Variable
from torchkeras.tracer.graph import Graph

_NOTED = "_names_of_keras_2"


def is_graph_model(owner: Any) -> bool:
    """Whether ``owner`` is a sequential or functional model, whose layers come first.

    A class of the user's own is functional if it hands symbolic inputs and outputs to ``Model``.
    """
    return _has_graph(owner) or any(
        base.__name__ in ("Functional", "Sequential") and is_builtin(base)
        for base in type(owner).__mro__
    )


def _has_graph(owner: Any) -> bool:
    return isinstance(getattr(owner, "_traced_graph", None), Graph)


def counted_layers(model: Any) -> list[Any]:
    """The layers that files count: of a functional model those of its graph, no attributes."""
    layers = layers_of(model)
    if not _has_graph(model):
        return layers
    inside = {id(module) for module in model._traced_graph.modules}
    return [layer for layer in layers if id(layer) in inside]


def note(model: Any, names: list[str]) -> None:
    """Keep the order in which a file of tf.keras 2 names the layers of ``model``."""
    model.__dict__[_NOTED] = names


def layers_of(model: Any) -> list[Any]:
    """The layers in the order of the generation whose file is being read or written."""
    return layers_of_keras_2(model) if scopes.local.of_keras_2 else list(model.layers)


def layers_of_keras_2(model: Any) -> list[Any]:
    """The layers in the order of tf.keras 2: as its file names them, else as it would walk."""
    layers, graph = list(model.layers), getattr(model, "_traced_graph", None)
    noted = {name: place for place, name in enumerate(vars(model).get(_NOTED, ()))}
    if noted.keys() >= {layer.name for layer in layers}:
        return sorted(layers, key=lambda layer: noted[layer.name])
    if graph is None:
        return layers
    walked = {id(each): place for place, each in enumerate(graph.operations_of_keras_2())}
    return sorted(layers, key=lambda layer: walked.get(id(layer), len(walked)))


def _trainable(layer: Any) -> Iterator[Variable]:
    """The trainable weights in the order of tf.keras 2."""
    for inner in layers_of_keras_2(layer) if is_graph_model(layer) else ():
        yield from _trainable(inner)
    yield from layer.trainable_weights


@contextlib.contextmanager
def slots_of(model: Any) -> Iterator[None]:
    """Have the slots of a model's optimizer in the order of the file being read, while it lasts."""
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if not scopes.local.of_keras_2 or not getattr(optimizer, "_slots", None):
        yield
        return
    ranks: dict[int, int] = {}
    for variable in _trainable(model):
        ranks.setdefault(id(variable), len(ranks))
    rows = range(len(optimizer._slots))
    order = sorted(rows, key=lambda row: ranks.get(id(optimizer._trainable_variables[row]), row))
    names = ("_trainable_variables", "_slots", "_variables")
    before = [getattr(optimizer, name) for name in names]
    after = [[held[row] for row in order] for held in before[:2]]
    moved = {
        id(slot): other
        for slots, others in zip(optimizer._slots, after[1], strict=True)
        for slot, other in zip(slots.values(), others.values(), strict=False)
    }
    try:
        for name, value in zip(
            names, [*after, [moved.get(id(v), v) for v in before[2]]], strict=True
        ):
            setattr(optimizer, name, value)
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(optimizer, name, value)
