import warnings

import h5py
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers
from torchkeras.core import notices


class Plain(keras.Layer):
    def call(self, x):
        return x * 1


class Masked(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(4, 2, mask_zero=True)
        self.plain = Plain()

    def call(self, tokens):
        x = self.embedding(tokens)
        return self.plain(x)  # the line


def warned_lines(act):
    """Numbers of the lines of this file that warnings point at, and how many point elsewhere."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        act()
    lines = [warning.lineno for warning in caught if warning.filename == __file__]
    return lines, len(caught) - len(lines)


def line_of(function, shown="# the line"):
    source = function.__code__
    with open(source.co_filename, encoding="utf-8") as file:
        found = file.read().splitlines()
    return next(n for n in range(source.co_firstlineno, len(found) + 1) if shown in found[n - 1])


def test_a_warning_points_at_the_line_that_called():
    def act():
        notices.warn("Look here.")  # the line

    assert warned_lines(act) == ([line_of(act)], 0)


def test_a_lost_mask_is_told_at_the_call_of_the_layer_symbolic_or_not():
    symbol = layers.Embedding(4, 2, mask_zero=True)(keras.Input((3,), dtype="int32"))

    def act():
        Plain()(symbol)  # the line

    assert warned_lines(act) == ([line_of(act)], 0)
    model = Masked()
    assert warned_lines(lambda: model(torch.ones(1, 3))) == ([line_of(Masked.call)], 0)


def test_training_tells_of_a_lost_mask_once():
    model = Masked()
    model.compile("sgd", "mse")

    def act():
        model.fit(np.ones((8, 3)), np.ones((8, 3, 2)), epochs=2, batch_size=2, verbose=0)

    assert warned_lines(act) == ([line_of(Masked.call)], 0)


def test_saving_tells_of_lambdas_once(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x * 2)])
    model.add(layers.Dense(2, activation=lambda x: x + 1))

    def act():
        model.save(tmp_path / "m.keras")  # the line

    assert warned_lines(act) == ([line_of(act)], 0)


def test_a_layer_that_loses_a_mask_compiles_as_one_graph():
    model = Masked()
    with pytest.warns(UserWarning, match="does not support masking"):
        expected = model(torch.ones(1, 3))
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(torch.ones(1, 3)), expected)


X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


def model_of(*parts):
    model = keras.Sequential([keras.Input((2,)), *parts])
    model.compile("sgd", "mse")
    return model


def without_weights(folder):
    model = model_of(layers.Flatten())
    return lambda: model.fit(X, X, verbose=0)


def without_what_is_watched(folder):
    model = model_of(layers.Dense(1))
    watching = [
        keras.callbacks.EarlyStopping("none", mode="min"),
        keras.callbacks.ReduceLROnPlateau("none", mode="min"),
        keras.callbacks.ModelCheckpoint(
            folder / "m.keras", "none", mode="min", save_best_only=True
        ),
    ]
    return lambda: model.fit(X, Y, verbose=0, callbacks=watching)


def of_an_unknown_mode(folder):
    return lambda: keras.callbacks.EarlyStopping(mode="up")


def with_too_few_batches(folder):
    model = model_of(layers.Dense(1))
    return lambda: model.fit(zip([X], [Y], strict=True), steps_per_epoch=2, epochs=2, verbose=0)


class Halved(layers.Layer):
    def build(self, shape):
        self.used, self.unused = self.add_weight((2, 1)), self.add_weight((2, 1))

    def call(self, x):
        return x @ self.used


def with_a_part_that_has_no_gradient(folder):
    model = model_of(Halved())
    return lambda: model.fit(X, Y, verbose=0)


def with_weights_of_another_optimizer(folder):
    model = model_of(layers.Dense(1))
    model.save_weights(folder / "m.weights.h5")
    other = model_of(layers.Dense(1))
    other.compile("adam", "mse")
    other.fit(X, Y, verbose=0)
    other.save_weights(folder / "m.weights.h5")
    return lambda: model.load_weights(folder / "m.weights.h5")


def with_a_model_of_another_optimizer(folder):
    model = model_of(layers.Dense(1))
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    model.save(folder / "m.h5")
    with h5py.File(folder / "m.h5", "r+") as file:
        names = file["optimizer_weights"].attrs["weight_names"]
        file["optimizer_weights"].attrs["weight_names"] = names[:3]
    return lambda: keras.models.load_model(folder / "m.h5")


def compiled_in_two_ways(folder):
    model = model_of(layers.Dense(1))
    return lambda: model.compile("sgd", "mse", run_eagerly=True, jit_compile=True)


def with_an_input_too_many(folder):
    a = keras.Input((2,), name="a")
    model = keras.Model({"a": a}, layers.Dense(1)(a))
    return lambda: model({"a": X, "b": X})


def of_one_class(folder):
    loss = keras.losses.CategoricalCrossentropy()
    return lambda: loss(Y, Y)


def with_arguments_of_another_release(folder):
    config = layers.Dense(1).get_config() | {"of_old": 3}
    return lambda: layers.deserialize({"class_name": "Dense", "config": config})


@pytest.mark.parametrize(
    ("prepared", "number"),
    [
        (without_weights, 1),
        (without_what_is_watched, 3),
        (of_an_unknown_mode, 1),
        (with_too_few_batches, 1),
        (with_a_part_that_has_no_gradient, 1),
        (with_weights_of_another_optimizer, 1),
        (with_a_model_of_another_optimizer, 1),
        (compiled_in_two_ways, 1),
        (with_an_input_too_many, 1),
        (of_one_class, 1),
        (with_arguments_of_another_release, 1),
    ],
)
def test_warnings_of_every_room_point_at_the_user_s_line(prepared, number, tmp_path):
    act = prepared(tmp_path)
    lines, elsewhere = warned_lines(act)
    assert (len(lines), elsewhere) == (number, 0)
