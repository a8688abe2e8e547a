"""Which variable is where in a weights file: Keras's names for places in a model.

A place is the way from the model to an object: attributes by name, members of lists and dicts by
class and counter, ``layers`` of a sequential or functional model first, private attributes last.
Whatever is met a second time keeps its first place.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from torchkeras.core.configurable import is_builtin
from torchkeras.core.naming import LocalNames, to_snake_case
from torchkeras.core.stored import Taking
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer
from torchkeras.losses.base import Loss
from torchkeras.metrics.base import Metric
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving import hdf5
from torchkeras.saving.files import DamagedFileError
from torchkeras.saving.layer_order import counted_layers, is_graph_model
from torchkeras.saving.plan import Plan, unless_done

_KINDS = (Layer, Optimizer, Metric, Loss)
# Names that containers give to classes whose name differs within Keras.
_CLASS_WORDS = {"GroupQueryAttention": "grouped_query_attention"}
_NESTED = "container"
_NOWHERE = "no group"
# Where sequential models keep what ``layers`` gives, and their input, which has no place.
_HELD_TWICE = {"_stack", "_input_layer"}


def is_saveable(value: Any) -> bool:
    """Whether ``value`` has a place of its own in a weights file."""
    return isinstance(value, _KINDS)


def children(owner: Any) -> Iterator[tuple[str, Any]]:
    """Attributes of ``owner`` that may lead to variables, in the order of Keras's files."""
    names = _attribute_names(owner)
    if is_graph_model(owner):
        yield "layers", counted_layers(owner)
        names -= {"layers", *_HELD_TWICE}
    for name in sorted(names, key=_public_first):
        value = _attribute(owner, name)
        if is_saveable(value) or (isinstance(value, (list, tuple, dict)) and value):
            yield name, value


def _public_first(name: str) -> str:
    return "~" + name if name.startswith("_") else name


def _attribute_names(owner: Any) -> set[str]:
    names = set(vars(owner)) | set(vars(owner).get("_modules", ()))
    for base in type(owner).__mro__:
        if not is_builtin(base) and base.__module__.split(".")[0] not in ("torch", "builtins"):
            names |= {name for name, value in vars(base).items() if not callable(value)}
    if hasattr(type(owner), "layers"):
        names.add("layers")
    return {name for name in names if not name.startswith("__")} - _names_of_kind(owner)


def _names_of_kind(owner: Any) -> set[str]:
    """Names that any object of this kind has, which lead nowhere new."""
    kind = next(kind for kind in _KINDS if isinstance(owner, kind))
    if kind not in _skipped:
        names = set(dir(kind))
        if kind is Layer:
            names |= set(vars(Layer(name="bare"))) | {"_layers"}
        _skipped[kind] = names
    return _skipped[kind]


_skipped: dict[type, set[str]] = {}


