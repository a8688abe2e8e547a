"""Checkpoints and SavedModels that real TensorFlow wrote, in ``tensorflow_files.tar.xz``.

To write them anew, with TensorFlow and tf_keras 2 installed:
``TF_USE_LEGACY_KERAS=1 KERAS_BACKEND=tensorflow python tests/tensorflow_files.py``.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import tensorflow_functions

# Optimizers whose models are also written whole.
WHOLE = ("older_nadam", "older_decay", "scaled", "older_scaled", "adafactor", "plain")
TARGET = Path(__file__).with_suffix(".tar.xz")


def extract(folder):
    """Put the files into ``folder``."""
    with tarfile.open(TARGET) as archive:
        archive.extractall(folder, filter="data")


def network(keras):
    """What the checkpoints of the optimizers were made of."""
    layers = keras.layers
    hidden = layers.Dense(3, activation="relu")
    return keras.Sequential(
        [keras.Input((4,)), hidden, layers.BatchNormalization(), layers.Dense(2)]
    )


def subclass(keras):
    """The classes ``Network`` and ``Block``."""
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, units, **options):
            super().__init__(**options)
            self.units = units
            self.parts = [layers.Dense(units), layers.LayerNormalization()]
            self.named = {"a": layers.Dense(units)}

        def build(self, input_shape):
            self.scale = self.add_weight(name="weight", shape=(self.units,))

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return self.named["a"](x) * self.scale

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [Block(3), Block(3)]
            self._attention = layers.MultiHeadAttention(2, 3)
            self.both = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
            self.rest = keras.Sequential([layers.SeparableConv1D(4, 2), layers.PReLU()])

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return self.rest(self.both(self._attention(x, x)))

    return Network, Block


def tables(keras, tf):
    """A model with vocabularies."""
    layers = keras.layers
    words, numbers = keras.Input((1,), dtype="string"), keras.Input((1,), dtype="int64")
    lookup, vectors = layers.StringLookup(), layers.TextVectorization(output_mode="tf_idf")
    kinds, size = layers.IntegerLookup(), layers.Normalization()
    lookup.adapt(["b", "a", "b", "c"])
    vectors.adapt(["x y", "y z z", "w"])
    kinds.adapt([5, 5, 7])
    size.adapt([[1.0], [5.0]])
    row = layers.Flatten()(layers.Embedding(6, 2)(lookup(words)))
    number = size(tf.cast(kinds(numbers), "float32"))
    return keras.Model([words, numbers], layers.concatenate([row, vectors(words), number]))


def noisy(keras):
    """A model whose random layers have a state of their own."""
    layers = keras.layers
    convolution = layers.Conv2D(2, 3), layers.BatchNormalization()
    rest = layers.Dropout(0.5), layers.Flatten(), layers.Dense(2)
    return keras.Sequential([keras.Input((4, 4, 1)), layers.RandomFlip(), *convolution, *rest])


def bins(keras):
    """A model whose boundaries and document frequencies tf.keras 2 keeps as weights."""
    layers = keras.layers
    words, numbers = keras.Input((1,), dtype="string"), keras.Input((1,))
    bins = layers.Discretization(num_bins=4)
    bins.adapt([[k * k / 10.0] for k in range(50)])
    weights = {"vocabulary": ["b", "a"], "idf_weights": [0.5, 0.25]}
    row = layers.Flatten()(layers.Embedding(4, 2)(bins(numbers)))
    lookup = layers.StringLookup(output_mode="tf_idf", **weights)
    joined = layers.concatenate([lookup(words), row])
    return keras.Model([words, numbers], layers.Dense(3)(joined))


def inner(keras, kind):
    """A model within which another one has learnt boundaries (``"bins"``) or categories."""
    layers = keras.layers
    dtype = "float32" if kind == "bins" else "int64"
    if kind == "bins":
        adapted = layers.Discretization(num_bins=4, output_mode="one_hot"), layers.Normalization()
    else:
        adapted = layers.IntegerLookup(output_mode="tf_idf"), layers.IntegerLookup()
    for layer in adapted:
        layer.adapt([[(k * k) % 11] for k in range(20)])
    numbers, outer = keras.Input((1,), dtype=dtype), keras.Input((1,), dtype=dtype)
    first, second = (layer(numbers) for layer in adapted)
    if kind == "bins":
        first = layers.concatenate([first, layers.Dense(2)(numbers)])
    both = keras.Model(numbers, layers.Dense(3)(first), name="both")
    alone = keras.Model(numbers, second, name="alone")
    rest = layers.Embedding(9, 2)(alone(outer)) if kind != "bins" else alone(outer)
    joined = layers.concatenate([both(outer), layers.Flatten()(rest)])
    return keras.Model(outer, layers.Dense(2)(joined))


def masked(keras):
    """A model that merges inputs with different masks, which tf.keras 2 does by rules of its own.

    Its embeddings, all of one shape, are in another order than in Keras 3, where masks are calls.
    """
    layers = keras.layers
    first, second = keras.Input((5,)), keras.Input((5,))
    words = layers.Embedding(6, 3, mask_zero=True)(first)
    others = layers.Embedding(6, 3, mask_zero=True)(second)
    kinds = layers.Embedding(6, 3)(second)
    outputs = [layers.LSTM(2)(layers.Concatenate()([kinds, words]))]
    for merge in (layers.Add, layers.Multiply, layers.Maximum):
        for pair in ([words, others], [words, kinds]):
            outputs.append(layers.GlobalAveragePooling1D()(merge()(pair)))
    return keras.Model([first, second], layers.Dense(2)(layers.concatenate(outputs)))


def wide(keras):
    """A model whose linear part has a kernel for each input, both of one name."""
    deep = keras.Sequential([keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)])
    linear = keras.experimental.LinearModel(2, kernel_initializer="glorot_uniform")
    return keras.experimental.WideDeepModel(linear, deep)


def write_wide(keras, np, folder):
    """The linear part of such a model alone, and a whole one, both trained."""
    draw = np.random.RandomState(0)
    pair, y = [draw.randn(8, n).astype("f4") for n in (3, 4)], draw.randn(8, 2).astype("f4")
    options = {"epochs": 2, "batch_size": 4, "verbose": 0, "shuffle": False}
    for name, model, x in (
        ("linear", wide(keras).linear_model, pair),
        ("wide", wide(keras), [pair, pair[0]]),
    ):
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(x, y, **options)
        model.save(folder / name, save_format="tf", save_traces=False)
        before = model.predict(x, verbose=0)
        losses = model.fit(x, y, **options).history["loss"]
        arrays = {"x0": pair[0], "x1": pair[1], "y": y, "before": before, "losses": losses}
        np.savez(folder / f"{name}.npz", **arrays)


def graph(keras, tf):
    """A graph of TensorFlow's functions, with a loss and a metric at its side."""
    x, y = keras.Input((4, 6)), keras.Input((3,))
    outputs = [
        x[:, 0], x[:, ::2, tf.newaxis], tf.concat([x, x * 2], axis=-1), 1.0 - x, -x, x**2,
        tf.reshape(x, (tf.shape(x)[0], 24)), tf.where(x > 0, x, 0.0), *tf.split(x, 2, axis=1),
        tf.matmul(x, tf.transpose(x, [0, 2, 1])), tf.nn.softmax(x, axis=1),
        tf.stack([y, y]), tf.reduce_max(x, axis=[1, 2], keepdims=True), tf.nn.l2_normalize(y, 1),
        tf.clip_by_value(x, -1, 1), tf.tile(y, [1, 2]), tf.gather(x, [0, 2], axis=1),
        tf.image.resize(tf.expand_dims(x, -1), (8, 8)), tf.one_hot(tf.argmax(y, -1), 3),
        tf.pad(x, [[0, 0], [1, 1], [0, 0]]), tf.squeeze(tf.expand_dims(y, -1), -1), tf.abs(x),
        tf.cast(x > 0, tf.float32), keras.activations.gelu(x), keras.losses.mse(x, x * 2),
    ]  # fmt: skip
    model = keras.Model([x, y], outputs)
    model.add_loss(tf.reduce_mean(tf.square(x)) * 0.1)
    model.add_metric(tf.reduce_sum(y), name="height")
    return model


