"""Permutations of axes that undo each other, left out.

Keras's images have the channels last, torch's modules want them first, so a recorded model goes to
and fro around each convolution. Here a permutation is moved behind what works element by element,
behind batch normalization and concatenation, until it meets the next one, and both go. Those at the
borders of classes are done by who calls them.
"""

import copy
import operator
from typing import Any

import torch
from torch import fx
from torch.nn import functional as F

from torchkeras.core import nested
from torchkeras.export.borders import Axes, move_out, permutation
from torchkeras.export.plain import STAYS
from torchkeras.export.units import Step, Unit, is_mark, owner_of, reads
from torchkeras.nn.dropout import SharedDropout
from torchkeras.nn.norm import MaskedBatchNorm

_FUNCTIONS = {
    torch.relu, torch.sigmoid, torch.tanh, torch.exp, torch.abs, torch.square, torch.clamp,
    torch.maximum, torch.minimum, torch.add, torch.sub, torch.mul, torch.div, operator.add,
    operator.sub, operator.mul, operator.truediv, F.gelu, F.silu, F.elu, F.selu, F.leaky_relu,
    F.relu6, F.hardtanh, F.hardswish, F.hardsigmoid, F.softplus, F.softsign, F.mish, F.celu,
}  # fmt: skip
_METHODS = {"add", "sub", "mul", "div", "clamp", "neg", "relu", "sigmoid", "tanh", "exp", "abs"}
_OF_MASKS = {torch.logical_or, torch.logical_and, operator.or_, operator.and_}
_REDUCTIONS = {"mean", "amax", "sum"}
_OF_AXES = {torch.cat, F.pad, *_REDUCTIONS}  # whose arguments change


class Detours:
    """Rewrites units without the permutations they can do without.

    Args:
        owners: Modules, parameters and buffers by path. Modules that change are replaced by copies.
    """

    def __init__(self, owners: dict[str, Any]) -> None:
        self.owners = owners
        self.originals = dict(owners)
        self.done: set[Unit] = set()

    def leave_out(self, unit: Unit) -> None:
        """Rewrite a unit and those that it calls; not if it differs in training and otherwise."""
        if unit not in self.done:
            self.done.add(unit)
            if unit.choices is not None:
                _Rewriting(unit, self).run()


