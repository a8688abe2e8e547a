"""Small questions of behaviour, put to both libraries.

Where Keras 3 and tf.keras 2 answer alike, or Keras 3's answer is the rule, ours is Keras 3's
(``ALIKE``). Where the rule is tf.keras 2's answer, it stands beside the question (``OLDER``).
"""

import json
import re

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as ours

X = np.arange(10, dtype="float32").reshape(5, 2)
Y = np.arange(5, dtype="float32")
ONE, TWO = np.ones((4,), "float32"), np.array([[2.0], [1.0], [2.0], [3.0]], "float32")
HOT = np.eye(3, dtype="float32")[[0, 1, 2, 1]]
LABELS = np.array([[0], [1], [2], [1]])
HALF = np.full((4, 3), 0.5, "float32")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def plain(value):
    """A value as plain data with rounded numbers; an error as its being one."""
    if isinstance(value, Exception):
        return "raises"
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    if hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic, float)):
        value = np.asarray(value)
        if value.dtype.kind == "f":
            value = value.astype("float64").round(4)
        return value.tolist()
    return value if isinstance(value, (int, str, bool, type(None))) else str(value)


def answer(question, keras):
    """What ``question`` gives with ``keras``."""
    try:
        return plain(question(keras))
    except Exception as error:  # noqa: BLE001, that it raises is the answer
        return plain(error)


def made(k, loss="mse", compiled=True, **options):
    """Two inputs, one output, all weights 1."""
    model = k.Sequential([k.Input((2,)), k.layers.Dense(1, kernel_initializer="ones")])
    if compiled:
        model.compile(k.optimizers.SGD(0.0), loss, **options)
    return model


def fitted(k, *data, **options):
    """History of one epoch on ``data``."""
    compiling = {key: options.pop(key) for key in ("metrics", "weighted_metrics") if key in options}
    model = made(k, **compiling)
    return model.fit(*(data or (X, Y)), epochs=1, verbose=0, **options).history


def keys(k, *metrics, **options):
    """Sorted names in the history."""
    return sorted(fitted(k, metrics=list(metrics), **options))


def two(k, **options):
    """A model with the outputs a and b."""
    x = k.Input((2,), name="x")
    outputs = {n: k.layers.Dense(1, name=n, kernel_initializer="ones")(x) for n in ("a", "b")}
    model = k.Model(x, options.pop("shape", lambda o: [o["a"], o["b"]])(outputs))
    model.compile("sgd", **{"loss": "mse", **options})
    return model


def two_keys(k, targets=None, **options):
    """Sorted names in the history of ``two``."""
    targets = [Y, Y] if targets is None else targets
    return sorted(two(k, **options).fit(X, targets, verbose=0).history)


def rate(k, **options):
    return k.optimizers.SGD(0.1, **options)


def scheduled(k):
    return k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))


def set_rate(optimizer, value):
    optimizer.learning_rate = value
    return float(optimizer.learning_rate)


def frozen(k):
    layer = k.layers.BatchNormalization()
    layer.build((None, 1))
    layer.trainable = False
    out = layer(np.array([[1.0], [3.0]], "float32"), training=True)
    return [out, *layer.get_weights()]


def masked(k):
    return np.array([[[0.0, 0.0], [1.0, 0.0]]], "float32"), k.layers.Masking()


class Doubled:
    """Rows of a dataset, without a constructor of its own."""

    def __len__(self):
        return 2

    def __getitem__(self, place):
        return X[:2], Y[:2]


def sequence(k):
    return type("Rows", (Doubled, k.utils.Sequence), {})()


def names(things):
    return [thing.name for thing in things]