def older_graph(folder):
    """A graph as tf.keras 2.3 and before wrote it, in a process without eager execution."""
    import numpy as np
    import tensorflow as tf

    tf.compat.v1.disable_eager_execution()
    x, y = tf.keras.Input((4, 6)), tf.keras.Input((3,))
    outputs = [
        x * 2.0 + 1.0, -x, x[:, 0], x[..., 1:3], x[:, ::2, tf.newaxis], tf.concat([x, x], -1),
        tf.reshape(x, [-1, 24]), tf.transpose(x, [0, 2, 1]), tf.reduce_mean(x, [1, 2], True),
        tf.nn.relu(x), tf.cast(x > 0, tf.float32), tf.where(x > 0, x, tf.zeros_like(x)),
        tf.split(x, 2, axis=1)[1], tf.matmul(x, x, transpose_b=True), tf.nn.softmax(x),
        tf.stack([y, y], 1), tf.squeeze(tf.expand_dims(y, 1), [1]), tf.gather(x, [0, 2], axis=1),
        tf.one_hot(tf.argmax(y, -1), 3), tf.pad(x, [[0, 0], [1, 1], [0, 0]], "REFLECT"),
        tf.tile(y, [1, 2]), tf.nn.leaky_relu(x, 0.3), tf.clip_by_value(x, -1.0, 1.0), 1.0 - x / 2.0,
        x**2, tf.unstack(x, axis=1)[2], tf.math.squared_difference(x, x * 3.0), tf.sigmoid(x),
        tf.reshape(x, [tf.shape(x)[0], 24]), tf.minimum(x, 0.5), tf.split(x, [1, 3], axis=1)[1],
    ]  # fmt: skip
    model = tf.keras.Model([x, y], outputs)
    draw = np.random.RandomState(0)
    pair = [draw.randn(2, 4, 6).astype("f4"), draw.randn(2, 3).astype("f4")]
    arrays = {f"y{number}": value for number, value in enumerate(model.predict(pair))}
    np.savez(folder / "older_graph.npz", x0=pair[0], x1=pair[1], **arrays)
    (folder / "older_graph.json").write_text(model.to_json())


