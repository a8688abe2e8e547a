"""An optimizer's state in a TensorFlow checkpoint, of three generations of Keras.

Up to tf.keras 2.10 (and ``optimizers.legacy``) slots are noted beside the optimizer, with the
variable that each belongs to. Since then they are a list, and names tell what they belong to;
beside it there is a list for each kind of slot. These are written: their order is the same in
both newer generations.
"""

from collections.abc import Collection, Iterator
from typing import Any

from torchkeras.core.configurable import is_builtin
from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving.object_graph import Node

_COUNTS = ("_iterations", "iter", "iterations")
_RATES = ("_learning_rate", "learning_rate")
_OF_ALL = (_COUNTS[0], _RATES[0])
# What a LossScaleOptimizer wraps; its factor, and what it counts, were parts of a part of it.
_WRAPPED = ("inner_optimizer", "_optimizer", "base_optimizer")
_COUNTERS = {"current_loss_scale": "dynamic_scale", "good_steps": "step_counter"}
# What the older ones called a variable.
_OLDER_NAMES = {"_u_product": "momentum_cache"}
# Numbers that the older ones kept among their variables.
_NUMBERS = ("beta_1", "beta_2", "decay", "momentum", "rho")
_TRAINABLE = "_trainable_variables"
# What lists of slots are called, by their kind: in one class or generation thus, in another so.
_LISTS = {
    "momentum": ("_momentums", "momentums", "_m"),
    "velocity": ("_velocities", "_v"),
    "velocity_hat": ("_velocity_hats",),
    "norm": ("_u",),
    "r": ("_r",),
    "c": ("_c",),
    "average_gradient": ("_average_gradients",),
    "accumulator": ("_accumulators",),
    "linear": ("_linears",),
    "accumulated_grad": ("_accumulated_grads",),
    "accumulated_delta_var": ("_accumulated_delta_vars",),
    "average": ("_model_variables_moving_average",),
    "gradient_accumulator": ("_accumulated_gradients",),
}
# Those of which Keras 3 finds some slots in one list of all variables alone.
_NEED_ALL = ("SGD", "RMSprop", "Adafactor", "Muon")
# What a slot belongs to, and what kind it is.
_Slots = dict[tuple[str, int], Node]


def parts(optimizer: Optimizer) -> dict[str, Any]:
    """What a checkpoint keeps of an optimizer, by name.

    A list for each kind of slot; one of all variables where that isn't enough, in Keras 3's order,
    behind the others, which tf.keras 2 needs to come first.
    """
    found = _own(optimizer)
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:
        found |= _of_wrapped(inner, found)
    lists = _lists(optimizer)
    for kind in lists:
        found |= dict.fromkeys(_LISTS.get(kind, ()), lists[kind])
    is_known = is_builtin(type(optimizer)) and type(optimizer).__name__ not in _NEED_ALL
    if lists and not (is_known and lists.keys() <= _LISTS.keys()):
        found["_variables"] = list(optimizer._variables)
    found[_TRAINABLE] = list(optimizer._trainable_variables)
    return found


def _lists(optimizer: Optimizer) -> dict[str, dict[int, Variable]]:
    """Slots by their kind and the number of what they belong to."""
    lists: dict[str, dict[int, Variable]] = {}
    for place, held in enumerate(_held(optimizer)):
        for kind, slot in held.items():
            lists.setdefault(kind, {})[place] = slot
    return lists


def _held(optimizer: Optimizer) -> list[dict[str, Variable]]:
    """For each variable its slots by kind, and what stands in for one.

    tf.keras 2 meets slots in their lists and by their places in ``_variables``, which differ by
    one: none that stands before another there may be missing here.
    """
    stand_ins = getattr(optimizer, "stand_ins", {})
    return [held | stand_ins.get(place, {}) for place, held in enumerate(optimizer._slots)]


