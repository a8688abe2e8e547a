"""Weights as tf.keras 2 and Keras 1 laid them out in ``.h5`` files.

A group for each layer that stands directly in the model, with the names of its weights in order.
Layers are matched by order or by name, and a model within the model counts as one layer.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from torchkeras.core.checks import argument_error
from torchkeras.core.notices import warn
from torchkeras.core.variable import Variable
from torchkeras.saving import hdf5
from torchkeras.saving.layer_order import is_graph_model, layers_of
from torchkeras.saving.plan import Plan
from torchkeras.saving.recognition import listed

_WHOLE_MODEL = "model_weights"
_OWN = "top_level_model_weights"
_LAYERS = "layer_names"
_WEIGHTS = "weight_names"
_UNNAMED = "Variable"


def root_of(file: hdf5.Group) -> hdf5.Group | None:
    """The group of the weights, of a file of weights or of a whole model; None in other layouts."""
    inside = file.group(_WHOLE_MODEL)
    group = file if inside is None else inside
    return group if group.holds_texts(_LAYERS) else None


class Reader:
    """Gives the layers of a model what such a file has for them.

    Nothing is changed before everything has been matched, so a file that doesn't fit leaves the
    model as it was.

    Args:
        skip_mismatch: Whether what doesn't fit is left as it is.
        skipped: Layers to leave alone.
        is_fresh: Whether the model has just been made for this file.
    """

    def __init__(
        self, skip_mismatch: bool = False, skipped: Any = (), is_fresh: bool = False
    ) -> None:
        self.skip_mismatch = skip_mismatch
        self.skipped = list(skipped)
        self.failures: dict[int, tuple[Any, str, Exception]] = {}
        self.plan = Plan(is_fresh)
        self._states: list[tuple[Any, hdf5.Dataset]] = []

    def read(self, model: Any, group: hdf5.Group, by_name: bool = False) -> None:
        """Find what the layers of ``model`` get, by their order or by their names.

        Raises:
            ValueError: the numbers of layers differ, or ``group`` is damaged.
        """
        pairs = list(_by_name(model, group)) if by_name else _by_order(model, group)
        if by_name and not pairs:
            warn_of_names([layer.name for layer in model.layers], group.texts(_LAYERS))
        for layer, name in pairs:
            if not any(layer is other for other in self.skipped):
                saved = saved_weights(group.group(name))
                self._take_states(layer, saved)
                self._match(layer, name, _arranged(layer, saved), list(saved.values()))
        if _OWN in group:
            own, saved = own_weights(model), list(saved_weights(group.group(_OWN)).values())
            if own or saved:
                self._match(model, _OWN, own, saved)

    def finish(self) -> None:
        """Carry out what was found; nothing changes if something didn't fit and may not be skipped.

        Raises:
            DamagedFileError: the file is damaged.
        """
        if self.skip_mismatch or not self.failures:
            self.plan.carry_out()
            for state, dataset in self._states:
                state.assign(dataset.read())

    def _take_states(self, layer: Any, saved: dict[str, hdf5.Dataset]) -> None:
        """Move what were weights in tf.keras 2 and are none here out of ``saved``."""
        for state in _states_of(layer) if len(saved) > len(layer.weights) else ():
            words = (state.name, _UNNAMED)
            name = next((name for name in saved if _last_word(name) in words), None)
            if name is not None:
                self._states.append((state, saved.pop(name)))

    def _match(
        self, owner: Any, place: str, variables: list[Variable], saved: list[hdf5.Dataset]
    ) -> None:
        if len(variables) != len(saved):
            what = f"the file has {len(saved)} weights for it, and it has {len(variables)}"
            self._fail(owner, place, what)
            return
        for variable, dataset in zip(variables, saved, strict=True):
            if tuple(variable.shape) == dataset.shape:
                self.plan.add(variable, dataset)
            else:
                what = f"the shape of {variable.path} is {tuple(variable.shape)}"
                self._fail(owner, place, f"{what}, and in the file {dataset.shape}")

    def _fail(self, owner: Any, place: str, what: str) -> None:
        self.failures.setdefault(id(owner), (owner, repr(place), ValueError(f"{what}.")))


def warn_of_names(own: Iterable[str], theirs: Iterable[str]) -> None:
    """Warn that no layer of the model is called as one in the file."""
    warn(
        f"load_weights: by_name=True found nothing to load: the model's layers are {listed(own)}; "
        f"expected names of the file's, which are {listed(theirs)}. Rename the layers, or load by "
        "order."
    )


def _by_order(model: Any, group: hdf5.Group) -> list[tuple[Any, str]]:
    """Layers and groups that hold weights, paired in their order."""
    layers = [layer for layer in layers_of(model) if layer.weights]
    names = [name for name in group.texts(_LAYERS) if _names_of_weights(group, name)]
    if len(layers) != len(names):
        layers = [layer for layer in layers_of(model) if _had_weights(layer)]
    if len(layers) != len(names):
        raise argument_error(
            "load_weights",
            "model",
            f"one with {len(layers)} layers that have weights",
            f"one with {len(names)}, as the file has",
            "Layer count mismatch; load_weights(by_name=True) takes what has the same name.",
        )
    return list(zip(layers, names, strict=True))


def _had_weights(layer: Any) -> bool:
    """Whether a layer has weights, or had some in tf.keras 2."""
    return bool(layer.weights) or any(_states_of(layer))


def _states_of(layer: Any) -> Iterator[Any]:
    """What were weights in tf.keras 2 and are none here, of a layer and of those in it."""
    for inner in layers_of(layer) if is_graph_model(layer) else ():
        yield from _states_of(inner)
    state = getattr(layer, "older_state", None)
    if state is not None:
        yield state


def _last_word(name: str) -> str:
    """``kernel`` of ``dense/kernel:0``."""
    return name.partition(":")[0].rpartition("/")[2]


def _by_name(model: Any, group: hdf5.Group) -> Iterator[tuple[Any, str]]:
    """Layers and groups of the same name."""
    names = group.texts(_LAYERS)
    for name in dict.fromkeys(names):
        for layer in model.layers:
            if layer.name == name and (layer.weights or _names_of_weights(group, name)):
                yield layer, name


def _names_of_weights(group: hdf5.Group, name: str) -> list[str]:
    inner = group.group(name)
    return [] if inner is None else inner.texts(_WEIGHTS)


def saved_weights(inner: hdf5.Group | None) -> dict[str, hdf5.Dataset]:
    """The unread weights that a group lists, by their names, in their order."""
    saved = {}
    for weight in [] if inner is None else inner.texts(_WEIGHTS):
        folder, _, key = weight.strip("/").rpartition("/")
        holder = inner.group(folder) if folder else inner
        found = holder[key] if holder is not None and key in holder else None
        if not isinstance(found, hdf5.Dataset):
            raise hdf5.refuse(f"{inner.path}/{weight}", "missing, though its layer names it")
        saved[weight] = found
    return saved


def _arranged(layer: Any, saved: dict[str, hdf5.Dataset]) -> list[Variable]:
    """Weights of ``layer`` in the order of the file.

    That is the trainable ones and then the others, as they were when the file was written. Where
    parts of the layer were frozen then and aren't now, the weights' names tell, if they are equal.
    """
    variables = [*layer.trainable_weights, *layer.non_trainable_weights]
    in_file = _parts([name.partition(":")[0] for name in saved])
    in_layer = _parts([variable.path for variable in variables])
    counts = [{part: len(found) for part, found in side.items()} for side in (in_file, in_layer)]
    if in_file and counts[0] == counts[1]:
        order: dict[int, Variable] = {}
        for part, numbers in in_file.items():
            own = (variables[number] for number in in_layer[part])
            order.update(zip(numbers, own, strict=True))
        return [order[number] for number in range(len(saved))]
    shapes = [dataset.shape for dataset in saved.values()]
    # A model's own weights come last. A wholly frozen layer lists its weights part by part.
    for candidate in (_own_last(layer, variables), variables, layer.weights):
        if [tuple(variable.shape) for variable in candidate] == shapes:
            return candidate
    return variables


def _own_last(layer: Any, variables: list[Variable]) -> list[Variable]:
    """``variables``, of a model with those that belong to none of its layers behind the others."""
    own = {id(variable) for variable in own_weights(layer)} if hasattr(layer, "layers") else ()
    count = len(layer.trainable_weights)
    kinds = variables[:count], variables[count:]
    return [v for kind in kinds for v in sorted(kind, key=lambda variable: id(variable) in own)]


def _parts(names: list[str]) -> dict[str, list[int]]:
    """Numbers of the weights of each part, which is ``dense`` of ``model/dense/kernel``.

    Empty if parts in different places have one name.
    """
    parts: dict[str, list[int]] = {}
    paths: dict[str, str] = {}
    for number, name in enumerate(names):
        path = name.rpartition("/")[0]
        part = path.rpartition("/")[2]
        if paths.setdefault(part, path) != path:
            return {}
        parts.setdefault(part, []).append(number)
    return parts


def own_weights(model: Any) -> list[Variable]:
    """The weights that belong to no layer of ``model``."""
    inside = {(id(v.module), v.key) for layer in model.layers for v in layer.weights}
    weights = [*model.trainable_weights, *model.non_trainable_weights]
    return [v for v in weights if (id(v.module), v.key) not in inside]
