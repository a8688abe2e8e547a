"""Weights from TensorFlow's checkpoints, which tf.keras 2 wrote and SavedModels hold.

Values are found as TensorFlow finds them: from the object that was saved along the names of
attributes, lists and dicts; layers of a sequential or functional model are counted. What isn't
built yet is served once it is.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from torchkeras.core.checks import argument_error
from torchkeras.core.notices import warn
from torchkeras.core.stored import Stored
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer
from torchkeras.losses.base import Loss
from torchkeras.metrics.base import Metric
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving import object_graph, optimizer_slots
from torchkeras.saving.files import check_folder
from torchkeras.saving.object_graph import Node
from torchkeras.saving.object_matching import child, exported, own_pairs, part_pairs
from torchkeras.saving.plan import Plan
from torchkeras.saving.tensor_bundle import INDEX, Bundle, exists
from torchkeras.tracer.shapes import without_fakes

_VARIABLES = os.path.join("variables", "variables")  # of a SavedModel


def prefix_of(path: str | os.PathLike) -> str | None:
    """What the names of a checkpoint's files begin with; None if ``path`` leads to none.

    Args:
        path: That prefix, the index file, or the folder of a SavedModel.

    Raises:
        DamagedFileError: links or pipes are in the SavedModel's folder.
    """
    text = os.fspath(path)
    if os.path.lexists(os.path.join(text, _VARIABLES + INDEX)):
        check_folder(Path(text))
    for candidate in (text, text.removesuffix(INDEX), os.path.join(text, _VARIABLES)):
        if exists(candidate):
            return candidate
    is_damaged = os.path.isfile(text + INDEX) and not os.path.exists(text)
    return text if is_damaged else None  # which reading it tells


def load_weights(
    model: Any, prefix: str, skip_mismatch: bool = False, skipped: Any = ()
) -> "LoadStatus":
    """Give ``model`` the weights of a checkpoint, and its optimizer's state if it is there.

    Args:
        model: The model; layers that aren't built take their values when they are.
        prefix: What the names of the files begin with.
        skip_mismatch: Whether weights of another shape are left as they are, with a warning.
        skipped: Layers to leave alone.

    Raises:
        ValueError: the files are damaged, shapes differ, or nothing belongs to this model.
    """
    bundle = Bundle(prefix)
    restoration = Restoration(bundle, skipped)
    root = object_graph.read(bundle)
    if root is None:
        restoration.take_named(model)
    else:
        restoration.start(model, root)
    restoration.finish(skip_mismatch)
    if not restoration.given and not restoration.waiting and getattr(model, "weights", True):
        told = "" if root is None else told_name(model, root, bundle)
        hint = f"Nothing in it belongs to the model; {told or f'it has {_shown(bundle.keys())}'}."
        raise argument_error("load_weights", "filepath", prefix, "a checkpoint of this model", hint)
    missing = [variable.path for variable in restoration.missing()]
    if missing:
        warn(
            f"load_weights: {len(missing)} weights aren't in the checkpoint and stay as they are: "
            f"{_shown(missing)}."
        )
    return LoadStatus(restoration)


def _shown(names: list[str]) -> str:
    names = [name for name in names if name != object_graph.KEY]
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


class Restoration:
    """Matches objects with those of a checkpoint, and gives them its values.

    Args:
        bundle: The checkpoint.
        skipped: Objects to leave alone.
    """

    def __init__(self, bundle: Bundle, skipped: Any = ()) -> None:
        self.bundle = bundle
        self.bound: dict[int, Any] = {id(thing): thing for thing in skipped}
        self.owners: dict[Node, Variable] = {}
        self.served: set[tuple[int, str]] = set()
        self.given: set[str] = set()
        self.waiting = 0
        self.roots: list[Any] = []
        self._planned: list[tuple[Variable, str]] = []
        self._optimizers: list[tuple[Optimizer, Node]] = []

    # Matching.

    def start(self, thing: Any, node: Node) -> None:
        """Note what ``thing``, where the checkpoint begins, and its parts are to be given."""
        self.roots.append(thing)
        listed = exported(node)
        if listed and isinstance(thing, Layer):
            self._take_listed(thing, listed)
        else:
            self.bind(thing, node)

    def _take_listed(self, model: Any, listed: list[Node]) -> None:
        """Match the model's weights with a list of all of them, by their order or their names."""
        shapes = [self.bundle.entry(node.key).shape for node in listed]
        if [tuple(variable.shape) for variable in model.weights] == shapes:
            found = zip(model.weights, listed, strict=True)
        else:
            named = {node.full_name: node for node in listed}
            found = [(v, named[v.path]) for v in model.weights if v.path in named]
        for variable, node in found:
            self._plan(variable, node)

    def bind(self, thing: Any, node: Node) -> None:
        """Note what ``thing`` and its parts are to be given from ``node`` and those below it."""
        if id(thing) in self.bound:
            return
        self.bound[id(thing)] = thing
        if isinstance(thing, Variable):
            self._plan(thing, node)
        elif isinstance(thing, Optimizer):
            self._bind_optimizer(thing, node)
        elif isinstance(thing, (Layer, Metric, Loss)):
            self._bind_layer(thing, node)
        elif isinstance(thing, (list, tuple, dict)):
            pairs = thing.items() if isinstance(thing, dict) else enumerate(thing)
            for name, member in pairs:
                self.bind_part(member, node, str(name))

    def bind_part(self, part: Any, node: Node, name: str) -> None:
        """Serve a part from the child of that name, if there is one."""
        found = child(node, name)
        if found is not None:
            self.bind(part, found)

    def _plan(self, variable: Variable, node: Node) -> None:
        if node.key is not None:
            self.owners[node] = variable
            self._planned.append((variable, node.key))

    def _bind_layer(self, layer: Any, node: Node) -> None:
        if is_unbuilt(layer):
            self._wait(layer, node)
        state = getattr(layer, "older_state", None)
        held = node.children.get(state.name, Node()) if state is not None else Node()
        if held.key is not None:
            self._planned.append((state, held.key))
        if hasattr(layer, "variables"):
            for variable, found in own_pairs(layer, node):
                self._plan(variable, found)
        for part, found in part_pairs(layer, node, lambda key: self.bundle.entry(key).shape):
            self.bind(part, found)

    def _bind_optimizer(self, optimizer: Optimizer, node: Node) -> None:
        inner = getattr(optimizer, "inner_optimizer", None)
        if inner is not None:
            self.bind(inner, optimizer_slots.wrapped(node))
        if not optimizer.built:
            self._wait(optimizer, node)
        self._optimizers.append((optimizer, node))

    def take_named(self, model: Any) -> None:
        """Match the model's weights with the tensors that have their names; there are no objects.

        TensorFlow's names don't begin with the model's.
        """
        self.roots.append(model)
        for variable in model.weights:
            parts = variable.path.split("/")
            names = ["/".join(parts[start:]) for start in range(max(1, len(parts) - 1))]
            name = next((name for name in names if name in self.bundle), None)
            if name is not None:
                self.owners[Node(full_name=name)] = variable
                self._planned.append((variable, name))

    # Giving.

    def _wait(self, thing: Any, node: Node) -> None:
        self.waiting += 1

        def serve() -> None:
            self.waiting -= 1
            self.bound.pop(id(thing), None)
            self.bind(thing, node)
            self.finish()

        when_built(thing, serve)

    def pairs(self) -> list[tuple[Variable, str]]:
        """What was found so far: variables, and the keys of their values."""
        found = list(self._planned)
        for optimizer, node in self._optimizers:
            found += self._trainable(optimizer, node)
            slots = optimizer_slots.pairs(optimizer, node, self.owners)
            found += [(variable, inner.key) for variable, inner in slots if inner.key is not None]
        return found

    def finish(self, skip_mismatch: bool = False) -> None:
        """Give the values that were noted, or none of them if one doesn't fit.

        Raises:
            ValueError: shapes differ.
        """
        planned = self.pairs()
        self._planned, self._optimizers = [], []
        failed = self._failures(planned, skip_mismatch)
        self.served |= {(id(variable.module), variable.key) for variable, _ in planned}
        fitting = [(variable, key) for variable, key in planned if id(variable) not in failed]
        plan = Plan()
        with self.bundle.stored([key for _, key in fitting]) as values:
            others = []
            for (variable, _), value in zip(fitting, values, strict=True):
                if isinstance(variable, Variable) and isinstance(value, Stored):
                    plan.add(variable, value)
                else:
                    held = value.read() if isinstance(value, Stored) else value
                    others.append((variable, held))
            plan.carry_out()
            for variable, value in others:
                variable.assign(value)
        self.given |= {key for _, key in fitting}

    def _trainable(self, optimizer: Optimizer, node: Node) -> list[tuple[Variable, str]]:
        """What an optimizer changes and no object around it has been given, as in Keras 3."""
        known = {(id(variable.module), variable.key) for variable in self.owners.values()}
        found = [
            (variable, held)
            for variable, held in optimizer_slots.trainable(optimizer, node)
            if held.key is not None
            and held not in self.owners
            and (id(variable.module), variable.key) not in known
            and tuple(variable.shape) == self.bundle.entry(held.key).shape
        ]
        self.owners |= {held: variable for variable, held in found}
        return [(variable, held.key) for variable, held in found]

    def _failures(self, planned: list[tuple[Variable, str]], skip_mismatch: bool) -> set[int]:
        """The variables whose shapes differ."""
        shapes = {key: self.bundle.entry(key).shape for _, key in planned}
        sizes = [(v, key) for v, key in planned if v.shape is not None]
        failed = [(v, key) for v, key in sizes if tuple(v.shape) != shapes[key]]
        if not failed:
            return set()
        variable, key = failed[0]
        error = argument_error(
            "load_weights", f"shape of {variable.path}", tuple(variable.shape),
            f"{shapes[key]}, as {key!r} has in the checkpoint",
            f"{len(failed)} weights don't fit; skip_mismatch=True leaves them as they are.",
        )  # fmt: skip
        if not skip_mismatch:
            raise error
        warn(str(error))
        return {id(v) for v, _ in failed}

    # What was found.

    def missing(self) -> list[Variable]:
        """The weights that the checkpoint has nothing for."""
        found = [v for root in self.roots for v in getattr(root, "weights", ())]
        return [v for v in found if (id(v.module), v.key) not in self.served]

    unmatched = missing

    def unused(self) -> list[str]:
        """Keys that no object has taken so far."""
        return [k for k in self.bundle if k not in self.given and k != object_graph.KEY]

    def is_trivial(self) -> bool:
        """Whether nothing but the first object was matched."""
        return not self.given and not self.waiting


