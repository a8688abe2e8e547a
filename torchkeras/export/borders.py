"""Permutations at the borders of a class, left to who calls it.

A part of a model that takes images with the channels last begins with a permutation, and ends with
one where it gives such images back. Where those are the caller's, they can meet the next ones and
go, and what remains inside is what a person would write.
"""

import operator

from torch import fx

from torchkeras.export.units import Step, Unit, reads

Axes = tuple[int, ...]

_MODE = "training"  # whose text does for both


def permutation(node: fx.Node | None) -> Axes | None:
    """The order in which a node puts the axes; None if it does something else."""
    if node is None or node.op != "call_method" or node.target != "permute" or node.kwargs:
        return None
    axes = node.args[1] if isinstance(node.args[1], (tuple, list)) else node.args[1:]
    return tuple(axes) if all(isinstance(axis, int) and axis >= 0 for axis in axes) else None


def move_out(unit: Unit) -> tuple[list[Axes | None], list[Axes | None]]:
    """Take the permutations of inputs and results out of ``unit``.

    Returns:
        What is to be done to each input before it is handed over, and to each result; None where
        nothing is.
    """
    readers: dict[fx.Node, list[Step]] = {}
    for step in unit.steps[_MODE]:
        for node in reads(step):
            readers.setdefault(unit.origin(node), []).append(step)
    results = [unit.origin(node) for node in unit.results[_MODE]]
    after = [_of_result(unit, node, readers, results) for node in results]
    before = [_of_input(unit, node, readers, results) for node in unit.given[_MODE]]
    return before, after


def _of_result(
    unit: Unit, node: fx.Node, readers: dict[fx.Node, list[Step]], results: list[fx.Node]
) -> Axes | None:
    axes = permutation(node)
    if axes is None or node in readers or node in unit.stops or results.count(node) > 1:
        return None
    source = unit.origin(node.args[0])
    if source in unit.given[_MODE] or source.op == "get_attr" or source in results:
        return None
    changed = [source if unit.origin(n) is node else n for n in unit.results[_MODE]]
    unit.results = {**unit.results, _MODE: changed}
    unit.stops.add(source)
    unit.steps[_MODE] = [step for step in unit.steps[_MODE] if step.node is not node]
    return axes


def _of_input(
    unit: Unit, given: fx.Node, readers: dict[fx.Node, list[Step]], results: list[fx.Node]
) -> Axes | None:
    users = readers.get(given, [])
    inside = [step.node for step in users if permutation(step.node) is not None]
    orders = {permutation(node) for node in inside}
    others = [step for step in users if step.node not in inside]
    if len(orders) != 1 or given in results or any(node in results for node in inside):
        return None
    (axes,) = orders
    if axes[0] != 0 or not all(_asks_of_batch(step) for step in others):
        return None
    first = inside[0]
    changed = [first if node is given else node for node in unit.given[_MODE]]
    unit.given = {**unit.given, _MODE: changed}
    unit.stops.add(first)
    unit.steps[_MODE] = [step for step in unit.steps[_MODE] if step.node not in inside]
    gone = {given, *inside}

    def now(node: fx.Node) -> fx.Node:
        return first if unit.origin(node) in gone else node

    for step in unit.steps[_MODE]:
        step.inputs = [now(node) for node in step.inputs]
        if step.node is not None:
            step.node.args = fx.map_arg(step.node.args, now)
            step.node.kwargs = fx.map_arg(step.node.kwargs, now)
    return axes


def _asks_of_batch(step: Step) -> bool:
    """Whether a step reads something that is so for any order of the other axes."""
    node = step.node
    if node is None:
        return False
    if node.target is getattr:
        return node.args[1] in ("device", "dtype")
    if node.target is operator.getitem:
        return False
    return node.op == "call_method" and node.target == "size" and node.args[1:] == (0,)
