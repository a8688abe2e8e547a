"""Losses and metrics of symbolic tensors; numbers in comments are those of tf.keras 2.21."""

import copy

import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers
from torchkeras import ops as K

X = np.arange(8.0, dtype="float32").reshape(4, 2)


def summing():
    """A model that adds its two inputs."""
    x = keras.Input((2,))
    return keras.Model(x, layers.Dense(1, kernel_initializer="ones", name="sum")(x))


def watched():
    """One whose loss is the mean square of its outputs, which two metrics watch."""
    model = summing()
    model.add_loss(K.mean(K.square(model.output)))
    model.add_metric(K.sum(model.output), name="size", aggregation="mean")
    model.add_metric(torch.mean(model.output * 2), name="double")
    return model


def first_epoch(model, **options):
    model.compile("sgd", **options)
    y = X[:, :1] if options.get("loss") else None
    return model.fit(X, y, verbose=0).history


WATCHED = {"loss": [69.0], "size": [28.0], "double": [14.0]}  # as tf.keras 2 has it


def test_losses_and_metrics_of_symbolic_tensors_are_those_of_tf_keras():
    assert first_epoch(watched()) == WATCHED


def test_gradients_flow_through_such_a_loss():
    model = watched()
    first_epoch(model)
    np.testing.assert_allclose(model.get_weights()[0], [[0.38], [0.24]], rtol=1e-5)


def test_validation_needs_no_targets():
    model = watched()
    model.compile("sgd")
    options = {"batch_size": 3, "shuffle": False, "validation_data": (X, None), "verbose": 0}
    history = model.fit(X, epochs=2, **options).history
    expected = {
        "size": [11.606666, -5.583892],
        "double": [13.213333, -6.130985],
        "val_size": [-6.734399, 2.605017],
        "val_double": [-8.431998, 3.470719],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5)
    assert model.metrics_names == ["loss", "size", "double"]
    assert model.evaluate(X, verbose=0) == pytest.approx([2.633328, 5.210033, 2.605017], rel=1e-5)
    assert model.train_on_batch(X) == pytest.approx([2.633328, 5.210033, 2.605017], rel=1e-5)


def test_they_come_beside_what_compile_says():
    model = watched()
    history = first_epoch(model, loss="mse", metrics=["mae"])
    assert set(history) == {"loss", "mae", "size", "double"}
    assert history["loss"] == [69.0 + 21.0]


def test_the_outputs_and_their_weights_stay_first():
    x = keras.Input((2,))
    model = keras.Model(x, layers.Dense(1, name="short")(x))
    side = layers.Dense(3, name="side")(layers.Dense(2, name="long")(x))
    model.add_loss(K.mean(side))
    names = [layer.name for layer in model.layers[1:]]
    assert names[:3] == ["short", "long", "side"]
    assert names[3].startswith("add_loss")
    assert len(model.weights) == 6
    before = model.get_layer("long").kernel.numpy()
    first_epoch(model, loss="mse")
    assert not np.allclose(before, model.get_layer("long").kernel.numpy())


@pytest.mark.parametrize("way", ["config", "clone", "copy", "json", "file"])
def test_copies_and_files_have_them_too(way, tmp_path):
    model = watched()
    if way == "file":
        model.compile("sgd")
        model.save(tmp_path / "model.keras")
    twin = {
        "config": lambda: keras.Model.from_config(model.get_config()),
        "clone": lambda: keras.models.clone_model(model),
        "copy": lambda: copy.deepcopy(model),
        "json": lambda: keras.models.model_from_json(model.to_json()),
        "file": lambda: keras.models.load_model(tmp_path / "model.keras"),
    }[way]()
    assert first_epoch(twin) == WATCHED
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]


