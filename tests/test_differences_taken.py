"""The ledger's rows on what training takes or refuses; see ``test_differences``."""

import keras as real
import numpy as np
import pandas
import pytest
import torch

import torchkeras as ours

X = np.arange(8.0, dtype="float32").reshape(4, 2) / 8
Y = X[:, :1]


def summing(keras, **options):
    dense = keras.layers.Dense(1, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((2,)), dense])
    model.compile(keras.optimizers.SGD(0.1), "mse", **options)
    return model


def branched(keras, *arguments, **options):
    x = keras.Input((2,))
    outputs = [keras.layers.Dense(1, name=name, kernel_initializer="ones")(x) for name in "ab"]
    model = keras.Model(x, outputs)
    model.compile("sgd", *arguments, **options)
    return model


def with_symbolic_loss(keras):
    x = keras.Input((2,))
    model = keras.Model(x, keras.layers.Dense(1)(x))
    model.add_loss(keras.ops.mean(model.output))


def with_symbolic_metric(keras):
    x = keras.Input((2,))
    keras.Model(x, x).add_metric(x, name="size")


def with_lasting_loss(keras):
    summing(keras).add_loss(lambda: 1.0)


def with_loss_object_on_symbols(keras):
    keras.losses.MeanSquaredError()(keras.Input((2,)), keras.Input((2,)))


TAKEN_HERE = {
    "a loss of symbolic tensors": with_symbolic_loss,
    "a metric of symbolic tensors": with_symbolic_metric,
    "a loss of a function": with_lasting_loss,
    "a loss object on symbolic tensors": with_loss_object_on_symbols,
    "a class of optimizers": lambda k: summing(k).compile(k.optimizers.SGD, "mse"),
    "several steps per execution": lambda k: summing(k, steps_per_execution=2).fit(X, Y, verbose=0),
    "a frame for one batch": lambda k: summing(k).train_on_batch(pandas.DataFrame(X), Y),
    "frequencies in a tuple": lambda k: summing(k).fit(
        X, Y, validation_data=(X, Y), validation_freq=(1,), verbose=0
    ),
    "weights of one loss for two outputs": lambda k: branched(
        k, "mse", loss_weights=[1.0, 2.0]
    ).fit(X, [Y, Y], verbose=0),
    "losses of some outputs": lambda k: branched(k, {"a": "mse"}).evaluate(X, [Y, Y], verbose=0),
    "sample weights of some outputs": lambda k: branched(k, "mse").train_on_batch(
        X, {"a": Y, "b": Y}, sample_weight={"a": np.ones(4)}
    ),
    "a train function on an iterator": lambda k: summing(k).make_train_function()(
        iter([(torch.tensor(X), torch.tensor(Y))])
    ),
    "inputs alone from a generator": lambda k: summing(k).predict(iter([X]), verbose=0),
    "objects that are numbers": lambda k: summing(k).fit(X.astype(object), Y, verbose=0),
}

REFUSED_HERE = {
    "a batch size of nothing": lambda k: summing(k).fit(X, Y, batch_size=0, verbose=0),
    "epochs of no steps": lambda k: summing(k).fit(X, Y, steps_per_epoch=0, verbose=0),
    "a split below nothing": lambda k: summing(k).fit(X, Y, validation_split=-0.5, verbose=0),
    "an unknown way to shuffle": lambda k: summing(k).fit(X, Y, shuffle="nope", verbose=0),
    "an unknown class": lambda k: summing(k).fit(X, Y, class_weight={"a": 1.0}, verbose=0),
    "a weight of an unknown output": lambda k: branched(k, "mse", loss_weights={"c": 1.0}).fit(
        X, [Y, Y], verbose=0
    ),
    "a metric of an unknown output": lambda k: summing(k, metrics={"c": "mae"}).fit(
        X, Y, verbose=0
    ),
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("call", TAKEN_HERE.values(), ids=list(TAKEN_HERE))
def test_taken_in_training(call):
    call(ours)
    with pytest.raises((AttributeError, LookupError, NotImplementedError, TypeError, ValueError)):
        call(real)


@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:__array__")
@pytest.mark.parametrize("call", REFUSED_HERE.values(), ids=list(REFUSED_HERE))
def test_refused_in_training(call):
    call(real)
    with pytest.raises(ValueError, match="; expected "):
        call(ours)


class Numbered:
    """Batches that wait the shorter, the later they come."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        torch.zeros(10**5 * (4 - index)).sum()
        return np.full((1, 2), index, "float32"), np.full((1, 1), index, "float32")


def test_order_of_threads():
    class Data(Numbered, ours.utils.PyDataset):
        pass

    found = summing(ours).predict(Data(workers=3), verbose=0)
    assert found[:, 0].tolist() == [0.0, 2.0, 4.0, 6.0]