class _Rewriting:
    """One pass over the steps of a unit."""

    mode = "training"  # whose text does for both

    def __init__(self, unit: Unit, detours: Detours) -> None:
        self.unit, self.detours = unit, detours
        self.instead: dict[fx.Node, fx.Node] = {}  # what others are to use in place of a node
        self.permuted: dict[fx.Node, tuple[fx.Node, Axes]] = {}
        self.turned: dict[fx.Node, tuple[fx.Node, Axes]] = {}  # what is permuted, seen from there
        self.steps: list[Step] = []
        self.spare: set[fx.Node] = set()  # go if nobody needs them
        self.moved: dict[str, Any] = {}
        calls = [owner_of(step) for step in unit.steps[self.mode]]
        self.once = {path for path in calls if path is not None and calls.count(path) == 1}

    def run(self) -> None:
        for step in self.unit.steps[self.mode]:
            if step.node is None:
                self._module(step)
            elif is_mark(step):
                self.instead[step.node] = self._now(step.node.args[0])
            else:
                self._node(step)
        self.unit.results[self.mode] = fx.map_arg(self.unit.results[self.mode], self._now)
        self.unit.steps[self.mode] = self._needed()
        self.detours.owners.update(self.moved)

    def _now(self, node: fx.Node) -> fx.Node:
        node = self.unit.origin(node)
        while node in self.instead:
            node = self.unit.origin(self.instead[node])
        return node

    def _module(self, step: Step) -> None:
        """The call of a class, or of a module of torch that works element by element."""
        if step.unit is not None:
            self._class(step)
            return
        inputs = [self._now(node) for node in step.inputs]
        before = self.permuted.get(inputs[0])
        if before is None:
            self.steps.append(
                Step(None, step.frame, step.unit, step.replaced, inputs, step.outputs)
            )
            return
        (output,) = step.outputs
        result = output.graph.create_node("call_function", operator.pos, (before[0],))
        self.unit.stops.add(result)
        module = step.replaced
        if isinstance(module, SharedDropout):
            shared = tuple(sorted(before[1][axis] for axis in module.shared))
            module = SharedDropout(module.p, shared)
        self.steps.append(Step(None, step.frame, None, module, [before[0]], [result]))
        self._permute_later(output, result, before[1], step)

    def _class(self, step: Step) -> None:
        """The call of a class, whose first and last permutations are done here."""
        self.detours.leave_out(step.unit)
        before, after = ([], [])
        if step.unit.choices is not None:
            before, after = move_out(step.unit)
        inputs = []
        for position, node in enumerate(step.inputs):
            axes = before[position] if before else None
            given = self._now(node)
            if axes is not None:
                ordered = given.graph.create_node("call_method", "permute", (given, *axes))
                self._permutation(Step(ordered, step.frame), axes)
                given = self._now(ordered)
            inputs.append(given)
        outputs = step.unit.results[self.mode] if any(after) else step.outputs
        self.steps.append(Step(None, step.frame, step.unit, None, inputs, outputs))
        for position, axes in enumerate(after):
            if axes is not None:
                self.unit.stops.add(outputs[position])
                self._permute_later(step.outputs[position], outputs[position], axes, step)

    def _node(self, step: Step) -> None:
        node = step.node
        node.args = fx.map_arg(node.args, self._now)
        node.kwargs = fx.map_arg(node.kwargs, self._now)
        if _is_one_mask(node):
            self.instead[node] = node.args[0]
            return
        axes = permutation(node)
        if axes is not None:
            self._permutation(step, axes)
            return
        shared, sources = self._before(step)
        if shared is None or not self._takes(step, shared):
            self.steps.append(step)
            return
        args = fx.map_arg(node.args, sources.__getitem__)
        kwargs = fx.map_arg(node.kwargs, sources.__getitem__)
        made = node.graph.create_node(node.op, node.target, args, kwargs, node.name)
        made.meta = dict(node.meta)
        if node in self.unit.choices and node.target not in _OF_AXES:
            self.unit.choices[made] = self.unit.choices[node]
        self.steps.append(Step(made, step.frame))
        loses_axes = node.op == "call_method" and node.target in _REDUCTIONS
        if loses_axes and not node.kwargs.get("keepdim"):
            self.instead[node] = made
        else:
            self._permute_later(node, made, shared, step)

    def _before(self, step: Step) -> tuple[Axes | None, dict[fx.Node, fx.Node]]:
        """The permutation that all have behind them that a step reads, or that leads from where
        they are needed to them; and what they are before it."""
        orders = {self.permuted[source][1] for source in reads(step) if source in self.permuted}
        shared = orders.pop() if len(orders) == 1 else None
        known = [self.permuted.get(n) or self.turned.get(n, (None, None)) for n in reads(step)]
        if any(axes != shared for _, axes in known):
            return None, {}
        pairs = zip(reads(step), known, strict=True)
        return shared, {source: before for source, (before, _) in pairs}

    def _permutation(self, step: Step, axes: Axes) -> None:
        source = step.node.args[0]
        reshaped = _reshaped(source, axes)
        if reshaped is not None:
            self.spare.add(source)
            self.instead[step.node] = reshaped
            self.steps.append(Step(reshaped, step.frame))
            return
        if source in self.permuted:
            source, before = self.permuted[source]
            axes = tuple(before[axis] for axis in axes)
            if axes == tuple(range(len(axes))):
                self.instead[step.node] = source
                return
            step.node.args = (source, *axes)
            self.unit.choices.pop(step.node, None)
        back = tuple(axes.index(axis) for axis in range(len(axes)))
        known, order = self.turned.get(source, (None, None))
        if order == back:
            self.instead[step.node] = known
            return
        self.turned.setdefault(source, (step.node, back))
        self.permuted[step.node] = (source, axes)
        self.steps.append(step)

    def _permute_later(self, old: fx.Node, made: fx.Node, axes: Axes, step: Step) -> None:
        """Everybody else gets the result with its axes permuted."""
        permuted = made.graph.create_node("call_method", "permute", (made, *axes))
        self.permuted[permuted] = (made, axes)
        self.instead[old] = permuted
        self.steps.append(Step(permuted, step.frame))

    def _takes(self, step: Step, axes: Axes) -> bool:
        """Whether a step does the same before the permutation; its arguments are changed to."""
        node = step.node
        if node.target in _OF_AXES and node in self.unit.choices:
            twin = self.unit.choices[node]
            if node.args[1:] != twin.args[1:] or node.kwargs != twin.kwargs:
                return False
        if node.op == "call_function" and node.target is F.pad:
            return STAYS not in node.meta and self._moves_padding(node, axes)
        if node.op == "call_function" and node.target in _FUNCTIONS:
            return _has_numbers_only(node)
        if node.op == "call_method" and node.target in _METHODS:
            return _has_numbers_only(node)
        if node.op == "call_function" and node.target is torch.cat:
            return self._moves_concatenation(node, axes)
        if node.op == "call_method" and node.target in _REDUCTIONS:
            return self._moves_reduction(node, axes)
        return node.op == "call_module" and self._moves_normalization(node, axes)

    @staticmethod
    def _moves_concatenation(node: fx.Node, axes: Axes) -> bool:
        if len(node.args) != 2 or node.kwargs or not isinstance(node.args[1], int):
            return False
        node.args = (node.args[0], axes[node.args[1]])
        return True

    @staticmethod
    def _moves_padding(node: fx.Node, axes: Axes) -> bool:
        if len(node.args) != 2 or node.kwargs.get("mode", "constant") != "constant":
            return False
        pairs = [tuple(node.args[1][n : n + 2]) for n in range(0, len(node.args[1]), 2)]
        pairs = [*pairs, *[(0, 0)] * (len(axes) - len(pairs))][::-1]  # by axis
        moved = [pairs[axes.index(axis)] for axis in range(len(axes))]
        while moved and moved[0] == (0, 0):
            moved.pop(0)
        node.args = (node.args[0], tuple(n for pair in reversed(moved) for n in pair))
        return True

    @staticmethod
    def _moves_reduction(node: fx.Node, axes: Axes) -> bool:
        given = node.args[1] if len(node.args) == 2 else None
        if not isinstance(given, (tuple, list)):
            return False
        gone = sorted(axes[axis] for axis in given)
        kept = [axis for axis in axes if axis not in gone]
        if kept != sorted(kept) and not node.kwargs.get("keepdim"):
            return False
        node.args = (node.args[0], tuple(gone))
        return True

    def _moves_normalization(self, node: fx.Node, axes: Axes) -> bool:
        path = str(node.target)
        module = self.detours.originals[path]
        if type(module) is not MaskedBatchNorm or len(node.args) != 1 or path not in self.once:
            return False
        if any(isinstance(arg, fx.Node) for arg in nested.flatten(node.kwargs)):
            return False
        self.moved[path] = copy.copy(module)
        self.moved[path].axis = axes[module.axis]
        return True

    def _needed(self) -> list[Step]:
        """The steps but for permutations that nobody needs any more."""
        needed = set()
        results: list[fx.Node] = []
        fx.map_arg(self.unit.results[self.mode], lambda node: results.append(node) or node)
        needed.update(map(self.unit.origin, results))
        kept = []
        for step in reversed(self.steps):
            node = step.node
            if (node in self.permuted or node in self.spare) and node not in needed:
                self.spare.update(reads(step) if node in self.spare else ())
                continue
            kept.append(step)
            needed.update(map(self.unit.origin, reads(step)))
        return kept[::-1]


