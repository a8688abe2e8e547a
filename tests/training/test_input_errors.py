"""Data that don't fit, beside real Keras: the same kind of exception, or the same results."""

import warnings

import keras as real
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import torchkeras

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = RNG.normal(size=(50, 1)).astype("float32")
W = RNG.uniform(0.1, 2, 50).astype("float32")
LABELS = RNG.integers(0, 3, 50)
PARTS = [X[:, :2], X[:, 2:]]
NAMED = {"a": X[:, :2], "b": X[:, 2:]}


def constant(keras):
    return keras.initializers.Constant(0.1)


def regressor(keras):
    dense = keras.layers.Dense(1, kernel_initializer=constant(keras))
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def unbuilt(keras):
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer=constant(keras))])
    model.compile("sgd", "mse")
    return model


def uncompiled(keras):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])


def classifier(keras, loss="sparse_categorical_crossentropy"):
    dense = keras.layers.Dense(3, activation="softmax", kernel_initializer=constant(keras))
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


def one_hot_classifier(keras):
    return classifier(keras, "categorical_crossentropy")


def branched(keras):
    inputs = [keras.Input((2,), name=name) for name in "ab"]
    x = keras.layers.Concatenate()(inputs)
    outputs = [
        keras.layers.Dense(1, name=name, kernel_initializer=constant(keras))(x) for name in "yz"
    ]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    return model


def outcome(keras, make, method, data, options):
    """Result and weights, or the exception."""
    model = make(keras)
    if not method.endswith("on_batch"):
        options = {"verbose": 0, **options}
    if method == "fit":
        options = {"shuffle": False, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = getattr(model, method)(*data, **options)
        except Exception as error:  # noqa: BLE001, whichever it is
            return error
    return (result.history if method == "fit" else result), model.get_weights()


def assert_alike(make, method, data, options=None):
    """Both raise the same kind of exception, or give the same.

    ``data`` are what the method takes, or a function of the library that gives it.
    """
    data = data if callable(data) else lambda keras, given=data: given
    expected, found = [
        outcome(keras, make, method, data(keras), options or {}) for keras in (real, torchkeras)
    ]
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected)), (found, expected)
        return
    assert not isinstance(found, Exception), found
    torch.testing.assert_close(
        numbers_of(found), numbers_of(expected), rtol=1e-4, atol=1e-5, check_dtype=False
    )


