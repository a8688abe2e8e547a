"""Scales and moments of data."""

import keras
import numpy as np
import pytest
import torch
from parity import compare, numbers

from torchkeras import config, layers


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
@pytest.mark.parametrize("invert", [False, True])
def test_adapted_moments_are_keras_ones(axis, invert):
    data = numbers((6, 4, 3)) * 3 + 2
    ours = layers.Normalization(axis=axis, invert=invert)
    theirs = keras.layers.Normalization(axis=axis, invert=invert)
    for layer in (ours, theirs):
        layer.adapt(data)
    torch.testing.assert_close(
        ours(torch.tensor(data)), theirs(torch.tensor(data)), rtol=1e-5, atol=1e-5
    )
    assert [w.name for w in ours.weights] == ["mean", "variance", "count"]
    for mine, true in zip(ours.get_weights()[:2], theirs.get_weights()[:2], strict=True):
        np.testing.assert_allclose(mine, true, rtol=1e-5, atol=1e-6)


def test_batches_give_the_moments_of_the_whole():
    data = numbers((10, 3)) * 5 + 1
    whole = layers.Normalization()
    whole.adapt(data)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.tensor(data), torch.zeros(10)), batch_size=3
    )
    for batches in ([data[:4], data[4:]], loader, (b for b in (data[:1], data[1:])), data.tolist()):
        layer = layers.Normalization()
        layer.adapt(batches)
        for mine, true in zip(layer.get_weights(), whole.get_weights(), strict=True):
            np.testing.assert_allclose(mine, true, rtol=1e-6)
    first = layers.Normalization()
    first.adapt([data[:4], data[4:]], steps=1)
    np.testing.assert_allclose(first.get_weights()[0], data[:4].mean(0), rtol=1e-6)


def test_given_moments_are_no_weights():
    arguments = {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 0.0, 1.0]}
    compare("Normalization", arguments, numbers((2, 5, 3)))
    layer = layers.Normalization(**arguments)
    layer.build((None, 3))
    assert layer.weights == []
    assert layer.mean.shape == (1, 3)


def test_integers_become_floats():
    assert layers.Rescaling(1 / 255)(torch.tensor([255], dtype=torch.uint8)).tolist() == [1.0]
    layer = layers.Normalization(mean=1.0, variance=4.0)
    assert layer(torch.tensor([[3, 5]])).tolist() == [[1.0, 2.0]]


def test_channels_first_scales_stand_before_the_lengths():
    config.set_image_data_format("channels_first")
    try:
        y = layers.Rescaling([1.0, 2.0])(torch.ones(1, 2, 3, 3))
    finally:
        config.set_image_data_format("channels_last")
    assert y[0, :, 0, 0].tolist() == [1.0, 2.0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="both `mean` and `variance` must be set"):
        layers.Normalization(mean=1.0)
    with pytest.raises(ValueError, match="equal shapes of at most 1 axes"):
        layers.Normalization(mean=[[1.0]], variance=[[1.0]])
    with pytest.raises(ValueError, match="axes of the input shape"):
        layers.Normalization(axis=3)(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="must have a known shape"):
        layers.Normalization().build((None, None))
    with pytest.raises(RuntimeError, match="nothing to adapt"):
        layers.Normalization(mean=1.0, variance=1.0).adapt(np.zeros((2, 1)))
    layer = layers.Normalization()
    with pytest.raises(ValueError, match="at least one batch"):
        layer.adapt(iter(()))
    with pytest.raises(TypeError, match="Unsupported data type"):
        layer.adapt(3)
    layer.adapt(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="incompatible shape"):
        layer.adapt(np.zeros((2, 4)))


def test_layers_of_numbers_serve_users_subclasses():
    class Shifted(layers.Rescaling):
        def call(self, inputs):
            return self.backend.numpy.add(super().call(inputs), self.convert_weight([1.0]))

    assert Shifted(2.0)(torch.tensor([3.0])).tolist() == [7.0]
