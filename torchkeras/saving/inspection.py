"""What a file holds, and what of it goes where on a model."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import describe
from torchkeras.layers.preprocessing.learning import LearnsVocabulary
from torchkeras.optimizers import Optimizer
from torchkeras.saving import (
    generations,
    hdf5,
    keras_archive,
    legacy_h5,
    object_graph,
    recognition,
    safetensors,
    saved_model,
    shards,
    tensor_bundle,
    tensorflow_checkpoint,
    versions,
    weights,
    whole_h5,
)
from torchkeras.saving.api import IN_FOLDER
from torchkeras.saving.plan import Rebuilding
from torchkeras.saving.reports import Array, Report


def report(
    path: str | os.PathLike, model: Any = None, custom_objects: Mapping[str, Any] | None = None
) -> Report:
    """What is in a file of a model or of weights, and what of it goes where on a model.

    Nothing that the file names is imported or run, and ``model`` isn't changed.

    Args:
        path: A file or folder in any format that ``load_model`` or ``load_weights`` reads.
        model: The model to hold it against; None rebuilds the one in the file.
        custom_objects: The user's classes and functions by name, to rebuild it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: its format isn't known, or it is damaged or hostile.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> path = getfixture("tmp_path") / "m.keras"
        >>> model.save(path)
        >>> [array.shape for array in keras.saving.report(path).arrays]
        [(2, 1), (1,)]
    """
    prefix = tensorflow_checkpoint.prefix_of(path)
    source = path if prefix is None else f"{os.fspath(prefix)}{tensor_bundle.INDEX}"
    if os.path.exists(os.path.join(path, IN_FOLDER)):
        path = source = os.path.join(path, IN_FOLDER)
    with scopes.custom_objects_scope(custom_objects):
        return versions.of_one(source, lambda: _report(Path(path), prefix, model))


def _report(path: Path, prefix: str | None, model: Any) -> Report:
    if prefix is not None:
        return _of_checkpoint(path, prefix, model)
    if not path.exists():
        raise recognition.missing("report", path, "a file of a model or of weights")
    if path.name.endswith(".safetensors"):
        return _of_safetensors(path, model)
    if path.name.endswith(shards.SUFFIX):
        with shards.open_group(path) as root:
            found = Report(path, "weights of Keras 3 in several files")
            return _of_groups(found, list(root.roots.values()), root, model)
    if path.suffix == ".json":
        return _of_text(path, model)
    if path.is_dir() and any(path.glob("snapshot-*/manifest.json")):
        return _of_snapshots(path)
    if path.is_dir() or zipfile.is_zipfile(path):
        return _of_archive(path, model)
    with hdf5.open_group(path) as root:
        whole_h5.check_of_keras("report", path, root)
        return _of_hdf5(path, root, model)


def _of_checkpoint(path: Path, prefix: str, model: Any) -> Report:
    is_model = saved_model.is_saved_model(path)
    found = Report(path, "SavedModel of TensorFlow" if is_model else "TensorFlow checkpoint")
    bundle = tensor_bundle.Bundle(prefix)
    for key in bundle.keys():  # noqa: SIM118 - it is no mapping
        entry = bundle.entry(key)
        found.arrays.append(Array(key, tuple(entry.shape), str(entry.dtype)))
    if is_model:
        model = _of_saved_model(found, path, model)
    if model is not None:
        _match_checkpoint(found, bundle, model)
    return found


def _of_saved_model(found: Report, path: Path, model: Any) -> Any:
    """The model of a folder, without its weights; None if it can't be made. A given one stays."""
    try:
        metadata = saved_model.noted(path)
    except ValueError as error:
        if model is None:
            found.problems.append(str(error))
        return model
    config = {name: metadata.get(name) for name in ("class_name", "config")}
    found.versions["keras_version"] = metadata.get("keras_version")
    found.compile = metadata.get("training_config")
    if not isinstance(config["config"], dict) or not isinstance(config["class_name"], str):
        if model is None:
            found.problems.append("it has no configuration: make the model from its class")
        return model
    _note_model(found, config)
    if model is not None:
        return model
    stored = sum(file.stat().st_size for file in path.glob("variables/variables.data-*"))
    with scopes.keras_2_scope(metadata.get("keras_version")):
        made = _rebuilt(found, config, stored)
        _compiled(found, made)
        return made


def _match_checkpoint(found: Report, bundle: Any, model: Any) -> None:
    matching = tensorflow_checkpoint.Matching(bundle)
    root = object_graph.read(bundle)
    if root is None:
        matching.take_named(model)
    else:
        matching.start(model, root)
    shapes = {array.path: array.shape for array in found.arrays}
    fitting = []
    for variable, key in matching.pairs():
        if variable.shape is None:  # a former weight
            continue
        if tuple(variable.shape) == shapes[key]:
            fitting.append((variable, key))
        else:
            there, here = shapes[key], tuple(variable.shape)
            found.problems.append(
                f"{variable.path} has shape {there} in the file and {here} in the model"
            )
    taken = [variable for variable, _ in matching.pairs()]
    _note_places(found, model, fitting, taken, {key for _, key in matching.pairs()})
    told = "" if root is None or taken else tensorflow_checkpoint.told_name(model, root, bundle)
    if told:
        found.problems.append(told)
    if matching.waiting:
        what = f"{matching.waiting} parts of the model aren't built, so what goes there isn't known"
        found.problems.append(what)