def _of_wrapped(inner: Optimizer, outer: dict[str, Any]) -> dict[str, Any]:
    """What a LossScaleOptimizer adds: what it wraps, to Keras 3 a part, to tf.keras 2 itself.

    The outer step count and rate, which nobody asks, are those of the inner one.
    """
    found: dict[str, Any] = {"inner_optimizer": inner}
    for kind, held in _lists(inner).items():
        found |= dict.fromkeys(_LISTS.get(kind, ()), held)
    for name, variable in _own(inner).items():
        if name in _OF_ALL:
            found[name] = Variable(variable.numpy(), dtype=variable.dtype, name=variable.name)
    if outer.keys() >= set(_COUNTERS.values()):
        found["loss_scale"] = {name: outer[other] for name, other in _COUNTERS.items()}
    return found


def wrapped(node: Node) -> Node:
    """The counterpart of what a LossScaleOptimizer wraps: a part of it, or itself in tf.keras 2."""
    parts = (node.children[name] for name in _WRAPPED if name in node.children)
    return next((part for part in parts if part.children or part.slots), node)


def _own(optimizer: Optimizer) -> dict[str, Variable]:
    """The variables in an optimizer's attributes: step count, rate, and what its class adds."""
    return {name: v for name, v in vars(optimizer).items() if isinstance(v, Variable)}


class Number:
    """A number among an optimizer's attributes, which takes a value as variables do.

    Attributes:
        shape: That of a number.
        module, key: The optimizer, and the attribute's name.
        path: What it is called in messages.
    """

    shape = ()

    def __init__(self, optimizer: Optimizer, key: str) -> None:
        self.module = optimizer
        self.key = key
        self.path = f"{optimizer.name}/{key}"

    def assign(self, value: Any) -> None:
        """Take the number over, unless it asks for slots that aren't there."""
        number = float(value)
        if self.key != "momentum" or bool(number) == bool(self.module.momentum):
            setattr(self.module, self.key, number)


def _numbers(optimizer: Optimizer, node: Node) -> Iterator[tuple[Number, Node]]:
    """The numbers that an older optimizer kept as variables."""
    for name in _NUMBERS if "iter" in node.children else ():
        found = node.children.get(name, Node())
        is_pace = name == "decay" and hasattr(optimizer, "schedule_decay")  # Nadam's
        own = "schedule_decay" if is_pace else name
        if found.key is not None and hasattr(optimizer, own):
            yield Number(optimizer, own), found


def pairs(
    optimizer: Optimizer, node: Node, owners: dict[Node, Variable]
) -> Iterator[tuple[Variable | Number, Node]]:
    """The optimizer's variables, and numbers that were variables once, with their counterparts.

    Kinds of slots are matched by their order, since their names differ between generations. If
    what a slot belongs to can't be told, the whole list is taken by its order.

    Args:
        optimizer: The optimizer.
        node: Its counterpart.
        owners: The model's variables, by the node that each takes its value from.
    """
    for names, variable in ((_COUNTS, optimizer._iterations), (_RATES, optimizer._learning_rate)):
        found = _first(node, names)
        if found is not None and isinstance(variable, Variable):
            yield variable, found
    yield from _numbers(optimizer, node)
    others = node.children.get("loss_scale", Node()).children
    others = {_COUNTERS[name]: part for name, part in others.items() if name in _COUNTERS}
    for name, variable in _own(optimizer).items():
        names = (name, _OLDER_NAMES.get(name, name))
        found = _first(node, names) or others.get(name)
        if found is not None and found.key is not None and name not in _OF_ALL:
            yield variable, found
    if not optimizer.built or hasattr(optimizer, "inner_optimizer"):
        return
    saved = _noted(node, owners) or _by_kind(node, owners) or _named(optimizer, node, owners)
    if saved is None:
        yield from _by_order(optimizer, node)
        return
    kinds = _kinds(optimizer, saved)
    for variable, held in zip(optimizer._trainable_variables, _held(optimizer), strict=True):
        for name, slot in held.items():
            found = saved.get((kinds.get(name, ""), id(variable)))
            if found is not None:
                yield slot, found


