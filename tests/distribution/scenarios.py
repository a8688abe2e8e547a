"""What one process and two processes compute, run as a script by ``test_replicas.py``.

    python scenarios.py RESULT [NAME ...]       torchrun --nproc-per-node 2 scenarios.py RESULT

Each scenario gives names and arrays; all are written to ``RESULT.<rank>.npz``.
"""

import os
import sys

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

import torchkeras as keras
from torchkeras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(37, 4)).astype("float32")
Y = RNG.normal(size=(37, 1)).astype("float32")
LABELS = RNG.integers(0, 3, 37)
WEIGHTS = RNG.uniform(0.1, 3, 37).astype("float32")
TOKENS = RNG.integers(0, 4, (37, 6))  # 0 is padding
STEPS = RNG.normal(size=(37, 6, 1)).astype("float32")
# 37 = 9 * 4 + 1: in the last batch of 4, one process of two has no sample.
OPTIONS = {"batch_size": 4, "epochs": 2, "verbose": 0}


def classifier(**options):
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, activation="tanh", **options),
            layers.Dense(3, activation="softmax"),
        ]
    )


def told(model, history=None, **more):
    """History, weights and what else there is, as arrays."""
    found = {f"weight {number}": w for number, w in enumerate(model.get_weights())}
    if history is not None:
        found |= {f"history {name}": np.array(v) for name, v in history.history.items()}
    return found | more


def labels():
    model = classifier(kernel_regularizer="l2")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X, LABELS, validation_data=(X, LABELS), **OPTIONS)
    evaluated = model.evaluate(X, LABELS, batch_size=4, verbose=0)
    return told(
        model,
        history,
        evaluate=np.array(evaluated),
        predict=model.predict(X, batch_size=4, verbose=0),
        batch=np.array(model.train_on_batch(X[:5], LABELS[:5])),
    )


def weighted():
    model = classifier()
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=["accuracy"],
    )
    return told(model, model.fit(X, LABELS, sample_weight=WEIGHTS, **OPTIONS))


def mean_of_weights():
    model = classifier()
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    model.compile("sgd", loss)
    return told(model, model.fit(X, LABELS, sample_weight=WEIGHTS, **OPTIONS))


def summed():
    model = classifier()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(reduction="sum"))
    return told(model, model.fit(X, LABELS, **OPTIONS))


def shuffled():
    model = classifier()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    first = told(model, model.fit(X, LABELS, **OPTIONS))
    second = told(model, model.fit(X, LABELS, **OPTIONS))
    return first | {f"second {name}": value for name, value in second.items()}


def masked():
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(4, 3, mask_zero=True),
            layers.LSTM(3, return_sequences=True),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(TOKENS, STEPS, **OPTIONS)
    return told(model, history, evaluate=np.array(model.evaluate(TOKENS, STEPS, verbose=0)))


def frozen_and_unused():
    inputs = keras.Input((4,))
    frozen = layers.Dense(4)
    frozen.trainable = False
    hidden = frozen(inputs)
    first = layers.Dense(1, name="first")(hidden)
    unused = layers.Dense(2, name="unused")(hidden)
    model = keras.Model(inputs, [first, unused])
    model.compile("adam", ["mse", None], metrics=[["mae"], None])
    return told(model, model.fit(X, Y, **OPTIONS))


def two_outputs():
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh")(inputs)
    outputs = {
        "value": layers.Dense(1, name="value")(hidden),
        "kind": layers.Dense(3, activation="softmax", name="kind")(hidden),
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        "adam",
        {"value": "mse", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"value": 0.3, "kind": 1.0},
        metrics={"kind": ["accuracy"]},
    )
    history = model.fit(X, {"value": Y, "kind": LABELS}, **OPTIONS)
    predicted = model.predict(X, batch_size=3, verbose=0)
    return told(model, history, **{f"predict {k}": v for k, v in predicted.items()})


def branching():
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
    model.compile("sgd", "mse")
    return told(model, model.fit(X, Y, **OPTIONS))


