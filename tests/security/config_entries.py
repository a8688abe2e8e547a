"""Configurations as entry points: in files, as text and by themselves."""

import json

from security.commands import command
from security.configurations import (
    as_model,
    of_keras_2,
    write_archive,
    write_folder,
    write_whole,
)
from security.entries import (
    eject,
    entry,
    given_to,
    inspect,
    load_model,
    load_open,
    load_weights,
    migrate,
    report,
    table,
    verify,
)
from security.honest import base_model

import torchkeras as keras
from torchkeras.core import registry


def archive(thing, work):
    return write_archive(work / "m.keras", as_model(thing))


def folder(thing, work):
    return write_folder(work / "m", as_model(thing))


def whole(thing, work):
    return write_whole(work / "m.h5", as_model(thing))


def older_whole(thing, work):
    return write_whole(work / "m.hdf5", of_keras_2(as_model(thing)))


def text(thing, work):
    return json.dumps(as_model(thing))


def older_text(thing, work):
    return json.dumps(of_keras_2(as_model(thing)))


def itself(thing, work):
    return thing


# --- Files

table(archive, "layer, model, name", {
    "load_model .keras": load_model,
    "report .keras": report,
    "inspect .keras": inspect,
})  # fmt: skip
table(archive, "layer, model", {
    "load_model without compile":
        given_to(lambda path: keras.saving.load_model(path, compile=False)),
    "load_model open file": load_open,
    "load_weights": load_weights,
    "the command migrate": migrate,
    "the command eject": eject,
    "the command verify": verify,
})  # fmt: skip
table(folder, "layer, model", {
    "load_model folder": load_model,
    "inspect folder as JSON": given_to(lambda path: command("inspect", "--json", path)),
})  # fmt: skip
table(whole, "layer, model, name", {"load_model .h5": load_model})
table(whole, "layer, model", {
    "the command migrate of .h5": lambda path, work: migrate(path, work, "new.weights.h5"),
})  # fmt: skip
table(older_whole, "layer, model, name", {"load_model .hdf5 of Keras 2": load_model})

# --- Texts and dictionaries

from_json = given_to(keras.models.model_from_json)
table(text, "layer, model", {"model_from_json": from_json})
table(older_text, "layer, model", {"model_from_json of Keras 2": from_json})
table(itself, "layer, model, name", {
    "deserialize_keras_object": given_to(keras.saving.deserialize_keras_object),
})  # fmt: skip
table(itself, "layer, model", {
    "deserialize_keras_object in a list":
        given_to(lambda thing: keras.saving.deserialize_keras_object([{"a": thing}])),
    "model_from_config":
        given_to(lambda thing: keras.models.model_from_config(as_model(thing))),
})  # fmt: skip
table(itself, "layer, name", {"layers.deserialize": given_to(keras.layers.deserialize)})
table(itself, "layer", {
    "losses.deserialize": given_to(keras.losses.deserialize),
    "metrics.deserialize": given_to(keras.metrics.deserialize),
    "optimizers.deserialize": given_to(keras.optimizers.deserialize),
    "activations.deserialize": given_to(keras.activations.deserialize),
    "from_config of a wrapper": given_to(
        lambda thing: keras.layers.TimeDistributed.from_config({"name": "outer", "layer": thing})
    ),
    "from_config of an RNN": given_to(
        lambda thing: keras.layers.RNN.from_config({"name": "outer", "cell": thing})
    ),
    "a constructor's argument": given_to(
        lambda thing: keras.layers.Dense(2, kernel_initializer=thing).build((None, 4))
    ),
})  # fmt: skip


@entry("Model.from_config", "layer", "model")
def from_config_of_model(thing, work):
    config = as_model(thing)
    cls = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
    return lambda: cls.from_config(config["config"])


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