def test_graphs_of_tf_keras_2_have_them():
    def node(name, previous, class_name, **config):
        config = {"name": name, "dtype": "float32", **config}
        inbound = [[[previous, 0, 0, {}]]] if previous else []
        return {"class_name": class_name, "config": config, "name": name, "inbound_nodes": inbound}

    config = {
        "name": "model",
        "layers": [
            node("x", None, "InputLayer", batch_input_shape=[None, 2], sparse=False),
            node("y", "x", "Dense", units=1, activation="linear", use_bias=False),
            node("add_loss", "y", "AddLoss", unconditional=False),
            node("add_metric", "y", "AddMetric", aggregation="mean", metric_name="height"),
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["y", 0, 0]],
    }
    model = keras.Model.from_config(config)
    model.set_weights([np.ones((2, 1))])
    assert first_epoch(model) == {"loss": [28.0], "height": [7.0]}


def test_a_model_inside_another_keeps_its_own():
    x = keras.Input((2,))
    assert first_epoch(keras.Model(x, watched()(x))) == WATCHED


def test_a_subclass_made_of_a_graph_may_add_them_in_its_constructor():
    class Own(keras.Model):
        def __init__(self):
            x = keras.Input((2,))
            y = layers.Dense(1, kernel_initializer="ones")(x)
            super().__init__(x, y)
            self.add_loss(K.mean(y))

    assert first_epoch(Own()) == {"loss": [7.0]}


def test_a_stack_may_have_them():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_initializer="ones")])
    model.add_loss(K.mean(model.output))
    assert first_epoch(model) == {"loss": [7.0]}
    assert len(model.layers) == 1


def test_a_variational_autoencoder_of_the_books_trains():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, activation="relu")(inputs)
    mean, log_variance = layers.Dense(2, name="mean")(hidden), layers.Dense(2)(hidden)

    def sampling(parts):
        center, width = parts
        backend = keras.backend
        shape = (backend.shape(center)[0], backend.int_shape(center)[1])
        return center + backend.exp(0.5 * width) * backend.random_normal(shape=shape)

    z = layers.Lambda(sampling, output_shape=(2,), name="z")([mean, log_variance])
    encoder = keras.Model(inputs, [mean, log_variance, z], name="encoder")
    latent = keras.Input((2,))
    decoder = keras.Model(latent, layers.Dense(6, activation="sigmoid")(latent), name="decoder")
    outputs = decoder(encoder(inputs)[2])
    vae = keras.Model(inputs, outputs, name="vae")
    backend = keras.backend
    reconstruction = keras.losses.binary_crossentropy(inputs, outputs)
    reconstruction *= 6
    divergence = 1 + log_variance - backend.square(mean) - backend.exp(log_variance)
    divergence = backend.sum(divergence, axis=-1)
    divergence *= -0.5
    vae.add_loss(backend.mean(reconstruction + divergence))
    vae.add_metric(divergence, name="divergence", aggregation="mean")
    vae.compile(optimizer="rmsprop")
    x = np.random.default_rng(0).uniform(size=(64, 6)).astype("float32")
    history = vae.fit(x, epochs=3, batch_size=16, validation_data=(x, None), verbose=0).history
    assert sorted(history) == ["divergence", "loss", "val_divergence", "val_loss"]
    assert history["loss"][-1] < history["loss"][0]


def test_a_loss_that_is_no_scalar_counts_by_its_sum():
    model = summing()
    model.add_loss(K.square(model.output))
    assert first_epoch(model)["loss"] == [4 * 69.0]


def test_a_loss_of_a_half_precision_model_stays_in_full_precision():
    x = keras.Input((2,))
    y = layers.Dense(1, kernel_initializer="ones", dtype="mixed_float16")(x)
    model = keras.Model(x, y)
    model.add_loss(K.mean(K.cast(y, "float32") * 1e5))
    model.compile(keras.optimizers.SGD())
    assert model.evaluate(X, verbose=0) == pytest.approx(7e5)


def test_tensors_of_another_model_are_refused():
    with pytest.raises(ValueError, match="Graph disconnected"):
        summing().add_loss(K.mean(keras.Input((3,))))


def test_a_model_without_a_graph_is_told_so():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="Symbolic ones are for models made of inputs and outputs"):
        Own().add_loss(keras.Input((3,)))
    with pytest.raises(
        ValueError, match="value is 'a symbolic tensor'; expected a tensor, made in"
    ):
        Own().add_metric(keras.Input((3,)), name="size")
