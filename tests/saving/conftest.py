"""A small model of each style, made alike with torchkeras and with real Keras."""

import keras
import numpy as np
import pytest
import tensorflow_files

import torchkeras


def small_functional(library):
    x = library.Input((4,), name="x")
    hidden = library.layers.Dense(3, activation="relu", name="hidden")(x)
    hidden = library.layers.BatchNormalization(name="norm")(hidden)
    return library.Model(x, library.layers.Dense(2, name="head")(hidden), name="small")


def small_sequential(library):
    layers = library.layers
    return library.Sequential(
        [
            library.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )


def randomize(model):
    """Give a model weights that tell places and axes apart."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1.0, w.shape).astype("float32") for w in model.weights])
    return model


@pytest.fixture(params=["functional", "sequential"])
def pair(request):
    """Our model, Keras's, and inputs."""
    maker = {"functional": small_functional, "sequential": small_sequential}[request.param]
    ours, theirs = randomize(maker(torchkeras)), randomize(maker(keras))
    shape = tuple(ours.input_shape[1:])
    return ours, theirs, np.random.default_rng(0).random((5, *shape), dtype="float32")


@pytest.fixture(scope="session")
def of_tensorflow(tmp_path_factory):
    """Folder of what real TensorFlow wrote."""
    folder = tmp_path_factory.mktemp("tensorflow")
    tensorflow_files.extract(folder)
    return folder
