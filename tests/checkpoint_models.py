"""Models and optimizers whose checkpoints are compared with TensorFlow's, in both generations.

``python tests/checkpoint_models.py names`` prints by which names TensorFlow finds their
values (``checkpoint_names.json`` holds that of Keras 3 and, with TF_USE_LEGACY_KERAS=1, of tf.keras
2); ``python tests/checkpoint_models.py read FOLDER`` how it reads what was written there.
"""

import json
import sys

import numpy as np


def models(keras):
    """Functions that make models, by name."""
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.dense, self.units = layers.Dense(units), units

        def build(self, input_shape):
            self.scale = self.add_weight(name="other", shape=(self.units,), initializer="ones")
            self.dense.build(input_shape)
            self.built = True

        def call(self, x):
            return self.dense(x) * self.scale

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.block = layers.Dense(3), Block(3)
            self.last = keras.Sequential([layers.Dense(2)])

        def call(self, x):
            return self.last(self.block(self.first(x)))

    class Listed(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts, self.named = [layers.Dense(3), layers.Dense(2)], {"x": layers.Dense(2)}

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return self.named["x"](x)

    def stack():
        hidden = layers.Dense(4, activation="relu")
        norm = layers.BatchNormalization()
        return keras.Sequential([keras.Input((3,)), hidden, norm, layers.Dense(2)])

    def recurrent():
        x = keras.Input((5, 3))
        y = layers.LSTM(3, return_sequences=True)(x)
        y = layers.Bidirectional(layers.GRU(2))(y)
        return keras.Model(x, layers.Dense(2)(y))

    def nested():
        x = keras.Input((3,))
        inner = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dense(3)])
        y = layers.LayerNormalization()(layers.Add()([inner(x), x]))
        return keras.Model(x, layers.Dense(2)(inner(y)))

    def windows():
        x = keras.Input((6, 6, 2))
        y = layers.DepthwiseConv2D(2)(layers.Conv2D(3, 2)(x))
        y = layers.Conv2DTranspose(2, 2)(layers.SeparableConv2D(2, 2)(y))
        return keras.Model(x, layers.Dense(2)(layers.Flatten()(layers.PReLU()(y))))

    def attention():
        x = keras.Input((4,))
        y = layers.Embedding(7, 3)(x)
        y = layers.TimeDistributed(layers.Dense(2))(layers.MultiHeadAttention(2, 3)(y, y))
        return keras.Model(x, layers.Dense(2)(layers.Flatten()(y)))

    def operations():
        x = keras.Input((3,))
        y = layers.Dense(4)(x) * 2.0 + 1.0
        return keras.Model(x, layers.Dense(2)(y))

    def cells():
        stacked = layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)])
        x = keras.Input((5, 3))
        return keras.Model(x, layers.Dense(2)(layers.RNN(stacked)(x)))

    def wrapped():
        x = keras.Input((5, 3))
        y = layers.RNN(layers.GRUCell(3, reset_after=False), return_sequences=True)(x)
        back = layers.GRU(3, go_backwards=True)
        y = layers.Bidirectional(layers.LSTM(3), backward_layer=back, merge_mode="ave")(y)
        return keras.Model(x, layers.Dense(2)(y))

    def adapted():
        normalize = layers.Normalization()
        normalize.adapt(data("adapted")[0])
        return keras.Sequential([keras.Input((3,)), normalize, layers.Dense(2)])

    made = (
        stack, recurrent, nested, windows, attention, operations, cells, wrapped, adapted,
    )  # fmt: skip
    return {each.__name__: each for each in made} | {"subclass": Network, "lists": Listed}


SHAPES = {
    "recurrent": (5, 3), "cells": (5, 3), "wrapped": (5, 3), "windows": (6, 6, 2),
    "attention": (4,),
}  # fmt: skip


