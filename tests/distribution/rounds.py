"""Gradient accumulation that sends gradients once per round, run by ``test_replicas.py``.

    python rounds.py RESULT [NAME ...]          torchrun --nproc-per-node 2 rounds.py RESULT

Each scenario gives names and arrays; all are written to ``RESULT.<rank>.npz``.
"""

import os
import sys

import numpy as np
import torch

import torchkeras as keras
from torchkeras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(37, 4)).astype("float32")
Y = RNG.normal(size=(37, 1)).astype("float32")
# 37 = 9 * 4 + 1: three rounds of three batches, and one batch of which a process has no sample.
OPTIONS = {"batch_size": 4, "epochs": 2, "verbose": 0}
CALLS = 20


class Count(keras.callbacks.Callback):
    """How many messages each step sends; ``sizes`` are their numbers of elements."""

    def on_train_begin(self, logs=None):
        self.steps, self.sizes, self.send = [], [], torch.distributed.all_reduce
        torch.distributed.all_reduce = self.counted

    def counted(self, tensor, *args, **options):
        self.sizes.append(tensor.numel())
        return self.send(tensor, *args, **options)

    def on_train_batch_begin(self, batch, logs=None):
        self.sizes.clear()

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(list(self.sizes))

    def on_train_end(self, logs=None):
        torch.distributed.all_reduce = self.send


def of_rounds(model, rounds=3, most_elements=0):
    """Weights after training, in which only the last step of a round sends more than some flags."""
    count = Count()
    history = model.fit(X, Y, callbacks=[count], **OPTIONS)
    if torch.distributed.is_initialized():
        sizes = [max(step, default=0) for step in count.steps]
        assert len(sizes) == CALLS
        for number, size in enumerate(sizes):
            is_last = number % rounds == rounds - 1
            assert (size > most_elements) == is_last, (number, count.steps)
    found = {f"weight {number}": w for number, w in enumerate(model.get_weights())}
    return found | {f"history {name}": np.array(v) for name, v in history.history.items()}


class Scaled(layers.Layer):
    """A layer of the user's."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return x * self.scale


def perceptron(kind=keras.Model, **options):
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh", **options)(inputs)
    return kind(inputs, layers.Dense(1, **options)(hidden))


def adam(**options):
    return keras.optimizers.Adam(0.01, gradient_accumulation_steps=3, **options)


def built_in_layers():
    model = perceptron()
    model.compile(adam(), "mse", metrics=["mae"])
    return of_rounds(model)


def layers_of_the_users():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5), Scaled(), layers.Dense(1)])
    model.compile(adam(weight_decay=0.1, global_clipnorm=0.1), "mse")
    return of_rounds(model)


def branches():
    """Weights that some calls leave out, decayed in those rounds only whose last call has them."""

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.calls = 0
            self.even, self.odd, self.head = layers.Dense(4), layers.Dense(4), layers.Dense(1)

        def call(self, x, training=False):
            self.calls += bool(training)
            return self.head((self.even if self.calls % 2 else self.odd)(x))

    model = Model()
    model(X[:1])
    model.odd(X[:1])
    model.even(X[:1])
    model.compile(adam(weight_decay=0.1), "mse")
    return of_rounds(model)


def own_step():
    class Model(keras.Model):
        def train_step(self, data):
            x, y = data
            loss = self.compute_loss(x, y, self(x, training=True))
            variables = self.trainable_variables
            gradients = torch.autograd.grad(loss, [v.value for v in variables])
            self.optimizer.apply(gradients, variables)
            return {}

    model = perceptron(Model)
    model.compile(adam(), "mse")
    return of_rounds(model)


def own_step_and_loss():
    """A loss that the user reduces is weighed by samples, an empty share by nothing."""

    class Model(keras.Model):
        def train_step(self, data):
            x, y = data
            loss = (self(x, training=True) - y).abs().mean()
            self.optimizer.minimize(loss, self.trainable_variables)
            return {}

    model = perceptron(Model)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=3))
    return of_rounds(model)


def several_optimizers():
    class Pair(keras.Model):
        def __init__(self):
            super().__init__()
            self.maker, self.judge = perceptron(), keras.Sequential([layers.Dense(1)])
            self.judge_optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=3)
            self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)

        def call(self, x):
            return self.judge(self.maker(x))

        def train_step(self, data):
            x, y = data
            made = self.maker(x, training=True)
            seen = torch.cat([made.detach(), y])
            truth = torch.cat([torch.zeros_like(y), torch.ones_like(y)])
            weights = self.judge.trainable_variables
            judged = self.loss_of(truth, self.judge(seen))
            self.judge_optimizer.apply(torch.autograd.grad(judged, weights), weights)
            weights = self.maker.trainable_variables
            fooled = self.loss_of(torch.ones_like(y), self.judge(made))
            self.optimizer.apply(torch.autograd.grad(fooled, weights), weights)
            return {}

    model = Pair()
    model(X[:1])
    model.compile(adam())
    return of_rounds(model)


def half_precision():
    """Only whether all gradients are finite is agreed on in each step."""
    model = perceptron(dtype="mixed_float16")
    model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=3), "mse")
    found = of_rounds(model, most_elements=1)
    return {name: value.round(2) for name, value in found.items()}


def members_of_one():
    """Optimizers within another average gradients in a step of the user's, too."""

    class Model(keras.Model):
        def train_step(self, data):
            x, y = data
            loss = self.compute_loss(x, y, self(x, training=True))
            self.optimizer.minimize(loss, self.trainable_variables)
            return {}

    model = perceptron(Model)
    inner = keras.optimizers.SGD(0.1, gradient_accumulation_steps=3)
    model.compile(keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(inner)), "mse")
    return of_rounds(model)


def scaled_in_a_step_of_the_users():
    """A loss-scaling optimizer looks for overflow in the gradients of all processes."""

    class Model(keras.Model):
        def train_step(self, data):
            x, y = data
            loss = self.compute_loss(x, y, self(x, training=True))
            # In the second step, a gradient that one process alone sees overflow.
            shares = torch.where(x[:, :1].eq(float(OVERFLOWING)), torch.inf, 1.0).mean()
            self.optimizer.minimize(
                self.optimizer.scale_loss(loss * shares), self.trainable_weights
            )
            return {}

    model = perceptron(Model)
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse")
    model.fit(X, Y, shuffle=False, **OPTIONS)
    scale = model.optimizer.dynamic_scale.numpy()
    assert scale == 2.0**13, scale  # halved in each epoch
    return {f"weight {number}": w for number, w in enumerate(model.get_weights())}


OVERFLOWING = X[4, 0]


def single_batches():
    model = perceptron()
    model.compile(adam(), "mse")
    for start in range(0, 37, 5):
        model.train_on_batch(X[start : start + 5], Y[start : start + 5])
    return {f"weight {number}": w for number, w in enumerate(model.get_weights())}


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        built_in_layers,
        layers_of_the_users,
        branches,
        own_step,
        own_step_and_loss,
        several_optimizers,
        half_precision,
        members_of_one,
        scaled_in_a_step_of_the_users,
        single_batches,
    )
}


def main(result, *names):
    torch.set_num_threads(1)
    found = {}
    for name in names or SCENARIOS:
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        for key, value in SCENARIOS[name]().items():
            found[f"{name}/{key}"] = value
    np.savez(f"{result}.{os.environ.get('RANK', 'alone')}.npz", **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
