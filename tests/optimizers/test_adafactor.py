import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.core.layout import Permuted


@pytest.mark.parametrize("decay", [None, 0.02])
@pytest.mark.parametrize("relative", [True, False])
def test_20_steps_equal_those_of_keras(distance, decay, relative):
    options = {"learning_rate": 0.05, "beta_2_decay": -0.7, "clip_threshold": 0.5}
    assert distance("Adafactor", weight_decay=decay, relative_step=relative, **options) < 1e-6


def test_rows_and_columns_are_those_of_keras_layout():
    value = np.arange(6.0).reshape(2, 3)
    straight = keras.Variable(value, name="a")
    turned = keras.Variable(value, name="b", layout=Permuted((1, 0)))
    assert turned.shape == (2, 3)
    gradient = torch.tensor([[1.0, 2.0, 3.0], [-4.0, 5.0, 9.0]])
    for variable in (straight, turned):
        keras.optimizers.Adafactor(0.1).apply([gradient], [variable])
    assert np.allclose(straight.numpy(), turned.numpy(), atol=1e-6)


def test_scalars_stand_in_for_the_means_of_vectors(weights):
    optimizer = keras.optimizers.Adafactor()
    optimizer.build(weights([[1.0, 2.0]], [1.0]))
    shapes = [(v.shape, v.dtype) for v in optimizer.variables[2:]]
    assert shapes == [
        ((1,), "float32"),
        ((2,), "float32"),
        ((1, 2), "float32"),
        ((), "int32"),
        ((), "int32"),
        ((1,), "float32"),
    ]