def _attribute(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return None  # a user's property that isn't ready yet


def members(container: Any) -> list[tuple[str, Any]]:
    """Members of a list, tuple or dict that have places, under class and counter."""
    names = LocalNames()
    values = container.values() if isinstance(container, dict) else container
    found = []
    for value in values:
        if is_saveable(value):
            found.append((names(class_word(value)), value))
        elif isinstance(value, (list, tuple, dict)):
            found.append((names(_NESTED), value))
    return found


def class_word(value: Any) -> str:
    """Word for the class of ``value`` in places: ``dense``, ``lstm_cell``, ..."""
    name = type(value).__name__
    return _CLASS_WORDS.get(name) or to_snake_case(name)


def join(path: str, name: str) -> str:
    """``path/name``; the root's path is empty."""
    return f"{path}/{name}" if path else name


def places(root: Any) -> Iterator[tuple[str, Any]]:
    """Every object that has a place, with its path, the root itself (under ``""``) first."""
    seen: dict[int, Any] = {}  # keeps lists made on the way, so that no other gets their id
    stack: list[tuple[str, Any]] = [("", root)]
    while stack:
        path, value = stack.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        if is_saveable(value):
            yield path, value
            below = list(children(value))
        else:
            below = members(value)
        stack += [(join(path, name), child) for name, child in reversed(below)]


# --- Writing


def own_values(owner: Any) -> dict[str, Any]:
    """What ``owner`` itself puts into a file, by name, as arrays or CPU tensors."""
    if not hasattr(owner, "save_own_variables"):
        return {}
    method = getattr(type(owner).save_own_variables, "__module__", "")
    store: dict[str, Any] = Taking() if method.startswith("torchkeras.") else {}
    owner.save_own_variables(store)
    return {name: plain_value(value) for name, value in store.items()}


def plain_value(value: Any) -> Any:
    """An array, or a CPU tensor in the layout of Keras, sharded parameters gathered."""
    if isinstance(value, Variable):
        tensor = plain_value(value.tensor)
        return tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    if isinstance(value, torch.Tensor):
        value = value.detach()
        return (value.full_tensor() if hasattr(value, "full_tensor") else value).cpu()
    return value


def take_part_in_gathering(model: torch.nn.Module, left_out: Any = ()) -> None:
    """What the other processes do while the chief writes: help it to collect sharded parameters.

    Args:
        model: The model.
        left_out: Objects that aren't written.
    """
    if any(hasattr(parameter, "full_tensor") for parameter in model.parameters()):
        for _, owner in places(model):
            if not any(owner is other for other in left_out):
                own_values(owner)


# --- Reading


class Reader:
    """Gives the objects of a model what a file has for them.

    An object that can't be served at its first place is tried again at the next one, since places
    have moved between releases.

    Args:
        skip_mismatch: Whether what doesn't fit is left as it is.
        skipped: Objects to leave alone.
        assets: Function from a place to the folder of its assets, or None.
        is_fresh: Whether the model has just been made for this file.
    """

    def __init__(
        self,
        skip_mismatch: bool = False,
        skipped: Any = (),
        assets: Any = None,
        is_fresh: bool = False,
    ) -> None:
        self.skip_mismatch = skip_mismatch
        self.assets = assets
        self.done: set[int] = {id(value) for value in skipped}
        self.active: set[int] = set()
        self.failures: dict[int, tuple[Any, str, Exception]] = {}
        self.plan = Plan(is_fresh)

    def read(self, owner: Any, group: Any, path: str = "") -> None:
        """Find what ``owner`` and what lies below it get from ``group``, their group in the file.

        Args:
            owner: The object.
            group: Its group in the file, or None.
            path: Its place.

        Raises:
            DamagedFileError: the file is damaged; nothing has changed.
        """
        with unless_done(self.plan.undo):
            self._read(owner, group, path)

    def finish(self) -> None:
        """Carry out what was found; nothing changes if something didn't fit and may not be skipped.

        Raises:
            DamagedFileError: the file is damaged.
        """
        if self.failures and not self.skip_mismatch:
            self.plan.undo()
            return
        with unless_done(self.plan.undo):
            self.plan.carry_out()

    def _read(self, owner: Any, group: Any, path: str) -> None:
        if id(owner) in self.done or id(owner) in self.active:
            return
        self.active.add(id(owner))
        before = len(self.failures)
        fits = self._read_own(owner, group, path)
        for name, child in children(owner):
            self._read_child(child, child_group(group, name), join(path, name))
        self.active.discard(id(owner))
        if fits and group is not None:  # having nothing to read here mends no failure elsewhere
            self.failures.pop(id(owner), None)
        if fits and id(owner) not in self.failures and len(self.failures) <= before:
            self.done.add(id(owner))

    def _read_child(self, child: Any, group: Any, path: str) -> None:
        if is_saveable(child):
            self._read(child, group, path)
            return
        if id(child) in self.active:
            return
        self.active.add(id(child))
        below = members(child)
        renamed = renumbered(group, below)
        for name, member in below:
            name = renamed.get(id(member), name)
            self._read_child(member, child_group(group, name), join(path, name))
        self.active.discard(id(child))

    def _take(self, owner: Any, values: Any) -> None:
        """Let ``owner`` assign its variables; the plan notes what they get.

        Classes of this package take arrays unread, users' own are given them read.
        """
        method = getattr(type(owner).load_own_variables, "__module__", "")
        if method.startswith("torchkeras.") and isinstance(values, hdf5.Values):
            values = values.unread()
        with self.plan.collecting():
            owner.load_own_variables(values)

    def _read_own(self, owner: Any, group: Any, path: str) -> bool:
        try:
            if hasattr(owner, "load_own_variables"):
                values = own_group(group)
                _check_built(owner, values)
                if len(values) > 0 or expects_values(owner):
                    self._take(owner, values)
            folder = self.assets(path) if self.assets is not None else None
            if folder is not None and hasattr(owner, "load_assets"):
                with self.plan.collecting():
                    owner.load_assets(str(folder))
        except DamagedFileError:
            raise
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            self.failures.setdefault(id(owner), (owner, _place_in_file(owner, group, path), error))
            return False
        return True


def _place_in_file(owner: Any, group: Any, path: str) -> str:
    """``path``, and what the file calls the object there, if that is something else."""
    held = group.group("vars") if isinstance(group, hdf5.Group) else None
    noted = held.attributes.get("name") if held is not None else None
    place = repr(path) if path else "the root"
    differs = isinstance(noted, str) and noted != getattr(owner, "name", noted)
    return f"{place}, which the file calls {noted!r}" if differs else place


def _check_built(owner: Any, values: Mapping[str, Any]) -> None:
    if isinstance(owner, Layer) and not owner.built and len(values) > 0 and not owner.weights:
        raise ValueError(
            f'{type(owner).__name__} "{owner.name}" was never built and thus has no variables, but '
            f"the file has {len(values)} for it. Call the model on some data before loading; if it "
            "was loaded as a whole, give this layer a build() method that builds its parts."
        )


def expects_values(owner: Any) -> bool:
    """Whether ``owner`` reads something from a file."""
    if not isinstance(owner, Layer):
        return False
    method = type(owner).load_own_variables
    return bool(owner._own_variables()) or method is not Layer.load_own_variables


class NoValues(Mapping):
    """An empty store, for an object that the file doesn't know."""

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def own_group(group: Any) -> Any:
    """Store of the object whose group this is."""
    return NoValues() if group is None else group.values_of("vars")


def child_group(group: Any, name: str) -> Any:
    """Group of a child, under its name today or in another generation; None if there is none.

    tf.keras 2.13 calls ``layers`` ``_layer_checkpoint_dependencies``; other attributes were private
    then (``_query_dense``) or are now.
    """
    if group is None:
        return None
    others = (f"_{name}", name.lstrip("_"))
    if name == "layers":
        others = ("_layer_checkpoint_dependencies",)
    for candidate in (name, *others):
        found = group.group(candidate)
        if found is not None:
            return found
    return None


def renumbered(group: Any, below: list[tuple[str, Any]]) -> dict[int, str]:
    """Names of members in a file whose counters skip, by ``id`` of the member.

    tf.keras 2.13 counts every layer with weights twice. The i-th group of a class is then the i-th
    layer of that class that has weights.
    """
    if group is None or not group.path.endswith("_layer_checkpoint_dependencies"):
        return {}
    taken: dict[str, Iterator[str]] = {}
    names = {}
    for _, member in below:
        if isinstance(member, Layer) and not member.weights:
            names[id(member)] = _NOWHERE  # else it could meet the group of another
        elif isinstance(member, Layer):
            word = class_word(member)
            if word not in taken:
                taken[word] = iter(_groups_of_class(group, word))
            name = next(taken[word], None)
            if name is not None:
                names[id(member)] = name
    return names


def _groups_of_class(group: Any, word: str) -> list[str]:
    numbered = []
    for name in group:
        match = re.fullmatch(rf"{re.escape(word)}(?:_(\d+))?", name)
        if match and _holds_data(group.group(name)):
            numbered.append((int(match[1] or 0), name))
    return [name for _, name in sorted(numbered)]


def _holds_data(group: Any) -> bool:
    return any(len(part.values_of("vars")) > 0 for part in hdf5.groups_of(group))
