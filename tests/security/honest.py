"""Honest models and files, which hostile ones are made from."""

import shutil
from pathlib import Path

import numpy as np
import tensorflow_files

import torchkeras as keras

FOLDER = ""  # where the honest files are, once they are written


def base_model():
    """The model that honest files here hold."""
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")],
        name="model",
    )


def content(name):
    """Bytes of an honest file of that suffix."""
    return Path(FOLDER, f"honest{name}").read_bytes()


def prepare(folder):
    """Write the honest files, once for a server."""
    global FOLDER
    FOLDER = str(folder)
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
    return shutil.copytree(Path(FOLDER, "tensorflow", name), work / name)


def network():
    """The model that TensorFlow's checkpoints are of."""
    model = tensorflow_files.network(keras)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model
