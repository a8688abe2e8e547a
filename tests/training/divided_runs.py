"""Training with divided weights, run as a script by ``test_sharding.py``.

    python divided_runs.py RESULT [NAME ...]
    torchrun --nproc-per-node 4 divided_runs.py RESULT

The processes stand in a grid of ``GRID``, such as ``2x2``: batches x model.
"""

import copy
import os
import sys

import numpy as np
import torch

import torchkeras as keras
from torchkeras import distribution, layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(21, 6)).astype("float32")
Y = RNG.normal(size=(21, 3)).astype("float32")
TOKENS = RNG.integers(0, 8, (21, 5))
LABELS = RNG.integers(0, 3, 21)
OPTIONS = {"batch_size": 8, "epochs": 2, "verbose": 0}  # the last batch has 5
IS_ALONE = "RANK" not in os.environ
GRID = tuple(int(n) for n in os.environ.get("GRID", "1x1").split("x"))


def spread(**layouts):
    """Make the layouts current, axes named by their first letters."""
    if IS_ALONE:
        return
    mesh = distribution.DeviceMesh(GRID, ["batch", "model"])
    found = distribution.LayoutMap(mesh)
    names = {"b": "batch", "m": "model", "-": None}
    for name, axes in layouts.items():
        found[f".*{name}"] = tuple(names[letter] for letter in axes)
    distribution.set_distribution(distribution.ModelParallel(layout_map=found))


def told(model, history=None, **more):
    assert IS_ALONE or any(
        placement.is_shard() for p in model.parameters() for placement in p.placements
    )
    found = {f"weight {number}": w for number, w in enumerate(model.get_weights())}
    found |= {
        f"slot {number}": v.numpy()
        for number, v in enumerate(getattr(model.optimizer, "variables", ()))
    }
    if history is not None:
        found |= {f"history {name}": np.array(v) for name, v in history.history.items()}
    return found | more


def perceptron():
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="tanh", kernel_regularizer="l2", name="one"),
            layers.Dense(8, activation="tanh", name="two"),
            layers.Dense(3, name="three"),
        ]
    )


def trained(model, optimizer="adam", **options):
    model.compile(optimizer, "mse", metrics=["mae"])
    history = model.fit(X, Y, validation_data=(X, Y), **OPTIONS, **options)
    again = model.fit(X, Y, **OPTIONS)
    predicted = model.predict(X, batch_size=8, verbose=0)
    evaluated = model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    return told(
        model,
        history,
        predict=predicted,
        again=np.array(again.history["loss"]),
        evaluate=np.array(list(evaluated.values())),
    )


def in_parts():
    """Columns of one layer, then rows of the next, as in tensor parallelism."""
    spread(**{"one/kernel": "-m", "one/bias": "m", "two/kernel": "m-"})
    return trained(perceptron())


def along_the_batches():
    """Each process of a data group holds a part of the weights: FSDP."""
    spread(**{"(one|two)/kernel": "b-", "one/bias": "b"})
    return trained(perceptron())


def along_both():
    spread(**{"one/kernel": "bm", "two/kernel": "mb"})
    return trained(perceptron(), keras.optimizers.Adam(0.01, global_clipnorm=0.1))


def with_options():
    """Clipping by variable, weight decay, averages and accumulation over divided weights."""
    spread(**{".*/kernel": "-m"})
    optimizer = keras.optimizers.AdamW(
        0.01, clipnorm=0.05, use_ema=True, gradient_accumulation_steps=2
    )
    return trained(perceptron(), optimizer)


def transformer():
    spread(
        **{
            "attention/(query|key|value)/kernel": "-m-",
            "attention/(query|key|value)/bias": "m-",
            "attention/attention_output/kernel": "m--",
            "wide/kernel": "-m",
            "wide/bias": "m",
            "narrow/kernel": "m-",
            "tokens/embeddings": "-m",
        }
    )
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Embedding(8, 8, name="tokens")(inputs)
    attended = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, attended]))
    wide = layers.Dense(16, activation="gelu", name="wide")(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(8, name="narrow")(wide)]))
    outputs = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return told(
        model,
        model.fit(TOKENS, LABELS, **OPTIONS),
        predict=model.predict(TOKENS, verbose=0),
    )


def recurrent():
    """Layers that use the weights of others inside, and those of the user's own."""

    class Scaled(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

        def call(self, x):
            return x * self.scale

    spread(**{".*lstm.*kernel": "-m", ".*scale": "m"})
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(8, 4, mask_zero=True, name="tokens"),
            layers.Bidirectional(layers.LSTM(4)),
            Scaled(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return told(model, model.fit(TOKENS, LABELS, **OPTIONS))


def own_step():
    """A training step of the user's, with a gradient of its own and a loss it reduces."""

    class Model(keras.Model):
        def train_step(self, data):
            x, y = data
            loss = (self(x, training=True) - y).square().mean()
            gradients = torch.autograd.grad(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"loss": loss}

    spread(**{"one/kernel": "b-", "two/kernel": "-m"})
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, activation="tanh", name="one")(inputs)
    model = Model(inputs, layers.Dense(3, name="two")(hidden))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9))
    model.fit(X, Y, **OPTIONS)
    return told(model)


