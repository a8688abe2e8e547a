"""Networks beside Keras's: the same layers, and the same outputs with the same weights."""

import importlib

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras


def both(module, network, **options):
    """The network from both libraries, without pretrained weights."""
    return [
        maker(library, module, network)(**{"weights": None, **options}) for library in (keras, real)
    ]


def maker(library, module, network):
    """The function of one library that makes the network; without a module, the room's own."""
    home = f"{library.__name__}.applications.{module}".rstrip(".")
    return getattr(importlib.import_module(home), network)


def refused_by_both(module, network, argument, **options):
    """Raise unless both libraries refuse the options, and ours names the argument."""
    for library, pattern in ((keras, argument), (real, r".+")):
        with pytest.raises(ValueError, match=pattern):
            maker(library, module, network)(**options)


def layers_of(model):
    """Name, class, output shape and number of weights of each layer, in order."""
    return [
        (layer.name, type(layer).__name__, tuple(layer.output.shape), len(layer.weights))
        for layer in model.layers
    ]


def same_layers(module, network, **options):
    """Raise unless both have the same layers; their weights have shapes alone."""
    with torch.device("meta"), real.device("meta"):
        compare_layers(*both(module, network, **options))


def compare_layers(ours, theirs):
    """Raise unless both models have the same layers."""
    assert ours.name == theirs.name
    found, expected = layers_of(ours), layers_of(theirs)
    # Automatic names count on from network to network.
    strip = [{f"{label}" for label, *_ in side} for side in (found, expected)]
    named = strip[0] & strip[1]
    for one, other in zip(found, expected, strict=True):
        assert one[1:] == other[1:], (one, other)
        assert one[0] == other[0] or not {one[0], other[0]} & named, (one, other)
    assert ours.count_params() == theirs.count_params()


def with_equal_weights(ours, theirs):
    """Give both models the same random weights, by which values neither die out nor blow up."""
    draw = np.random.default_rng(0)
    weights = []
    for weight in theirs.weights:
        shape = tuple(weight.shape)
        if "variance" in weight.path or "gamma" in weight.path:
            weights.append(draw.uniform(0.5, 1.5, shape))
        elif len(shape) > 1:
            fan_in = np.prod(shape[:-1])
            weights.append(draw.normal(0, np.sqrt(2 / fan_in), shape))
        else:
            weights.append(draw.normal(0, 0.1, shape))
    for model in (ours, theirs):
        model.set_weights(weights)


def same_network(module, network, size=64, value=255.0, tolerance=1e-4, **options):
    """Raise unless both have the same layers and the same outputs with the same weights."""
    ours, theirs = both(module, network, **options)
    compare_layers(ours, theirs)
    with_equal_weights(ours, theirs)
    draw = np.random.default_rng(1)
    channels = theirs.input_shape[-1]
    x = draw.uniform(0, value, (2, size, size, channels)).astype("float32")
    found, expected = (model.predict(x, verbose=0) for model in (ours, theirs))
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=tolerance)
