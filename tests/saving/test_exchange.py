"""What is written here Keras reads, and what Keras writes is read here, with the same results."""

from pathlib import Path

import contract
import keras as real
import numpy as np
import pytest
import torch
from parity import as_leaves, fill, is_recipe

import torchkeras

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(16, 2)).astype("float32")
BOTH = [(torchkeras, real), (real, torchkeras)]
NAMES = ["to_keras", "from_keras"]
TRAINING = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}


def leaves(y):
    values = [y[name] for name in sorted(y)] if isinstance(y, dict) else as_leaves(y)
    return [torch.as_tensor(value).float() for value in values]


def same(model, twin, x):
    for mine, other in zip(
        leaves(model(x, training=False)), leaves(twin(x, training=False)), strict=True
    ):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5, equal_nan=True)


# --- Every layer


def model_of(row, library):
    made = {k: v(library) if is_recipe(v) else v for k, v in row.arguments.items()}
    shapes = row.shape if isinstance(row.shape, list) else [row.shape]
    dtype = "int32" if row.integers else "float32"
    inputs = [library.Input(shape[1:], dtype=dtype) for shape in shapes]
    inputs = inputs if isinstance(row.shape, list) else inputs[0]
    layer = getattr(library.layers, row.name)(**made)
    return library.Model(inputs, layer(inputs, **row.options))


ROWS = [row for row in contract.TABLE if not row.only_ours and not row.words]


# Keras can't write these to .h5: it would copy a module of Python along with them.
WITHOUT_H5 = (
    "RandomBrightness(value_range=(0, 1), factor=0.4",
    *("RandomSaturation", "RandomColorDegeneration", "RandomPosterization", "RandomSharpness"),
    "Solarization",
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`build..` was called on layer .pipeline")
@pytest.mark.parametrize(("one", "other"), BOTH, ids=NAMES)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_layer_is_exchanged_in_each_format(row, one, other, tmp_path):
    models = {library: model_of(row, library) for library in (torchkeras, real)}
    fill(models[torchkeras], models[real])
    model, arrays = models[one], row.inputs()
    x = [torch.tensor(a) for a in arrays] if isinstance(arrays, list) else torch.tensor(arrays)
    model.save(tmp_path / "model.keras")
    same(model, other.models.load_model(tmp_path / "model.keras"), x)
    twin = other.models.model_from_json(model.to_json())
    model.save_weights(tmp_path / "model.weights.h5")
    twin.load_weights(tmp_path / "model.weights.h5")
    same(model, twin, x)
    if one is torchkeras:  # Keras itself can't read many of those in .h5
        return
    if str(row).startswith(WITHOUT_H5):
        with pytest.raises(TypeError, match="cannot pickle 'module' object"):
            model.save(tmp_path / "model.h5")
        return
    model.save(tmp_path / "model.h5")
    same(model, other.models.load_model(tmp_path / "model.h5"), x)


# --- Models of several parts


def shared_and_nested(library):
    layers, a, b = library.layers, library.Input((4,), name="a"), library.Input((4,), name="b")
    tower = library.Sequential([library.Input((4,)), layers.Dense(4, activation="gelu")])
    inner = library.Model(a, tower(a))
    left, right = inner(a), inner(b)
    mixed = library.ops.abs(left - right) * 0.5 + left[:, :1]
    return library.Model(
        {"a": a, "b": b}, {"o": layers.Dense(2)(mixed), "p": layers.Dense(1)(left)}
    )


def masked(library):
    layers, inputs = library.layers, library.Input((5, 4))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(layers.Masking()(inputs))
    x = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x, *states = layers.LSTM(3, return_state=True)(x)
    regularizer, constraint = library.regularizers.L1L2(0.1, 0.2), "max_norm"
    head = layers.Dense(2, kernel_regularizer=regularizer, kernel_constraint=constraint)
    return library.Model(inputs, head(layers.concatenate([x, *states])))


def adapted(library):
    model = library.Sequential([library.Input((4,)), library.layers.Dense(5)])
    model.add(library.layers.Dense(4))
    model.layers[0].enable_lora(2, lora_alpha=4.0)
    for weight in model.layers[0].trainable_weights:
        weight.assign(np.random.default_rng(2).normal(size=tuple(weight.shape)) * 0.1)
    return model


def of_policies(library):
    dense, policy = library.layers.Dense, library.DTypePolicy("mixed_bfloat16")
    return library.Sequential(
        [library.Input((4,)), dense(5, dtype=policy), dense(4, dtype="float64"), dense(2)]
    )


def of_a_map_of_policies(library):
    policies = library.dtype_policies.DTypePolicyMap(default_policy="float32")
    policies["inner"] = library.DTypePolicy("mixed_bfloat16")
    inputs = library.Input((4,))
    x = library.layers.Dense(5, dtype=policies, name="inner")(inputs)
    return library.Model(inputs, library.layers.Dense(2)(x))


def quantized(mode):
    def build(library):
        layers, inputs = library.layers, library.Input((4,), dtype="int32")
        x = layers.Dense(8, activation="relu")(layers.Embedding(10, 8)(inputs))
        x = layers.EinsumDense("abc,cd->abd", (4, 6))(x)
        model = library.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))
        model.quantize(mode)
        return model

    build.__name__ = mode
    return build


