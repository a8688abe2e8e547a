"""Checkpoints and SavedModels as entry points: TensorFlow's, and those of several processes."""

import json
import shutil
from pathlib import Path

from security import entries
from security.command_entries import command, ejected
from security.entries import as_model, base_model, entry, network, of_keras_2, written

import torchkeras as keras
from torchkeras.saving import wire


def checkpoint(spoil, work):
    """What the names of a spoiled checkpoint's files begin with."""
    spoil(written("adam", work), "w")
    return work / "adam" / "w"


def saved(spoil, work):
    """A SavedModel whose variables are spoiled."""
    spoil(written("saved", work) / "variables", "variables")
    return work / "saved"


def prepare(folder):
    """Write a checkpoint of several processes."""
    model = base_model()
    model.compile("sgd", "mse")
    callback = keras.callbacks.OrbaxCheckpoint(folder / "orbax", save_on_background=False)
    callback.set_model(model)
    callback.on_epoch_end(0, {})
    keras.models.load_model(folder / "orbax")


# --- Checkpoints


@entry("load_weights of a checkpoint", "bundle")
def load_checkpoint(spoil, work):
    path, model = checkpoint(spoil, work), network()
    return lambda: model.load_weights(path)


@entry("load_weights of a checkpoint by a model that isn't built", "bundle")
def load_checkpoint_late(spoil, work):
    path = checkpoint(spoil, work)
    model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    return lambda: [model.load_weights(path), model.build((None, 4))]


@entry("report a checkpoint", "bundle")
def report_checkpoint(spoil, work):
    path, model = checkpoint(spoil, work), network()
    return lambda: keras.saving.report(path, model).to_json()


@entry("inspect a checkpoint", "bundle")
def inspect_checkpoint(spoil, work):
    path = checkpoint(spoil, work)
    return lambda: command("inspect", path)


@entry("load_model SavedModel", "bundle")
def load_saved(spoil, work):
    path = saved(spoil, work)
    return lambda: keras.models.load_model(path)


@entry("the command migrate of a SavedModel", "bundle")
def migrate_saved(spoil, work):
    path = saved(spoil, work)
    return lambda: command("migrate", path, work / "new.keras")


# --- Folders of SavedModels


def folder(spoil, work):
    """A spoiled SavedModel."""
    path = written("saved", work)
    spoil(path)
    return path


@entry("load_model SavedModel", "saved model")
def load_folder(spoil, work):
    path = folder(spoil, work)
    return lambda: keras.models.load_model(path)


@entry("load_weights SavedModel", "saved model")
def load_weights_of_folder(spoil, work):
    path, model = folder(spoil, work), network()
    return lambda: model.load_weights(path)


@entry("report SavedModel", "saved model")
def report_folder(spoil, work):
    path = folder(spoil, work)
    return lambda: keras.saving.report(path).to_json()


@entry("inspect SavedModel", "saved model")
def inspect_folder(spoil, work):
    path = folder(spoil, work)
    return lambda: command("inspect", path)


@entry("the command migrate of a SavedModel", "saved model")
def migrate_folder(spoil, work):
    path = folder(spoil, work)
    return lambda: command("migrate", path, work / "new.keras")


@entry("the command eject of a SavedModel", "saved model")
def eject_folder(spoil, work):
    path = folder(spoil, work)
    return lambda: ejected(path, work / "out")


# --- What Keras noted in them


def with_notes(thing, work):
    """A SavedModel of that configuration."""
    field, path = wire.write_field, written("saved", work)
    told = {"keras_version": "2.15.0", **of_keras_2(as_model(thing))}
    text = json.dumps(told).encode()
    root = field(2, 0) + field(3, b"root") + field(4, b"_tf_keras_sequential") + field(5, text)
    (path / "keras_metadata.pb").write_bytes(field(1, root))
    return path


@entry("load_model of a SavedModel's notes", "layer", "model")
def load_noted(thing, work):
    path = with_notes(thing, work)
    return lambda: keras.models.load_model(path)


# --- Checkpoints of several processes, which OrbaxCheckpoint writes


@entry("load_model of OrbaxCheckpoint's", "orbax")
def load_parts(spoil, work):
    path = parts(spoil, work)
    return lambda: keras.models.load_model(path)


@entry("load_weights of OrbaxCheckpoint's", "orbax")
def load_weights_of_parts(spoil, work):
    path, model = parts(spoil, work), base_model()
    return lambda: model.load_weights(path)


@entry("report OrbaxCheckpoint's", "orbax")
def report_parts(spoil, work):
    path = parts(spoil, work)
    return lambda: keras.saving.report(path).to_json()


@entry("the command migrate of OrbaxCheckpoint's", "orbax")
def migrate_parts(spoil, work):
    path = parts(spoil, work)
    return lambda: command("migrate", path, work / "new.keras")


def parts(spoil, work):
    """A spoiled folder of ``OrbaxCheckpoint``, which has a folder for each epoch."""
    path = shutil.copytree(Path(entries.HONEST, "orbax"), work / "run")
    spoil(path / "0")
    return path