def saved_and_loaded():
    """A file has whole weights, and goes into divided ones."""
    spread(**{"one/kernel": "-m", "two/kernel": "b-"})
    model = perceptron()
    model.compile("adam", "mse")
    name = "alone" if IS_ALONE else "together"
    path = f"{os.environ['FOLDER']}/{name}.weights.h5"
    best = f"{os.environ['FOLDER']}/{name}.best.weights.h5"
    callbacks = [
        keras.callbacks.ModelCheckpoint(best, "loss", save_best_only=True, save_weights_only=True),
        keras.callbacks.EarlyStopping("loss", restore_best_weights=True),
    ]
    model.fit(X, Y, **OPTIONS, callbacks=callbacks)
    model.save_weights(path)
    model.fit(X, Y, **OPTIONS)
    distribution.agreed(None)  # the file is written
    model.load_weights(path)
    return told(model)


def files_and_copies():
    """What is written is whole, and divided models are copied and set like others."""
    spread(**{"one/kernel": "-m", "two/kernel": "b-", "one/bias": "m"})
    model = perceptron()
    model.compile(keras.optimizers.Adam(0.01, use_ema=True), "mse", metrics=["mae"])
    model.fit(X, Y, **OPTIONS)
    folder = f"{os.environ['FOLDER']}/{'alone' if IS_ALONE else 'together'}"
    names = ["model.keras", "model.weights.h5", "model.safetensors", "model.ckpt"]
    model.save(f"{folder}.{names[0]}")
    for name in names[1:]:
        model.save_weights(f"{folder}.{name}")
    distribution.agreed(None)  # the files are written
    expected = model.predict(X, verbose=0)
    found = {}
    loaded = keras.models.load_model(f"{folder}.{names[0]}")
    found["weights loaded"] = np.concatenate([w.ravel() for w in loaded.get_weights()])
    found["loaded"] = loaded.predict(X, verbose=0)
    weights = model.get_weights()
    copied = copy.deepcopy(model)
    for name in names:
        model.set_weights([np.zeros_like(w) for w in weights])
        assert not model.predict(X, verbose=0).any()
        model.load_weights(f"{folder}.{name}")
        found[name] = model.predict(X, verbose=0)
    model.set_weights([np.zeros_like(w) for w in weights])
    model.set_weights(weights)
    found["set"] = model.predict(X, verbose=0)
    found["copied"] = copied.predict(X, verbose=0)
    cloned = keras.models.clone_model(model)
    cloned.set_weights(weights)
    found["cloned"] = cloned.predict(X, verbose=0)
    for name, value in found.items():
        if name != "weights loaded":
            np.testing.assert_allclose(value, expected, atol=1e-5, err_msg=name)
    # All of them go on: from the file, from the copy, and the model itself with its averages.
    for name, one in {"loaded": loaded, "copied": copied, "itself": model}.items():
        history = one.fit(X, Y, **OPTIONS)
        found[f"{name} history"] = np.array(history.history["loss"])
        found |= {f"{name} weight {n}": w for n, w in enumerate(one.get_weights())}
    return told(model, **found)


def roughly_bfloat16():
    spread(**{"one/kernel": "-m", "two/kernel": "b-", "one/bias": "m"})
    keras.config.set_dtype_policy("mixed_bfloat16")
    return trained(perceptron(), keras.optimizers.SGD(0.1, global_clipnorm=1.0))


def roughly_float16():
    """Gradients scaled; a step that overflows anywhere is left out everywhere."""
    spread(**{"one/kernel": "-m", "two/kernel": "b-", "one/bias": "m"})
    keras.config.set_dtype_policy("mixed_float16")
    model = perceptron()
    found = trained(model, keras.optimizers.SGD(0.1))
    x = X.copy()
    x[-1] = 6e4  # of the last process, in the last batch
    model.fit(x, Y, **{**OPTIONS, "shuffle": False, "epochs": 1})
    return {**found, **told(model), "skipped": np.array(model.skipped_steps)}


def roughly_float16_in_rounds():
    spread(**{"one/kernel": "b-", "two/kernel": "b-"})
    keras.config.set_dtype_policy("mixed_float16")
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=2, global_clipnorm=1.0)
    return trained(perceptron(), optimizer)


def compiled_along_the_batches():
    """Forward and loss are compiled around what gathers weights; the optimizer isn't."""
    spread(**{"(one|two)/kernel": "b-"})
    model = perceptron()
    model.compile("sgd", "mse", jit_compile=True)
    history = model.fit(X, Y, **OPTIONS)
    return told(model, history, predict=model.predict(X, batch_size=8, verbose=0))


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        in_parts,
        along_the_batches,
        along_both,
        with_options,
        transformer,
        recurrent,
        own_step,
        saved_and_loaded,
        files_and_copies,
        roughly_bfloat16,
        roughly_float16,
        roughly_float16_in_rounds,
        compiled_along_the_batches,
    )
}


def main(result, *names):
    torch.set_num_threads(1)
    found = {}
    for name in names or SCENARIOS:
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        distribution.set_distribution(None)
        keras.config.set_dtype_policy("float32")
        for key, value in SCENARIOS[name]().items():
            found[f"{name}/{key}"] = value
    np.savez(f"{result}.{os.environ.get('RANK', 'alone')}.npz", **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
