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
    assert isinstance(model._precision, Scaled)
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