def numbers_of(result):
    """Results, lists or dicts of them, as arrays in lists and dicts."""
    if isinstance(result, dict):
        return {name: numbers_of(value) for name, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [numbers_of(value) for value in result]
    return np.asarray(result, "float64")


STEPS = pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
PASSES = pytest.mark.parametrize("method", ["fit", "evaluate"])
ARRAYS = {
    "no targets": (regressor, (X,)),
    "too few features": (regressor, (X[:, :3], Y)),
    "other targets": (regressor, (X, np.ones((50, 2)))),
    "text": (regressor, (np.array(["a"] * 50), Y)),
    "whole numbers": (regressor, ((X * 9).astype("int32"), Y)),
    "truth values as targets": (regressor, (X, Y > 0)),
    "one axis": (unbuilt, (X[:, 0], Y)),
    "one axis and one axis": (unbuilt, (X[:, 0], Y[:, 0])),
    "labels": (classifier, (X, LABELS)),
    "a column of labels": (classifier, (X, LABELS[:, None])),
    "float labels": (classifier, (X, LABELS.astype("float32"))),
    "rows of 0 and 1": (one_hot_classifier, (X, np.eye(3)[LABELS])),
    "labels for rows": (one_hot_classifier, (X, LABELS)),
    "rows for labels": (classifier, (X, np.eye(3)[LABELS])),
    "lists": (branched, (PARTS, [Y, Y])),
    "tuples": (branched, (tuple(PARTS), (Y, Y))),
    "three targets": (branched, (PARTS, [Y, Y, Y])),
    "three inputs": (branched, ([*PARTS, X], [Y, Y])),
    "one input for two": (branched, (X, [Y, Y])),
    "a dict for a list": (branched, (NAMED, [Y, Y])),
    "a dict with more": (branched, ({**NAMED, "c": X}, [Y, Y])),
    "a dict with less": (branched, ({"a": X[:, :2]}, [Y, Y])),
    "a dict of targets for a list": (branched, (PARTS, {"y": Y, "z": Y})),
}


@STEPS
@pytest.mark.parametrize("make, data", ARRAYS.values(), ids=list(ARRAYS))
def test_arrays_fit_or_not_as_in_keras(method, make, data):
    assert_alike(make, method, data)


WEIGHTS = {
    "a column": (regressor, W[:, None]),
    "one for two outputs": (branched, W),
    "a list": (branched, [W, W]),
}


@STEPS
@pytest.mark.parametrize("make, weights", WEIGHTS.values(), ids=list(WEIGHTS))
def test_weights_fit_as_in_keras(method, make, weights):
    data = (PARTS, [Y, Y]) if make is branched else (X, Y)
    assert_alike(make, method, data, {"sample_weight": weights})


@PASSES
@pytest.mark.parametrize(
    "make, data, options",
    [
        (regressor, (X, Y[:49]), {}),
        (regressor, (X, Y), {"sample_weight": W[:40]}),
        (regressor, (X[:0], Y[:0]), {}),
        (regressor, (3.0, Y), {}),
        (regressor, ("abc", Y), {}),
        (regressor, (object(), Y), {}),
        (branched, (PARTS, [Y, Y]), {"sample_weight": {"y": W, "z": W}}),
        (uncompiled, (X, Y), {}),
    ],
    ids=["lengths", "weights", "nothing", "a number", "a word", "an object", "names", "uncompiled"],
)
def test_what_is_no_data_is_refused_as_in_keras(method, make, data, options):
    if make is uncompiled and method == "evaluate":
        pytest.skip("Keras fails by an AttributeError of its own")
    assert_alike(make, method, data, options)


OPTIONS = {
    "epochs": [0, -1, 2.5, "2"],
    "initial_epoch": [3],
    "batch_size": [-1, 2.5, "a", 7, 60],
    "steps_per_epoch": [-1, 3],
    "shuffle": [None, True, "batch"],
    "validation_split": [1.0, 0.999, 0.01],
    "validation_data": [(X,), (), (X, Y, W, W), X, (X, None), (X, Y[:3]), [X, Y], (X, Y, W)],
    "validation_freq": [2, 1.5],
    "validation_steps": [2],
    "class_weight": [{}, {0: "a"}, {0: 2.0}],
    "unheard_of": [1],
}


@pytest.mark.parametrize(
    "name, value",
    [(name, value) for name, values in OPTIONS.items() for value in values],
    ids=[f"{name} {number}" for name, v in OPTIONS.items() for number in range(len(v))],
)
def test_options_of_fit_are_taken_or_refused_as_in_keras(name, value):
    options = {name: value, "batch_size": 50} if name == "shuffle" else {name: value}
    if name == "validation_freq":
        options |= {"validation_data": (X, Y), "epochs": 3}
    assert_alike(regressor, "fit", (X, Y), options)


# Batches from elsewhere.


def batches(*parts, size=10):
    return (tuple(part[i : i + size] for part in parts) for i in range(0, 50, size))


def dataset(keras, item, length=2):
    """A PyDataset all of whose batches are ``item``; without a length if that is None."""
    members = {"__getitem__": lambda self, index: item}
    if length is not None:
        members["__len__"] = lambda self: length
    return type("Items", (keras.utils.PyDataset,), members)()


def loader(*parts, **options):
    return DataLoader(TensorDataset(*map(torch.tensor, parts)), **{"batch_size": 10, **options})


SOURCES = {
    "inputs alone": lambda keras: batches(X),
    "four parts": lambda keras: ((X, Y, W, W) for _ in range(3)),
    "nothing": lambda keras: iter(()),
    "None": lambda keras: (None for _ in range(3)),
    "an error": lambda keras: (1 / 0 for _ in range(3)),
    "uneven batches": lambda keras: ((X[:n], Y[:n]) for n in (10, 3, 10, 1)),
    "tensors": lambda keras: batches(torch.tensor(X), torch.tensor(Y)),
    "a dataset": lambda keras: dataset(keras, (X, Y)),
    "a dataset of inputs": lambda keras: dataset(keras, X),
    "a dataset of four parts": lambda keras: dataset(keras, (X, Y, W, W)),
    "an empty dataset": lambda keras: dataset(keras, (X, Y), 0),
    "a dataset of no length": lambda keras: dataset(keras, (X, Y), None),
    "a loader of uneven batches": lambda keras: loader(X, Y, batch_size=15),
    "a loader without the rest": lambda keras: loader(X, Y, batch_size=15, drop_last=True),
    "a loader of four parts": lambda keras: loader(X, Y, W, W),
    "a loader of whole batches": lambda keras: DataLoader([loader(X, Y).dataset[:10]] * 3, None),
    "an empty loader": lambda keras: DataLoader([], 10),
}


@pytest.mark.filterwarnings("ignore")
@PASSES
@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_batches_from_elsewhere_fit_or_not_as_in_keras(method, source):
    assert_alike(regressor, method, lambda keras: (source(keras),))


@pytest.mark.parametrize("option", ["y", "sample_weight", "validation_split"])
@pytest.mark.parametrize("name", ["inputs alone", "a dataset", "a loader of uneven batches"])
def test_what_comes_with_the_batches_is_refused_beside_them(name, option):
    value = 0.2 if option == "validation_split" else Y
    assert_alike(regressor, "fit", lambda keras: (SOURCES[name](keras),), {option: value})


# Single outcomes.


def test_an_input_that_nobody_takes_is_warned_of():
    with pytest.warns(UserWarning, match=r"\['c'\] did not match any model input"):
        branched(torchkeras).predict({**NAMED, "c": X}, verbose=0)


def test_keys_of_class_weights_are_named():
    with pytest.raises(ValueError, match="expected class indices, 0 or more, as keys"):
        regressor(torchkeras).fit(X, Y, class_weight={"a": 1.0}, verbose=0)


def test_a_batch_size_is_a_number():
    with pytest.raises(TypeError, match="batch_size is 'a'; expected an integer, 1 or more"):
        regressor(torchkeras).fit(X, Y, batch_size="a", verbose=0)
