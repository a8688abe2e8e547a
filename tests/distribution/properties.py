"""Random runs of ``fit``, the same whatever the number of processes; see ``test_properties.py``.

    python properties.py RESULT FIRST LAST

Run number ``FIRST`` up to ``LAST`` gives names and arrays, written to ``RESULT.<rank>.npz``.
"""

import itertools
import os
import sys

import numpy as np
import torch
from torch.utils.data import DataLoader

import torchkeras as keras
from torchkeras import layers, metrics

CLASSES = 3


class Divergence(layers.Layer):
    """Adds a loss that is a mean over samples, as variational models do."""

    def call(self, x):
        self.add_loss(0.1 * (x.square() - x).mean())
        return x


class Largest(metrics.Metric):
    """The largest prediction of all, and how many batches it took (of which all count alike)."""

    def __init__(self):
        super().__init__(name="largest")
        self.largest = self.add_variable((), name="largest", reduction="max")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest.assign(torch.maximum(self.largest, y_pred.max()))

    def result(self):
        return self.largest.value


def dense():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, activation="tanh", kernel_regularizer="l2", activity_regularizer="l1"),
            layers.BatchNormalization(synchronized=True),
            Divergence(),
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
    value = layers.Dense(1, activation="sigmoid", name="value", activity_regularizer="l2")(hidden)
    return keras.Model(inputs, [value, kind])


SOURCES = ("loader", "dataset", "generator")
SHAPES = {dense: (4,), convolutional: (6, 6, 2), recurrent: 6, stepwise: 6, forked: (4,)}


def samples(make, number, rng):
    shape = SHAPES[make]
    if isinstance(shape, int):
        x = rng.integers(0, 9, (number, shape))
        x[:, 0] = 1
        return x
    return rng.normal(size=(number, *shape)).astype("float32")


class Uneven(keras.utils.PyDataset):
    """Batches of uneven lengths."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, place):
        return self.batches[place]


def source(kind, x, y, sample_weight, rng):
    """The samples as a source of uneven batches, and how many batches an epoch has of them."""
    cuts = [0, *sorted(set(rng.integers(1, len(x) + 1, 4).tolist()) | {len(x)})]
    columns = [x, y] if sample_weight is None else [x, y, sample_weight]
    batches = [
        tuple(
            tuple(part[start:stop] for part in column)
            if isinstance(column, list)
            else column[start:stop]
            for column in columns
        )
        for start, stop in itertools.pairwise(cuts)
    ]
    if kind == "dataset":
        return Uneven(batches), {}
    if kind == "loader":
        return DataLoader(batches, batch_size=None, shuffle=True), {}

    def generator():
        while True:
            yield from batches

    # An epoch may end in the midst of the data.
    return generator(), {"steps_per_epoch": max(len(batches) - 1, 1)}


def measures(make):
    """Metrics of all kinds of states, for one output or for each of two."""
    of_kinds = [
        "accuracy",
        metrics.MeanIoU(CLASSES, sparse_y_pred=False),
        metrics.SparseTopKCategoricalAccuracy(2),
    ]
    if make is stepwise:
        return ["accuracy", metrics.SparseCategoricalCrossentropy()]
    if make is not forked:
        return [*of_kinds, Largest()]
    of_values = [
        "mae",
        metrics.AUC(),
        metrics.AUC(curve="PR", name="auc_pr"),
        metrics.Precision(),
        metrics.Recall(),
        metrics.PrecisionAtRecall(0.5),
        metrics.FalseNegatives(),
        metrics.CosineSimilarity(),
        metrics.RootMeanSquaredError(),
        metrics.R2Score(),
        metrics.F1Score(threshold=0.5),
        metrics.PearsonCorrelation(),
        Largest(),
    ]
    return [of_values, of_kinds]


def run(number):
    """Everything that run ``number`` gives: History, evaluation, predictions, weights."""
    rng = np.random.default_rng(number)
    make = list(SHAPES)[number % len(SHAPES)]
    size, batch_size = int(rng.integers(1, 30)), int(rng.integers(1, 9))
    x = samples(make, size, rng)
    labels = rng.integers(0, CLASSES, (size, 6) if make is stepwise else size)
    truths = rng.integers(0, 2, (size, 1)).astype("float32")
    y = [truths, labels] if make is forked else labels
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
    weighted = ["accuracy"]
    if make is forked:
        loss, weighted = ["mse", loss], [["mae"], weighted]
    accumulation = rng.choice([0, 2, 3])
    optimizer = rng.choice(["SGD", "Adam"])
    model.compile(
        getattr(keras.optimizers, optimizer)(
            0.01, gradient_accumulation_steps=int(accumulation) or None
        ),
        loss,
        metrics=measures(make),
        weighted_metrics=weighted,
    )
    validates, kind_of_source = rng.integers(2), rng.choice(["arrays", *SOURCES])
    if kind_of_source == "arrays":
        options = {"batch_size": batch_size, **weights}
        if validates and size > 4 and kind != "classes":
            options["validation_split"] = 0.4
        history = model.fit(x, y, epochs=2, verbose=0, **options)
    else:
        batches, options = source(kind_of_source, x, y, weights.pop("sample_weight", None), rng)
        if validates:
            options["validation_data"] = (x, y)
        history = model.fit(batches, epochs=2, verbose=0, **options, **weights)
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