class Matching(Restoration):
    """Finds what goes where, and leaves what isn't built alone."""

    def _wait(self, thing: Any, node: Node) -> None:
        self.waiting += 1


def told_name(model: Any, root: Node, bundle: Bundle) -> str:
    """Where the model is in a ``tf.train.Checkpoint`` of several objects; empty if it isn't."""
    for name, node in root.children.items():
        matching = Matching(bundle)
        matching.start(model, node)
        if matching.pairs():
            return (
                f"it has the model under the name {name!r}: "
                f"tf.train.Checkpoint({name}=model).restore(path) reads it"
            )
    return ""


class LoadStatus:
    """Tells how much of a checkpoint, and of the objects, has found its counterpart.

    Args:
        restoration: What knows.
    """

    def __init__(self, restoration: Any) -> None:
        self._restoration = restoration

    def assert_consumed(self) -> "LoadStatus":
        """Raise an AssertionError unless all values of the file and all objects are matched."""
        unused = self._restoration.unused()
        if unused:
            raise AssertionError(f"Unresolved object in checkpoint: {', '.join(unused[:10])}")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> "LoadStatus":
        """Raise an AssertionError unless all objects with variables are in the file."""
        unmatched = self._restoration.unmatched()
        if unmatched:
            shown = ", ".join(map(repr, unmatched[:10]))
            raise AssertionError(
                f"Found {len(unmatched)} Python objects that were not bound to checkpointed "
                f"values, likely due to changes in the Python program: {shown}"
            )
        return self

    def assert_nontrivial_match(self) -> "LoadStatus":
        """Raise an AssertionError unless something but the root is in the file."""
        if self._restoration.is_trivial():
            raise AssertionError("Nothing but the root object matched a checkpointed value.")
        return self

    def expect_partial(self) -> "LoadStatus":
        """Nothing: what is missing was told at once."""
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing: values are there already."""

    run_restore_ops = initialize_or_restore


def is_unbuilt(thing: Any) -> bool:
    """Whether variables of ``thing`` are still to be made."""
    return isinstance(thing, (Layer, Optimizer)) and not thing.built


def when_built(thing: Any, action: Callable[[], None]) -> None:
    """Call ``action`` once ``thing``, a layer or optimizer, has its variables."""
    name = "build" if isinstance(thing, Optimizer) else "_after_build"

    def then(*args: Any, **kwargs: Any) -> None:
        vars(thing).pop(name, None)
        getattr(thing, name)(*args, **kwargs)
        with without_fakes(), torch.no_grad():  # a model is built by a run without values
            action()

    vars(thing)[name] = then
