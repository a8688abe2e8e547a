"""Checkpoints and SavedModels as entry points: TensorFlow's, and those of several processes."""

import functools
import json
import shutil
from pathlib import Path

from security import honest
from security.configurations import as_model, of_keras_2
from security.entries import (
    eject,
    entry,
    inspect,
    load_model,
    load_weights,
    migrate,
    of_network,
    report,
    report_with,
    table,
)
from security.honest import base_model, network, written

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

table(checkpoint, "bundle", {
    "load_weights of a checkpoint": of_network,
    "report a checkpoint": functools.partial(report_with, model=network),
    "inspect a checkpoint": inspect,
})  # fmt: skip
table(saved, "bundle", {
    "load_model SavedModel": load_model,
    "the command migrate of a SavedModel": migrate,
})  # fmt: skip


@entry("load_weights of a checkpoint by a model that isn't built", "bundle")
def load_checkpoint_late(spoil, work):
    path = checkpoint(spoil, work)
    model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    return lambda: [model.load_weights(path), model.build((None, 4))]


# --- Folders of SavedModels


def folder(spoil, work):
    """A spoiled SavedModel."""
    path = written("saved", work)
    spoil(path)
    return path


table(folder, "saved model", {
    "load_model SavedModel": load_model,
    "load_weights SavedModel": of_network,
    "report SavedModel": report,
    "inspect SavedModel": inspect,
    "the command migrate of a SavedModel": migrate,
    "the command eject of a SavedModel": eject,
})  # fmt: skip

# --- What Keras noted in them


def with_notes(thing, work):
    """A SavedModel of that configuration."""
    field, path = wire.write_field, written("saved", work)
    told = {"keras_version": "2.15.0", **of_keras_2(as_model(thing))}
    text = json.dumps(told).encode()
    root = field(2, 0) + field(3, b"root") + field(4, b"_tf_keras_sequential") + field(5, text)
    (path / "keras_metadata.pb").write_bytes(field(1, root))
    return path


table(with_notes, "layer, model", {"load_model of a SavedModel's notes": load_model})

# --- Checkpoints of several processes, which OrbaxCheckpoint writes


def parts(spoil, work):
    """A spoiled folder of ``OrbaxCheckpoint``, which has a folder for each epoch."""
    path = shutil.copytree(Path(honest.FOLDER, "orbax"), work / "run")
    spoil(path / "0")
    return path


table(parts, "orbax", {
    "load_model of OrbaxCheckpoint's": load_model,
    "load_weights of OrbaxCheckpoint's": load_weights,
    "report OrbaxCheckpoint's": report,
    "the command migrate of OrbaxCheckpoint's": migrate,
})  # fmt: skip