def _kinds(optimizer: Optimizer, saved: _Slots) -> dict[str, str]:
    """What the optimizer's slots are called in the file: the same, or what is in that place."""
    there = list(dict.fromkeys(kind for kind, _ in saved))
    own = list(dict.fromkeys(name for held in _held(optimizer) for name in held))
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


def trainable(optimizer: Optimizer, node: Node) -> Iterator[tuple[Variable, Node]]:
    """The variables that the optimizer changes with their counterparts, by their order."""
    held = node.children.get(_TRAINABLE, Node()).members()
    if len(held) == len(optimizer._trainable_variables):
        yield from zip(optimizer._trainable_variables, held, strict=True)


def _by_kind(node: Node, owners: dict[Node, Variable]) -> _Slots:
    """Slots in lists of their kinds, beside the list of what they belong to.

    None of them if the optimizer has others, which are in one list with these.
    """
    belongs = node.children.get(_TRAINABLE, Node()).children
    found: _Slots = {}
    for kind, names in _LISTS.items():
        listed = next((node.children[name] for name in names if name in node.children), Node())
        for place, slot in listed.children.items():
            owner = owners.get(belongs.get(place, node))
            if owner is not None and slot.key is not None:
                found[kind, id(owner)] = slot
    others = set(_listed(node)) - set(found.values()) - set(node.children.values())
    return {} if others else found


def _listed(node: Node) -> list[Node]:
    """The list of the newer optimizers, without step count and rate."""
    listed = node.children.get("_variables", Node()).members()
    others = [_first(node, _COUNTS), _first(node, _RATES)]
    return [found for found in listed if found.key is not None and found not in others]


def _named(optimizer: Optimizer, node: Node, owners: dict[Node, Variable]) -> _Slots | None:
    """Slots of the newer optimizers; None if their names leave open what they belong to.

    Variables of one name, as tf.keras 2's LinearModel has for its inputs, take theirs in order.
    """
    places = {id(variable): n for n, variable in enumerate(optimizer._trainable_variables)}
    by_name: dict[str, list[Variable]] = {}
    for owner, variable in owners.items():
        by_name.setdefault(owner.full_name, []).append(variable)
    for held in by_name.values():
        held.sort(key=lambda variable: places.get(id(variable), len(places)))
    flat = {name.replace("/", "_"): name for name in by_name}
    slots: dict[tuple[str, str], list[Node]] = {}
    for slot in _listed(node):
        told = _told(slot.full_name, by_name, flat)
        if told is None:
            return None
        slots.setdefault(told, []).append(slot)
    if any(len(held) != len(by_name[name]) for (_, name), held in slots.items()):
        return None
    return {
        (kind, id(variable)): slot
        for (kind, name), held in slots.items()
        for variable, slot in zip(by_name[name], held, strict=True)
    }


def _told(name: str, names: Collection[str], flat: dict[str, str]) -> tuple[str, str] | None:
    """Kind of slot and name of variable in ``Adam/m/dense/kernel`` or ``dense_kernel_momentum``."""
    parts = name.split("/")
    for number in range(1, len(parts)):
        variable = "/".join(parts[number:])
        if variable in names:
            return parts[number - 1], variable
    words = parts[-1].split("_")
    for number in range(len(words) - 1, 0, -1):
        variable = flat.get("_".join(words[:number]))
        if variable is not None:
            return "_".join(words[number:]), variable
    return None


def _by_order(optimizer: Optimizer, node: Node) -> Iterator[tuple[Variable, Node]]:
    others = (optimizer._iterations, optimizer._learning_rate)
    own = [v for v in optimizer.variables if all(v is not other for other in others)]
    listed = _listed(node)
    if len(own) == len(listed):
        yield from zip(own, listed, strict=True)