def bundle(tf, np, folder):
    """Tensors of every kind, two of them in parts."""
    draw = np.random.RandomState(0)
    part = np.arange(390, dtype="f4").reshape(130, 3)
    rows = [
        ("floats", "", draw.randn(4, 3).astype("f4")),
        ("halves", "", draw.randn(3).astype("f2")),
        ("brain", "", tf.cast([0.5, -2.0], tf.bfloat16)),
        ("truths", "", np.array([True, False])),
        ("texts", "", np.array([[b"a", b""], [b"\0\xff", b"xyz" * 100]])),
        ("text", "", b"hello"),
        ("dense/kernel", "", np.ones((4, 3), "f4")),
        ("dense/bias", "", np.full(3, 2, "f4")),
        ("empty", "", np.zeros((0, 3), "f4")),
        ("parts", "130 3 0,100:-", part[:100]),
        ("parts", "130 3 100,30:-", part[100:]),
        ("columns", "2 3 -:0,1", tf.cast([[0], [3]], tf.bfloat16)),
        ("columns", "2 3 -:1,2", tf.cast([[1, 2], [4, 5]], tf.bfloat16)),
        *((f"layer_{k}/with_a_long_name/kernel", "", np.float32(k)) for k in range(150)),
    ]  # fmt: skip
    names, slices, tensors = zip(*rows, strict=True)
    tf.raw_ops.SaveV2(
        prefix=str(folder / "bundle"), tensor_names=names, shape_and_slices=slices, tensors=tensors
    )
    np.savez(folder / "bundle.npz", floats=tensors[0], halves=tensors[1], parts=part)


