"""Validation within ``fit``, beside real Keras."""

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


def trained(keras, **options):
    """History of an epoch or more on ``X`` and ``Y``."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(0.1)),
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    return model.fit(X, Y, shuffle=False, verbose=0, **options).history


def assert_as_keras(options):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*never resized|.*pin_memory")
        expected = trained(real, **options(real))
    found = trained(torchkeras, **options(torchkeras))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def by_tens(endless=False):
    while True:
        for start in range(0, 50, 10):
            yield X[start : start + 10], Y[start : start + 10]
        if not endless:
            return


def listed(keras):
    class Tens(keras.utils.PyDataset):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            return X[index * 10 : index * 10 + 10], Y[index * 10 : index * 10 + 10]

    return Tens()


def loader():
    return DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), 10)


OPTIONS = {
    "arrays": lambda k: {"validation_data": (X, Y)},
    "a list": lambda k: {"validation_data": [X, Y]},
    "weights": lambda k: {"validation_data": (X, Y, W), "sample_weight": W},
    "a batch size": lambda k: {"validation_data": (X, Y), "validation_batch_size": 7},
    "that of training": lambda k: {"validation_data": (X, Y), "batch_size": 7},
    "steps": lambda k: {
        "validation_data": (X, Y),
        "validation_steps": 1,
        "validation_batch_size": 20,
        "epochs": 3,
    },
    "steps alone": lambda k: {"validation_data": (X, Y), "validation_steps": 2, "epochs": 2},
    "a dataset": lambda k: {"validation_data": listed(k), "validation_steps": 2, "epochs": 3},
    "a loader": lambda k: {"validation_data": loader(), "validation_steps": 2, "epochs": 3},
    "a split": lambda k: {"validation_split": 0.2, "epochs": 2},
    "a split of weights": lambda k: {"validation_split": 0.3, "sample_weight": W, "epochs": 2},
    "both": lambda k: {"validation_split": 0.3, "validation_data": (X[:9], Y[:9])},
    "each second epoch": lambda k: {
        "validation_data": (X, Y),
        "validation_freq": 2,
        "epochs": 5,
    },
    "some epochs": lambda k: {"validation_data": (X, Y), "validation_freq": [1, 4], "epochs": 5},
    "later epochs": lambda k: {
        "validation_data": (X, Y),
        "validation_freq": 2,
        "initial_epoch": 1,
        "epochs": 4,
    },
    "a generator": lambda k: {"validation_data": by_tens(), "validation_steps": 5},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
def test_validation_is_that_of_keras(options):
    assert_as_keras(options)


def test_a_generator_goes_on_from_one_validation_to_the_next():
    twice = trained(torchkeras, validation_data=by_tens(endless=True), validation_steps=5, epochs=3)
    assert twice == trained(torchkeras, validation_data=(X, Y), validation_batch_size=10, epochs=3)


def test_a_generator_at_its_end_ends_validation_and_not_training():
    with pytest.warns(UserWarning, match="validation_data ran out of data"):
        history = trained(torchkeras, validation_data=by_tens(), epochs=3)
    assert len(history["loss"]) == 3
    assert len(history["val_loss"]) == 1


def test_an_empty_generator_is_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        trained(torchkeras, validation_data=iter(()))


def test_four_parts_are_refused():
    with pytest.raises(ValueError, match="validation_data is 'a tuple of 4'"):
        trained(torchkeras, validation_data=(X, Y, W, W))