def _is_one_mask(node: fx.Node) -> bool:
    """Whether a layer makes its mask from two tensors that have the same."""
    if node.target not in _OF_MASKS or len(node.args) != 2 or node.args[0] is not node.args[1]:
        return False
    return isinstance(node.args[0], fx.Node) and node.args[0].meta.get("dtype") is torch.bool


def _reshaped(node: fx.Node, axes: Axes) -> fx.Node | None:
    """A reshaping and a permutation of axes of length 1 among others, as one reshaping."""
    if node.op != "call_method" or node.target != "reshape" or len(node.args) != len(axes) + 1:
        return None
    source, *lengths = node.args
    order = [axis for axis in axes if lengths[axis] != 1]
    if order != sorted(order):
        return None
    lengths = [lengths[axis] for axis in axes]
    graph, gone = node.graph, tuple(range(2, len(axes)))
    is_reduced = source.op == "call_method" and source.target in _REDUCTIONS
    is_reduced = is_reduced and not source.kwargs.get("keepdim") and lengths[2:] == [1] * len(gone)
    if is_reduced and source.args[1:] == (gone,):
        return graph.create_node("call_method", source.target, source.args, {"keepdim": True})
    return graph.create_node("call_method", "reshape", (source, *lengths))


def _has_numbers_only(node: fx.Node) -> bool:
    """Whether what isn't permuted is a number."""
    leaves = nested.flatten((node.args, node.kwargs))
    return all(isinstance(leaf, (fx.Node, int, float, str, type(None))) for leaf in leaves)
