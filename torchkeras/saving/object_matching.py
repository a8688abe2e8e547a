"""Which part of a Keras object is which object in a TensorFlow file."""

from collections.abc import Callable, Iterator
from typing import Any

from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer
from torchkeras.saving import weights
from torchkeras.saving.layer_order import layers_of_keras_2
from torchkeras.saving.object_graph import Node

# Layers of a model: counted by tf.keras 2, listed by Keras 3.
_COUNTED = "layer-"
_LISTS = ("_operations", "_layers", "layers")
_STACK = "_functional"  # where Keras 3's sequential models keep them
# What other generations call weights.
_OTHER_NAMES = {
    "kernel": ("_kernel", "depthwise_kernel", "w"),
    "mean": ("adapt_mean",),
    "variance": ("adapt_variance",),
}
# Lists that Model.export writes instead of objects, and what is no weight in them.
_ALL, _SOME = "variables", "_all_variables"
_SEED = "seed_generator_state"
# What SavedModels keep of a layer beside its parts.
_REPEATED = {
    *("variables", "trainable_variables", "non_trainable_variables", "keras_api"),
    "_random_generator",
}
_TABLES = ("lookup_table", "_lookup_layer")
_SUMMARY = {"summary", "bin_boundaries"}  # of tf.keras 2's Discretization


def child(node: Node, name: str) -> Node | None:
    """The child of that name; it may have become private since, or public."""
    names = (name, f"_{name}", name.lstrip("_"))
    return next((node.children[n] for n in names if n in node.children), None)


def exported(node: Node) -> list[Node]:
    """The weights that ``Model.export`` lists, in the model's order; none if this is no export."""
    if not {_ALL, _SOME, "signatures"} <= node.children.keys():
        return []
    listed = node.children[_ALL].members()
    return [n for n in listed if n.key and n.full_name.rpartition("/")[2] != _SEED]


def own_pairs(owner: Any, node: Node) -> list[tuple[Variable, Node]]:
    """The variables of an object itself with those of its counterpart, by name or by place."""
    own = owner._own_variables() if isinstance(owner, Layer) else owner.variables
    held = node.variables()
    attributes: dict[int, list[str]] = {}
    for name, value in vars(owner).items():
        if isinstance(value, Variable):
            attributes.setdefault(id(value), []).append(name)
    found: dict[int, Node] = {}
    for variable in own:
        names = [*attributes.get(id(variable), ()), variable.name]
        names += [other for name in names for other in _OTHER_NAMES.get(name, ())]
        match = next((held[name] for name in names if name in held), None)
        if match is not None:
            found[id(variable)] = match
    left = [variable for variable in own if id(variable) not in found]
    others = [inner for inner in held.values() if inner not in found.values()]
    if len(left) == len(others):
        found |= {id(v): inner for v, inner in zip(left, others, strict=True)}
    return [(v, found[id(v)]) for v in own if id(v) in found]


def part_pairs(
    layer: Any, node: Node, shape_of: Callable[[str], tuple[int, ...]]
) -> Iterator[tuple[Any, Node]]:
    """What is below a layer, with its counterparts.

    Args:
        layer: The layer.
        node: Its counterpart.
        shape_of: The shape of the value of a key, by which parts are known whose names have
            changed.
    """
    left, taken = [], set()
    counted: set[int] = set()
    for name, part in weights.children(layer):
        if name == "layers" and weights.is_graph_model(layer):
            counted = {id(inner) for inner in part}
            yield from _layer_pairs(layer, node)
            continue
        if id(part) in counted:
            continue
        found = child(node, name)
        if found is None:
            left.append(part)
        else:
            taken.add(found)
            yield part, found
    others = [n for name, n in node.children.items() if name not in _REPEATED and n not in taken]
    for part in left:
        shapes = sorted(tuple(variable.shape) for variable in getattr(part, "weights", ()))
        for other in others if shapes else ():
            if other.key is None and shapes == sorted(shape_of(n.key) for n in below(other)):
                others.remove(other)
                yield part, other
                break


def _layer_pairs(model: Any, node: Node) -> Iterator[tuple[Any, Node]]:
    """The layers of a model with their counterparts: those with weights by their order."""
    node = node.children.get(_STACK, node)
    nodes = _counted_nodes(node)
    layers = layers_of_keras_2(model) if nodes else model.layers
    nodes = nodes or _listed_nodes(node)
    models = [layer for layer in layers if weights.is_graph_model(layer)]
    nodes_of_models = [n for n in nodes if _counted_nodes(n)]
    if len(models) == len(nodes_of_models):  # which may have no weights, but a vocabulary
        yield from zip(models, nodes_of_models, strict=True)
        nodes = [n for n in nodes if n not in nodes_of_models]
        layers = [layer for layer in layers if all(layer is not model for model in models)]
    special = {n for n in nodes if _is_lookup(n) or n.children.keys() >= _SUMMARY}
    held = [n for n in nodes if n not in special and any(below(n))]
    yield from zip([layer for layer in layers if layer.weights], held, strict=False)
    tables = [n for n in nodes if _is_lookup(n)]
    yield from zip([p for p in layers if hasattr(p, "load_assets")], tables, strict=False)
    states = [p for p in layers if hasattr(p, "older_state") and not hasattr(p, "load_assets")]
    held = [n for n in nodes if n in special and n not in tables]
    yield from zip([p for p in states if p.older_state is not None], held, strict=False)


def _counted_nodes(node: Node) -> list[Node]:
    counted = {name.removeprefix(_COUNTED): n for name, n in node.children.items()}
    numbered = sorted(int(k) for k in counted if k.isdecimal() and _COUNTED + k in node.children)
    return [counted[str(k)] for k in numbered]


def _listed_nodes(node: Node) -> list[Node]:
    found = (node.children[name].members() for name in _LISTS if name in node.children)
    return next(found, [])


def _is_lookup(node: Node) -> bool:
    return any(name in node.children for name in _TABLES)


def below(node: Node) -> Iterator[Node]:
    """All variables below an object, each once."""
    seen, stack = {node}, [node]
    while stack:
        inner = stack.pop()
        if inner.key is not None:
            yield inner
        for name, part in inner.children.items():
            if part not in seen and name not in _REPEATED:
                seen.add(part)
                stack.append(part)