def _note_places(
    found: Report, model: Any, pairs: list[tuple[Any, str]], served: Any, taken: Any
) -> None:
    """Note what goes where, and what remains.

    Args:
        found: The report.
        model: What it is held against.
        pairs: Variables and paths of arrays.
        served: Variables that the file has something for, whether it fits or not.
        taken: Paths of arrays that something takes.
    """
    found.onto = _told(model)
    optimizer = getattr(model, "optimizer", None)
    own: Any = ()
    if isinstance(optimizer, Optimizer) and optimizer.built:
        found.optimizer, own = optimizer.name, {id(variable) for variable in optimizer.variables}
    places = [(v.path, path, tuple(v.shape)) for v, path in pairs if id(v) not in own]
    of_optimizer = [(v.path, path, tuple(v.shape)) for v, path in pairs if id(v) in own]
    found.mapped, found.of_optimizer = places + of_optimizer, len(of_optimizer)
    known = {(id(variable.module), variable.key) for variable in served}
    found.missing = [
        (v.path, tuple(v.shape)) for v in model.weights if (id(v.module), v.key) not in known
    ]
    held = {*taken, object_graph.KEY}
    found.left = [array for array in found.arrays if array.path not in held]


def _of_safetensors(path: Path, model: Any) -> Report:
    found = Report(path, "safetensors")
    for name, shape, dtype in safetensors.contents(path):
        found.arrays.append(Array(name, shape, dtype))
    if model is not None:
        expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
        stored = {array.path: array.shape for array in found.arrays}
        found.onto = _told(model)
        found.mapped = [(n, n, s) for n, s in expected.items() if stored.get(n) == s]
        found.missing = [(n, s) for n, s in expected.items() if n not in stored]
        found.left = [array for array in found.arrays if array.path not in expected]
        found.problems = [
            f"{n} has shape {stored[n]} in the file and {s} in the model"
            for n, s in expected.items()
            if n in stored and stored[n] != s
        ]
    return found


def _of_text(path: Path, model: Any) -> Report:
    found = Report(path, "configuration of a model, without weights")
    config = keras_archive.parse_config(path.read_bytes())
    _note_model(found, config)
    found.versions["keras_version"] = version = config.get("keras_version")
    found.compile = config.pop("compile_config", None)
    if model is None:
        with scopes.keras_2_scope(version):
            model = _rebuilt(found, config, 0)
    if model is not None:
        found.onto = _told(model)
        found.missing = [(v.path, tuple(v.shape)) for v in model.weights]
    return found


def _of_snapshots(path: Path) -> Report:
    newest = max(path.glob("snapshot-*/manifest.json")).parent
    found = Report(path, "snapshots of a run, for BackupAndRestore")
    found.versions["newest"] = newest.name
    for file in sorted(newest.glob("tensors-*.safetensors")):
        for name, shape, dtype in safetensors.contents(file):
            found.arrays.append(Array(f"{file.name}/{name}", shape, dtype))
    return found


def _of_archive(path: Path, model: Any) -> Report:
    with keras_archive.Archive(path) as archive, archive.weights() as root:
        metadata = archive.metadata()
        is_older = str(metadata.get("keras_version")).startswith("2.")
        writer = "tf.keras 2.12 or later" if is_older else "Keras 3"
        found = Report(path, f"model of {writer}" + (" (folder)" if archive.zip is None else ""))
        found.versions = metadata
        config = archive.config()
        _note_model(found, config)
        found.compile = config.get("compile_config")
        start = keras_archive.ASSETS + "/"
        found.assets = {n: size for n, size in archive.names().items() if n.startswith(start)}
        stored = archive.size_of(keras_archive.WEIGHTS)
        with scopes.keras_2_scope(found.versions.get("keras_version")):
            if model is None:
                model = _rebuilt(found, config, stored)
            if root is None and model is not None and model.weights:
                found.problems.append(f"it has no {keras_archive.WEIGHTS}: it is incomplete")
            return _of_groups(found, [] if root is None else [root], root, model)


