"""Torch modules as Keras models."""

import importlib.util

import numpy as np
import pytest
import torch
from torch import nn

from torchkeras import Input, Model, Sequential, layers, saving
from torchkeras.models.borrowing import from_torch


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


def data(rows=64):
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype("float32")
    return x, x.sum(1, keepdims=True)


def test_a_module_predicts_as_it_computes():
    net = network()
    x, _ = data()
    found = from_torch(net, (4,)).predict(x, verbose=0)
    np.testing.assert_allclose(found, net.eval()(torch.tensor(x)).detach(), rtol=1e-5, atol=1e-6)


def test_fit_trains_the_module_itself():
    net = network()
    model = from_torch(net, (4,), name="net")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    model.compile("adam", "mse")
    history = model.fit(*data(), epochs=5, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert all(not torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert len(model.trainable_weights) == 6


@pytest.mark.parametrize("suffix", [".weights.h5", ".safetensors"])
def test_weights_go_to_files_and_back(suffix, tmp_path):
    model, other = from_torch(network(), (4,)), from_torch(network(), (4,))
    x, y = data()
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    model.save_weights(tmp_path / f"model{suffix}")
    other.load_weights(tmp_path / f"model{suffix}")
    np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_whole_model_asks_for_its_module(tmp_path):
    model = from_torch(network(), (4,), name="net")
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="Give the module itself"):
        saving.load_model(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras", custom_objects={"net": network()})
    x, _ = data()
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0))


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, left, right):
        return left * self.scale + right


@pytest.mark.parametrize("shapes", [[(3,), (3,)], {"left": (3,), "right": (3,)}])
def test_several_arguments_are_several_inputs(shapes):
    model = from_torch(Sum(), shapes)
    arrays = [np.ones((2, 3), "float32")] * 2
    given = dict(zip(shapes, arrays, strict=True)) if isinstance(shapes, dict) else arrays
    np.testing.assert_array_equal(model.predict(given, verbose=0), np.full((2, 3), 2.0))


def test_types_may_be_given():
    model = from_torch(nn.Embedding(5, 2), (3,), input_dtype="int32")
    assert model.inputs[0].dtype == "int32"
    assert model.predict(np.ones((1, 3), "int32"), verbose=0).shape == (1, 3, 2)


def test_without_a_shape_it_is_a_layer():
    layer = from_torch(nn.Linear(4, 2))
    inputs = Input((4,))
    assert Model(inputs, layer(inputs)).output_shape == (None, 2)


def test_slips_are_errors():
    with pytest.raises(TypeError, match="module"):
        from_torch(lambda x: x, (3,))
    with pytest.raises(ValueError, match="expected a shape without the batch"):
        from_torch(nn.Linear(3, 2), 3)
    with pytest.raises(ValueError, match="LazyModules"):
        from_torch(nn.LazyLinear(2), (3,))


def test_what_was_ejected_comes_back_and_learns(tmp_path):
    model = Sequential([Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.1), layers.Dense(1)])
    model.eject(tmp_path)
    spec = importlib.util.spec_from_file_location("ejected", tmp_path / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    again = from_torch(module.load(), (4,))
    x, y = data()
    np.testing.assert_allclose(
        again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )
    again.compile("adam", "mse")
    losses = again.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
