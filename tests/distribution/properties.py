"""Random runs of ``fit``, the same whatever the number of processes; see ``test_properties.py``.

    python properties.py RESULT FIRST LAST

Run number ``FIRST`` up to ``LAST`` gives names and arrays, written to ``RESULT.<rank>.npz``.
"""

import os
import sys

import numpy as np
import torch

import torchkeras as keras
from torchkeras import layers

CLASSES = 3


def dense():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, activation="tanh", kernel_regularizer="l2"),
            layers.BatchNormalization(synchronized=True),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def convolutional():
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, use_bias=False),
            layers.BatchNormalization(synchronized=True),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def recurrent():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(4),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def stepwise():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def forked():
    inputs = keras.Input((4,))
    hidden = layers.BatchNormalization(synchronized=True)(layers.Dense(5, use_bias=False)(inputs))
    kind = layers.Dense(CLASSES, activation="softmax", name="kind")(hidden)
    return keras.Model(inputs, [layers.Dense(1, name="value")(hidden), kind])


SHAPES = {dense: (4,), convolutional: (6, 6, 2), recurrent: 6, stepwise: 6, forked: (4,)}


def samples(make, number, rng):
    shape = SHAPES[make]
    if isinstance(shape, int):
        x = rng.integers(0, 9, (number, shape))
        x[:, 0] = 1
        return x
    return rng.normal(size=(number, *shape)).astype("float32")


def run(number):
    """Everything that run ``number`` gives: History, evaluation, predictions, weights."""
    rng = np.random.default_rng(number)
    make = list(SHAPES)[number % len(SHAPES)]
    size, batch_size = int(rng.integers(1, 30)), int(rng.integers(1, 9))
    x = samples(make, size, rng)
    labels = rng.integers(0, CLASSES, (size, 6) if make is stepwise else size)
    y = [rng.normal(size=(size, 1)).astype("float32"), labels] if make is forked else labels
    kind = rng.choice(["none", "samples", "classes"])
    weights = {}
    if kind == "samples":
        shape = labels.shape if make is stepwise and rng.integers(2) else size
        weights = {"sample_weight": rng.uniform(0.1, 2, shape).astype("float32")}
    elif kind == "classes" and make not in (stepwise, forked):
        weights = {"class_weight": {0: 0.3, 2: 2.0}}
    model = make()
    reduction = rng.choice(["sum_over_batch_size", "sum", "mean_with_sample_weight"])
    loss = keras.losses.SparseCategoricalCrossentropy(reduction=str(reduction))
    metrics, weighted = ["accuracy"], ["accuracy"]
    if make is forked:
        loss, metrics, weighted = ["mse", loss], [["mae"], metrics], [["mae"], weighted]
    accumulation = rng.choice([0, 2, 3])
    optimizer = rng.choice(["SGD", "Adam"])
    model.compile(
        getattr(keras.optimizers, optimizer)(
            0.01, gradient_accumulation_steps=int(accumulation) or None
        ),
        loss,
        metrics=metrics,
        weighted_metrics=weighted,
    )
    history = model.fit(
        x,
        y,
        batch_size=batch_size,
        epochs=2,
        verbose=0,
        validation_split=0.4 if size > 4 and rng.integers(2) and kind != "classes" else 0.0,
        **weights,
    )
    given = {name: w for name, w in weights.items() if name == "sample_weight"}
    evaluated = model.evaluate(x, y, batch_size=3, verbose=0, **given)
    predicted = model.predict(x, batch_size=4, verbose=0)
    found = {f"weight {place}": w for place, w in enumerate(model.get_weights())}
    found |= {f"history {name}": np.array(values) for name, values in history.history.items()}
    predicted = predicted if isinstance(predicted, list) else [predicted]
    found |= {f"predict {place}": value for place, value in enumerate(predicted)}
    return found | {"evaluate": np.array(evaluated)}


def main(result, first, last):
    torch.set_num_threads(1)
    found = {}
    for number in range(int(first), int(last)):
        keras.utils.clear_session()
        keras.utils.set_random_seed(number)
        for key, value in run(number).items():
            found[f"{number}/{key}"] = value
    np.savez(f"{result}.{os.environ.get('RANK', 'alone')}.npz", **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
