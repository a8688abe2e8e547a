"""The ways into the package, by kind of hostile thing.

Each takes the thing and a folder to work in, makes the files, and gives the call to be watched
(None if this thing can't go in here).
"""

import errno
import importlib
import io
import json
import marshal
import os
import pickle
import resource
import shutil
import socket
import sys
import time
import unittest.mock
import zipfile
from pathlib import Path

import h5py
import numpy as np
import tensorflow_files
import torch

import torchkeras as keras
from torchkeras.core import registry
from torchkeras.datasets import source
from torchkeras.saving import snapshot
from torchkeras.utils import files

ENTRIES: dict[str, dict] = {}
HONEST = ""  # folder of the honest files, once they are written
# What has entry points of each server beside those here.
OWN = ("hdf5_entries", "command_entries", "data_entries", "tensorflow_entries", "foreign_entries")
DROP_IN = ("drop_in_entries", "prepared_entries")


def load(server, folder):
    """Enter the entry points of a server, ``"own"`` or ``"drop_in"``.

    A module's ``prepare(folder)`` uses them honestly first, so that what is imported late is there
    before the server forks.
    """
    if server == "drop_in":
        ENTRIES.clear()
    prepare(folder)
    for name in DROP_IN if server == "drop_in" else OWN:
        module = importlib.import_module(f"security.{name}")
        if hasattr(module, "prepare"):
            module.prepare(Path(folder))


def entry(name, *kinds):
    """Enter the function below as the entry point ``name`` for things of these kinds."""

    def enter(function):
        for kind in kinds:
            ENTRIES.setdefault(kind, {})[name] = function
        return function

    return enter


def base_model():
    """The model that honest files here hold."""
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")],
        name="model",
    )


def honest(name):
    """Bytes of an honest file of that suffix."""
    return Path(HONEST, f"honest{name}").read_bytes()


def prepare(folder):
    """Write the honest files that hostile ones are made from, once for a server."""
    global HONEST
    HONEST = str(folder)
    model = base_model()
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 2)))
    for suffix in (".keras", ".h5", ".weights.h5", ".safetensors"):
        (model.save if suffix in (".keras", ".h5") else model.save_weights)(
            Path(folder, f"honest{suffix}")
        )
    tensorflow_files.extract(Path(folder, "tensorflow"))


def written(name, work):
    """A copy of what real TensorFlow wrote under that name."""
    return shutil.copytree(Path(HONEST, "tensorflow", name), work / name)


def network():
    """The model that TensorFlow's checkpoints are of."""
    model = tensorflow_files.network(keras)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


# --- Configurations


def as_model(thing):
    """A layer's configuration within a model; a model's as it is."""
    config = dict(thing)
    if config.get("class_name") in ("Sequential", "Functional") or "Payload" in str(config)[:60]:
        return config
    first = {
        "module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
        "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "input"},
    }  # fmt: skip
    return {
        "module": "keras", "class_name": "Sequential", "registered_name": None,
        "config": {"name": "model", "layers": [first, config]},
    }  # fmt: skip


def of_keras_2(config):
    """A configuration without what Keras 3 added."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        return without_additions(config)
    finally:
        sys.setrecursionlimit(limit)


def without_additions(config):
    if isinstance(config, dict):
        dropped = ("registered_name", "build_config") + (
            ("module",) if "class_name" in config else ()
        )
        return {k: without_additions(v) for k, v in config.items() if k not in dropped}
    if isinstance(config, list):
        return [without_additions(item) for item in config]
    return config


def write_archive(path, config, weights=None):
    """A ``.keras`` archive of that configuration."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("model.weights.h5", honest(".weights.h5") if weights is None else weights)
    return path


def write_folder(path, config):
    path.mkdir()
    (path / "metadata.json").write_text(json.dumps({"keras_version": "3.15.1"}))
    (path / "config.json").write_text(json.dumps(config))
    (path / "model.weights.h5").write_bytes(honest(".weights.h5"))
    return path