def own_loss():
    class Model(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return (y_pred - y).abs().mean() + sum(self.losses)

    inputs = keras.Input((4,))
    model = Model(inputs, layers.Dense(1, kernel_regularizer="l2")(inputs))
    model.compile("sgd")
    return told(model, model.fit(X, Y, **OPTIONS))


def own_step():
    class Model(keras.Model):
        def train_step(self, data):
            x, y = data
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
            self.zero_grad()
            loss.backward()
            variables = self.trainable_weights
            self.optimizer.apply([v.value.grad for v in variables], variables)
            for metric in self.metrics:
                if metric.name == "mae":
                    metric.update_state(y, y_pred)
            return {"mae": self.metrics[-1].result()}

    inputs = keras.Input((4,))
    model = Model(inputs, layers.Dense(1)(layers.Dense(3)(inputs)))
    model.compile("adam", "mse", metrics=["mae"])
    return told(model, model.fit(X, Y, **OPTIONS))


def adversaries():
    class Pair(keras.Model):
        def __init__(self):
            super().__init__()
            self.maker = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
            self.judge = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
            self.judge_optimizer = keras.optimizers.SGD(0.1)
            self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)

        def call(self, x):
            return self.maker(x)

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
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(X, Y, **OPTIONS)
    return told(model)


def accumulating():
    model = classifier()
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=3)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return told(model, model.fit(X, LABELS, **OPTIONS))


def quiet_rounds():
    """Accumulation of uneven batches, and how often each step sends something."""
    sent = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            sent.append(calls[0])

    calls, send = [0], torch.distributed.all_reduce

    def counted(*args, **options):
        calls[0] += 1
        return send(*args, **options)

    model = classifier()
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=3)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    torch.distributed.all_reduce = counted
    try:
        model.fit(X, LABELS, callbacks=[Count()], **{**OPTIONS, "epochs": 1})
    finally:
        torch.distributed.all_reduce = send
    if torch.distributed.is_initialized():
        assert np.diff([0, *sent]).tolist() == [0, 0, 1] * 3 + [0], sent
    return told(model)


def batch_sources():
    def generator():
        while True:
            for start in range(0, 37, 5):
                yield X[start : start + 5], LABELS[start : start + 5]

    loader = DataLoader(
        TensorDataset(torch.tensor(X), torch.tensor(LABELS)), batch_size=5, shuffle=True
    )
    found = {}
    for name, source, options in (
        ("generator", generator(), {"steps_per_epoch": 8}),
        ("loader", loader, {}),
    ):
        model = classifier()
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(source, epochs=2, verbose=0, **options)
        found |= {f"{name} {k}": v for k, v in told(model, history).items()}
    found["predict"] = model.predict(
        DataLoader(TensorDataset(torch.tensor(X)), batch_size=5), verbose=0
    )
    return found


def watched():
    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                self.model.predict(X, verbose=0)

        def on_epoch_end(self, epoch, logs=None):
            logs["again"] = self.model.evaluate(X, LABELS, verbose=0)

    model = classifier()
    model.compile("sgd", "sparse_categorical_crossentropy")
    return told(model, model.fit(X, LABELS, callbacks=[Look()], **OPTIONS))


def one_sample():
    model = classifier()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X[:1], LABELS[:1], epochs=2, verbose=0)
    return told(model, history, predict=model.predict(X[:1], verbose=0))


def normalized():
    """Moments of the whole batch, also where one process has no sample."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5),
            layers.BatchNormalization(synchronized=True, momentum=0.8),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return told(model, model.fit(X, Y, **OPTIONS))


def normalized_masked_steps():
    """The same over the steps of sequences that aren't padding."""
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(4, 3, mask_zero=True),
            layers.experimental.SyncBatchNormalization(momentum=0.8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return told(model, model.fit(TOKENS, Y, **OPTIONS))


def own_data():
    """Each process reads its own: of each 6 samples the first 4, or the last 2, but less often."""
    number, rank = keras.distribution.world_size(), keras.distribution.rank()
    parts = [(0, 6)] if number == 1 else [(0, 4), (4, 6)]

    def generator():
        for start in range(0, 30, 6):
            begin, end = parts[rank]
            if start >= 18:  # the second process has no more
                begin, end = (0, 4 * (rank == 0))
            if begin < end:
                yield X[start + begin : start + end], LABELS[start + begin : start + end]

    model = classifier()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    with distribution.scope():
        history = model.fit(generator(), verbose=0)
        predicted = model.predict(generator(), verbose=0)
    return told(model, history, predicted=np.sort(predicted, axis=0))


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        labels,
        weighted,
        mean_of_weights,
        summed,
        shuffled,
        masked,
        frozen_and_unused,
        two_outputs,
        branching,
        own_loss,
        own_step,
        adversaries,
        accumulating,
        quiet_rounds,
        batch_sources,
        watched,
        one_sample,
        normalized,
        normalized_masked_steps,
        own_data,
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
