"""Kinds of data, models and callbacks of the runs that ``killed_runs.py`` kills."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

import torchkeras as keras
from torchkeras import callbacks, distribution, layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(52, 6, 6, 1)).astype("float32")
Y = (X.mean((1, 2, 3)) > 0).astype("float32")[:, None]
EPOCHS, STEPS = 4, 7  # batches of 8
VALIDATION = {"validation_data": (X[:20], Y[:20])}


# --- Data


class Samples(Dataset):
    """Samples with noise drawn where they are read, if they are ``noisy``."""

    def __init__(self, noisy=True):
        self.noisy = noisy

    def __len__(self):
        return len(X)

    def __getitem__(self, index):
        noise = 0.1 * torch.rand(6, 6, 1) if self.noisy else 0.0
        return torch.from_numpy(X[index]) + noise, torch.from_numpy(Y[index])


class Sequence(keras.utils.PyDataset):
    """Batches in an order that changes by itself after each epoch."""

    def __init__(self, **options):
        super().__init__(**options)
        self.order = np.arange(len(X))
        self.generator = np.random.default_rng(5)
        self.on_epoch_end()

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        rows = self.order[index * 8 : index * 8 + 8]
        return X[rows], Y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)
        self.generator.shuffle(self.order)


def forever():
    while True:
        rows = np.random.choice(len(X), 8)
        yield X[rows] + np.random.normal(size=(8, 6, 6, 1)).astype("float32"), Y[rows]


def each_time():
    for _ in range(STEPS):
        rows = random.choices(range(len(X)), k=8)
        yield X[rows], Y[rows]


def arrays():
    return {"x": X, "y": Y, "batch_size": 8}


def of_equal_batches():
    return {"x": X[:48], "y": Y[:48], "batch_size": 8}


def slices():
    return tf.data.Dataset.from_tensor_slices((X, Y))


def noisy(x, y):
    return x + tf.random.uniform(tuple(x.shape)), y


def mapped():
    return {"x": slices().shuffle(20, seed=3).map(noisy).batch(8).prefetch(1)}


def repeated():
    return {"x": slices().shuffle(52).repeat().batch(8), "steps_per_epoch": 5}


def parallel():
    found = slices().map(lambda x, y: (2.0 * x, y), num_parallel_calls=2).cache().shuffle(30)
    return {"x": found.batch(8).prefetch(2)}


# --- Models


def standard(optimizer=None, **options):
    """Augmentation, batch normalization and dropout, seeded and unseeded."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.RandomFlip(),
            layers.RandomTranslation(0.2, 0.2, seed=4),
            layers.Conv2D(3, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(4, activation="tanh"),
            layers.Dropout(0.2, seed=1),
            layers.Dense(1, activation="sigmoid", dtype="float32"),
        ]
    )
    if optimizer is None:
        optimizer = keras.optimizers.Adam(1e-2, global_clipnorm=1.0)
    metrics = ["accuracy", "mae", keras.metrics.AUC()]
    model.compile(optimizer, "binary_crossentropy", metrics=metrics, **options)
    return model


def accumulating(**options):
    """Rates by a schedule, averages of weights, gradients of two steps summed up."""
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, 5, 0.9)
    optimizer = keras.optimizers.Nadam(schedule, use_ema=True, gradient_accumulation_steps=2)
    return standard(optimizer, **options)


def overflowing():
    """Gradients that are infinite until the scale of the loss has come down."""
    return standard(loss_weights=2.0**14)


def averaging():
    return standard(keras.optimizers.AdamW(1e-2, use_ema=True, ema_momentum=0.8))


def with_torch_optimizer():
    model = standard()
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, EPOCHS * STEPS)
    model.compile(schedule, "binary_crossentropy", metrics=["accuracy", Furthest(), Spread()])
    return model