RNG = np.random.default_rng(3)
FLOATS, SERIES = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 5, 4))
MODELS = [
    (shared_and_nested, {"a": FLOATS, "b": FLOATS[::-1].copy()}),
    (masked, SERIES),
    (adapted, FLOATS),
    (of_policies, FLOATS),
    (of_a_map_of_policies, FLOATS),
    (quantized("int8"), RNG.integers(0, 10, (3, 4))),
    (quantized("int4"), RNG.integers(0, 10, (3, 4))),
]


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize")
@pytest.mark.parametrize(("build", "x"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize(("one", "other"), BOTH, ids=NAMES)
def test_models_are_exchanged(build, x, one, other, tmp_path):
    def predicted(model):
        arrays = {k: v.astype("float32") for k, v in x.items()} if isinstance(x, dict) else x
        arrays = arrays if isinstance(x, dict) or x.dtype.kind == "i" else x.astype("float32")
        y = model.predict(arrays, verbose=0)
        return [y[name] for name in sorted(y)] if isinstance(y, dict) else [y]

    model = build(one)
    expected = predicted(model)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    model.save_weights(tmp_path / "model.weights.json", max_shard_size=1e-5)
    twins = [other.models.load_model(tmp_path / "model.keras"), build(other), build(other)]
    twins[1].load_weights(tmp_path / "model.weights.h5")
    twins[2].load_weights(tmp_path / "model.weights.json")
    for twin in twins:
        for mine, theirs in zip(expected, predicted(twin), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


# --- Training

OPTIMIZERS = {
    "adam": lambda o: o.Adam(0.01),
    "amsgrad": lambda o: o.Adam(0.01, amsgrad=True),
    "sgd": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda o: o.RMSprop(0.01, momentum=0.9, centered=True),
    "adamw": lambda o: o.AdamW(0.01, weight_decay=0.01),
    "adagrad": lambda o: o.Adagrad(0.1),
    "adadelta": lambda o: o.Adadelta(1.0),
    "adamax": lambda o: o.Adamax(0.01),
    "nadam": lambda o: o.Nadam(0.01),
    "ftrl": lambda o: o.Ftrl(0.1),
    "lion": lambda o: o.Lion(0.001),
    "adafactor": lambda o: o.Adafactor(0.01),
    "lamb": lambda o: o.Lamb(0.01),
    "muon": lambda o: o.Muon(0.01),
    "schedule": lambda o: o.Adam(o.schedules.CosineDecay(0.05, 20)),
    "averages": lambda o: o.SGD(0.1, momentum=0.5, use_ema=True, ema_momentum=0.9),
    "accumulation": lambda o: o.Adam(0.01, gradient_accumulation_steps=2),
    "clipping": lambda o: o.Adam(0.01, global_clipnorm=0.5),
    "scaling": lambda o: o.LossScaleOptimizer(o.Adam(0.01)),
}


def trained(library, optimizer) -> tuple:
    layers, inputs = library.layers, library.Input((4,))
    x = layers.Dense(5, activation="tanh", kernel_regularizer="l2")(inputs)
    model = library.Model(inputs, layers.Dense(2)(layers.BatchNormalization()(x)))
    model.compile(OPTIMIZERS[optimizer](library.optimizers), "mse", metrics=["mae"])
    model.fit(X, Y, **TRAINING)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("one", "other"), BOTH, ids=NAMES)
def test_training_goes_on_as_before(optimizer, one, other, tmp_path):
    model = trained(one, optimizer)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded, rebuilt = other.models.load_model(tmp_path / "model.keras"), trained(other, optimizer)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    expected = model.fit(X, Y, **TRAINING).history
    for twin in (loaded, rebuilt):
        history = twin.fit(X, Y, **TRAINING).history
        assert set(history) == set(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(history[name], values, rtol=1e-4)
        assert int(twin.optimizer.iterations) == int(model.optimizer.iterations)


def test_an_own_layer_comes_back_by_its_registered_name(tmp_path):
    def registered(library):
        @library.saving.register_keras_serializable("exchange")
        class Scale(library.layers.Layer):
            def __init__(self, factor=2.0, **options):
                super().__init__(**options)
                self.factor = factor

            def build(self, input_shape):
                self.gain = self.add_weight(shape=(input_shape[-1],), name="gain")

            def call(self, x):
                return x * self.gain * self.factor

            def get_config(self):
                return {**super().get_config(), "factor": self.factor}

        return Scale

    scales = {library: registered(library) for library in (torchkeras, real)}
    for one, other in BOTH:
        model = one.Sequential([one.Input((4,)), scales[one](3.0)])
        model.save(Path(tmp_path, "model.keras"))
        same(model, other.models.load_model(tmp_path / "model.keras"), torch.tensor(X))