def optimizers(keras):
    """Functions that make optimizers, by name."""
    o = keras.optimizers
    found = {
        "sgd": lambda: o.SGD(0.01, momentum=0.9),
        "rmsprop": lambda: o.RMSprop(0.01, momentum=0.5, centered=True),
        "adam": lambda: o.Adam(0.01, amsgrad=True),
        "averages": lambda: o.Adam(0.01, use_ema=True),
        "adamw": lambda: o.AdamW(0.01),
        "adagrad": lambda: o.Adagrad(0.01),
        "adadelta": lambda: o.Adadelta(1.0),
        "adamax": lambda: o.Adamax(0.01),
        "nadam": lambda: o.Nadam(0.01),
        "ftrl": lambda: o.Ftrl(0.01),
        "lion": lambda: o.Lion(0.01),
        "adafactor": lambda: o.Adafactor(0.01),
    }
    scaled = getattr(o, "LossScaleOptimizer", None) or keras.mixed_precision.LossScaleOptimizer
    found["scaled"] = lambda: scaled(o.Adam(0.01))
    if hasattr(o, "Muon"):  # Keras 3
        found |= {
            "lamb": lambda: o.Lamb(0.01),
            "muon": lambda: o.Muon(0.01),
            "accumulation": lambda: o.Adam(0.01, gradient_accumulation_steps=2),
        }
    return found


def cases(keras):
    """Name, model and optimizer of each case."""
    made, ways = models(keras), optimizers(keras)
    yield from ((name, make, ways["adam"]) for name, make in made.items())
    yield from ((name, made["stack"], way) for name, way in ways.items())


def data(name):
    """Inputs and targets of a case."""
    draw = np.random.RandomState(0)
    x = draw.randint(0, 5, (8, *SHAPES.get(name, (3,)))).astype("float32")
    return x, draw.rand(8, 2).astype("float32")


def train(model, x, y):
    """Losses of four steps."""
    return [float(model.train_on_batch(x, y)) for _ in range(4)]


def built(make, way, x):
    """A compiled model whose optimizer has its slots."""
    model = make()
    model.compile(way(), "mse")
    model(x)
    model.optimizer.build(model.trainable_variables)
    return model


def names(keras):
    """For each model, the ways to each of its weights; for each optimizer, its lists."""
    from tensorflow.python.checkpoint.graph_view import ObjectGraphView

    def below(thing):
        return [(child.name, child.ref) for child in ObjectGraphView(thing).list_children(thing)]

    def walk(thing, way, depth):
        for name, part in below(thing):
            if name == "optimizer":
                continue
            if hasattr(part, "assign"):
                yield f"{way}{name}", part
            elif depth:
                yield from walk(part, f"{way}{name}/", depth - 1)

    found = {"models": {}, "optimizers": {}}
    for name, make in models(keras).items():
        model = built(make, optimizers(keras)["adam"], data(name)[0])
        numbers = {}
        for number, weight in enumerate(model.weights):
            numbers |= {id(weight): number, id(getattr(weight, "_value", None)): number}
        ways = {way: numbers[id(part)] for way, part in walk(model, "", 6)}
        found["models"][name] = dict(sorted(ways.items()))
    for name, way in optimizers(keras).items():
        model = built(models(keras)["stack"], way, data(name)[0])
        lists = {kind: len(below(part)) for kind, part in below(model.optimizer)}
        skipped = ("_variables", "_trainable_variables_indices", "_index_dict")
        found["optimizers"][name] = {
            kind: size for kind, size in lists.items() if size and kind not in skipped
        }
    return found


def read(tf, folder):
    """How a fresh model of each case differs from the one whose checkpoint it has read."""
    for name, make, way in cases(tf.keras):
        with np.load(f"{folder}/{name}.npz") as known:
            x, y, before, losses = (known[k] for k in ("x", "y", "before", "losses"))
        model = built(make, way, x)
        status = tf.train.Checkpoint(model).read(f"{folder}/{name}")
        found = {"outputs": float(np.abs(model.predict(x, verbose=0) - before).max())}
        found["losses"] = float(np.abs(np.array(train(model, x, y)) - losses).max())
        try:
            status.assert_consumed()
        except AssertionError as error:
            found["left"] = str(error)
        yield name, found


if __name__ == "__main__":
    import tensorflow as tf

    if sys.argv[1] == "names":
        print(json.dumps(names(tf.keras)))
    else:
        print(json.dumps(dict(read(tf, sys.argv[2]))))
