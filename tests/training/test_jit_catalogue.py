"""The catalogue under ``jit_compile``: a step is one graph, compiled once more for another size."""

import contract
import numpy as np
import pytest
from compiled_rows import counted, train

import torchkeras as keras
from torchkeras import layers

ROWS = {str(row): row for row in contract.TABLE if not row.eager}
FIRST = [next(row for row in family.TABLE if not row.eager) for family in contract.FAMILIES[:-1]]
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(11, 6)).astype("float32")
CLASSES = RANDOM.integers(0, 3, 11)
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]
LABELS = (CLASSES > 0).astype("float32")[:, None]
WORDS = RANDOM.integers(0, 9, (11, 5))
ONCE_MORE = {"_step": 2}


@pytest.mark.parametrize("row", FIRST, ids=str)
def test_a_layer_of_each_family_is_one_graph(row):
    assert train(row, "eager") == ONCE_MORE


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_layers_are_one_graph(name):
    assert train(ROWS[name]) == ONCE_MORE


def dense(units=3, activation="softmax"):
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(units, activation)]
    )


def check(make=dense, x=X, y=CLASSES, optimizer=None, loss=None, given=None, **options):
    """Train as it is and compiled: the same history, from one graph compiled once more."""
    found = []
    for jit in (False, True):
        keras.utils.set_random_seed(1)
        model = make()
        options["optimizer"] = "sgd" if optimizer is None else optimizer()
        options["loss"] = "sparse_categorical_crossentropy" if loss is None else loss
        with counted("aot_eager") as counters:
            model.compile(**options, jit_compile=jit)
            shown = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0, **(given or {})}
            found.append(model.fit(x, y, **shown).history)
            counts = {name: counter.frame_count for name, counter in counters.items()}
    assert counts == ONCE_MORE
    for name, values in found[0].items():
        np.testing.assert_allclose(found[1][name], values, rtol=1e-4, atol=1e-6, err_msg=name)