def main():
    import keras as keras3
    import numpy as np
    import tensorflow as tf

    keras, draw = tf.keras, np.random.RandomState(0)
    keras.utils.set_random_seed(1)
    x, y = draw.randn(8, 4).astype("f4"), draw.randn(8, 2).astype("f4")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bundle(tf, np, folder)
        subprocess.run([sys.executable, __file__, temporary], check=True)
        newer, older = keras.optimizers, keras.optimizers.legacy
        optimizers = {
            "adam": newer.Adam(0.01), "rmsprop": newer.RMSprop(0.01, momentum=0.9, centered=True),
            "averages": newer.SGD(0.1, use_ema=True), "older_adam": older.Adam(0.01, amsgrad=True),
            "older_sgd": older.SGD(0.1, momentum=0.9), "older_nadam": older.Nadam(0.01),
            "older_decay": older.Adagrad(0.1, decay=0.5),
            "scaled": keras.mixed_precision.LossScaleOptimizer(newer.Adam(0.01)),
            "older_scaled": keras.mixed_precision.LossScaleOptimizer(older.SGD(0.1, 0.9)),
            "adafactor": newer.Adafactor(0.01), "plain": newer.SGD(0.1),
        }  # fmt: skip
        for name, optimizer in optimizers.items():
            model = network(keras)
            model.compile(optimizer, "mse", metrics=["mae"])
            options = {"epochs": 2, "batch_size": 4, "verbose": 0, "shuffle": False}
            model.fit(x, y, **options)
            model.save_weights(str(folder / name / "w"))
            if name == "adam":
                model.save(folder / "saved", save_format="tf", save_traces=False)
            if name in WHOLE:
                for suffix in ("keras", "h5"):
                    model.save(folder / f"{name}.{suffix}")
            before = model.predict(x, verbose=0)
            losses = model.fit(x, y, **options).history["loss"]
            after = model.predict(x, verbose=0)
            np.savez(folder / f"{name}.npz", x=x, y=y, before=before, losses=losses, after=after)
        sequence = draw.randn(2, 5, 3).astype("f4")
        network_class, block_class = subclass(keras)
        model = network_class()
        np.savez(folder / "subclass.npz", x=sequence, y=model(sequence))
        model.save_weights(str(folder / "subclass" / "w"))
        inputs = keras.Input((5, 3))
        model = keras.Model(inputs, block_class(3)(inputs))
        np.savez(folder / "custom.npz", x=sequence, y=model(sequence))
        model.save(folder / "custom", save_format="tf", save_traces=False)
        model = tables(keras, tf)
        words, numbers = np.array([["a"], ["z y q"]]), np.array([[5], [9]])
        made = model.predict([tf.constant(words), numbers], verbose=0)
        np.savez(folder / "tables.npz", words=words, numbers=numbers, y=made)
        model.save(folder / "tables", save_format="tf", save_traces=False)
        model = bins(keras)
        words, numbers = np.array([["a"], ["q"], ["b"]]), np.array([[0.5], [20.0], [500.0]])
        made = model.predict([tf.constant(words), numbers], verbose=0)
        np.savez(folder / "bins.npz", words=words, numbers=numbers, y=made)
        model.save(folder / "bins", save_format="tf", save_traces=False)
        model.save_weights(str(folder / "bins_weights" / "w"))
        for suffix in ("keras", "h5"):
            model.save(folder / f"bins.{suffix}")
        for kind in ("bins", "categories"):
            model, numbers = inner(keras, kind), np.arange(12).reshape(12, 1)
            np.savez(folder / f"inner_{kind}.npz", x=numbers, y=model.predict(numbers, verbose=0))
            for suffix in ("keras", "h5") if kind == "bins" else ("keras",):
                model.save(folder / f"inner_{kind}.{suffix}")
            model.save(folder / f"inner_{kind}", save_format="tf", save_traces=False)
        model = masked(keras)
        pair = [draw.randint(0, 3, (8, 5)) for _ in range(2)]
        for one in pair:
            one[:, 2] = 3  # something is left where both masks are joined
        model.compile(newer.Adam(0.01), "mse")
        model.fit(pair, y, **options)
        for suffix in ("keras", "h5"):
            model.save(folder / f"masked.{suffix}")
        model.save(folder / "masked", save_format="tf", save_traces=False)
        model.save_weights(str(folder / "masked_weights" / "w"))
        model.save_weights(folder / "masked_weights.h5")
        before = model.predict(pair, verbose=0)
        losses = model.fit(pair, y, **options).history["loss"]
        np.savez(folder / "masked.npz", x0=pair[0], x1=pair[1], y=y, before=before, losses=losses)
        write_wide(keras, np, folder)
        model = graph(keras, tf)
        pair = [draw.randn(2, 4, 6).astype("f4"), draw.randn(2, 3).astype("f4")]
        arrays = {f"y{number}": np.asarray(value) for number, value in enumerate(model(pair))}
        model.compile()
        aside = model.evaluate(pair, verbose=0, return_dict=True)
        np.savez(folder / "graph.npz", x0=pair[0], x1=pair[1], **arrays, **aside)
        (folder / "graph.json").write_text(model.to_json())
        model.save(folder / "graph.h5")
        model = tensorflow_functions.graph(keras, tf)
        given = [draw.rand(2, *t.shape[1:]).astype("f4") - 0.2 for t in model.inputs[:2]]
        given += [draw.rand(2, *t.shape[1:]).astype("f4") for t in model.inputs[2:4]]
        given += [np.array([[0, 3, 1], [2, 1, 3]], "i4")]
        arrays = {f"y{number}": np.asarray(value) for number, value in enumerate(model(given))}
        arrays |= {f"x{number}": value for number, value in enumerate(given)}
        np.savez_compressed(folder / "functions.npz", **arrays)
        (folder / "functions.json").write_text(model.to_json())
        for name, library in (("exported2", keras), ("exported3", keras3)):
            model, picture = noisy(library), draw.rand(3, 4, 4, 1).astype("f4")
            np.savez(folder / f"{name}.npz", x=picture, y=model.predict(picture, verbose=0))
            model.export(str(folder / name))
            if library is keras:
                model.save(folder / "augmented", save_format="tf", save_traces=False)
        model = network(keras3)
        model.compile(keras3.optimizers.Adam(0.01), "mse")
        model.fit(x, y, verbose=0)
        np.savez(folder / "keras3.npz", x=x, y=model.predict(x, verbose=0))
        step, rows = tf.Variable(7), [tf.Variable([1.0, 2.0])]
        tf.train.Checkpoint(model=model, optimizer=model.optimizer, step=step, rows=rows).save(
            str(folder / "keras3" / "c")
        )
        with tarfile.open(TARGET, "w:xz") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name != "fingerprint.pb":
                    archive.add(path, path.relative_to(folder).as_posix())


if __name__ == "__main__":
    older_graph(Path(sys.argv[1])) if sys.argv[1:] else main()