def stateful():
    """States that go on from batch to batch, recurrent dropout."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), batch_size=8),
            layers.Reshape((6, 6)),
            layers.LSTM(4, stateful=True, return_sequences=True),
            layers.GRU(3, dropout=0.3, recurrent_dropout=0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    return model


def divided(*shape):
    """Weights divided over processes that stand in a grid of this shape, batches x model."""
    mesh = distribution.DeviceMesh(shape, ["batch", "model"])
    layouts = distribution.LayoutMap(mesh)
    if shape[0] == 1:
        layouts.update({".*first/kernel": (None, "model"), ".*last/kernel": ("model", None)})
    else:
        layouts[".*first/kernel"] = ("batch", None)
    distribution.set_distribution(distribution.ModelParallel(layout_map=layouts))
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(8, activation="tanh", name="first"),
            layers.Dropout(0.2, seed=1),
            layers.Dense(1, activation="sigmoid", name="last"),
        ]
    )
    optimizer = keras.optimizers.AdamW(1e-2, use_ema=True, gradient_accumulation_steps=2)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


class OwnStep(keras.Model):
    """Sums gradients over two steps, by a torch optimizer with a schedule."""

    def __init__(self):
        super().__init__()
        self.inner = standard()
        self.torch_optimizer = torch.optim.Adam(self.inner.parameters(), 1e-2, amsgrad=True)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.torch_optimizer, 3, 0.9)
        self.calls_so_far = 0
        self.seen = keras.metrics.Mean("seen")
        self.compile("sgd", "mse")

    def call(self, x, training=False):
        return self.inner(x, training=training)

    def train_step(self, batch):
        x, y = batch
        loss = self.compute_loss(x, y, self(x, training=True))
        loss.backward()
        self.calls_so_far += 1
        if self.calls_so_far % 2 == 0:
            self.torch_optimizer.step()
            self.schedule.step()
            self.torch_optimizer.zero_grad()
        self.seen.update_state(loss)
        return {"seen": self.seen.result(), "last": loss.detach() * self.calls_so_far}


class Rivals(keras.Model):
    """A generator and a discriminator, each with an optimizer of its own."""

    def __init__(self):
        super().__init__()
        self.forger = keras.Sequential(
            [keras.Input((2,)), layers.Dense(36, activation="tanh"), layers.Reshape((6, 6, 1))]
        )
        self.judge = keras.Sequential(
            [keras.Input((6, 6, 1)), layers.Flatten(), layers.Dropout(0.3), layers.Dense(1)]
        )
        self.entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self.seen = keras.metrics.Mean("seen")
        self.forged = keras.metrics.Mean("forged")
        self.built = True
        self.compile()
        self.forgers = keras.optimizers.Adam(1e-2, beta_1=0.5)
        self.judges = keras.optimizers.RMSprop(1e-2, momentum=0.5)

    @property
    def metrics(self):
        return [self.seen, self.forged]

    def train_step(self, data):
        x, _ = data
        fakes = self.forger(keras.random.normal((len(x), 2)))
        judged = self.judge(torch.cat([x, fakes.detach()]), training=True)
        labels = torch.cat([torch.ones(len(x), 1), torch.zeros(len(x), 1)])
        loss = self.entropy(labels + 0.05 * torch.rand(2 * len(x), 1), judged)
        weights = self.judge.trainable_weights
        self.judges.apply(torch.autograd.grad(loss, [w.value for w in weights]), weights)
        missed = self.entropy(torch.ones(len(x), 1), self.judge(fakes, training=True))
        weights = self.forger.trainable_weights
        self.forgers.apply(torch.autograd.grad(missed, [w.value for w in weights]), weights)
        self.seen.update_state(loss)
        self.forged.update_state(missed)
        return {metric.name: metric.result() for metric in self.metrics}


# --- Metrics


class Furthest:
    """The largest error, as torchmetrics' classes are written."""

    def __init__(self):
        self.reset()

    def update(self, predictions, targets):
        self.errors.append((predictions - targets).abs().max())

    def compute(self):
        return torch.stack(self.errors).max()

    def reset(self):
        self.errors = []


class Spread(keras.metrics.Metric):
    """Standard deviation of what was predicted, collected in a list."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seen = []

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen += y_pred.flatten().tolist()

    def result(self):
        return float(np.std(self.seen)) if self.seen else 0.0

    def reset_state(self):
        self.seen = []


# --- Callbacks


class Losses(callbacks.Callback):
    """A user's callback with state of its own."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.weights = np.zeros(3)
        self.last = None

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(logs["loss"] if "loss" in logs else logs["seen"])
        self.weights += self.seen[-1]
        self.last = torch.tensor(self.seen[-1])


