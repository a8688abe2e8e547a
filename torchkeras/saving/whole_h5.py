"""Whole models in ``.h5`` files, as tf.keras 2 and Keras 1 laid them out."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from torchkeras import losses, metrics
from torchkeras.core import registry, scopes, serialization
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.notices import warn
from torchkeras.core.variable import Variable
from torchkeras.optimizers import Optimizer
from torchkeras.saving import (
    files,
    hdf5,
    hdf5_writer,
    keras_archive,
    layer_order,
    legacy_h5,
    older_metrics,
    recognition,
)
from torchkeras.saving.plan import Plan, Rebuilding

CONFIG = "model_config"
TRAINING = "training_config"
OPTIMIZER = "optimizer_weights"
WEIGHTS = "model_weights"
_OWN_WEIGHTS = "top_level_model_weights"
_PART = 64000  # bytes of an attribute that HDF5 still takes
_COMPILE = ("loss", "metrics", "weighted_metrics", "loss_weights")


def is_whole(path: Path) -> bool:
    """Whether there is a model's configuration in the HDF5 file at ``path``."""
    with contextlib.suppress(ValueError, OSError), hdf5.open_group(path) as root:
        return CONFIG in root.attributes
    return False


def check_of_keras(owner: str, path: Path, root: hdf5.Group) -> None:
    """Raise a DamagedFileError for an HDF5 file that Keras, of any generation, has no part in.

    Args:
        owner: The function that was given it.
        path: The file.
        root: Its root.
    """
    if CONFIG in root.attributes or legacy_h5.root_of(root) is not None:
        return
    if not any("vars" in group for group in hdf5.groups_of(root)):
        held = recognition.listed(root)
        hint = f"No model config found in the file. It has other things than Keras writes: {held}."
        if not held:
            hint = "Nothing is in it: what wrote it was interrupted. Get it anew."
        expected = "a file of a model or of weights"
        raise recognition.refused(owner, "filepath", path, expected, hint)


# --- Reading


