import keras as real
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.distribution import Alone
from torchkeras.training.precision import Precision, Scaled, precision_of

X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


def model_of(keras, policy):
    keras.config.set_dtype_policy(policy)
    try:
        return keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(8, activation="relu"),
                keras.layers.Dense(1, dtype="float32"),
            ]
        )
    finally:
        keras.config.set_dtype_policy("float32")


def test_bfloat16_trains_beside_keras():
    theirs, ours = model_of(real, "mixed_bfloat16"), model_of(torchkeras, "mixed_bfloat16")
    ours.set_weights(theirs.get_weights())
    found = []
    for model in (theirs, ours):
        model.compile("sgd", "mse")
        found.append(model.fit(X, Y, epochs=5, shuffle=False, verbose=0).history["loss"])
    # bfloat16 keeps 8 bits, and the two sum in different orders.
    np.testing.assert_allclose(found[1], found[0], rtol=2e-2)
    assert all(v.parameter.dtype == torch.float32 for v in ours.weights)


def test_float16_scales_its_gradients_and_trains():
    model = model_of(torchkeras, "mixed_float16")
    model.compile("sgd", "mse")
    losses = model.fit(X, Y, epochs=5, shuffle=False, verbose=0).history["loss"]
    assert isinstance(model._step_precision, Scaled)
    assert losses[-1] < losses[0]
    plain = model_of(torchkeras, "float32")
    plain.set_weights(model_of(torchkeras, "float32").get_weights())


def test_a_step_whose_gradients_overflow_is_left_out():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torchkeras.optimizers.SGD(1.0)
    variable = torchkeras.Variable(torch.ones(2))
    optimizer.build([variable])
    precision = Scaled(Alone(), torch.device("cpu"))
    precision.step((variable.value * torch.inf).sum(), optimizer)
    assert variable.numpy().tolist() == [1, 1]
    precision.step((variable.value * 2).sum(), optimizer)
    assert variable.numpy().tolist() == [-1, -1]
    assert weight.grad is None


def test_the_factor_is_part_of_the_state():
    scaled = Scaled(Alone(), torch.device("cpu"))
    scaled.scaler.scale(torch.ones(1))
    state = scaled.get_state()
    other = Scaled(Alone(), torch.device("cpu"))
    other.set_state({**state, "scale": 8.0})
    assert other.get_state()["scale"] == 8.0
    assert Precision(Alone()).get_state() == {}


def test_scaling_can_be_declined():
    model = model_of(torchkeras, "mixed_float16")
    optimizer = torchkeras.optimizers.SGD()
    cpu = torch.device("cpu")
    assert type(precision_of(model, optimizer, True, cpu, Alone())) is Scaled
    assert type(precision_of(model, optimizer, False, cpu, Alone())) is Precision
    model = model_of(torchkeras, "float32")
    assert type(precision_of(model, optimizer, True, cpu, Alone())) is Precision


def test_gradients_of_earlier_steps_are_forgotten():
    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    precision = Precision(Alone())
    for _ in range(2):
        precision.step(parameter.sum(), optimizer)
    assert parameter.item() == -1


def test_nothing_to_train_means_no_step():
    model = torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(1)])
    with pytest.warns(UserWarning, match="trainable"):
        precision = precision_of(model, None, True, torch.device("cpu"), Alone(), trains=False)
    precision.step(torch.ones(1), None)


def dense(keras):
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(3, activation="softmax", dtype="float32"),
        ]
    )


