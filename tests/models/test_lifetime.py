"""A model that is dropped gives its memory back at once, without Python's collector of cycles."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
import torch._dynamo  # its first import keeps the frames around it until the collector runs
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import torchkeras as keras
from torchkeras import layers

RNG = np.random.default_rng(0)
ROWS = RNG.random((8, 6), dtype="float32")
STEPS = RNG.random((8, 5, 4), dtype="float32")
WORDS = RNG.integers(0, 20, (8, 5))
IMAGES = RNG.random((8, 8, 8, 3), dtype="float32")


@keras.saving.register_keras_serializable("lifetime")
class Scaled(layers.Layer):
    """Has a weight of its own, layers in a list and a seeded layer."""

    def build(self, input_shape):
        self.scale = self.add_weight((input_shape[-1],), initializer="ones", name="scale")
        self.parts = [layers.Dense(4), layers.Dropout(0.1, seed=1)]

    def call(self, x):
        x = x * self.scale
        for part in self.parts:
            x = part(x)
        return x


@keras.saving.register_keras_serializable("lifetime")
class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(4)
        self.blocks = {"a": layers.BatchNormalization(), "b": layers.Dense(4)}
        self.total = keras.Variable(0.0, trainable=False)
        self.head = layers.Dense(3, activation="softmax")

    def call(self, x):
        return self.head(self.blocks["b"](self.blocks["a"](self.first(x))))


def stack(*members, shape=(6,)):
    return keras.Sequential([keras.Input(shape), *members, layers.Dense(3, activation="softmax")])


def functional():
    inputs = keras.Input((6,))
    x = layers.Dense(4)(inputs)
    x = layers.Add()([x, layers.BatchNormalization()(x)]) * 2.0
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def built_by_a_call():
    model = keras.Sequential([layers.Dense(4), layers.Dense(3, activation="softmax")])
    model(ROWS)
    return model


def shared():
    inputs, dense, relu = keras.Input((6,)), layers.Dense(6), layers.ReLU()
    x = relu(dense(relu(dense(inputs))))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def nested():
    inputs = keras.Input((6,))
    x = stack(layers.Dense(5), shape=(3,))(functional()(layers.Dense(6)(inputs)))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def several_ends():
    first, second = keras.Input((6,), name="first"), keras.Input((6,), name="second")
    x = layers.Concatenate()([first, layers.Dense(2)(second)])
    outputs = {name: layers.Dense(3, activation="softmax")(x) for name in ("one", "two")}
    return keras.Model({"first": first, "second": second}, outputs)


def attention():
    inputs = keras.Input((5, 4))
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 2)(inputs, inputs))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def decoder():
    inputs, cell = keras.Input((5, 4)), layers.LSTM(4, return_state=True)
    x, *states = cell(inputs)
    for _ in range(2):
        x, *states = cell(layers.Reshape((1, 4))(x), initial_state=states)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def masked():
    inputs = keras.Input((5,))
    x = layers.Embedding(20, 4, mask_zero=True)(inputs)
    x = layers.Bidirectional(layers.GRU(3))(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def penalized():
    inputs = keras.Input((6,))
    x = layers.Dense(4, activity_regularizer="l2", kernel_regularizer="l1")(inputs)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.add_loss(keras.ops.mean(x))
    model.add_metric(keras.ops.mean(x), name="mean")
    return model


def normalized():
    first = layers.Normalization()
    first.adapt(ROWS)
    return stack(first, layers.GaussianNoise(0.1, seed=2), layers.Dense(4))


def quantized():
    model = stack(layers.Dense(4))
    model.quantize("int8")
    return model


def part_of_another():
    whole = functional()
    return keras.Model(whole.input, whole.layers[-1].output)


def pictures():
    return stack(
        layers.RandomFlip(seed=1),
        layers.Conv2D(4, 3),
        layers.BatchNormalization(),
        layers.SeparableConv2D(4, 3),
        layers.Flatten(),
        shape=(8, 8, 3),
    )


KINDS = {
    "a stack": (lambda: stack(layers.Dense(4), layers.Dropout(0.2)), ROWS),
    "a stack built by a call": (built_by_a_call, ROWS),
    "a graph": (functional, ROWS),
    "shared layers": (shared, ROWS),
    "models within models": (nested, ROWS),
    "several inputs and outputs": (several_ends, {"first": ROWS, "second": ROWS}),
    "a subclass": (Subclassed, ROWS),
    "a layer of one's own": (lambda: stack(Scaled()), ROWS),
    "LSTM": (lambda: stack(layers.LSTM(4), shape=(5, 4)), STEPS),
    "cells": (
        lambda: stack(layers.RNN([layers.GRUCell(3), layers.LSTMCell(4)]), shape=(5, 4)),
        STEPS,
    ),
    "a decoder": (decoder, STEPS),
    "masks": (masked, WORDS),
    "attention": (attention, STEPS),
    "pictures": (pictures, IMAGES),
    "losses at the side": (penalized, ROWS),
    "an adapted layer": (normalized, ROWS),
    "mixed precision": (lambda: stack(layers.Dense(4, dtype="mixed_bfloat16")), ROWS),
    "a torch module": (lambda: stack(layers.TorchModuleWrapper(nn.Linear(6, 4))), ROWS),
    "spectral norms": (lambda: stack(layers.SpectralNormalization(layers.Dense(4))), ROWS),
    "quantized": (quantized, ROWS),
    "a part of another model": (part_of_another, ROWS),
}


def fitted(model, x, **options):
    """``model`` after a training with all that comes with it."""
    count = len(next(iter(x.values())) if isinstance(x, dict) else x)
    y = np.zeros(count, "int64")
    y = {"one": y, "two": y} if isinstance(x, dict) else y
    names = None if isinstance(x, dict) else ["accuracy"]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=names, **options)
    stopping = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    model.fit(x, y, epochs=2, batch_size=4, verbose=0, callbacks=[stopping])
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    model.train_on_batch(x, y)
    return model


def memory(model):
    """Weak references to the tensors that ``model`` and its optimizer keep."""
    held = [*model.parameters(), *model.buffers()]
    held += [p.grad for p in model.parameters() if p.grad is not None]
    if model.optimizer is not None:
        held += [variable.parameter for variable in model.optimizer.variables[2:]]
    assert held
    return [weakref.ref(tensor) for tensor in held]


@pytest.fixture(autouse=True)
def without_the_collector():
    gc.disable()
    yield
    gc.enable()


def freed(references):
    return all(reference() is None for reference in references)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_was_trained_is_freed(kind):
    make, x = KINDS[kind]
    model = fitted(make(), x)
    references = [*memory(model), weakref.ref(model)]
    del model
    assert freed(references)


def summarized(model, _):
    model.summary(print_fn=lambda text: None)
    return model


def saved(model, folder):
    for name in ("m.keras", "m.h5", "m.weights.h5"):
        (model.save_weights if "weights" in name else model.save)(folder / name)
    model.load_weights(folder / "m.weights.h5")
    return model


def loaded(model, folder):
    model.save(folder / "m.keras")
    return keras.saving.load_model(folder / "m.keras")


def looked_through(model, _):
    keras.Model(model.inputs, model.layers[-1].output).predict(ROWS, verbose=0)
    return model


def failed(model, _):
    with pytest.raises(ValueError, match="shape"):
        model.fit(ROWS, np.zeros((8, 7, 7)), verbose=0)
    return model


def watched(model, _):
    class Keeps(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.kept = self.model

    model.fit(ROWS, np.zeros(8), verbose=0, callbacks=[Keeps()])
    return model


DEEDS = {
    "summary": summarized,
    "saved": saved,
    "loaded": loaded,
    "its layers' outputs used": looked_through,
    "a failure of fit": failed,
    "callbacks": watched,
    "to_torch": lambda model, _: (model.to_torch(), model)[1],
    "frozen": lambda model, _: (setattr(model, "trainable", False), model)[1],
    "cloned": lambda model, _: fitted(keras.models.clone_model(model), ROWS),
    "copied": lambda model, _: copy.deepcopy(model),
    "pickled": lambda model, _: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("make", [functional, shared, nested], ids=lambda make: make.__name__)
def test_whatever_was_done_with_a_model_it_is_freed(make, deed, tmp_path):
    model = DEEDS[deed](fitted(make(), ROWS), tmp_path)
    references = [*memory(model), weakref.ref(model)]
    del model
    assert freed(references)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=8),
    st.booleans(),
)
def test_a_graph_of_any_form_is_freed(calls, keeps_branches):
    pool = [layers.Dense(6), layers.ReLU(), layers.Add(), Scaled()]
    tensors = [keras.Input((6,))]
    for number, source in calls:
        x = tensors[source % len(tensors)]
        y = pool[number]([x, tensors[-1]] if number == 2 else x)
        tensors.append(layers.Dense(6)(y))
    ends = tensors[1:] if keeps_branches else tensors[-1]
    references = [weakref.ref(p) for layer in pool for p in layer.parameters()]
    model = keras.Model(tensors[0], ends)
    references += memory(model)
    del pool, tensors, ends, x, y, model
    assert freed(references)


def test_symbolic_tensors_outlive_their_model():
    model = functional()
    inputs, output = model.inputs, model.layers[1].output
    expected = keras.Model(inputs, output)(ROWS).detach()
    gone = weakref.ref(model)
    del model
    assert gone() is None
    torch.testing.assert_close(keras.Model(inputs, output)(ROWS).detach(), expected)


def test_a_layer_has_its_output_though_nobody_kept_it():
    dense = layers.Dense(3)
    dense(keras.Input((6,)))
    model = keras.Model(dense.input, dense.output)
    assert model(ROWS).shape == (8, 3)
    assert dense.output is dense.output is model.output


def test_later_calls_of_a_shared_layer_go_with_their_outputs():
    dense = layers.Dense(6)
    first, second = layers.Dense(6), layers.Dense(6)
    kept, gone = weakref.ref(first), weakref.ref(second)
    dense(first(keras.Input((6,))))
    dense(second(keras.Input((6,))))
    del first, second
    assert dense.get_output_at(0).shape == (None, 6)
    assert kept() is not None
    assert gone() is None
    assert len(dense.inbound_nodes) == 1
    with pytest.raises(RuntimeError, match="call number 1 is gone.*Keep them"):
        dense.get_output_at(1)
    with pytest.raises(IndexError):
        dense.get_output_at(2)


def test_a_function_of_a_model_holds_it():
    model = functional()
    model.compile("sgd", "sparse_categorical_crossentropy")
    step, gone = model.make_train_function(), weakref.ref(model)
    del model
    assert step([(ROWS, np.zeros(8))])["loss"] > 0
    del step
    assert gone() is None


def test_a_mask_stays_with_an_output_that_nobody_kept():
    embedding = layers.Embedding(20, 4, mask_zero=True)
    embedding(keras.Input((5,)))
    assert embedding.output_mask is not None


def test_layers_taken_out_of_a_model_have_their_outputs():
    first, last = functional().layers[0], functional().layers[-1]
    assert first.output.shape == (None, 6)
    assert last.output.shape == (None, 3)


def test_weights_outlive_their_layer():
    weights = stack(Scaled()).weights
    scale = weights[0]
    scale.assign_add(np.ones(6))
    assert scale.numpy().tolist() == [2.0] * 6
    assert scale.module.scale is scale.parameter
    assert copy.deepcopy(scale).numpy().tolist() == [2.0] * 6


def test_a_history_has_its_model_and_the_model_its_records():
    model = functional()
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(ROWS, np.zeros(8), verbose=0)
    assert history.model is model
    assert model.history is history
    records = history.history
    del history
    assert model.history.history is records
    assert model.history.model is model
    assert copy.deepcopy(model).history.history == records


def test_deep_graphs_are_copied_call_by_call():
    x = inputs = keras.Input((2,))
    for _ in range(300):
        x = layers.Rescaling(1.0)(x)
    model = keras.Model(inputs, x)
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert len(copied.layers) == 301


def test_copies_have_the_outputs_of_their_layers():
    for copied in (copy.deepcopy(functional()), pickle.loads(pickle.dumps(shared()))):
        part = keras.Model(copied.inputs, [layer.output for layer in copied.layers])
        torch.testing.assert_close(part(ROWS)[-1], copied(ROWS))