def load(
    path: Path,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model of a file, of either generation.

    Args:
        path: The file.
        custom_objects: Classes and functions by the names they have in the file.
        compile: Whether the model is compiled as it was, with the optimizer's state.
        safe_mode: False lets bytecode of lambdas become functions.

    Raises:
        ValueError: it is damaged or hostile, or its parts don't fit.
        TypeError: it names a class that isn't known.
    """
    with hdf5.open_group(path) as root, contextlib.ExitStack() as stack:
        stack.enter_context(scopes.custom_objects_scope(custom_objects))
        safe_mode = safe_mode and serialization.in_safe_mode()
        stack.enter_context(serialization.SafeModeScope(safe_mode))
        stack.enter_context(scopes.keras_2_scope(version_of(root)))
        stack.enter_context(serialization.sharing_scope())
        config = keras_archive.parse_config(root.attributes.text(CONFIG))
        config.pop("compile_config", None)
        with Rebuilding(path.stat().st_size) as rebuilding:
            model = keras_archive.rebuilt(config)
        if not hasattr(model, "layers"):
            raise files.damaged(CONFIG, f"that of a {type(model).__name__}", "that of a model")
        group = legacy_h5.root_of(root)
        if group is None:
            raise files.damaged(
                "file",
                f"one without {WEIGHTS}",
                f"a whole model's, since there is a {CONFIG}",
                "It is incomplete: what wrote it was interrupted. Get it anew.",
            )
        reader = legacy_h5.Reader(is_fresh=True)
        reader.read(model, group)
        keras_archive.report(model, reader)
        rebuilding.finish(reader.plan.variables)
        if compile and TRAINING in root.attributes:
            with registry.one_deeper("compiled model"):
                training = keras_archive.parse_json(
                    root.attributes.text(TRAINING), "training configuration"
                )
                model.compile_from_config(compile_config(training, model))
            _read_optimizer(model, root.group(OPTIMIZER))
        return model


def version_of(root: hdf5.Group) -> str | None:
    """The release of Keras that wrote a file, which old ones note beside the weights."""
    for group in (root, root.group(WEIGHTS)):
        if group is not None and "keras_version" in group.attributes:
            return group.attributes.text("keras_version")
    return None


def compile_config(training: dict[str, Any], model: Any) -> dict[str, Any]:
    """Arguments of ``compile`` for ``model`` from what tf.keras 2 noted of them."""
    training = older_metrics.for_each_output(training, model)
    training = older_metrics.without_prefixes(training, model)
    config = {
        name: _objects(
            training[name], losses.deserialize if name == "loss" else metrics.deserialize
        )
        for name in _COMPILE
        if training.get(name) is not None
    }
    optimizer = training.get("optimizer_config")
    if isinstance(optimizer, dict) and optimizer.get("class_name") not in scopes.custom_objects():
        # tf.keras 2.11 and later register their own optimizers as if they were users'.
        optimizer = _of_keras(optimizer)
    return {"optimizer": optimizer, **config}


def _of_keras(optimizer: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's configuration, and that of the one in it, under Keras's names."""
    config = optimizer.get("config")
    inner = config.get("inner_optimizer") if isinstance(config, dict) else None
    if isinstance(inner, dict):
        config = {**config, "inner_optimizer": _of_keras(inner)}
    name = str(optimizer.get("class_name")).removeprefix("Custom>")
    return {**optimizer, "class_name": name, "config": config}


def _objects(value: Any, deserialize: Callable[[Any], Any]) -> Any:
    """``value`` with objects for the configurations in it; names stay names."""
    if isinstance(value, dict):
        if "class_name" in value:
            return deserialize(value)
        return {key: _objects(item, deserialize) for key, item in value.items()}
    if isinstance(value, list):
        return [_objects(item, deserialize) for item in value]
    return value


def _read_optimizer(model: Any, group: hdf5.Group | None) -> None:
    optimizer = getattr(model, "optimizer", None)
    if group is None or not isinstance(optimizer, Optimizer) or not optimizer.built:
        return
    with layer_order.slots_of(model):
        pairs = pairs_of(optimizer, group)
    if pairs is None:
        warn(
            f"Skipping variable loading for optimizer '{optimizer.name}', because it has "
            f"{len(optimizer.variables)} variables whereas the saved optimizer has "
            f"{len(legacy_h5.saved_weights(group))} variables."
        )
        return
    plan = Plan(is_fresh=True)
    for variable, dataset in pairs:
        plan.add(variable, dataset)
    plan.carry_out()
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if len(pairs) < len(inner.variables):
        inner.add_missing(int(inner._iterations))


def pairs_of(optimizer: Optimizer, group: hdf5.Group) -> list[tuple[Variable, hdf5.Dataset]] | None:
    """The variables of an optimizer and what the file has for them; None if they don't fit."""
    saved = legacy_h5.saved_weights(group)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    targets = _kept_as(saved, inner) or optimizer.kept_as(list(saved.values()))
    pairs = list(zip(targets or (), saved.values(), strict=False))
    if targets is None or any(tuple(v.shape) != dataset.shape for v, dataset in pairs):
        return None
    return pairs


def _kept_as(saved: dict[str, hdf5.Dataset], optimizer: Optimizer) -> list[Variable] | None:
    """The optimizer's variables in the file's order, which its names tell where it is the oldest.

    All slots of one kind come before those of the next up to tf.keras 2.10.
    """
    words = [name.partition(":")[0].rpartition("/")[2] for name in saved]
    if words[:1] != ["iter"]:
        return optimizer.kept_as(list(saved.values()))
    held = optimizer._slots
    kinds = list(dict.fromkeys(kind for slots in held for kind in slots))
    if words[-2:-1] != words[-1:]:  # variable by variable, as Ftrl did
        slots = [slots[kind] for slots in held for kind in kinds]
    else:
        slots = [slots[kind] for kind in kinds for slots in held]
    product = getattr(optimizer, "_u_product", None)
    if words[1:2] == ["momentum_cache"] and product is not None:  # Nadam's
        slots = [product, *slots]
    found = [optimizer._iterations, *slots]
    return found if len(found) == len(saved) else None


# --- Writing


def save(model: Any, path: str | os.PathLike, include_optimizer: bool = True) -> None:
    """Write a functional or sequential model.

    Args:
        model: The model.
        path: Where to.
        include_optimizer: Whether the arguments of ``compile`` and the optimizer are written.

    Raises:
        TypeError: the model is a subclass with a ``call`` of its own.
    """
    if getattr(model, "inputs", None) is None:
        raise kind_error(
            "save_model",
            "model",
            type(model).__name__,
            "a Functional or Sequential model for the HDF5 format",
            "Save it as .keras.",
        )
    with scopes.without_assets_scope():
        config = json.loads(keras_archive.to_file_json(model))
    compiled = config.pop("compile_config", None) or {}
    with files.replacing(path) as temporary, hdf5_writer.Writer(temporary) as writer:
        texts = {CONFIG: json.dumps(config), "backend": "torch"}
        texts["keras_version"] = keras_archive.KERAS_VERSION
        if include_optimizer and compiled:
            training = {name: compiled.get(name) for name in _COMPILE}
            training["optimizer_config"] = compiled.get("optimizer")
            texts[TRAINING] = json.dumps(training)
        writer.note("", texts)
        _write_weights(model, writer)
        optimizer = getattr(model, "optimizer", None)
        if include_optimizer and isinstance(optimizer, Optimizer) and optimizer.built:
            _write_list(writer, OPTIMIZER, optimizer.variables)


def _write_weights(model: Any, writer: hdf5_writer.Writer) -> None:
    names = [layer.name for layer in model.layers]
    if len(set(names)) < len(names):
        raise argument_error("save_model", "model", names, "layers of different names")
    versions = {"backend": "torch", "keras_version": keras_archive.KERAS_VERSION}
    writer.note(WEIGHTS, versions)
    _write_names(writer, WEIGHTS, "layer_names", names)
    for layer in model.layers:
        variables = [*layer.trainable_weights, *layer.non_trainable_weights]
        _write_list(writer, f"{WEIGHTS}/{layer.name}", variables)
    _write_list(writer, f"{WEIGHTS}/{_OWN_WEIGHTS}", legacy_h5.own_weights(model))


def _write_list(writer: hdf5_writer.Writer, place: str, variables: list[Variable]) -> None:
    names = _distinct([variable.path for variable in variables])
    _write_names(writer, place, "weight_names", names)
    values = (variable.value for variable in variables)
    writer.write_at(place, dict(zip(names, values, strict=True)))


def _distinct(names: list[str]) -> list[str]:
    """Names under which each value has a place: what is taken, or a folder, gets a number behind.

    Readers go by the order of these names, so that any will do. Keras itself can't write slots of
    one name, as Adafactor has them.
    """
    folders = {str(folder) for name in names for folder in PurePosixPath(name).parents}
    taken = folders | set(names)
    met: dict[str, Iterator[int]] = {}
    found = []
    for name in names:
        given = name
        if name in met or name in folders:
            numbers = met.setdefault(name, count(1))
            others = (f"{name}_{number}" for number in numbers)
            given = next(other for other in others if other not in taken)
        met.setdefault(name, count(1))
        taken.add(given)
        found.append(given)
    return found


def _write_names(writer: hdf5_writer.Writer, place: str, key: str, names: list[str]) -> None:
    """A list of texts, in numbered parts if it is too long for one attribute."""
    encoded = [name.encode() for name in names]
    size = max(map(len, encoded), default=1) * len(encoded)
    step = -(-len(encoded) // (-(-size // _PART) or 1)) or 1
    parts = [encoded[start : start + step] for start in range(0, len(encoded), step)]
    if len(parts) <= 1:
        writer.note(place, {key: encoded})
    else:
        writer.note(place, {f"{key}{number}": part for number, part in enumerate(parts)})
