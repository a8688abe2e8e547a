"""Any configuration of ``fit``: History, evaluation, predictions and weights beside real Keras.

Both sides start from the same weights and see the data in the same order.
"""

import warnings

import keras as real
import numpy as np
import pandas
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

import torchkeras

RNG = np.random.default_rng(0)
MOST = 40
X = RNG.normal(size=(MOST, 4)).astype("float32")
Y = RNG.normal(size=(MOST, 1)).astype("float32")
LABELS = RNG.integers(0, 3, MOST)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
PICTURES = RNG.normal(size=(MOST, 5, 5, 1)).astype("float32")
WORDS = RNG.integers(0, 6, (MOST, 5))  # 0 is padding
WORDS[:, 0] = 1
WEIGHTS = RNG.uniform(0.1, 2, MOST).astype("float32")
STEPS = RNG.normal(size=(MOST, 5, 1)).astype("float32")
STEP_WEIGHTS = RNG.uniform(0.1, 2, (MOST, 5)).astype("float32")


def dense(keras, outputs, activation):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation="tanh", kernel_regularizer="l2"),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def normalized(keras, outputs, activation):
    x = inputs = keras.Input((4,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(5, use_bias=False)(x))
    return keras.Model(inputs, keras.layers.Dense(outputs, activation=activation)(x))


def convolutional(keras, outputs, activation):
    return keras.Sequential(
        [
            keras.Input((5, 5, 1)),
            keras.layers.Conv2D(3, 3, activation="relu", activity_regularizer="l1"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def recurrent(keras, outputs, activation):
    return keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(6, 3, mask_zero=True),
            keras.layers.LSTM(3),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def stepwise(keras, outputs, activation):
    return keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(6, 3, mask_zero=True),
            keras.layers.GRU(3, return_sequences=True),
            keras.layers.Dense(1),
        ]
    )


def subclassed(keras, outputs, activation):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(5, activation="tanh")
            self.last = keras.layers.Dense(outputs, activation=activation)

        def call(self, x):
            return self.last(self.hidden(x))

    model = Model()
    model(np.zeros((1, 4), "float32"))
    return model


def forked(keras, outputs, activation):
    inputs = {"left": keras.Input((2,), name="left"), "right": keras.Input((2,), name="right")}
    hidden = keras.layers.Dense(4)(keras.layers.Concatenate()(list(inputs.values())))
    value = keras.layers.Dense(1, name="value")(hidden)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    return keras.Model(inputs, {"value": value, "kind": kind})


def in_a_list(keras, outputs, activation):
    inputs = [keras.Input((2,)), keras.Input((2,))]
    hidden = keras.layers.Dense(4)(keras.layers.Concatenate()(inputs))
    value = keras.layers.Dense(1, name="value")(hidden)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    return keras.Model(inputs, [value, kind])


TASKS = {  # targets, losses and metrics of a single output
    "value": (1, None, Y, ["mse", "mae", "huber"], ["mae", "mse", "mape"]),
    "labels": (3, "softmax", LABELS, ["sparse_categorical_crossentropy"], ["accuracy"]),
    "one-hot": (3, "softmax", ONE_HOT, ["categorical_crossentropy", "mse"], ["acc", "mae"]),
}
SINGLE = {
    dense: X,
    normalized: X,
    convolutional: PICTURES,
    recurrent: WORDS,
    stepwise: WORDS,
    subclassed: X,
}
HALVES = X[:, :2], X[:, 2:]
DOUBLE = {
    forked: (dict(zip(("left", "right"), HALVES, strict=True)), {"value": Y, "kind": LABELS}),
    in_a_list: (HALVES, (Y, LABELS)),
}


def cut(structure, first, last):
    if isinstance(structure, dict):
        return {key: cut(value, first, last) for key, value in structure.items()}
    if isinstance(structure, tuple):
        return tuple(cut(value, first, last) for value in structure)
    return None if structure is None else structure[first:last]


def as_tensors(structure):
    if isinstance(structure, dict):
        return {key: as_tensors(value) for key, value in structure.items()}
    if isinstance(structure, tuple):
        return tuple(as_tensors(value) for value in structure)
    return None if structure is None else torch.as_tensor(structure)


@st.composite
def configurations(draw):
    """The arguments of everything: a dict of what both sides are told."""
    make = draw(st.sampled_from([*SINGLE, *DOUBLE]))
    size = draw(st.integers(2, MOST))
    found = {"make": make, "size": size, "outputs": 1, "activation": None, "compile": {}}
    compiled = found["compile"]
    options = found["fit"] = {"epochs": draw(st.integers(1, 3)), "shuffle": False, "verbose": 0}
    weights = draw(st.sampled_from([None, "samples", "classes", "outputs"]))
    found["sample_weight"] = None
    if make in DOUBLE:
        found["x"], found["y"] = DOUBLE[make]
        losses = {"value": "mse", "kind": "sparse_categorical_crossentropy"}
        metrics = {"value": ["mae"], "kind": ["accuracy"]}
        factors = draw(st.sampled_from([None, {"value": 0.3, "kind": 2.0}]))
        in_order = (lambda d: d) if make is forked else (lambda d: d and list(d.values()))
        compiled |= {"loss": in_order(losses), "loss_weights": in_order(factors)}
        for name in ("metrics", "weighted_metrics"):
            compiled[name] = in_order(metrics) if draw(st.booleans()) else None
        if weights == "samples":
            found["sample_weight"] = WEIGHTS
        elif weights == "outputs":
            both = {"value": WEIGHTS, "kind": WEIGHTS[::-1].copy()}
            found["sample_weight"] = both if make is forked else tuple(both.values())
    else:
        task = "value" if make is stepwise else draw(st.sampled_from([*TASKS]))
        found["outputs"], found["activation"], found["y"], losses, metrics = TASKS[task]
        found["x"] = SINGLE[make]
        if make is stepwise:
            found["y"] = STEPS
        compiled["loss"] = draw(st.sampled_from(losses))
        compiled["metrics"] = draw(st.sampled_from([None, metrics]))
        compiled["weighted_metrics"] = draw(st.sampled_from([None, metrics]))
        if weights == "samples":
            found["sample_weight"] = STEP_WEIGHTS if make is stepwise else WEIGHTS
            if make is stepwise:  # Keras multiplies these by the mask in place, before metrics
                compiled["weighted_metrics"] = None
        elif weights == "classes" and task != "value":
            options["class_weight"] = {0: 0.5, 1: 2.0}
    rules = ["sgd", "adam", "rmsprop"]
    if make is normalized:  # a small batch's gradients may vanish, of which the others see the sign
        rules = ["sgd"]
    compiled["optimizer"] = draw(st.sampled_from(rules))
    options["batch_size"] = draw(st.sampled_from([None, 1, 7, 16]))
    kind = draw(st.sampled_from(["array", "tensor", "frame", "loader", "generator", "dataset"]))
    if "class_weight" in options and kind in ("loader", "generator"):
        kind = "tensor"  # Keras takes no class weights with the others
    if make is stepwise and weights == "samples":  # ... and for all epochs to come
        kind = "array"
    if kind == "frame" and not (isinstance(found["x"], np.ndarray) and found["x"].ndim == 2):
        kind = "array"
    found["kind"] = kind
    if kind in ("array", "tensor", "frame") and draw(st.booleans()):
        options["steps_per_epoch"] = draw(st.integers(1, 3))
    validation = draw(st.sampled_from([None, "split", "data", "weighted"]))
    if validation == "split" and kind in ("array", "tensor", "frame"):
        options["validation_split"] = draw(st.sampled_from([0.2, 0.5]))
    found["validation"] = validation
    if validation in ("data", "weighted"):
        options["validation_freq"] = draw(st.sampled_from([1, 2, [1, 3]]))
        options["validation_batch_size"] = draw(st.sampled_from([None, 3]))
        options["validation_steps"] = draw(st.sampled_from([None, 1]))
    options["initial_epoch"] = draw(st.sampled_from([0, 0, 1]))
    return found


def source_of(keras, told, size):
    """``x``, ``y`` and weights of the drawn kind, cut to ``size`` samples."""
    parts = tuple(cut(told[name], 0, size) for name in ("x", "y", "sample_weight"))
    kind = told["kind"]
    if kind == "array":
        return parts
    if kind == "tensor":
        return as_tensors(parts)
    if kind == "frame":
        x, y, weight = parts
        y = y if y.ndim > 2 else pandas.DataFrame(y) if y.ndim == 2 else pandas.Series(y)
        return pandas.DataFrame(x), y, weight
    parts = parts if parts[2] is not None else parts[:2]
    batches = [cut(parts, start, min(start + 6, size)) for start in range(0, size, 6)]
    if kind == "loader":
        return DataLoader([as_tensors(batch) for batch in batches], batch_size=None), None, None
    if kind == "generator":
        return (batch for _ in range(99) for batch in batches), None, None

    class Listed(keras.utils.PyDataset):
        def __len__(self):
            return len(batches)

        def __getitem__(self, index):
            return batches[index]

    return Listed(), None, None


def story(keras, told, weights):
    """What a run of ``told`` from ``weights`` gives."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    model = told["make"](keras, told["outputs"], told["activation"])
    if weights is not None:
        model.set_weights(weights)
    start = model.get_weights()
    model.compile(**told["compile"])
    x, y, weight = source_of(keras, told, told["size"])
    options = dict(told["fit"])
    if told["kind"] in ("loader", "generator", "dataset"):
        options["batch_size"] = None
    if told["kind"] == "generator":
        options["steps_per_epoch"] = -(-told["size"] // 6)
    half = tuple(cut(told[name], 0, (told["size"] + 1) // 2) for name in ("x", "y"))
    if told["validation"] == "data":
        options["validation_data"] = half
    elif told["validation"] == "weighted":
        weight_of_half = cut(told["sample_weight"], 0, (told["size"] + 1) // 2)
        options["validation_data"] = (*half, weight_of_half)
    history = model.fit(x, y, sample_weight=weight, **options)
    arrays = {name: cut(told[name], 0, told["size"]) for name in ("x", "y", "sample_weight")}
    evaluated = model.evaluate(**arrays, batch_size=9, verbose=0, return_dict=True)
    predicted = model.predict(arrays["x"], batch_size=9, verbose=0)
    return start, {
        "epochs": history.epoch,
        **history.history,
        "evaluate": evaluated,
        "predict": predicted,
        "weights": model.get_weights(),
    }


def assert_close(found, expected, name):
    if isinstance(expected, dict):
        assert sorted(found) == sorted(expected), name
        for key in expected:
            assert_close(found[key], expected[key], f"{name}/{key}")
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected), name
        for number, value in enumerate(expected):
            assert_close(found[number], value, f"{name}/{number}")
    else:
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-5, err_msg=name)


@settings(max_examples=25)
@given(configurations())
def test_any_configuration_trains_as_keras_does(told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start, expected = story(real, told, None)
        _, found = story(torchkeras, told, start)
    assert_close(found, expected, "")
