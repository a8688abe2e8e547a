"""Random features; tf.keras 2 alone has them."""

import numpy as np
import pytest
import torch
from parity import numbers

import torchkeras
from torchkeras.layers.experimental import RandomFourierFeatures


@pytest.mark.parametrize("kernel", ["gaussian", "laplacian", "Gaussian"])
def test_products_of_features_approximate_the_kernel(kernel):
    torchkeras.utils.set_random_seed(0)
    layer = RandomFourierFeatures(20000, kernel, scale=2.0)
    x = numbers((4, 3))
    features = layer(torch.tensor(x)).numpy()
    found = 2 * features @ features.T / 20000
    differences = x[:, None] - x[None]
    if kernel == "laplacian":
        wanted = np.exp(-np.abs(differences).sum(-1) / 2)
    else:
        wanted = np.exp(-(differences**2).sum(-1) / (2 * 2**2))
    np.testing.assert_allclose(found, wanted, atol=0.05)


def test_only_the_scale_can_be_trained():
    layer = RandomFourierFeatures(5, trainable=True)
    y = layer(torch.tensor(numbers((2, 8))))
    assert [w.name for w in layer.trainable_weights] == ["kernel_scale"]
    assert layer.scale == pytest.approx(2.0)
    assert layer.kernel_scale.numpy() == pytest.approx([2.0])
    y.sum().backward()
    assert layer.kernel_scale.parameter.grad is not None
    assert RandomFourierFeatures(5).trainable_weights == []
    twin = RandomFourierFeatures.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()


def test_other_kernels_come_from_initializers():
    layer = RandomFourierFeatures(2, kernel_initializer=torchkeras.initializers.Zeros())
    y = layer(torch.zeros(3, 4))
    torch.testing.assert_close(y, torch.cos(layer.bias.value).expand(3, 2))
    assert layer.scale == 1.0


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="output_dim is 0"):
        RandomFourierFeatures(0)
    with pytest.raises(ValueError, match="kernel_initializer is 'cubic'; expected one of"):
        RandomFourierFeatures(2, "cubic")
    with pytest.raises(ValueError, match="scale is -1"):
        RandomFourierFeatures(2, scale=-1)
    with pytest.raises(ValueError, match="expected ndim=2"):
        RandomFourierFeatures(2)(torch.zeros(2, 3, 4))
