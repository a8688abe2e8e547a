"""Saving and loading: the suffix of a path says in which format."""

import contextlib
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.naming import printable
from torchkeras.distribution import processes
from torchkeras.saving import (
    checkpoint_writer,
    distributed,
    files,
    generations,
    hdf5,
    keras_archive,
    legacy_h5,
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

_WEIGHTS = ".weights.h5"
_LEGACY = (".h5", ".hdf5")
# What load_model reads, and what it says of files that load_weights reads.
_MODELS = "a .keras file, a whole model's .h5 or the folder of a model"
_OF_WEIGHTS = "It holds weights alone: build the model and call load_weights."
# What load_weights offers where a file doesn't fit.
_BY_NAME = "by_name=True takes what has the same name."
_OF_MISMATCH = (
    "skip_mismatch=True leaves what doesn't fit as it is; keras.saving.report(path, model) tells "
    "what goes where."
)
# The whole model in a folder of tf.keras 2's.
IN_FOLDER = "saved_model.keras"
# What tf.keras calls its formats.
_HDF5 = ("h5", "hdf5")
_FORMATS = ("keras", "keras_v3", *_HDF5, "tf")


def save_model(
    model: Any,
    filepath: str | os.PathLike | BinaryIO,
    overwrite: bool = True,
    zipped: bool | None = None,
    save_format: str | None = None,
    **options: Any,
) -> None:
    """Write a model with its configuration, weights, optimizer and compile arguments.

    Args:
        model: The model.
        filepath: Path that ends in ``.keras`` (or ``.h5``, as in tf.keras 2), or a file open for
            writing bytes. A path without a suffix, tf.keras 2's SavedModel, is a folder, in which
            ``saved_model.keras`` is written.
        overwrite: Whether an existing file is replaced.
        zipped: False writes a folder of the same members.
        save_format: ``"keras"``; ``"h5"`` and ``"tf"`` of tf.keras 2 hold for any suffix.
        **options: ``include_optimizer`` (False leaves the compile arguments out) and tf.keras's
            ``signatures``, ``options`` and ``save_traces``, which only concern SavedModel.

    Raises:
        ValueError: another suffix or format.
        FileExistsError: the file is there and ``overwrite`` is off.

    Source: Keras 3 ``saving.save_model``; tf.keras ``Model.save``.
    """
    include_optimizer = options.pop("include_optimizer", True)
    _check_options("save_model", options, ("signatures", "options", "save_traces"))
    _check_format("save_model", save_format)
    if hasattr(filepath, "write"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.keras")
            save_model(model, path, include_optimizer=include_optimizer)
            if processes.is_chief():
                filepath.write(path.read_bytes())
        return
    is_folder = zipped is False
    path, is_legacy = _model_path(Path(filepath), save_format, is_folder)
    path = files.prepare_target("save_model", path, overwrite)
    if not processes.is_chief():
        left_out = () if include_optimizer else (getattr(model, "optimizer", None),)
        weights.take_part_in_gathering(model, left_out)
        return
    if is_legacy:
        whole_h5.save(model, path, include_optimizer)
    else:
        keras_archive.save(model, path, not is_folder, include_optimizer)


def _model_path(path: Path, save_format: str | None, is_folder: bool) -> tuple[Path, bool]:
    """Where a whole model is written, and whether as HDF5."""
    is_h5 = path.suffix in _LEGACY
    if is_folder or save_format in ("keras", "keras_v3"):
        return path, is_h5 and not is_folder
    if save_format in ("h5", "hdf5") or (is_h5 and save_format is None):
        return path, True
    if save_format == "tf" or path.suffix == ".tf" or _has_no_suffix(path):
        return path / IN_FOLDER, False
    if path.suffix == ".keras":
        return path, False
    raise argument_error(
        "save_model", "filepath", str(path), "a path that ends in .keras",
        "Invalid filepath extension for saving. Add a `.keras` extension, save the weights "
        "alone by save_weights, or use export for other frameworks.",
    )  # fmt: skip


def _has_no_suffix(path: Path) -> bool:
    """Whether what follows the last dot, if there is one, is a number such as a loss's."""
    return path.suffix == "" or path.suffix[1:].isdigit()


def load_model(
    filepath: str | os.PathLike | BinaryIO,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
    **options: Any,
) -> Any:
    """The model that a file holds.

    Nothing is imported or run that the file names: its classes are looked up among Keras's own, the
    registered ones and ``custom_objects``.

    Args:
        filepath: A ``.keras`` archive, the folder of its members, a whole model's ``.h5`` of any
            generation, the folder of a SavedModel that tf.keras 2 wrote, or an archive open for
            reading bytes.
        custom_objects: The user's classes and functions by name.
        compile: Whether the model is compiled as it was saved, with the optimizer's state.
        safe_mode: False lets bytecode of lambdas in the file run: only for files whose author may
            run code on this machine.
        **options: tf.keras's ``options``, which changes nothing here.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: its format isn't known, it is damaged or hostile, or its parts don't fit.
        TypeError: it names a class that isn't known.

    Source: Keras 3 ``saving.load_model``.
    """
    _check_options("load_model", options, ("options",))
    if hasattr(filepath, "read"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.keras")
            path.write_bytes(filepath.read())
            return load_model(path, custom_objects, compile, safe_mode)
    path = Path(filepath)
    if not path.exists():
        if tensorflow_checkpoint.prefix_of(path) is not None:
            raise argument_error("load_model", "filepath", str(path), _MODELS, _OF_WEIGHTS)
        raise recognition.missing("load_model", path, _MODELS)
    if (path / IN_FOLDER).exists():
        path /= IN_FOLDER
    return versions.of_one(path, lambda: _load_model(path, custom_objects, compile, safe_mode))


def _load_model(
    path: Path, custom_objects: Mapping[str, Any] | None, compile: bool, safe_mode: bool
) -> Any:
    if path.is_dir() and distributed.is_checkpoint(path):
        return distributed.load_model(path, custom_objects, compile, safe_mode)
    if zipfile.is_zipfile(path) or (path / keras_archive.CONFIG).is_file():
        return keras_archive.load(path, custom_objects, compile, safe_mode)
    if path.is_file() and whole_h5.is_whole(path):
        return whole_h5.load(path, custom_objects, compile, safe_mode)
    if saved_model.is_saved_model(path):
        return saved_model.load(path, custom_objects, compile, safe_mode)
    raise recognition.refused("load_model", "filepath", path, _MODELS, _otherwise(path))


def _otherwise(path: Path) -> str:
    """What to do with a file in a known form that holds no whole model.

    Raises:
        DamagedFileError: it can't be read.
    """
    if path.suffix == ".safetensors" and not recognition.told(path):
        safetensors.contents(path)
        return _OF_WEIGHTS
    if path.suffix in _LEGACY and not recognition.told(path):
        with hdf5.open_group(path) as root:
            whole_h5.check_of_keras("load_model", path, root)
            is_named = path.name.endswith(_WEIGHTS)
        return _OF_WEIGHTS if is_named else f"No model config found in the file. {_OF_WEIGHTS}"
    return "File not in a known format."


def save_weights(
    model: Any,
    filepath: str | os.PathLike,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    save_format: str | None = None,
    options: Any = None,
) -> None:
    """Write the weights of a model, and its optimizer's state.

    Args:
        model: The model; it must have its weights.
        filepath: ``.weights.h5`` or any other ``.h5`` (of the same content), ``.safetensors``
            (weights alone, under torch's names), or ``.weights.json`` with ``max_shard_size``. A
            path without a suffix, or with ``.ckpt``, is what the names of a TensorFlow checkpoint
            begin with, as in tf.keras 2.
        overwrite: Whether an existing file is replaced.
        max_shard_size: Largest size of one file in GB, for ``.weights.json``.
        save_format: tf.keras's ``"h5"`` or ``"tf"``, for paths without a suffix.
        options: Of tf.keras; changes nothing here.

    Raises:
        ValueError: another suffix, one that is at odds with ``save_format``, or the model isn't
            built.
        FileExistsError: the file is there and ``overwrite`` is off.

    Source: Keras 3 ``saving.save_weights``.
    """
    _check_format("save_weights", save_format)
    path = _weights_path("save_weights", filepath, save_format)
    is_sharded = path.name.endswith(shards.SUFFIX)
    if is_sharded != (max_shard_size is not None):
        raise argument_error(
            "save_weights", "max_shard_size", max_shard_size,
            f"a size in GB with a path that ends in {shards.SUFFIX}, and none with another",
        )  # fmt: skip
    _check_built(model, "saved")
    if _is_checkpoint(path, save_format):
        checkpoint_writer.save_weights(model, filepath, overwrite)
        return
    path = files.prepare_target("save_weights", path, overwrite)
    if not processes.is_chief():
        if path.suffix == ".safetensors":
            safetensors.take_part_in_gathering(model)
        else:
            weights.take_part_in_gathering(model)
        return
    if is_sharded:
        shards.save(model, path, max_shard_size)
        return
    with files.replacing(path) as temporary:
        if path.suffix == ".safetensors":
            safetensors.save(model, temporary)
        else:
            keras_archive.write_weights(model, temporary)


def load_weights(
    model: Any,
    filepath: str | os.PathLike,
    skip_mismatch: bool = False,
    by_name: bool = False,
    objects_to_skip: Any = None,
    options: Any = None,
) -> Any:
    """Give a model the weights in a file.

    Args:
        model: The model; it must have its weights.
        filepath: ``.weights.h5`` or any other ``.h5`` of that content or of tf.keras 2, weights
            alone or a whole model; ``.weights.json``, ``.safetensors``, a ``.keras`` archive, a
            TensorFlow checkpoint (what the names of its files begin with) or a SavedModel folder.
        skip_mismatch: Whether what doesn't fit is left as it is, with a warning.
        by_name: Whether layers are found by their names instead of their places.
        objects_to_skip: Layers to leave alone.
        options: Of tf.keras; changes nothing here.

    Returns:
        For a TensorFlow checkpoint, its status as in tf.keras; else None.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: its format isn't known, it is damaged or hostile, the weights don't fit, or the
            model isn't built.

    Source: Keras 3 ``saving.load_weights``; tf.keras ``Model.load_weights``.
    """
    skipped = objects_to_skip or ()
    prefix = tensorflow_checkpoint.prefix_of(filepath)
    if prefix is not None:
        index = f"{os.fspath(prefix)}{tensor_bundle.INDEX}"
        return versions.of_one(
            index,
            lambda: tensorflow_checkpoint.load_weights(model, prefix, skip_mismatch, skipped),
        )
    path = _existing_weights(filepath)
    versions.of_one(path, lambda: _load_weights(model, path, skip_mismatch, by_name, skipped))
    return None


def _load_weights(model: Any, path: Path, skip_mismatch: bool, by_name: bool, skipped: Any) -> None:
    _check_built(model, "loaded")
    if path.is_dir() and distributed.is_checkpoint(path):
        distributed.load_weights(model, path)
        return
    if path.suffix == ".safetensors":
        safetensors.load(model, path, skip_mismatch)
        return
    with _source(path) as (root, assets, release):
        older = legacy_h5.root_of(root) if isinstance(root, hdf5.Group) else None
        if older is not None:
            reader = legacy_h5.Reader(skip_mismatch, skipped)
            with scopes.keras_2_scope(whole_h5.version_of(root)):
                reader.read(model, older, by_name)
            hint = _OF_MISMATCH if by_name else f"{_BY_NAME} {_OF_MISMATCH}"
            keras_archive.report(model, reader, hint)
            return
        options = {"skip_mismatch": skip_mismatch, "skipped": skipped, "assets": assets}
        if by_name:
            reader = weights.Reader(**options)
            _read_by_name(reader, model, root)
        else:
            reader = generations.read(model, root, release, **options)
        hint = _OF_MISMATCH if reader.plan.variables else f"It has {_shown(root)}. {_OF_MISMATCH}"
        keras_archive.report(model, reader, hint)


def _shown(group: Any) -> str:
    names = [printable(name[:80]) for name in group]
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "") or "nothing at all"


@contextlib.contextmanager
def _source(path: Path) -> Iterator[tuple[Any, Any, str | None]]:
    """Root group of the weights at ``path``, where assets are, and the release that is noted."""
    if path.name.endswith(shards.SUFFIX):
        with shards.open_group(path) as root:
            yield root, None, None
    elif path.is_dir() or zipfile.is_zipfile(path):
        with (
            keras_archive.Archive(path) as archive,
            archive.weights() as root,
            archive.assets() as assets,
        ):
            if root is None:
                raise archive.incomplete()
            yield root, assets, archive.version()
    else:
        with hdf5.open_group(path) as root:
            yield root, None, None


def _read_by_name(reader: weights.Reader, model: Any, root: Any) -> None:
    """Read the layers whose names are noted in the file."""
    groups: dict[str, Any] = {}
    for container in ("layers", *root):
        inner = root.group(container)
        for name in inner or ():
            group = inner.group(name)
            own = group.group("vars") if group is not None else None
            noted = own.attributes.get("name") if own is not None else None
            if noted is not None:
                groups.setdefault(str(noted), group)
    if not groups:
        raise argument_error(
            "load_weights", "by_name", True, "False, since the file has no names of layers"
        )
    known = [layer for layer in model.layers if layer.name in groups]
    if not known:
        legacy_h5.warn_of_names([layer.name for layer in model.layers], groups)
    for layer in known:
        reader.read(layer, groups[layer.name], layer.name)


def _weights_path(owner: str, filepath: str | os.PathLike, save_format: str | None) -> Path:
    path = Path(filepath)
    has_known_suffix = path.name.endswith((*_LEGACY, shards.SUFFIX, ".safetensors"))
    if has_known_suffix and save_format == "tf":
        raise argument_error(
            owner, "filepath", str(filepath), 'a path without a suffix for save_format="tf"'
        )
    if has_known_suffix or save_format in ("tf", *_HDF5) or _names_checkpoint(path):
        return path
    raise argument_error(
        owner, "filepath", str(filepath), "a path that ends in .weights.h5 or .safetensors",
        "The filename must end in `.weights.h5`.",
    )  # fmt: skip


def _is_checkpoint(path: Path, save_format: str | None) -> bool:
    """Whether weights are written as a TensorFlow checkpoint."""
    return save_format == "tf" or (_names_checkpoint(path) and save_format not in _HDF5)


def _names_checkpoint(path: Path) -> bool:
    return path.suffix == ".tf" or path.suffix.startswith(".ckpt") or _has_no_suffix(path)


def _existing_weights(filepath: str | os.PathLike) -> Path:
    path = Path(filepath)
    if (path / IN_FOLDER).exists():
        return path / IN_FOLDER
    if path.exists():
        known = (*_LEGACY, shards.SUFFIX, ".safetensors", ".keras")
        if path.name.endswith(known) or path.is_dir() or zipfile.is_zipfile(path):
            return path
        if _names_checkpoint(path):
            return path
        hint = f"File format not supported. {recognition.told(path)}".rstrip()
        raise argument_error(
            "load_weights", "filepath", str(filepath), f"a path that ends in {', '.join(known)}",
            hint,
        )  # fmt: skip
    added = path.with_name(path.name + _WEIGHTS)
    if added.exists():
        return added
    raise recognition.missing(
        "load_weights", path, "a .weights.h5, .safetensors or .keras file, or a checkpoint"
    )


def _check_built(model: Any, what: str) -> None:
    if not getattr(model, "built", True) and not model.weights:
        raise ValueError(
            f'{type(model).__name__} "{model.name}" has no weights yet, so none can be {what}: '
            "You are loading or saving weights of a model that has not yet been built. Call it on "
            "some data, or call its build() method, first."
        )


def _check_format(owner: str, save_format: Any) -> None:
    if save_format is not None and save_format not in _FORMATS:
        raise argument_error(owner, "save_format", save_format, f"one of {', '.join(_FORMATS)}")


def _check_options(owner: str, options: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise kind_error(
            owner, "options", unknown, f"none but {', '.join(known)}", "Invalid keyword arguments."
        )


def model_to_json(model: Any, **options: Any) -> str:
    """The architecture of a model as JSON text, without weights.

    Args:
        model: The model.
        **options: Of ``json.dumps``, such as ``indent``.

    Raises:
        TypeError: its configuration isn't plain data.
    """
    return keras_archive.to_json(model, **options)


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A fresh model from what ``model_to_json`` gave, in this generation of Keras or the last.

    Raises:
        ValueError: this is no JSON, or no object with a class name.
        TypeError: it names a class that isn't known.
    """
    config = keras_archive.parse_config(text)
    with scopes.keras_2_scope(config.get("keras_version")), serialization.sharing_scope():
        return keras_archive.rebuilt(config, custom_objects)