def lowering(monitor):
    return callbacks.ReduceLROnPlateau(monitor, patience=1, min_delta=0.1, mode="min")


def plain(folder, monitor):
    return []


def watching(folder, monitor):
    return [Losses()]


def with_rates(folder, monitor):
    return [lowering(monitor), Losses()]


def swapping(folder, monitor):
    return [callbacks.SwapEMAWeights(swap_on_epoch=True)]


def boards(folder, monitor):
    rate = callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7)
    board = callbacks.TensorBoard(folder / "board", update_freq=2, histogram_freq=1)
    saved = str(folder / "{epoch}-{batch}.weights.h5")
    often = callbacks.ModelCheckpoint(saved, save_freq=5, save_weights_only=True)
    return [rate, board, often, callbacks.TerminateOnNaN()]


class Kind(NamedTuple):
    """What is run.

    Attributes:
        data: Gives arguments of ``fit``.
        model: Gives a compiled model.
        callbacks: Gives callbacks besides those of all kinds, by folder and monitored value.
        policy: The dtype policy.
        validation: Further arguments of ``fit``.
        monitor: Name of the value that callbacks look at.
    """

    data: Callable[[], dict[str, Any]]
    model: Callable[[], keras.Model] = accumulating
    callbacks: Callable[[Path, str], list[Any]] = watching
    policy: str = "float32"
    validation: dict[str, Any] | Callable[[], dict[str, Any]] = VALIDATION
    monitor: str = "val_loss"


def part_by_part():
    endless = itertools.cycle([(X[i : i + 4], Y[i : i + 4]) for i in range(0, 36, 4)])
    return {"validation_data": endless, "validation_steps": 2, "validation_freq": [1, 3, 4]}


KINDS = {
    # how it is trained
    "arrays": Kind(arrays, standard, plain),
    "half": Kind(arrays, overflowing, with_rates, policy="mixed_float16"),
    "bfloat16": Kind(arrays, standard, with_rates, policy="mixed_bfloat16"),
    "portions": Kind(lambda: {**arrays(), "steps_per_epoch": 5, "class_weight": {0: 1, 1: 3}}),
    "together": Kind(arrays, lambda: accumulating(steps_per_execution=3)),
    "averages": Kind(arrays, averaging, swapping),
    "boards": Kind(arrays, standard, boards),
    "torch optimizer": Kind(arrays, with_torch_optimizer),
    "own step": Kind(arrays, OwnStep, with_rates, monitor="seen"),
    "rivals": Kind(arrays, Rivals, watching, validation={}, monitor="seen"),
    "stateful": Kind(of_equal_batches, stateful, validation={"validation_data": (X[:16], Y[:16])}),
    "compiled": Kind(of_equal_batches, lambda: standard(jit_compile=True), plain),
    "validated": Kind(arrays, standard, watching, validation=part_by_part, monitor="loss"),
    "in parts": Kind(arrays, lambda: divided(1, 2)),
    "fully sharded": Kind(arrays, lambda: divided(2, 1)),
    # what it is trained on
    "tensors": Kind(lambda: {"x": TensorDataset(torch.tensor(X), torch.tensor(Y))}),
    "dataset": Kind(lambda: {"x": Samples(), "batch_size": 8}),
    "loader": Kind(lambda: {"x": DataLoader(Samples(), 8, shuffle=True)}),
    "workers": Kind(lambda: {"x": DataLoader(Samples(), 8, shuffle=True, num_workers=2)}),
    "lasting workers": Kind(
        lambda: {
            "x": DataLoader(
                Samples(noisy=False), 8, shuffle=True, num_workers=2, persistent_workers=True
            )
        }
    ),
    "sequence": Kind(lambda: {"x": Sequence()}),
    "threads": Kind(lambda: {"x": Sequence(workers=3)}),
    "processes": Kind(lambda: {"x": Sequence(workers=2, use_multiprocessing=True)}),
    "generator": Kind(lambda: {"x": forever(), "steps_per_epoch": STEPS}),
    "function": Kind(lambda: {"x": each_time}),
    "tf.data": Kind(mapped),
    "tf.data rows": Kind(lambda: {"x": slices().shuffle(60).batch(8)}),
    "tf.data repeated": Kind(repeated),
    "tf.data parallel": Kind(parallel),
}