def _of_hdf5(path: Path, root: hdf5.Group, model: Any) -> Report:
    attributes = root.attributes
    older = legacy_h5.root_of(root)
    more: list[tuple[Any, hdf5.Dataset]] = []
    is_whole = whole_h5.CONFIG in attributes
    weights_of = "weights of Keras " + ("3" if older is None else "1 or 2")
    found = Report(path, "whole model in HDF5, of Keras 1, 2 or 3" if is_whole else weights_of)
    for name in ("keras_version", "backend"):
        holder = attributes if name in attributes else (older or root).attributes
        if name in holder:
            found.versions[name] = holder.text(name)
    if is_whole:
        if older is None:
            found.problems.append(f"it has no {whole_h5.WEIGHTS}: it is incomplete")
        config = keras_archive.parse_config(attributes.text(whole_h5.CONFIG))
        _note_model(found, config)
        config.pop("compile_config", None)
        if whole_h5.TRAINING in attributes:
            text = attributes.text(whole_h5.TRAINING)
            found.compile = keras_archive.parse_json(text, "training configuration")
        if model is None:
            with scopes.keras_2_scope(found.versions.get("keras_version")):
                model = _rebuilt(found, config, path.stat().st_size)
                if model is not None and not hasattr(model, "layers"):
                    found.problems.append(f"it is a {type(model).__name__}, not a model")
                _note_vocabularies(found, model)
                more = _compiled(found, model, root.group(whole_h5.OPTIMIZER))
    is_older = older is not None
    release = found.versions.get("keras_version")
    if not is_older and release is None:
        release = generations.release_of(root)
        if release is not None:
            found.format = "weights of tf.keras 2.12 or later"
    with scopes.keras_2_scope(release):
        return _of_groups(found, [root], older if is_older else root, model, is_older, more)


def _compiled(found: Report, model: Any, group: hdf5.Group | None = None) -> list[Any]:
    """Compile a model of Keras 2; variables of the optimizer and their arrays in ``group``."""
    if model is None or not isinstance(found.compile, dict):
        return []
    try:
        with serialization.SafeModeScope(True):
            model.compile_from_config(whole_h5.compile_config(found.compile, model))
    except (ValueError, TypeError) as error:
        found.problems.append(f"the model can't be compiled: {error}")
        return []
    optimizer = model.optimizer
    if group is None or not isinstance(optimizer, Optimizer) or not optimizer.built:
        return []
    return whole_h5.pairs_of(optimizer, group) or []


def _note_model(found: Report, config: dict[str, Any]) -> None:
    inner = config.get("config")
    inner = inner if isinstance(inner, dict) else {"layers": inner}
    layers = inner.get("layers")
    found.model = {"class": config["class_name"], "name": inner.get("name"), "layers": []}
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict):
            told = layer.get("config")
            name = told.get("name") if isinstance(told, dict) else None
            found.model["layers"].append({"class": str(layer.get("class_name")), "name": name})


def _rebuilt(found: Report, config: dict[str, Any], stored: int) -> Any:
    """The model of a configuration, without its weights; None if it can't be made."""
    try:
        release = found.versions.get("keras_version")
        with (
            recognition.telling_release(release, keras_archive.KERAS_VERSION),
            serialization.SafeModeScope(True),
            serialization.sharing_scope(),
            Rebuilding(stored),
        ):
            made = serialization.deserialize_keras_object(config)
    except (ValueError, TypeError) as error:
        found.problems.append(f"the model can't be rebuilt: {error}")
        return None
    if not hasattr(made, "weights"):
        found.problems.append(f"the configuration is that of a {type(made).__name__}, not a model")
        return None
    return made


def _note_vocabularies(found: Report, model: Any) -> None:
    """Note which layers of a model have none, in a form that Keras writes without them."""
    layers = [] if model is None else model._flatten_layers()
    learning = [layer for layer in layers if isinstance(layer, LearnsVocabulary)]
    inner = {id(part) for layer in learning for part in layer._flatten_layers(include_self=False)}
    for layer in learning:
        if id(layer) not in inner and not layer.get_vocabulary(include_special_tokens=False):
            found.problems.append(
                f"{describe(layer)}: its vocabulary isn't in the file, as Keras leaves it out of "
                ".h5; call set_vocabulary, or save the model as .keras where it was adapted"
            )


def _of_groups(
    found: Report, roots: list[Any], start: Any, model: Any, is_older: bool = False, more: Any = ()
) -> Report:
    """List the arrays below ``roots``, and what a model takes of them.

    Args:
        found: The report.
        roots: Groups.
        start: The group at which the model's weights begin.
        model: The model; None if there is none.
        is_older: Whether the weights lie there as in Keras 1 and 2.
        more: Variables and arrays that aren't found from ``start``.
    """
    for root in roots:
        for group in hdf5.groups_of(root):
            for dataset in group.arrays().values():
                dtype = "bfloat16" if dataset.is_bfloat16 else str(dataset.dtype)
                found.arrays.append(Array(dataset.path, dataset.shape, dtype))
    if model is None or start is None:
        return found
    reader: Any = legacy_h5.Reader() if is_older else weights.Reader()
    try:
        reader.read(model, start)
    except ValueError as error:  # the layers don't pair
        found.problems.append(str(error))
    reader.plan.undo()
    pairs = [(variable, dataset.path) for variable, dataset in (*reader.plan.pairs, *more)]
    served = [*reader.plan.variables, *(variable for variable, _ in more)]
    _note_places(found, model, pairs, served, {path for _, path in pairs})
    found.problems += [
        f"{describe(owner)} at {place}: {error}" for owner, place, error in reader.failures.values()
    ]
    return found


def _told(model: Any) -> str:
    return f"{type(model).__name__} {model.name}"
