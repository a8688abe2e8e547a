"""Files of a configuration, in each form that models are written in."""

import json
import sys
import zipfile

import h5py
from security import honest


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
        archive.writestr(
            "model.weights.h5", honest.content(".weights.h5") if weights is None else weights
        )
    return path


def write_folder(path, config):
    path.mkdir()
    (path / "metadata.json").write_text(json.dumps({"keras_version": "3.15.1"}))
    (path / "config.json").write_text(json.dumps(config))
    (path / "model.weights.h5").write_bytes(honest.content(".weights.h5"))
    return path


def write_whole(path, config):
    path.write_bytes(honest.content(".h5"))
    with h5py.File(path, "r+") as file:
        training = config.pop("compile_config", None) or {}
        file.attrs["model_config"] = json.dumps(config)
        told = {"optimizer_config": training.pop("optimizer", None), **training}
        file.attrs["training_config"] = json.dumps(told)
    return path
