"""Kernels divided by their spectral norm, beside Keras."""

import keras
import numpy as np
import pytest
import torch
from parity import compare, fill, numbers, recipe

import torchkeras
from torchkeras import layers


@recipe
def dense(package):
    return package.layers.Dense(3)


@recipe
def conv(package):
    return package.layers.Conv2D(3, 2)


@pytest.mark.parametrize("training", [True, False, None])
@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize(("layer", "shape"), [(dense, (4, 5)), (conv, (2, 4, 4, 2))])
def test_numbers_are_those_of_keras(layer, shape, iterations, training):
    arguments = {"layer": layer, "power_iterations": iterations}
    compare("SpectralNormalization", arguments, numbers(shape), training=training)


def test_the_norm_approaches_one():
    layer = layers.SpectralNormalization(layers.Dense(6))
    x = torch.tensor(numbers((3, 8)))
    layer(x)
    layer.layer.kernel.assign(numbers((8, 6)) * 5)
    for _ in range(30):
        layer(x, training=True)
    norm = torch.linalg.matrix_norm(layer.layer.kernel.value, 2)
    torch.testing.assert_close(norm.detach(), torch.tensor(1.0), rtol=1e-3, atol=0)


def test_zeros_stay_and_inference_changes_nothing():
    layer = layers.SpectralNormalization(layers.Dense(2, kernel_initializer="zeros"))
    x = torch.ones(1, 3)
    layer(x, training=True)
    assert not layer.kernel.numpy().any()
    layer.kernel.assign(numbers((3, 2)))
    before = layer.get_weights()
    layer(x)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_embeddings_keep_their_type():
    """Keras casts what comes out to the integers that went in."""
    layer = layers.SpectralNormalization(layers.Embedding(5, 3))
    y = layer(torch.tensor([[1, 2]]), training=True)
    assert y.dtype == torch.float32
    assert layer.vector_u.shape == (1, 3)


def test_files_go_both_ways(tmp_path):
    x = numbers((2, 5))
    made = []
    for package in (torchkeras, keras):
        inner = package.layers.Dense(3)
        model = package.Sequential(
            [package.Input((5,)), package.layers.SpectralNormalization(inner)]
        )
        model.save(tmp_path / f"{package.__name__}.keras")
        made.append(model)
    fill(*made)
    for (source, model), target in zip(
        (("torchkeras", made[0]), ("keras", made[1])), (keras, torchkeras), strict=True
    ):
        path = tmp_path / f"{source}.keras"
        model.save(path)
        read = target.models.load_model(path)
        wanted = np.asarray(model.predict(x, verbose=0))
        np.testing.assert_allclose(np.asarray(read.predict(x, verbose=0)), wanted, rtol=1e-5)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="power_iterations is 0; expected an integer greater"):
        layers.SpectralNormalization(layers.Dense(2), power_iterations=0)
    with pytest.raises(ValueError, match="has no attribute 'kernel' nor 'embeddings'"):
        layers.SpectralNormalization(layers.ReLU()).build((None, 3))
