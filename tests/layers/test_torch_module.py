"""Torch modules as layers, beside Keras."""

import copy

import keras
import numpy as np
import pytest
import torch
from parity import numbers
from torch import nn

import torchkeras
from torchkeras import layers


def module():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 3))


def test_parameters_are_the_weights():
    inner = module()
    ours = layers.TorchModuleWrapper(inner, name="it")
    theirs = keras.layers.TorchModuleWrapper(module())
    assert ours.built
    shapes = [[tuple(w.shape) for w in layer.trainable_weights] for layer in (ours, theirs)]
    assert shapes[0] == shapes[1]
    assert len(ours.weights) == len(theirs.weights) == 6
    assert [id(p) for p in ours.parameters()] == [id(p) for p in inner.parameters()]
    inner[0].weight.requires_grad_(False)
    x = torch.tensor(numbers((5, 4)))
    torch.testing.assert_close(ours(x), theirs(x, training=False))
    assert not inner.training
    ours(x, training=True)
    assert inner.training


def test_shapes_are_found_or_given():
    inputs = torchkeras.Input((4,))
    assert layers.TorchModuleWrapper(nn.Linear(4, 2))(inputs).shape == (None, 2)
    layer = layers.TorchModuleWrapper(nn.Linear(4, 2), output_shape=(None, 2))
    assert layer(inputs).shape == layer.output_shape == (None, 2)
    assert layer.compute_output_shape((7, 4)) == (None, 2)


def test_models_with_modules_train_and_are_copied():
    inputs = torchkeras.Input((4,))
    model = torchkeras.Model(inputs, layers.TorchModuleWrapper(module())(inputs))
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.get_weights()]
    model.fit(numbers((16, 4)), numbers((16, 3), 1), verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    x = torch.tensor(numbers((2, 4)))
    torch.testing.assert_close(copy.deepcopy(model)(x), model(x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_go_both_ways_where_the_module_is_trusted(tmp_path):
    x = numbers((3, 4))
    for source, target in ((torchkeras, keras), (keras, torchkeras)):
        inputs = source.Input((4,))
        outputs = source.layers.TorchModuleWrapper(module(), "it", (None, 3))(inputs)
        model = source.Model(inputs, outputs)
        path = tmp_path / f"{source.__name__}.keras"
        model.save(path)
        read = target.models.load_model(path, safe_mode=False)
        found = [np.asarray(m.predict(x, verbose=0)) for m in (read, model)]
        np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-6)


def test_a_module_given_by_the_caller_stands_for_a_pickled_one(tmp_path, monkeypatch):
    inputs = torchkeras.Input((4,))
    model = torchkeras.Model(inputs, layers.TorchModuleWrapper(module(), name="it")(inputs))
    model.save(tmp_path / "it.keras")
    monkeypatch.setattr(torch, "load", None)  # never called
    with pytest.raises(ValueError, match="its torch.nn.Module is pickled"):
        torchkeras.models.load_model(tmp_path / "it.keras")
    other = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 3))
    read = torchkeras.models.load_model(tmp_path / "it.keras", custom_objects={"it": other})
    x = torch.tensor(numbers((3, 4)))
    torch.testing.assert_close(read(x), model(x))


def test_pickled_modules_are_refused_unless_told_otherwise(monkeypatch):
    config = layers.TorchModuleWrapper(nn.Linear(2, 2)).get_config()
    twin = layers.TorchModuleWrapper.from_config(config, safe_mode=False)
    assert isinstance(twin.module, nn.Linear)
    monkeypatch.setattr(torch, "load", None)
    for options in ({}, {"safe_mode": True}, {"safe_mode": None}):
        with pytest.raises(ValueError, match="potential risk of arbitrary code execution"):
            layers.TorchModuleWrapper.from_config(dict(config), **options)
    with pytest.raises(ValueError, match="custom_objects="):
        layers.deserialize({"class_name": "TorchModuleWrapper", "config": config})


def test_a_module_that_cannot_be_pickled_is_asked_for(tmp_path):
    class Local(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))

        def forward(self, x):
            return self.line(x)

    for make in (Local, lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))):
        inputs = torchkeras.Input((4,))
        model = torchkeras.Model(inputs, layers.TorchModuleWrapper(make(), name="it")(inputs))
        model.save(tmp_path / "it.keras")
        with pytest.raises(ValueError, match="couldn't be pickled. Give the module itself as cust"):
            torchkeras.models.load_model(tmp_path / "it.keras", safe_mode=False)
        read = torchkeras.models.load_model(tmp_path / "it.keras", custom_objects={"it": make()})
        x = torch.tensor(numbers((3, 4)))
        torch.testing.assert_close(read(x), model(x))


def test_bad_modules_are_named():
    with pytest.raises(TypeError, match="module is .*; expected a torch.nn.Module"):
        layers.TorchModuleWrapper(lambda x: x)
    with pytest.raises(ValueError, match="LazyModules are not supported unless"):
        layers.TorchModuleWrapper(nn.LazyLinear(3))
    layer = layers.TorchModuleWrapper(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="Missing key"):
        layer.load_own_variables({"weight": np.zeros((2, 2))})


def test_a_weight_with_two_places_is_one_and_moves_once():
    inner = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Tanh(), nn.Linear(3, 3, bias=False))
    inner[2].weight = inner[0].weight
    alone = copy.deepcopy(inner)
    model = torchkeras.from_torch(inner, (3,))
    assert len(model.trainable_weights) == 1
    theirs = keras.layers.TorchModuleWrapper(copy.deepcopy(inner))
    assert model.count_params() == theirs.count_params() == 9
    x = torch.tensor(numbers((8, 3)))
    model.compile(torchkeras.optimizers.SGD(0.1), "mse")
    model.fit(x, x, batch_size=8, verbose=0)
    (alone(x) - x).square().mean().backward()
    wanted = alone[0].weight - 0.1 * alone[0].weight.grad
    torch.testing.assert_close(inner[2].weight, wanted)
