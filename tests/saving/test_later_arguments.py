import inspect
import json
import zipfile

import h5py
import keras as real
import numpy as np
import pytest

import torchkeras as keras
from torchkeras.saving.later_arguments import _DEFAULTS, without_later_arguments

LATER = ("input_axes", "output_axes", "quantization_config", "renorm_momentum", "use_gate")


def written(path):
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return file.attrs["model_config"]
    with zipfile.ZipFile(path) as archive:
        return archive.read("config.json").decode()


def network(**options):
    x = inputs = keras.Input((2, 3))
    x = keras.layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="dense", **options)(x))
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_files_are_without_what_earlier_releases_refuse(tmp_path, name):
    model = network()
    model.save(tmp_path / name)
    text = written(tmp_path / name)
    assert not any(f'"{argument}"' in text for argument in LATER)
    loaded = keras.models.load_model(tmp_path / name)
    assert loaded.get_config() == model.get_config()
    x = np.ones((1, 2, 3))
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_what_says_something_stays(tmp_path):
    initializer = keras.initializers.GlorotUniform(input_axes=[0], output_axes=[1])
    model = network(kernel_initializer=initializer)
    model.save(tmp_path / "m.keras")
    assert json.dumps(LATER[0]) in written(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert loaded.get_layer("dense").kernel_initializer.get_config()["input_axes"] == [0]


def test_the_defaults_are_those_of_keras():
    places = (real.layers, real.initializers, real.losses, real.metrics, real.quantizers)
    classes = [each for place in places for each in vars(place).values() if isinstance(each, type)]
    known = {name: set() for name in _DEFAULTS}
    for cls in classes:
        for name, parameter in inspect.signature(cls.__init__).parameters.items():
            if name in known:
                known[name].add(parameter.default)
    assert known == {name: {default} for name, default in _DEFAULTS.items()}


def test_classes_of_one_s_own_keep_their_arguments():
    own = {"module": "mine", "class_name": "Own", "config": {"input_axes": None}}
    theirs = {"module": "keras.layers", "class_name": "Own", "config": {"input_axes": None}}
    assert without_later_arguments([own, (theirs, 1)]) == [own, [{**theirs, "config": {}}, 1]]


def test_json_in_memory_is_as_keras_makes_it():
    assert '"input_axes": null' in network().to_json()