def convolutional(keras):
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras.layers.Conv2D(4, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def recurrent(keras):
    return keras.Sequential(
        [
            keras.Input((5,), dtype="int64"),
            keras.layers.Embedding(9, 4),
            keras.layers.LSTM(4),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def attentive(keras):
    inputs = keras.Input((5,), dtype="int64")
    x = keras.layers.Embedding(9, 4)(inputs)
    x = keras.layers.LayerNormalization()(x + keras.layers.MultiHeadAttention(2, 2)(x, x))
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(x))
    return keras.Model(inputs, outputs)


RANDOM = np.random.default_rng(1)
MODELS = {
    "dense": (dense, RANDOM.normal(size=(16, 6)).astype("float32")),
    "convolutional": (convolutional, RANDOM.normal(size=(16, 6, 6, 2)).astype("float32")),
    "recurrent": (recurrent, RANDOM.integers(0, 9, (16, 5))),
    "attentive": (attentive, RANDOM.integers(0, 9, (16, 5))),
}
CLASSES = RANDOM.integers(0, 3, 16)
BITS = {"mixed_float16": 2**-10, "mixed_bfloat16": 2**-7}  # of one rounding


def both(make, policy):
    """Keras's model and ours, with the same weights."""
    real.utils.set_random_seed(0)  # with some weights Keras's first step overflows and is left out
    models = []
    for keras in (real, torchkeras):
        keras.config.set_dtype_policy(policy)
        try:
            models.append(make(keras))
        finally:
            keras.config.set_dtype_policy("float32")
    models[1].set_weights(models[0].get_weights())
    return models


@pytest.mark.parametrize("policy", BITS)
@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_a_step_are_those_of_keras_but_for_rounding(name, policy):
    make, x = MODELS[name]
    theirs, ours = both(make, policy)
    rounding = BITS[policy]
    expected = theirs(x, training=False)
    found = ours(x, training=False)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(
        found.detach().float().numpy(), expected.detach().float().numpy(), atol=4 * rounding
    )
    before = theirs.get_weights()
    for keras, model in ((real, theirs), (torchkeras, ours)):
        model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
        model.fit(x, CLASSES, batch_size=16, verbose=0)
    changes = zip(ours.get_weights(), theirs.get_weights(), before, strict=True)
    for number, (ours_now, theirs_now, start) in enumerate(changes):
        largest = max(np.abs(theirs_now - start).max(), 0.05)
        np.testing.assert_allclose(
            ours_now - start, theirs_now - start, atol=8 * rounding * largest, err_msg=str(number)
        )


@pytest.mark.parametrize(
    "options", [{"clipnorm": 0.1}, {"clipvalue": 0.05}, {"global_clipnorm": 0.1}]
)
def test_gradients_are_clipped_after_they_are_unscaled(options):
    make, x = MODELS["dense"]
    theirs, ours = both(make, "mixed_float16")
    for keras, model in ((real, theirs), (torchkeras, ours)):
        model.compile(keras.optimizers.SGD(1.0, **options), "sparse_categorical_crossentropy")
        model.fit(x, CLASSES, batch_size=16, verbose=0)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-3)


def test_steps_left_out_are_counted_and_the_factor_goes_on_from_run_to_run():
    model = model_of(torchkeras, "mixed_float16")
    assert model.skipped_steps == 0
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, Y * 1e30, batch_size=16, verbose=0)
    assert model.skipped_steps == 2
    assert model._compile_plan.scaled.scaler.get_scale() == 2.0**13
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    model.train_on_batch(X, Y * 1e30)
    assert model.skipped_steps == 3
    state = model._step_precision.get_state()
    model.compile("sgd", "mse")
    assert model.skipped_steps == 0
    other = Scaled(Alone(), torch.device("cpu"))
    other.set_state(state)
    assert (int(other.skipped), other.get_state()["scale"]) == (3, 2.0**12)


@pytest.mark.parametrize("wrap", [False, True])
def test_a_factor_of_the_optimizer_scales_the_loss_too(wrap):
    make, x = MODELS["dense"]
    theirs, ours = both(make, "float32")
    for keras, model in ((real, theirs), (torchkeras, ours)):
        optimizer = keras.optimizers.SGD(0.5, loss_scale_factor=None if wrap else 8.0)
        if wrap:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        model.compile(optimizer, "sparse_categorical_crossentropy")
        model.fit(x, CLASSES, batch_size=16, verbose=0)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