SCHEDULE = {"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 5)}
OPTIMIZERS = [
    *((name, {}) for name in ("SGD", "Adam", "AdamW", "Adadelta", "Adagrad", "Adafactor")),
    *((name, {}) for name in ("Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam", "RMSprop")),
    ("Adam", SCHEDULE),
    ("Adam", {"clipnorm": 0.1}),
    ("Adam", {"global_clipnorm": 0.1}),
    ("Adam", {"clipvalue": 0.1}),
    ("Adam", {"use_ema": True}),
    ("Adam", {"amsgrad": True}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
]


def shown(case):
    name, options = case
    return f"{name}-{'-'.join(options)}" if options else name


@pytest.mark.slow
@pytest.mark.parametrize("case", OPTIMIZERS, ids=shown)
def test_optimizers_are_part_of_the_graph(case):
    name, options = case
    check(optimizer=lambda: getattr(keras.optimizers, name)(**{"learning_rate": 0.01, **options}))


LOSSES = {
    "sparse_categorical_crossentropy": ("softmax", CLASSES),
    "categorical_crossentropy": ("softmax", ONE_HOT),
    "categorical_focal_crossentropy": ("softmax", ONE_HOT),
    "kl_divergence": ("softmax", ONE_HOT),
    "binary_crossentropy": ("sigmoid", ONE_HOT),
    "binary_focal_crossentropy": ("sigmoid", ONE_HOT),
    "dice": ("sigmoid", ONE_HOT),
    "tversky": ("sigmoid", ONE_HOT),
    "circle": (None, CLASSES),
    "categorical_hinge": (None, ONE_HOT),
    "hinge": (None, ONE_HOT),
    "squared_hinge": (None, ONE_HOT),
    "huber": (None, ONE_HOT),
    "log_cosh": (None, ONE_HOT),
    "mean_squared_error": (None, ONE_HOT),
    "mean_absolute_error": (None, ONE_HOT),
    "mean_absolute_percentage_error": (None, ONE_HOT + 1),
    "mean_squared_logarithmic_error": ("softplus", ONE_HOT),
    "poisson": ("softplus", ONE_HOT),
    "cosine_similarity": (None, ONE_HOT),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_part_of_the_graph(name):
    activation, y = LOSSES[name]
    check(lambda: dense(3, activation), y=y, loss=name)


@pytest.mark.slow
def test_weights_of_samples_and_classes_and_metrics_of_both_kinds():
    weights = np.linspace(0, 1, 11)
    metrics = {"metrics": ["accuracy", "mse", "auc"], "weighted_metrics": ["accuracy"]}
    loss = "categorical_crossentropy"
    check(y=ONE_HOT, loss=loss, given={"sample_weight": weights}, **metrics)
    check(given={"class_weight": {0: 0.5, 1: 2.0, 2: 1.0}})


def two_outputs():
    inputs = keras.Input((6,))
    hidden = layers.Dense(4)(inputs)
    classes = layers.Dense(3, activation="softmax", name="classes")(hidden)
    return keras.Model(inputs, {"classes": classes, "value": layers.Dense(1, name="value")(hidden)})


def test_losses_of_several_outputs_are_averaged_one_by_one():
    check(
        two_outputs,
        y={"classes": CLASSES, "value": LABELS},
        loss={"classes": "sparse_categorical_crossentropy", "value": "mse"},
        loss_weights={"classes": 1.0, "value": 0.5},
        metrics={"classes": ["accuracy"], "value": ["mae"]},
    )


def masked():
    return keras.Sequential(
        [
            keras.Input((5,), dtype="int64"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(3, return_sequences=True),
            layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.mark.slow
def test_masked_steps_count_neither_in_losses_nor_in_metrics():
    check(masked, WORDS, RANDOM.integers(0, 3, (11, 5)), metrics=["accuracy"])


def test_bfloat16_is_one_graph():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        check()
    finally:
        keras.config.set_dtype_policy("float32")


class Penalized(keras.Model):
    """Adds a loss in each call."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(3, "softmax", kernel_regularizer="l2", activity_regularizer="l1")

    def call(self, x):
        y = self.inner(x)
        self.add_loss(0.1 * (y**2).sum())
        return y


def test_added_losses_are_part_of_the_graph():
    check(Penalized)


class Doubled(keras.Sequential):
    """A loss of its own."""

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        return 2 * super().compute_loss(x, y, y_pred, sample_weight)


def test_a_loss_of_ones_own_is_part_of_the_graph():
    check(lambda: Doubled(dense().layers))


def warned(model, x, y, loss="mse"):
    """What a compiled ``fit`` tells of compiling; it trains all the same."""
    model.compile("sgd", loss, jit_compile=True)
    with counted("eager"), pytest.warns(UserWarning, match="jit_compile") as found:
        losses = model.fit(x, y, batch_size=4, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    texts = [str(warning.message) for warning in found]
    return [text for text in texts if text.startswith("jit_compile:")]


class Counting(layers.Layer):
    """Writes down what it sees, which is no part of a graph."""

    def call(self, x):
        print(f"{float(x.mean()):.1e}", file=self.file)
        return x


def test_side_effects_are_told_of_once(tmp_path):
    with open(tmp_path / "seen.txt", "w") as file:
        layer = Counting()
        layer.file = file
        model = keras.Sequential([keras.Input((6,)), layer, layers.Dense(1)])
        (text,) = warned(model, X, LABELS)
    assert "can't be compiled as one graph" in text
    assert "print(f" in text
    assert text.endswith("It is compiled in parts.")


def test_texts_are_told_of_once():
    texts = np.array([["a"], ["b"]] * 5 + [["a"]], dtype=object)
    inputs = keras.Input((1,), dtype="string")
    numbers = layers.StringLookup(vocabulary=["a", "b"])(inputs)
    y = layers.Dense(1)(layers.Flatten()(layers.Embedding(3, 2)(numbers)))
    told = warned(keras.Model(inputs, y), texts, LABELS)
    # Whether the rest can be compiled in parts depends on what torch has compiled before.
    consequences = [text.rpartition("\n")[2] for text in told]
    assert len(set(consequences)) == len(consequences), told
    assert "can't be compiled as one graph" in told[0]