def write_whole(path, config):
    path.write_bytes(honest(".h5"))
    with h5py.File(path, "r+") as file:
        training = config.pop("compile_config", None) or {}
        file.attrs["model_config"] = json.dumps(config)
        told = {"optimizer_config": training.pop("optimizer", None), **training}
        file.attrs["training_config"] = json.dumps(told)
    return path


@entry("load_model .keras", "layer", "model", "name")
def load_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: keras.models.load_model(path)


@entry("load_model without compile", "layer", "model")
def load_archive_uncompiled(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: keras.saving.load_model(path, compile=False)


@entry("load_model open file", "layer", "model")
def load_open_archive(thing, work):
    content = write_archive(work / "m.keras", as_model(thing)).read_bytes()
    return lambda: keras.models.load_model(io.BytesIO(content))


@entry("load_model folder", "layer", "model")
def load_folder(thing, work):
    path = write_folder(work / "m", as_model(thing))
    return lambda: keras.models.load_model(path)


@entry("load_model .h5", "layer", "model", "name")
def load_whole(thing, work):
    path = write_whole(work / "m.h5", as_model(thing))
    return lambda: keras.models.load_model(path)


@entry("load_model .hdf5 of Keras 2", "layer", "model", "name")
def load_older_whole(thing, work):
    path = write_whole(work / "m.hdf5", of_keras_2(as_model(thing)))
    return lambda: keras.models.load_model(path)


@entry("model_from_json", "layer", "model")
def from_json(thing, work):
    text = json.dumps(as_model(thing))
    return lambda: keras.models.model_from_json(text)


@entry("model_from_json of Keras 2", "layer", "model")
def from_older_json(thing, work):
    text = json.dumps(of_keras_2(as_model(thing)))
    return lambda: keras.models.model_from_json(text)


@entry("model_from_config", "layer", "model")
def from_model_config(thing, work):
    return lambda: keras.models.model_from_config(as_model(thing))


@entry("Model.from_config", "layer", "model")
def from_config_of_model(thing, work):
    config = as_model(thing)
    cls = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
    return lambda: cls.from_config(config["config"])


@entry("deserialize_keras_object", "layer", "model", "name")
def deserialize(thing, work):
    return lambda: keras.saving.deserialize_keras_object(thing)


@entry("deserialize_keras_object in a list", "layer", "model")
def deserialize_inside(thing, work):
    return lambda: keras.saving.deserialize_keras_object([{"a": thing}])


@entry("layers.deserialize", "layer", "name")
def deserialize_layer(thing, work):
    return lambda: keras.layers.deserialize(thing)


@entry("legacy deserialize", "layer", "model")
def deserialize_legacy(thing, work):
    config = of_keras_2(thing)
    return lambda: keras.legacy.saving.deserialize_keras_object(config)


@entry("from_config of the class", "layer")
def from_config(thing, work):
    try:
        cls = registry.find_class(thing)
    except (TypeError, KeyError):
        return None
    return lambda: cls.from_config(thing["config"])


@entry("from_config of a wrapper", "layer")
def from_config_of_wrapper(thing, work):
    config = {"name": "outer", "layer": thing}
    return lambda: keras.layers.TimeDistributed.from_config(config)


@entry("from_config of an RNN", "layer")
def from_config_of_rnn(thing, work):
    config = {"name": "outer", "cell": thing}
    return lambda: keras.layers.RNN.from_config(config)


@entry("clone_model", "layer")
def clone(thing, work):
    model = base_model()
    cell = model.layers[0]
    try:
        cls = registry.find_class(thing)
    except (TypeError, KeyError):
        return None
    hostile = type("Hostile", (keras.layers.Dense,), {"get_config": lambda self: thing["config"]})
    hostile.from_config = classmethod(lambda c, config: cls.from_config(config))
    cell.__class__ = hostile
    return lambda: keras.models.clone_model(model)


@entry("losses.deserialize", "layer")
def deserialize_loss(thing, work):
    return lambda: keras.losses.deserialize(thing)


@entry("metrics.deserialize", "layer")
def deserialize_metric(thing, work):
    return lambda: keras.metrics.deserialize(thing)


@entry("optimizers.deserialize", "layer")
def deserialize_optimizer(thing, work):
    return lambda: keras.optimizers.deserialize(thing)


@entry("activations.deserialize", "layer")
def deserialize_activation(thing, work):
    return lambda: keras.activations.deserialize(thing)


@entry("a constructor's argument", "layer")
def constructor(thing, work):
    return lambda: keras.layers.Dense(2, kernel_initializer=thing).build((None, 4))


@entry("load_weights", "layer", "model")
def load_weights_of_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    model = base_model()
    return lambda: model.load_weights(path)


# Entry points that read no configuration: it may be as hostile as it likes.
BLIND = ("load_weights",)


# --- Archives, folders, shards


@entry("load_model .keras", "archive")
def load_written_archive(write, work):
    write(work / "m.keras")
    return lambda: keras.models.load_model(work / "m.keras")


@entry("load_model open file", "archive")
def load_written_open_archive(write, work):
    write(work / "m.keras")
    content = (work / "m.keras").read_bytes()
    return lambda: keras.models.load_model(io.BytesIO(content))


@entry("load_weights .keras", "archive")
def load_weights_of_written_archive(write, work):
    write(work / "m.keras")
    model = base_model()
    return lambda: model.load_weights(work / "m.keras")


@entry("load_model folder", "folder")
def load_written_folder(write, work):
    write(work / "m")
    return lambda: keras.models.load_model(work / "m")


@entry("load_weights folder", "folder")
def load_weights_of_written_folder(write, work):
    write(work / "m")
    model = base_model()
    return lambda: model.load_weights(work / "m")


@entry("load_weights .weights.json", "shards")
def load_written_shards(write, work):
    write(work / "m.weights.json")
    model = base_model()
    return lambda: model.load_weights(work / "m.weights.json")


# --- Looking into files and writing them anew


@entry("report .keras", "layer", "model", "name")
def report_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: keras.saving.report(path).to_json()


@entry("KerasFileEditor .keras", "archive")
def edit_archive(write, work):
    write(work / "m.keras")
    return lambda: keras.saving.KerasFileEditor(work / "m.keras").save(work / "new.weights.h5")


@entry("report written .keras", "archive")
def report_written_archive(write, work):
    write(work / "m.keras")
    return lambda: keras.saving.report(work / "m.keras").to_json()


@entry("report folder", "folder")
def report_folder(write, work):
    write(work / "m")
    return lambda: keras.saving.report(work / "m").to_json()


@entry("migrate", "archive")
def migrate_archive(write, work):
    write(work / "m.keras")
    return lambda: keras.saving.migrate(work / "m.keras", work / "new.keras")


@entry("report .safetensors", "safetensors")
def report_safetensors(content, work):
    (work / "m.safetensors").write_bytes(content)
    model = base_model()
    return lambda: keras.saving.report(work / "m.safetensors", model).to_json()


# --- Downloads: already in the cache, so that nothing is fetched


def _in_cache(write, work):
    folder = work / "cache" / "datasets"
    folder.mkdir(parents=True)
    write(folder / "x_archive")
    return work / "cache"


def unpacked(work, **options):
    """What ``get_file`` unpacks.

    Raises:
        RuntimeError: files appeared beside the cache.
    """
    inside = work.parent
    before = set(inside.rglob("*"))
    try:
        path = keras.utils.get_file(
            "x", "http://127.0.0.1:9/x", cache_dir=work / "cache", **options
        )
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise ValueError("The archive is larger than the disk") from error
    new = {file for file in set(inside.rglob("*")) - before if "cache" not in file.parts}
    if new:
        raise RuntimeError(f"appeared: {new}")
    return [file.read_bytes() for file in Path(path).rglob("*") if file.is_file()]


@entry("get_file extract", "download")
def get_and_extract(write, work):
    _in_cache(write, work)
    return lambda: unpacked(work, extract=True)


@entry("get_file untar", "download")
def get_and_untar(write, work):
    _in_cache(write, work)
    return lambda: unpacked(work, untar=True)


@entry("get_file extract from the root folder", "download")
def get_and_extract_from_root(write, work):
    _in_cache(write, work)

    def call():
        before = os.getcwd()
        os.chdir("/")
        try:
            return unpacked(work, extract=True)
        finally:
            os.chdir(before)

    return call


def downloaded(work, name, origin):
    """Where ``get_file`` puts a file; nothing is fetched.

    Raises:
        RuntimeError: beside the cache.
    """
    cache = work / "cache"
    try:
        with unittest.mock.patch.object(files, "_download", lambda origin, file: file.write(b"x")):
            path = keras.utils.get_file(name, origin, cache_dir=cache)
    except OSError as error:  # a file of that name can't be
        raise ValueError(str(error)) from error
    if Path(path).parent.resolve() != (cache / "datasets").resolve():
        raise RuntimeError(f"put into {path!r}")


@entry("get_file of a name", "text")
def get_named(text, work):
    return lambda: downloaded(work, text, "http://127.0.0.1:9/x")


@entry("get_file of an address", "text")
def get_from(text, work):
    return lambda: downloaded(work, None, f"http://127.0.0.1:9/{text}")


# --- Other files


@entry("load_weights .safetensors", "safetensors")
def load_safetensors(content, work):
    (work / "m.safetensors").write_bytes(content)
    model = base_model()
    return lambda: model.load_weights(work / "m.safetensors")


@entry("load_weights .safetensors with skip_mismatch", "safetensors")
def load_safetensors_skipping(content, work):
    (work / "m.safetensors").write_bytes(content)
    model = base_model()
    return lambda: model.load_weights(work / "m.safetensors", skip_mismatch=True)


def _snapshot(spoil, work):
    model = base_model()
    state = {"weights": [torch.ones(3), np.arange(3)], "x": 1}
    snapshot.write(work / "backup", state)
    spoil(work / "backup" / "snapshot-00000001")
    return model


@entry("snapshot.read", "snapshot")
def read_snapshot(spoil, work):
    _snapshot(spoil, work)
    return lambda: snapshot.read(work / "backup")


@entry("BackupAndRestore", "snapshot")
def restore_snapshot(spoil, work):
    model = _snapshot(spoil, work)
    model.compile("sgd", "mse")
    backup = keras.callbacks.BackupAndRestore(work / "backup")
    x, y = np.ones((2, 4)), np.ones((2, 2))
    return lambda: model.fit(x, y, verbose=0, callbacks=[backup]) and None


@entry("load_pickle", "pickle")
def read_pickle(content, work):
    (work / "data").write_bytes(content)

    def call():
        with open(work / "data", "rb") as file:
            return source.load_pickle(file)

    return call


@entry("load_npz", "npz")
def read_npz(content, work):
    (work / "data.npz").write_bytes(content)
    return lambda: source.load_npz(work / "data.npz")


# --- What the sandbox must notice


def _own(name):
    def enter(function):
        @entry(name, "self")
        def make(place, work):
            return lambda: function(place)

        return function

    return enter


@_own("runs code")
def _runs(place):
    os.system("true")


@_own("reads")
def _reads(place):
    return place.secret.read_text()


@_own("writes")
def _writes(place):
    place.target.write_text("x")


@_own("imports")
def _imports(place):
    importlib.import_module("torchkeras_canary")


@_own("connects")
def _connects(place):
    socket.create_connection(("127.0.0.1", 9))


@_own("unpickles")
def _unpickles(place):
    pickle.loads(b"cos\nsystem\n(tR.")


@_own("unmarshals")
def _unmarshals(place):
    marshal.loads(marshal.dumps(1))


@_own("allocates")
def _allocates(place):
    return bytearray(2**31)


@_own("loops")
def _loops(place):
    seconds = int(time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    while True:
        pass
