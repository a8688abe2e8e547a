"""Whole models in ``.h5``: our own, Keras 3's, and such as tf.keras 2 wrote."""

import json
from pathlib import PurePosixPath

import h5py
import keras as real
import numpy as np
import pytest
import tensorflow_files
from hypothesis import given
from hypothesis import strategies as st

import torchkeras
from torchkeras import saving
from torchkeras.saving import whole_h5

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = X[:, :1] * 2


def trained(keras, optimizer="Adam"):
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation="relu")(inputs)
    hidden = keras.layers.BatchNormalization()(hidden)
    outputs = keras.layers.Dense(1)(keras.layers.Concatenate()([hidden, inputs]))
    model = keras.Model(inputs, outputs)
    loss = keras.losses.MeanSquaredError()
    model.compile(getattr(keras.optimizers, optimizer)(0.01), loss)
    model.fit(X, Y, shuffle=False, verbose=0)
    return model


def same_training(one, other):
    """Both go on alike: predictions, slots and a further step are equal."""
    for _ in range(2):
        np.testing.assert_allclose(
            one.predict(X, verbose=0), other.predict(X, verbose=0), rtol=1e-4, atol=1e-5
        )
        for model in (one, other):
            model.fit(X, Y, shuffle=False, verbose=0)


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "RMSprop"])
def test_models_come_back_with_their_training(suffix, optimizer, tmp_path):
    model = trained(torchkeras, optimizer)
    path = tmp_path / f"model{suffix}"
    model.save(path)
    same_training(torchkeras.models.load_model(path), model)
    model.save(path, include_optimizer=False)
    assert not torchkeras.models.load_model(path).compiled


def test_keras_reads_what_is_written(tmp_path):
    model = trained(torchkeras)
    model.save(tmp_path / "model.h5")
    loaded = real.models.load_model(tmp_path / "model.h5")
    np.testing.assert_allclose(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-4, atol=1e-5
    )
    # It can't train what it loads from .h5 on torch, its own files included.


