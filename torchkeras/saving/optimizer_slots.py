"""An optimizer's state in a TensorFlow checkpoint, of three generations of Keras.

Up to tf.keras 2.10 (and ``optimizers.legacy``) slots are noted beside the optimizer, with the
variable that each belongs to. Since then they are a list, and names tell what they belong to.
"""

from collections.abc import Iterator

from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving.object_graph import Node

_COUNTS = ("_iterations", "iter", "iterations")
_RATES = ("_learning_rate", "learning_rate")
# What a slot belongs to, and what kind it is.
_Slots = dict[tuple[str, int], Node]


def pairs(
    optimizer: Optimizer, node: Node, owners: dict[Node, Variable]
) -> Iterator[tuple[Variable, Node]]:
    """The optimizer's variables with their counterparts.

    Kinds of slots are matched by their order, since their names differ between generations. If
    what a slot belongs to can't be told, the whole list is taken by its order.

    Args:
        optimizer: The optimizer.
        node: Its counterpart.
        owners: The model's variables, by the node that each takes its value from.
    """
    for names, variable in ((_COUNTS, optimizer.iterations), (_RATES, optimizer._learning_rate)):
        found = _first(node, names)
        if found is not None and isinstance(variable, Variable):
            yield variable, found
    if not optimizer.built:
        return
    saved = _noted(node, owners) or _named(node, owners)
    if saved is None:
        yield from _by_order(optimizer, node)
        return
    kinds = _kinds(optimizer, saved)
    for variable, held in zip(optimizer._trainable_variables, optimizer._slots, strict=True):
        for name, slot in held.items():
            found = saved.get((kinds.get(name, ""), id(variable)))
            if found is not None:
                yield slot, found


def _kinds(optimizer: Optimizer, saved: _Slots) -> dict[str, str]:
    """What the optimizer's slots are called in the file: the same, or what is in that place."""
    there = list(dict.fromkeys(kind for kind, _ in saved))
    own = list(dict.fromkeys(name for held in optimizer._slots for name in held))
    same = {name: name for name in own if name in there}
    left = [name for name in own if name not in same]
    others = [kind for kind in there if kind not in same]
    return same | (dict(zip(left, others, strict=True)) if len(left) == len(others) else {})


def _first(node: Node, names: tuple[str, ...]) -> Node | None:
    found = (node.children[name] for name in names if name in node.children)
    return next((child for child in found if child.key is not None), None)


def _noted(node: Node, owners: dict[Node, Variable]) -> _Slots:
    """Slots of the older optimizers."""
    return {(kind, id(owners[owner])): slot for owner, kind, slot in node.slots if owner in owners}


def _listed(node: Node) -> list[Node]:
    """The list of the newer optimizers, without step count and rate."""
    listed = node.children.get("_variables", Node()).members()
    others = [_first(node, _COUNTS), _first(node, _RATES)]
    return [found for found in listed if found.key is not None and found not in others]


def _named(node: Node, owners: dict[Node, Variable]) -> _Slots | None:
    """Slots of the newer optimizers; None if their names leave open what they belong to."""
    names = [owner.full_name for owner in owners]
    if len(set(names)) < len(names):
        return None
    by_name = {owner.full_name: variable for owner, variable in owners.items()}
    flat = {name.replace("/", "_"): variable for name, variable in by_name.items()}
    found: _Slots = {}
    for slot in _listed(node):
        told = _told(slot.full_name, by_name, flat)
        if told is not None:
            kind, variable = told
            found[kind, id(variable)] = slot
    return found if len(found) == len(_listed(node)) else None


def _told(
    name: str, by_name: dict[str, Variable], flat: dict[str, Variable]
) -> tuple[str, Variable] | None:
    """Kind and variable of ``Adam/m/dense/kernel`` or ``adam/dense_kernel_momentum``."""
    parts = name.split("/")
    for number in range(1, len(parts)):
        variable = by_name.get("/".join(parts[number:]))
        if variable is not None:
            return parts[number - 1], variable
    words = parts[-1].split("_")
    for number in range(len(words) - 1, 0, -1):
        variable = flat.get("_".join(words[:number]))
        if variable is not None:
            return "_".join(words[number:]), variable
    return None


def _by_order(optimizer: Optimizer, node: Node) -> Iterator[tuple[Variable, Node]]:
    others = (optimizer.iterations, optimizer._learning_rate)
    own = [v for v in optimizer.variables if all(v is not other for other in others)]
    listed = _listed(node)
    if len(own) == len(listed):
        yield from zip(own, listed, strict=True)
