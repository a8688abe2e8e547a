"""SavedModels of tf.keras 2: the model from its configuration, the weights from the checkpoint.

The folder holds TensorFlow's functions, which are never run, a checkpoint, and what Keras noted of
each layer. Vocabularies of text and category layers are constants among the functions.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error
from torchkeras.saving import (
    keras_archive,
    object_graph,
    saved_vocabularies,
    tensorflow_checkpoint,
    whole_h5,
    wire,
)
from torchkeras.saving.budget import MemoryBudget
from torchkeras.saving.files import check_folder, damaged
from torchkeras.saving.tensor_bundle import Bundle

FILE = "saved_model.pb"
_METADATA = "keras_metadata.pb"
_LARGEST_FILE = 2**30
# How Keras writes what JSON has no form for.
_SEQUENCES = ("__tuple__", "TensorShape")


def is_saved_model(path: str | os.PathLike) -> bool:
    """Whether ``path`` is the folder of a SavedModel."""
    return Path(path, FILE).is_file()


def load(
    path: str | os.PathLike,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model of a SavedModel folder that tf.keras 2 wrote.

    Args:
        path: The folder.
        custom_objects: Classes and functions by the names they have in the file.
        compile: Whether the model is compiled as it was, with the optimizer's state.
        safe_mode: False lets bytecode of lambdas become functions.

    Raises:
        ValueError: it holds no Keras model, or one without configuration; it is damaged or hostile.
        TypeError: it names a class that isn't known.
    """
    metadata = noted(Path(path))
    config = {"class_name": metadata.get("class_name"), "config": metadata.get("config")}
    if not isinstance(config["config"], dict) or not isinstance(config["class_name"], str):
        raise _without_model(path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(scopes.custom_objects_scope(custom_objects))
        safe_mode = safe_mode and serialization.in_safe_mode()
        stack.enter_context(serialization.SafeModeScope(safe_mode))
        stack.enter_context(scopes.keras_2_scope(metadata.get("keras_version")))
        stack.enter_context(serialization.sharing_scope())
        with MemoryBudget(
            sum(file.stat().st_size for file in Path(path).glob("variables/variables.data-*"))
        ):
            model = serialization.deserialize_keras_object(config)
            _build(model, metadata)
        training = metadata.get("training_config")
        if compile and isinstance(training, dict):
            model.compile_from_config(whole_h5.compile_config(training, model))
    prefix = tensorflow_checkpoint.prefix_of(path)
    if prefix is None:
        raise argument_error(
            "load_model", "filepath", str(path), "a folder with variables/variables.index",
            "The SavedModel is incomplete.",
        )  # fmt: skip
    bundle = Bundle(prefix)
    root = object_graph.read(bundle)
    if root is not None:
        saved_vocabularies.give(model, _contents(Path(path, FILE)), bundle, root)
    tensorflow_checkpoint.load_weights(model, prefix)
    return model


def _build(model: Any, metadata: dict[str, Any]) -> None:
    """Build a model that its configuration leaves unbuilt, if the shape was noted."""
    shape = metadata.get("build_input_shape")
    if not model.built and isinstance(shape, list):
        model.build(tuple(shape))


def _without_model(path: str | os.PathLike) -> ValueError:
    return argument_error(
        "load_model", "filepath", str(path), "a SavedModel with the configuration of a Keras model",
        "This one holds functions of TensorFlow alone: make the model from its class and call "
        "load_weights on the folder.",
    )  # fmt: skip


def _contents(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_FILE:
        raise argument_error(
            "load_model", "filepath", str(path), f"a file of at most {_LARGEST_FILE} bytes"
        )
    return path.read_bytes()


def noted(folder: Path) -> dict[str, Any]:
    """What Keras noted of the model itself.

    Raises:
        ValueError: nothing, or it is damaged; or links or pipes are in the folder.
    """
    check_folder(folder)
    path = folder / _METADATA
    is_apart = path.is_file()
    texts = (_noted_apart if is_apart else _noted_inside)(
        _contents(path if is_apart else folder / FILE)
    )
    try:
        text = next(texts, None)
    except (ValueError, AttributeError) as error:
        place = _METADATA if is_apart else FILE
        raise damaged(place, str(error), "the notes of a Keras model") from error
    if not text:
        raise _without_model(folder)
    try:
        return _plain(keras_archive.parse_config(text))
    except RecursionError as error:
        raise damaged(_METADATA, "nested too deep", "the notes of a Keras model") from error


def _noted_apart(data: bytes) -> Iterator[str]:
    """The note of the root, from TensorFlow 2.5 on."""
    for number, _, value in wire.fields(data):
        if number == 1:
            node = wire.message(value)
            if node.get(2, 0) == 0 and node.get(3) == b"root":
                yield node.get(5, b"").decode()


def _noted_inside(data: bytes) -> Iterator[str]:
    """The note of the root before, among TensorFlow's objects, of which it is the first."""
    objects = wire.message(wire.message(data).get(2, b"")).get(7, b"")
    for number, _, value in wire.fields(objects):
        if number == 1:
            yield wire.message(wire.message(value).get(4, b"")).get(3, b"").decode()
            return


def _plain(value: Any) -> Any:
    """``value`` with lists for what Keras wrote as tuples and shapes."""
    if isinstance(value, dict):
        if value.get("class_name") in _SEQUENCES and isinstance(value.get("items"), list):
            return [_plain(item) for item in value["items"]]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