def seen_by_callback(k):
    seen = {}

    class Spy(k.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.update(
                params=dict(self.params), logs=sorted(logs), kind=type(logs["loss"]).__name__
            )

    fitted(k, callbacks=[Spy()])
    return seen


def serialized(k, thing, room):
    config = getattr(k, room).serialize(thing)
    return sorted(config) if isinstance(config, dict) else config


def replaced_by(k, layer):
    model = made(k, compiled=False)
    model.pop()
    model.add(layer)
    return len(model.layers), model.built


ALIKE = {
    # losses
    "mse function of (4,) and (4, 1)": lambda k: k.losses.mean_squared_error(ONE, TWO),
    "MSE of (4, 3) and (4,)": lambda k: k.losses.MeanSquaredError()(HALF, ONE),
    "MSE of (4, 1) and (4, 3)": lambda k: k.losses.MeanSquaredError()(TWO, HALF),
    "MSE of (4,) and (4, 1)": lambda k: k.losses.MeanSquaredError()(ONE, TWO),
    "MSE of (4, 1) and (4,)": lambda k: k.losses.MeanSquaredError()(TWO, ONE),
    "BCE of (4,) and (4, 1)": lambda k: k.losses.BinaryCrossentropy()(ONE, TWO / 4),
    "bce function of (4,) and (4, 1)": lambda k: k.losses.binary_crossentropy(ONE, TWO / 4),
    "BCE of a sure mistake": lambda k: k.losses.BinaryCrossentropy()([[1.0]], [[0.0]]),
    "CCE of a sure mistake": lambda k: k.losses.CategoricalCrossentropy()([[1.0, 0]], [[0.0, 1]]),
    "SCCE of a sure mistake": lambda k: k.losses.SparseCategoricalCrossentropy()([0], [[0.0, 1]]),
    "CCE of what isn't normalized": lambda k: k.losses.CategoricalCrossentropy()(HOT, HALF),
    "SCCE of what isn't normalized": lambda k: k.losses.SparseCategoricalCrossentropy()(
        LABELS, HALF
    ),
    "SCCE of each": lambda k: k.losses.SparseCategoricalCrossentropy(reduction="none")(
        LABELS, HALF
    ),
    "CCE of whole numbers": lambda k: k.losses.CategoricalCrossentropy()(HOT.astype(int), HALF),
    "MAPE of zero": lambda k: k.losses.MeanAbsolutePercentageError()([[0.0]], [[0.5]]),
    "MSLE and KLD": lambda k: [
        k.losses.MeanSquaredLogarithmicError()([[0.0]], [[1.0]]),
        k.losses.KLDivergence()([[1.0]], [[0.0]]),
    ],
    "cosine": lambda k: k.losses.CosineSimilarity()([[1.0, 0.0]], [[2.0, 0.0]]),
    **{
        f"reduction {word!r}": lambda k, word=word: k.losses.MeanSquaredError(reduction=word)(
            TWO, ONE[:, None]
        )
        for word in ("AUTO", "none", "sum", "sum_over_batch_size", "mean", None)
    },
    **{
        f"weights and {word}": lambda k, word=word: k.losses.MeanSquaredError(reduction=word)(
            TWO, 5 * ONE[:, None], [1.0, 0.0, 0.0, 3.0]
        )
        for word in ("sum_over_batch_size", "sum", "mean_with_sample_weight")
    },
    "loss of bytes": lambda k: k.losses.MeanSquaredError()(
        np.array([[255]], "uint8"), np.array([[0.0]], "float32")
    ),
    "config of a loss": lambda k: k.losses.MeanSquaredError().get_config(),
    "losses.get": lambda k: [k.losses.get(n).__name__ for n in ("mse", "MSE")],
    "a serialized loss": lambda k: serialized(k, k.losses.mean_squared_error, "losses"),
    # metrics
    "MSE metric of (4,) and (4, 1)": lambda k: k.metrics.MeanSquaredError()(ONE, TWO),
    "accuracy function": lambda k: k.metrics.binary_accuracy(ONE[:, None], TWO / 4),
    "metrics.get of a name": lambda k: type(k.metrics.get("mse")).__name__,
    "a call of a metric": lambda k: k.metrics.Mean()([1.0, 3.0]),
    "the mean of nothing": lambda k: k.metrics.Mean().result(),
    "thresholds of AUC": lambda k: k.metrics.AUC().num_thresholds,
    "what update_state gives": lambda k: k.metrics.Mean().update_state([1.0]),
    "names of metrics": lambda k: [
        m.name
        for m in (
            k.metrics.Mean(),
            k.metrics.AUC(),
            k.metrics.AUC(),
            k.metrics.MeanSquaredError(),
            k.metrics.Accuracy(),
            k.metrics.CategoricalAccuracy(),
            k.metrics.F1Score(),
            k.metrics.KLDivergence(),
        )
    ],
    # history
    **{
        f"history of {word}": lambda k, word=word: keys(k, word, validation_data=(X, Y))
        for word in (
            "acc",
            "accuracy",
            "MSE",
            "MAE",
            "AUC",
            "BinaryAccuracy",
            "binary_accuracy",
            "mse",
            "mean_squared_error",
            "mean_absolute_error",
        )
    },
    "history of a metric object": lambda k: keys(k, k.metrics.MeanSquaredError()),
    "history of two AUCs": lambda k: keys(k, k.metrics.AUC(), k.metrics.AUC()),
    "history of weighted metrics": lambda k: sorted(
        fitted(k, metrics=["mae"], weighted_metrics=["mse"])
    ),
    "history of metrics by output": lambda k: two_keys(k, metrics={"a": ["mae"]}),
    "history of lists of metrics": lambda k: two_keys(k, metrics=[["mae"], ["mse"]]),
    "history of one loss for two": lambda k: two_keys(k),
    "history of outputs in a dict": lambda k: two_keys(k, {"a": Y, "b": Y}, shape=lambda o: o),
    "kinds in a history": lambda k: type(fitted(k)["loss"][0]).__name__,
    "loss of an uneven last batch": lambda k: fitted(k, batch_size=4),
    "loss of a single column": lambda k: fitted(k, X, Y, metrics=["mse"]),
    "loss by class": lambda k: fitted(k, X, np.array([0, 1, 1, 0, 1]), class_weight={0: 1, 1: 5}),
    "class and sample weights": lambda k: fitted(k, X, Y, class_weight={0: 1.0}, sample_weight=Y),
    "shuffle by batches": lambda k: sorted(fitted(k, shuffle="batch")),
    "the tail validates": lambda k: sorted(fitted(k, validation_split=0.4)),
    "no targets": lambda k: fitted(k, X, None),
    "rows of a Sequence": lambda k: sorted(fitted(k, sequence(k))),
    "what callbacks see": seen_by_callback,
    "loss of a regularizer": lambda k: made_with(k, kernel_regularizer="l2"),
    "loss of an activity": lambda k: made_with(k, activity_regularizer="l1"),
    # evaluation and prediction
    "evaluate": lambda k: made(k).evaluate(X, Y, verbose=0),
    "evaluate in uneven batches": lambda k: made(k).evaluate(X, Y, batch_size=4, verbose=0),
    "evaluate with weights": lambda k: made(k).evaluate(X, Y, sample_weight=Y, verbose=0),
    "type of an evaluation": lambda k: type(made(k).evaluate(X, Y, verbose=0)).__name__,
    "train_on_batch": lambda k: made(k).train_on_batch(X, Y),
    "two test_on_batch": lambda k: run_twice(made(k).test_on_batch),
    "predict": lambda k: made(k).predict(X, verbose=0),
    "predict without compile": lambda k: made(k, compiled=False).predict(X, verbose=0),
    "type of a prediction": lambda k: str(made(k).predict(X, verbose=0).dtype),
    "prediction of a dict": lambda k: sorted(two(k, shape=lambda o: o).predict(X, verbose=0)),
    "prediction of a list": lambda k: type(two(k).predict(X, verbose=0)).__name__,
    "predict more steps": lambda k: made(k).predict(X[:2], steps=1, verbose=0).shape,
    "a column for Input((1,))": lambda k: k.Sequential(
        [k.Input((1,)), k.layers.Dense(1, kernel_initializer="ones")]
    ).predict(Y, verbose=0),
    "a column for an unbuilt Dense": lambda k: fit_unbuilt(k),
    "wrong features": lambda k: made(k)(np.ones((2, 3), "float32")),
    "types of a call": lambda k: str(made(k)(X.astype("float64")).dtype),
    "extra keys of a dict": lambda k: named(k)({"x": X, "y": X}),
    "a dict for one input": lambda k: named(k).predict({"x": X}, verbose=0),
    "steps per execution": lambda k: made(k).steps_per_execution,
    "summary before building": lambda k: k.Sequential([k.layers.Dense(1)]).summary(
        print_fn=lambda *a, **b: None
    ),
    "count_params before building": lambda k: k.layers.Dense(1).count_params(),
    # optimizers
    "a rate as a number": lambda k: float(rate(k).learning_rate),
    "a rate as an array": lambda k: rate(k).learning_rate.numpy(),
    "a rate that is set": lambda k: set_rate(rate(k), 0.2),
    "a number in place of a schedule": lambda k: set_rate(scheduled(k), 0.2),
    "the rate of a schedule": lambda k: float(scheduled(k).learning_rate),
    "epsilons": lambda k: [k.optimizers.Adam().epsilon, k.optimizers.RMSprop().epsilon],
    "names of optimizers": lambda k: [
        k.optimizers.Adam().name,
        k.optimizers.SGD().name,
        k.optimizers.RMSprop().name,
    ],
    "optimizers.get": lambda k: [
        type(k.optimizers.get(n)).__name__ for n in ("adam", "Adam", "sgd", "rmsprop", "adamw")
    ],
    "config of Adam": lambda k: k.optimizers.Adam().get_config(),
    "config of SGD": lambda k: k.optimizers.SGD().get_config(),
    "config of a schedule": lambda k: k.optimizers.schedules.CosineDecay(0.1, 10).get_config(),
    "Adam from its config": lambda k: float(
        k.optimizers.Adam.from_config(k.optimizers.Adam(0.25).get_config()).learning_rate
    ),
    "slots": lambda k: slots(k),
    # layers
    "frozen batch norm": frozen,
    "weights of a GRU": lambda k: weight_shapes(k.layers.GRU(4), (1, 3, 2)),
    "an LSTM's implementation": lambda k: k.layers.LSTM(2, implementation=2)(ones(2, 3, 4)).shape,
    "an unrolled LSTM": lambda k: k.layers.LSTM(2, unroll=True)(ones(2, 3, 4)).shape,
    "return_state": lambda k: len(k.layers.LSTM(2, return_state=True)(ones(2, 3, 4))),
    "recurrent activation": lambda k: k.layers.LSTM(2).recurrent_activation.__name__,
    "input_length": lambda k: k.layers.Embedding(3, 2, input_length=3)(np.zeros((1, 3))).shape,
    "weights of Bidirectional": lambda k: weight_shapes(
        k.layers.Bidirectional(k.layers.LSTM(2)), (1, 3, 2)
    ),
    "Masking": lambda k: masked(k)[1](masked(k)[0]),
    "the mask of Embedding": lambda k: (
        k.layers.Embedding(3, 2, mask_zero=True)(np.array([[1, 0]]))._keras_mask
    ),
    "compute_mask": lambda k: k.layers.Embedding(3, 2, mask_zero=True).compute_mask(
        np.array([[1, 0]])
    ),
    "order of weights": lambda k: order_of_weights(k),
    "LeakyReLU(alpha)": lambda k: k.layers.LeakyReLU(alpha=0.1)(ones(1) * -1),
    "ReLU(negative_slope)": lambda k: k.layers.ReLU(negative_slope=0.1)(ones(1) * -1),
    "leaky_relu": lambda k: k.activations.get("leaky_relu")(ones(1) * -1),
    "gelu": lambda k: k.activations.gelu(ones(1)),
    "hard_sigmoid": lambda k: k.activations.hard_sigmoid(torch.tensor([1.0, -1.0, 3.0])),
    "no activation": lambda k: k.activations.get(None).__name__,
    "the name of swish": lambda k: k.activations.get("swish").__name__,
    "a serialized activation": lambda k: serialized(k, k.activations.relu, "activations"),
    "upsampling": lambda k: k.layers.UpSampling2D((2, 1), interpolation="bilinear")(
        torch.tensor([0.0, 1.0]).reshape(1, 2, 1, 1)
    ),
    "strided same convolution": lambda k: (
        k.layers.Conv2D(1, 2, 2, padding="same")(ones(1, 5, 5, 1)).shape
    ),
    "transposed convolution": lambda k: k.layers.Conv2DTranspose(1, 3, 2)(ones(1, 5, 5, 1)).shape,
    "biased variance": lambda k: moving_variance(k),
    "embedding of fractions": lambda k: k.layers.Embedding(3, 2)(np.array([0.0, 1.9])).shape,
    "a vector for Dense": lambda k: k.layers.Dense(2)(ones(3)),
    "names of layers": lambda k: names(
        [k.layers.Dense(1), k.layers.Conv2D(1, 1), k.layers.LSTM(1), k.layers.BatchNormalization()]
    ),
    "policy of mixed types": lambda k: k.layers.Dense(1, dtype="mixed_float16").compute_dtype,
    "a column of a symbol": lambda k: k.Input((2,))[:, 0].shape,
    "Flatten and Reshape": lambda k: k.layers.Reshape((-1,))(k.Input((None, 2))).shape,
    "shapes of a model": lambda k: [made(k).output_shape, made(k).input_shape],
    "layers of a functional model": lambda k: [type(x).__name__ for x in named(k).layers],
    "layers of a sequential model": lambda k: [type(x).__name__ for x in made(k).layers],
    "replaced layer": lambda k: replaced_by(k, k.layers.Dense(3)),
    "trainable reaches down": lambda k: all_frozen(k),
    "x + 1 is no layer": lambda k: len(plus_one(k).layers),
    # parts
    "config of L1L2": lambda k: k.regularizers.L1L2().get_config(),
    "l2 by name": lambda k: k.regularizers.get("l2").get_config(),
    "l1_l2": lambda k: k.regularizers.l1_l2().get_config(),
    "config of RandomNormal": lambda k: k.initializers.RandomNormal().get_config(),
    "config of HeNormal": lambda k: k.initializers.VarianceScaling(1.0, "fan_in").get_config(),
    "an initializer twice": lambda k: same_twice(k.initializers.RandomNormal()),
    "a seeded initializer twice": lambda k: same_twice(k.initializers.RandomNormal(seed=1)),
    "two initializers": lambda k: bool(
        (k.initializers.RandomNormal()((3,)) == k.initializers.RandomNormal()((3,))).all()
    ),
    "a serialized optimizer": lambda k: serialized(k, k.optimizers.Adam(), "optimizers"),
    "a serialized layer": lambda k: serialized(k, k.layers.Dense(1), "layers"),
    "pad_sequences": lambda k: k.utils.pad_sequences([[1], [1, 2]]),
    "normalize": lambda k: k.utils.normalize(np.array([[3.0, 4.0]])),
    "to_categorical": lambda k: k.utils.to_categorical([0, 2]),
    "type of to_categorical": lambda k: str(k.utils.to_categorical([0, 2]).dtype),
    "InputLayer(input_shape)": lambda k: k.layers.InputLayer(input_shape=(3,)).batch_shape,
    "a symbol": lambda k: k.backend.is_keras_tensor(k.Input((2,))),
    "keys of a model's JSON": lambda k: sorted(json.loads(made(k).to_json())),
    "keys of a model's config": lambda k: sorted(made(k).get_config()),
    "a lambda layer": lambda k: k.layers.Lambda(lambda x: x * 2)(ones(1, 2)),
    "add_loss in a call": lambda k: added_loss(k),
}
OLDER = {
    "the optimizer of two models": (lambda k: shared_optimizer(k), "taken"),
    "reduction 'auto'": (
        lambda k: k.losses.MeanSquaredError(reduction="auto")(ONE[:, None], TWO),
        1.5,
    ),
    "names of reductions": (lambda k: k.losses.Reduction.AUTO, "auto"),
    "short names of losses": (
        lambda k: [hasattr(k.losses, n) for n in ("mse", "MSE", "mae", "KLD", "logcosh")],
        [True] * 5,
    ),
    "one list of metrics for two outputs": (
        lambda k: two_keys(k, metrics=["mae"]),
        ["a_loss", "a_mae", "b_loss", "b_mae", "loss"],
    ),
    "metrics_names": (lambda k: trained(k, metrics=["mae"]).metrics_names, ["loss", "mae"]),
    "predict lists": (lambda k: made(k).predict([[1.0, 2.0]], verbose=0), [[3.0]]),
    "workers": (lambda k: sorted(fitted(k, workers=2)), ["loss"]),
    "reset_metrics": (
        lambda k: made(k).train_on_batch(X, Y, reset_metrics=True),
        plain(((X.sum(1) - Y) ** 2).mean()),
    ),
    "generator methods": (
        lambda k: [hasattr(k.Model, n) for n in ("fit_generator", "predict_generator")],
        [True, True],
    ),
    "Adam(lr)": (lambda k: float(k.optimizers.Adam(lr=0.5).learning_rate), 0.5),
    "a legacy optimizer": (
        lambda k: float(k.optimizers.legacy.Adam(lr=0.1, decay=0.5).learning_rate),
        0.1,
    ),
    "lr": (lambda k: float(rate(k).lr), 0.1),
    "lr that is set": (lambda k: set_lr(rate(k), 0.5), 0.5),
    "get_value": (lambda k: k.backend.get_value(rate(k).learning_rate), 0.1),
    "time_major": (
        lambda k: k.layers.LSTM(2, time_major=True, return_sequences=True)(ones(3, 2, 4)).shape,
        [3, 2, 2],
    ),
    "batch_input_shape": (
        lambda k: (
            k.layers.SimpleRNN(2, stateful=True, batch_input_shape=(2, 3, 4))(ones(2, 3, 4)).shape
        ),
        [2, 2],
    ),
    "weights=": (
        lambda k: k.layers.Dense(1, weights=[ones(2, 1).numpy(), ones(1).numpy()])(ones(1, 2)),
        [[3.0]],
    ),
    "dynamic=": (lambda k: k.layers.Dense(1, dynamic=True).name, "dense"),
    "weighted masks": (lambda k: weighted_mask(k), 1.0),
    "metrics.get of acc": (lambda k: k.metrics.get("acc").name, "accuracy"),
    "reset_states": (lambda k: hasattr(k.metrics.Mean(), "reset_states"), True),
    "weights of a metric": (lambda k: names(k.metrics.Mean().weights), ["total", "count"]),
    "add_weight by name": (lambda k: k.layers.Layer().add_weight("w", (2, 2)).shape, [2, 2]),
    "a metric's add_weight by name": (lambda k: k.metrics.Metric().add_weight("w").name, "w"),
    "history of a scheduled rate": (
        lambda k: fitted_with(k, k.callbacks.LearningRateScheduler(lambda e: 0.25))["lr"],
        [0.25],
    ),
    "input_shape of a layer": (lambda k: made(k).layers[0].input_shape, [None, 2]),
    "experimental layers": (lambda k: hasattr(k.layers, "experimental"), True),
    "functions of the backend": (
        lambda k: [hasattr(k.backend, n) for n in ("mean", "get_value", "function", "dot")],
        [True] * 4,
    ),
    "minimize": (lambda k: hasattr(k.optimizers.SGD, "minimize"), True),
    "compile(sample_weight_mode)": (lambda k: made(k, sample_weight_mode=None).compiled, True),
    "a subclass is built": (lambda k: built_subclass(k), 2),
    "text": (lambda k: hasattr(k.preprocessing, "text"), True),
    "BatchNormalization(axis=[1])": (
        lambda k: k.layers.BatchNormalization(axis=[1])(ones(2, 3)).shape,
        [2, 3],
    ),
    "lists from generators": (
        lambda k: sorted(fitted(k, ([X, Y] for _ in range(3)), steps_per_epoch=2)),
        ["loss"],
    ),
    "a plain iterator": (lambda k: sorted(fitted(k, iter([(X, Y)]))), ["loss"]),
    "ModelCheckpoint(period)": (
        lambda k: type(k.callbacks.ModelCheckpoint("ckpt", period=2)).__name__,
        "ModelCheckpoint",
    ),
}


def ones(*shape):
    return torch.ones(shape)


def made_with(k, **options):
    model = k.Sequential([k.Input((2,)), k.layers.Dense(1, kernel_initializer="ones", **options)])
    model.compile(k.optimizers.SGD(0.0), "mse")
    return model.evaluate(X, X.sum(1), verbose=0)


def fitted_with(k, *callbacks):
    return fitted(k, callbacks=list(callbacks))


def trained(k, **options):
    model = made(k, **options)
    model.fit(X, Y, verbose=0)
    return model


def run_twice(method):
    return method(X[:2], Y[:2]), method(X, Y)


def fit_unbuilt(k):
    model = k.Sequential([k.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model.fit(Y, Y, verbose=0).history


def named(k):
    x = k.Input((2,), name="x")
    return k.Model(x, k.layers.Dense(1, kernel_initializer="ones")(x))


def shared_optimizer(k):
    optimizer = k.optimizers.Adam()
    for _ in range(2):
        model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
        model.compile(optimizer, "mse")
        model.fit(X, Y, verbose=0)
    return "taken"


def slots(k):
    model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    return [re.sub(r"_\d+", "", v.path) for v in model.optimizer.variables]


def weight_shapes(layer, shape):
    layer(ones(*shape))
    return [w.shape for w in layer.get_weights()]


def order_of_weights(k):
    model = k.Sequential(
        [k.Input((2,)), k.layers.BatchNormalization(name="bn"), k.layers.Dense(1, name="d")]
    )
    return [w.path.split("/", 1)[-1] for w in model.weights], names(model.weights)


def moving_variance(k):
    layer = k.layers.BatchNormalization(momentum=0.0)
    layer(torch.tensor([[1.0], [3.0]]), training=True)
    return layer.moving_variance.numpy()


def all_frozen(k):
    model = made(k)
    model.trainable = False
    return model.layers[0].trainable, len(model.trainable_weights), len(model.weights)


def plus_one(k):
    x = k.Input((2,))
    return k.Model(x, x + 1)


def same_twice(initializer):
    return bool((initializer((3,)) == initializer((3,))).all())


def added_loss(k):
    class Adding(k.layers.Layer):
        def call(self, x):
            self.add_loss(1.5 * x.sum())
            return x

    layer = Adding()
    layer(ones(1, 1))
    return layer.losses


def set_lr(optimizer, value):
    optimizer.lr = value
    return float(optimizer.learning_rate)


def weighted_mask(k):
    inputs = k.Input((2, 1))
    outputs = k.layers.TimeDistributed(k.layers.Dense(1, kernel_initializer="ones"))(
        k.layers.Masking()(inputs)
    )
    model = k.Model(inputs, outputs)
    model.compile("sgd", "mse", weighted_metrics=["mae"])
    x = np.array([[[1.0], [0.0]], [[1.0], [0.0]]])
    logs = model.evaluate(x, 0 * x, sample_weight=np.ones(2), verbose=0, return_dict=True)
    return logs["mae"]


def built_subclass(k):
    class Net(k.Model):
        def __init__(self):
            super().__init__()
            self.dense = k.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Net()
    model.build((None, 3))
    return len(model.weights)


@pytest.mark.parametrize("question", ALIKE)
def test_ours_answers_as_keras_3(question):
    assert answer(ALIKE[question], ours) == answer(ALIKE[question], real)


@pytest.mark.parametrize("question", OLDER)
def test_ours_answers_as_tf_keras_2(question):
    ask, expected = OLDER[question]
    assert answer(ask, ours) == expected
    assert answer(ask, real) != expected
