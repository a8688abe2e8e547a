"""Models compiled by the compiler's own tracer, without its C++ backend."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
from compiled_rows import counted

import torchkeras as keras
from torchkeras import layers
from torchkeras.training.jit import Compiled, Stepped, WholeStep

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(21, 6)).astype("float32")
IMAGES = RANDOM.normal(size=(21, 8, 8, 2)).astype("float32")
WORDS = RANDOM.integers(1, 9, (21, 5))
Y = RANDOM.integers(0, 3, 21)


def dense():
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4, activation="relu", kernel_regularizer="l2"),
            layers.Dense(3, activation="softmax", kernel_constraint="max_norm"),
        ]
    )


def convolutional():
    inputs = keras.Input((8, 8, 2))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(inputs))
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(layers.ReLU()(x)))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def recurrent():
    return keras.Sequential(
        [
            keras.Input((5,), dtype="int64"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.GRU(3)),
            layers.Dense(3, activation="softmax"),
        ]
    )


def attentive():
    inputs = keras.Input((5,), dtype="int64")
    x = layers.Embedding(9, 4)(inputs)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 2)(x, x))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


MODELS = {
    "dense": (dense, X),
    "convolutional": (convolutional, IMAGES),
    "recurrent": (recurrent, WORDS),
    "attentive": (attentive, WORDS),
}


@pytest.fixture
def counters():
    """How often each compiled function was compiled, by its name; C++ is left out."""
    with counted("aot_eager") as found:
        yield found


def pair(make, optimizer=lambda: keras.optimizers.Adam(0.01), **options):
    """A model that runs as it is, and the same compiled."""
    models = make(), make()
    models[1].set_weights(models[0].get_weights())
    for model, jit in zip(models, (False, True), strict=True):
        loss = "sparse_categorical_crossentropy"
        model.compile(optimizer(), loss, metrics=["accuracy"], jit_compile=jit, **options)
    return models


def histories(models, x, y=Y, **options):
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0, **options}
    return [model.fit(x, y, **options).history for model in models]


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_step_is_one_graph_compiled_once_more_for_the_last_batch(name, counters):
    make, x = MODELS[name]
    models = pair(make)
    plain, compiled = histories(models, x, validation_data=(x, Y))
    for key in plain:
        np.testing.assert_allclose(compiled[key], plain[key], rtol=1e-4, err_msg=key)
    models[1].fit(x, Y, batch_size=8, verbose=0)
    assert models[1].predict(x, batch_size=8, verbose=0).shape == (21, 3)
    assert set(counters) == {"_step", "_outputs_and_loss", "predict_step"}
    assert {counter.frame_count for counter in counters.values()} <= {1, 2}


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=0.5),
        lambda: keras.optimizers.RMSprop(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)),
        lambda: keras.optimizers.AdamW(
            0.01, use_ema=True, ema_overwrite_frequency=2, loss_scale_factor=4.0
        ),
    ],
)
def test_optimizers_are_part_of_the_graph(optimizer, counters):
    models = pair(dense, optimizer)
    plain, compiled = histories(models, X)
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=1e-5)
    for ours, theirs in zip(models[1].get_weights(), models[0].get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert list(counters) == ["_step"]


def test_callbacks_change_the_rate_without_compiling_anew(counters):
    halve = [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]
    plain, compiled = histories(pair(dense), X[:16], Y[:16], epochs=4, callbacks=halve)
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=1e-5)
    assert counters["_step"].frame_count == 1


def test_steps_per_execution_group_compiled_steps(counters):
    models = pair(dense, steps_per_execution=2)
    seen = []
    note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    histories(models[1:], X, epochs=1, callbacks=[note])
    assert seen == [1, 2]
    assert counters["_step"].frame_count == 2


class Peeks(layers.Layer):
    """Looks at a value, which no graph can."""

    def call(self, x):
        return x * 2 if x.sum().item() > 1e9 else x


def peeking():
    inputs = keras.Input((6,))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(Peeks()(inputs)))


def test_what_is_no_graph_is_compiled_in_parts_and_says_why(counters):
    models = pair(peeking)
    (plain,) = histories(models[:1], X)
    with pytest.warns(UserWarning, match="jit_compile: .* can't be compiled as one graph") as found:
        (compiled,) = histories(models[1:], X)
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=1e-5)
    assert any("return x * 2 if x.sum().item()" in str(warning.message) for warning in found)
    assert not models[1]._compile_plan.compiles_whole


def test_without_a_working_backend_the_model_trains_uncompiled(monkeypatch):
    torch._dynamo.reset()

    def broken(graph, inputs):
        raise RuntimeError("no C++ compiler")

    original = torch.compile

    def compile_function(function, options=None, **rest):
        return original(function, backend=broken, **rest)

    monkeypatch.setattr(torch, "compile", compile_function)
    models = pair(dense)
    (plain,) = histories(models[:1], X)
    with pytest.warns(UserWarning, match="no C\\+\\+ compiler\nIt isn't compiled"):
        (compiled,) = histories(models[1:], X)
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=1e-5)
    histories(models[1:], X)  # without another attempt or warning
    torch._dynamo.reset()


def test_accumulated_gradients_are_taken_in_parts(counters):
    models = pair(dense, lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))
    (plain,) = histories(models[:1], X)
    with pytest.warns(UserWarning, match="by themselves"):
        (compiled,) = histories(models[1:], X)
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=1e-5)


def test_scaled_gradients_are_taken_in_parts(counters):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        models = pair(dense)
    finally:
        keras.config.set_dtype_policy("float32")
    (plain,) = histories(models[:1], X)
    with pytest.warns(UserWarning, match="overflow are left out.\nForward and loss") as found:
        (compiled,) = histories(models[1:], X)
    assert len(found) == 1
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=1e-3)
    assert "_step" not in counters


def test_changed_settings_of_the_optimizer_make_a_new_step(counters):
    model = pair(dense, lambda: keras.optimizers.SGD(0.1))[1]
    histories([model], X, epochs=1)
    model.optimizer.learning_rate = 0.0  # read at each step
    model.optimizer.global_clipnorm = 1e-9  # part of the graph
    histories([model], X, epochs=1)
    model.optimizer.learning_rate = 0.1
    before = model.get_weights()
    histories([model], X, epochs=1)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_allclose(old, new, atol=1e-6)


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method`:DeprecationWarning")
def test_an_optimizer_of_torch_steps_by_itself(counters):
    model = dense()
    torch_optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.compile(torch_optimizer, "sparse_categorical_crossentropy", jit_compile=True)
    losses = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert "_step" not in counters


def test_steps_of_ones_own_train_after_fit_has_run(counters):
    model = pair(dense)[1]
    histories([model], X, epochs=1)
    assert not isinstance(model._step_precision, Stepped)
    before = model.get_weights()[0]
    model.train_step((torch.tensor(X), torch.tensor(Y)))
    assert not np.array_equal(before, model.get_weights()[0])


def test_a_compiled_model_can_be_copied(counters):
    model = pair(dense)[1]
    histories([model], X, epochs=1)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        before = model.get_weights()[0]
        histories([other], X, epochs=1)
        assert np.array_equal(before, model.get_weights()[0])
        assert not np.array_equal(before, other.get_weights()[0])


def test_a_compiled_model_is_freed_at_once(counters):
    model = pair(dense)[1]
    histories([model], X, epochs=1)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    held = [weakref.ref(tensor) for tensor in (model, *model.parameters())]
    held += [weakref.ref(v.parameter) for v in model.optimizer.variables[2:]]
    gc.collect()  # torch's compiler leaves what it has traced to the collector
    gc.disable()
    try:
        del model
        assert all(reference() is None for reference in held)
    finally:
        gc.enable()


def test_a_new_optimizer_has_a_step_of_its_own(counters):
    model = pair(dense)[1]
    histories([model], X, epochs=1)
    first = model._compile_plan.whole_step
    assert isinstance(first, WholeStep)
    assert first.fits(model)
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=True)
    histories([model], X, epochs=1)
    assert model._compile_plan.whole_step is not first


def test_a_function_gives_way_twice():
    attempts = []

    def fails(graph, inputs):
        attempts.append(graph)
        raise RuntimeError("broken")

    torch._dynamo.reset()
    compiled = Compiled(lambda x: x + 1, "the sum")
    compiled.run = torch.compile(compiled.function, backend=fails, fullgraph=True)
    with pytest.warns(UserWarning, match="the sum can't be compiled"):
        assert compiled(torch.ones(1)).item() == 2
    assert compiled(torch.ones(1)).item() == 2
    assert len(attempts) == 1
    torch._dynamo.reset()


def test_losses_that_layers_add_are_part_of_the_graph(counters):
    def adding():
        x = keras.Input((6,))
        y = layers.Dense(3, activation="softmax", activity_regularizer="l2")(x)
        model = keras.Model(x, y)
        model.add_loss(keras.ops.mean(y**2))
        return model

    models = pair(adding)
    plain, compiled = histories(models, X, validation_data=(X, Y))
    for key in plain:
        np.testing.assert_allclose(compiled[key], plain[key], rtol=1e-4, err_msg=key)
    assert set(counters) == {"_step", "_outputs_and_loss"}
