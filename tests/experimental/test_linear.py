import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.experimental import LinearModel


@pytest.mark.parametrize("wrap", [lambda a, b: [a, b], lambda a, b: {"a": a, "b": b}])
def test_inputs_are_added_up(wrap):
    model = LinearModel(2, activation="relu", kernel_initializer="ones", bias_initializer="ones")
    y = model(wrap(torch.full((1, 3), 2.0), torch.full((1, 2), -1.0)))
    assert y.tolist() == [[5.0, 5.0]]
    assert len(model.trainable_variables) == 3


def test_one_input_learns_a_line():
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 2)).astype("float32")
    y = x @ np.float32([[0.3], [0.2]]) + 0.5
    model = LinearModel()
    model.compile(keras.optimizers.SGD(0.3), "mse")
    model.fit(x, y, batch_size=64, epochs=60, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 1e-4


def test_bias_and_penalties_are_taken():
    model = LinearModel(
        use_bias=False, kernel_initializer="ones", kernel_regularizer=keras.regularizers.L1(0.5)
    )
    model(torch.ones(1, 4))
    assert [loss.item() for loss in model.losses] == [2.0]
    assert len(model.weights) == 1
    model = LinearModel(bias_initializer="ones", bias_regularizer=keras.regularizers.L1(0.5))
    model(torch.ones(1, 4))
    assert [loss.item() for loss in model.losses] == [0.5]


def test_kernels_of_a_random_initializer_differ():
    model = LinearModel(kernel_initializer=keras.initializers.RandomNormal(seed=None))
    model([torch.ones(1, 4), torch.ones(1, 4)])
    first, second = (layer.kernel.numpy() for layer in model.dense_layers)
    assert (first != second).any()


def test_the_model_is_made_again_from_its_configuration():
    model = LinearModel(3, activation="tanh", kernel_regularizer="l2", name="wide")
    again = LinearModel.from_config(model.get_config())
    assert again.get_config() == model.get_config()


def test_no_units_are_named():
    with pytest.raises(ValueError, match="units is 0"):
        LinearModel(0)