@pytest.mark.parametrize("options", [{}, {"use_ema": True}], ids=["plain", "averaging"])
def test_slots_of_one_name_are_all_written_and_go_on(options, tmp_path):
    """Adafactor's, which Keras can't write. It reads what is listed, in that order."""
    model = torchkeras.Sequential(
        [torchkeras.Input((4,)), torchkeras.layers.Dense(8), torchkeras.layers.Dense(1)]
    )
    optimizer = torchkeras.optimizers.Adafactor(0.01, **options)
    model.compile(optimizer, torchkeras.losses.MeanSquaredError())
    model.fit(X, Y, shuffle=False, verbose=0)
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        group = file["optimizer_weights"]
        saved = [group[name][()] for name in group.attrs["weight_names"]]
    theirs = real.optimizers.Adafactor(0.01, **options)
    theirs.build(real.models.load_model(tmp_path / "model.h5").trainable_variables)
    theirs.set_weights(saved)
    for known, found in zip(model.optimizer.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(known.numpy(), real.ops.convert_to_numpy(found))
    same_training(torchkeras.models.load_model(tmp_path / "model.h5"), model)


@given(st.lists(st.text("ab_1/", min_size=1).map(lambda text: f"a{text}a")))
def test_each_value_has_a_place_of_its_own(names):
    names = [name.replace("//", "/") for name in names]
    found = whole_h5._distinct(names)
    assert len(set(found)) == len(found) == len(names)
    folders = {str(folder) for name in found for folder in PurePosixPath(name).parents}
    assert folders.isdisjoint(found)
    assert all(ours.startswith(name) for name, ours in zip(names, found, strict=True))
    for name in set(names) - folders:
        assert found[names.index(name)] == name


def test_weights_of_one_name_in_a_layer_are_all_written(tmp_path):
    class Twice(torchkeras.layers.Layer):
        def build(self, input_shape):
            self.first = self.add_weight((3,), "uniform", name="w")
            self.second = self.add_weight((3,), "uniform", name="w")

        def call(self, x):
            return x * self.first + self.second

    model = torchkeras.Sequential([torchkeras.Input((3,)), Twice()])
    model.save(tmp_path / "model.h5")
    loaded = torchkeras.models.load_model(tmp_path / "model.h5", {"Twice": Twice})
    for known, found in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(known.numpy(), found.numpy())


@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_what_keras_writes_is_read(tmp_path):
    model = trained(real)
    model.save(tmp_path / "model.h5")
    same_training(torchkeras.models.load_model(tmp_path / "model.h5"), model)
    assert not saving.load_model(tmp_path / "model.h5", compile=False).compiled


def older(path, weight_names, optimizer, values):
    """A file as tf.keras 2 wrote it, of a Dense layer that was trained."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2], "name": "in"}},
        {"class_name": "Dense", "config": {"name": "d", "units": 1, "activation": "linear"}},
    ]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    metrics = [{"class_name": "MeanMetricWrapper", "config": {"name": "mae", "fn": "mae"}}]
    training = {"loss": "mse", "metrics": metrics, "optimizer_config": optimizer}
    with h5py.File(path, "w") as file:
        file.attrs.update(model_config=json.dumps(config), training_config=json.dumps(training))
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"d"]
        layer = root.create_group("d")
        layer.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        layer["d/kernel:0"] = [[1.0], [2.0]]
        layer["d/bias:0"] = [3.0]
        group = file.create_group("optimizer_weights")
        group.attrs["weight_names"] = [name.encode() for name in weight_names]
        for name, value in zip(weight_names, values, strict=True):
            group[name] = np.asarray(value)


KERNEL, BIAS = [[0.1], [0.2]], [0.3]
SQUARES, SQUARE = [[0.4], [0.5]], [0.6]


@pytest.mark.parametrize(
    ("class_name", "names", "values"),
    [
        (
            "Custom>Adam",
            ["iteration:0", "Adam/m/d/kernel:0", "Adam/v/d/kernel:0", "m/d/bias:0", "v/d/bias:0"],
            [7, KERNEL, SQUARES, BIAS, SQUARE],
        ),
        (
            "Adam",
            ["Adam/iter:0", "d/kernel/m:0", "d/bias/m:0", "d/kernel/v:0", "d/bias/v:0"],
            [7, KERNEL, BIAS, SQUARES, SQUARE],
        ),
    ],
    ids=["tf.keras 2.11", "before"],
)
def test_state_of_older_optimizers_finds_its_place(class_name, names, values, tmp_path):
    optimizer = {"class_name": class_name, "config": {"name": "Adam", "learning_rate": 0.25}}
    older(tmp_path / "model.h5", names, optimizer, values)
    model = torchkeras.models.load_model(tmp_path / "model.h5")
    assert model.get_weights()[1].tolist() == [3.0]
    assert float(model.optimizer.learning_rate) == 0.25
    found = [variable.numpy() for variable in model.optimizer.variables]
    assert found[0] == 7
    for slot, value in zip(found[2:], [KERNEL, SQUARES, BIAS, SQUARE], strict=True):
        np.testing.assert_allclose(slot, value)
    assert model.evaluate(np.ones((1, 2)), np.ones((1, 1)), verbose=0) == [25.0, 5.0]


@pytest.mark.parametrize(
    ("optimizer", "names", "values", "expected"),
    [
        (
            {"class_name": "Ftrl", "config": {}},
            ["Ftrl/iter:0", "d/kernel/accumulator:0", "d/kernel/linear:0", "d/bias/accumulator:0",
             "d/bias/linear:0"],
            [7, KERNEL, SQUARES, BIAS, SQUARE],
            [KERNEL, SQUARES, BIAS, SQUARE],
        ),
        (
            {"class_name": "RMSprop", "config": {"momentum": 0.9}},
            ["RMSprop/iter:0", "d/kernel/rms:0", "d/bias/rms:0", "d/kernel/momentum:0",
             "d/bias/momentum:0"],
            [7, KERNEL, BIAS, SQUARES, SQUARE],
            [KERNEL, SQUARES, BIAS, SQUARE],
        ),
        (
            {"class_name": "SGD", "config": {}},
            ["iteration:0", "SGD/m/d/kernel:0", "SGD/m/d/bias:0"],
            [7, KERNEL, BIAS],
            [],
        ),
        (
            {"class_name": "LossScaleOptimizerV3", "config": {"inner_optimizer": {
                "class_name": "Custom>SGD", "config": {"momentum": 0.9}}}},
            ["iteration:0", "SGD/m/d/kernel:0", "SGD/m/d/bias:0"],
            [7, KERNEL, BIAS],
            [KERNEL, BIAS],
        ),
    ],
    ids=["variable by variable", "kind by kind", "slots without use", "within another"],
)  # fmt: skip
def test_slots_are_found_in_each_order(optimizer, names, values, expected, tmp_path):
    older(tmp_path / "model.h5", names, optimizer, values)
    found = torchkeras.models.load_model(tmp_path / "model.h5").optimizer
    found = getattr(found, "inner_optimizer", found)
    assert int(found.iterations) == 7
    slots = [slot for held in found._slots for slot in held.values()]
    for slot, value in zip(slots, expected, strict=True):
        np.testing.assert_allclose(slot.numpy(), value)


def test_state_that_does_not_fit_is_left_out_aloud(tmp_path):
    optimizer = {"class_name": "SGD", "config": {"name": "SGD"}}
    older(tmp_path / "model.h5", ["iteration:0", "x:0"], optimizer, [1, BIAS])
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        torchkeras.models.load_model(tmp_path / "model.h5")


def test_long_lists_of_names_are_written_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(whole_h5, "_PART", 16)
    model = trained(torchkeras)
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        assert "layer_names0" in file["model_weights"].attrs
    same_training(torchkeras.models.load_model(tmp_path / "model.h5"), model)


def test_only_models_with_a_graph_are_written(tmp_path):
    class Own(torchkeras.Model):
        def call(self, x):
            return x

    with pytest.raises(TypeError, match="Functional or Sequential"):
        Own().save(tmp_path / "model.h5")
    assert not (tmp_path / "model.h5").exists()


def test_a_file_without_weights_is_refused(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": []}}
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ValueError, match="model_weights"):
        torchkeras.models.load_model(tmp_path / "model.h5")


def test_operations_in_graphs_that_keras_3_wrote_are_read(tmp_path):
    inputs = real.Input((3, 4))
    scaled, cut = inputs * 2 + 1, real.ops.relu(inputs)
    both = real.ops.maximum(real.layers.Add()([scaled, cut]), 0.5)
    mean = real.ops.mean(real.ops.concatenate([both, inputs]), axis=1)[:, 0:2]
    model = real.Model(inputs, real.layers.Dense(2)(mean + mean))
    model.save(tmp_path / "model.h5")
    with pytest.raises(ValueError, match="Unknown layer: 'Relu'"):
        real.models.load_model(tmp_path / "model.h5")
    loaded = saving.load_model(tmp_path / "model.h5")
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    # Sums of numbers around 1 may come near 0.
    found, wanted = loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_formulas_of_tf_keras_2_are_kept_and_handed_on(tmp_path):
    inputs = torchkeras.Input((2, 4, 3))
    gates = torchkeras.layers.ConvLSTM1D(2, 2, recurrent_activation="hard_sigmoid")
    model = torchkeras.Model(inputs, gates(inputs))
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        file.attrs["keras_version"] = "2.15.0"
    older = saving.load_model(tmp_path / "model.h5")
    x = 9 * np.random.default_rng(0).normal(size=(2, 2, 4, 3)).astype("float32")
    y = older.predict(x, verbose=0)
    assert not np.allclose(y, model.predict(x, verbose=0), atol=1e-3)
    older.save(tmp_path / "model.keras")
    again = [saving.load_model(tmp_path / "model.keras")]
    again.append(real.models.load_model(tmp_path / "model.keras"))
    for loaded in again:
        np.testing.assert_allclose(loaded.predict(x, verbose=0), y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "config", [{"class_name": "Sequential"}, {"class_name": "Dense", "config": {"units": 1}}]
)
def test_what_is_no_model_is_refused(tmp_path, config):
    path = tmp_path / "model.h5"
    torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)]).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ValueError, match="a class name alone|that of a Dense"):
        torchkeras.models.load_model(path)


@pytest.mark.parametrize("name", tensorflow_files.WHOLE)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_optimizers_of_tf_keras_2_go_on(of_tensorflow, name, suffix):
    model = torchkeras.models.load_model(of_tensorflow / f"{name}.{suffix}")
    with np.load(of_tensorflow / f"{name}.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["before"], atol=1e-5)
        if suffix == "keras" and name.startswith("older"):
            return  # tf.keras 2 leaves out what its older optimizers know
        losses = model.fit(
            known["x"], known["y"], epochs=2, batch_size=4, shuffle=False, verbose=0
        ).history["loss"]
        np.testing.assert_allclose(losses, known["losses"], rtol=1e-5)


def test_nadam_goes_on_without_the_product_that_tf_keras_2_leaves_out(tmp_path):
    model = tensorflow_files.network(torchkeras)
    model.compile(torchkeras.optimizers.Nadam(0.01), "mse")
    x, y = np.eye(4, dtype="float32"), np.ones((4, 2), "float32")
    model.fit(x, y, epochs=3, verbose=0)
    optimizer = model.optimizer
    product = float(optimizer._u_product)
    optimizer._u_product.assign(1.0)
    optimizer.load_own_variables(
        {str(k): v.numpy() for k, v in enumerate(optimizer.kept_by_keras_2)}
    )
    assert float(optimizer._u_product) == pytest.approx(product)
