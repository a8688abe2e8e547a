"""Vectors for integers and back, beside Keras."""

import keras
import numpy as np
import pytest
import torch
from parity import numbers

import torchkeras
from torchkeras import layers

IDS = np.array([[1, 2, 0], [3, 0, 8]], "int32")
VECTORS = numbers((2, 3, 6))
CASES = [
    {},
    {"tie_weights": False},
    {"logit_soft_cap": 0.7, "mask_zero": True},
    {"tie_weights": False, "reverse_dtype": "bfloat16", "embeddings_initializer": "ones"},
    {"reverse_dtype": "bfloat16"},
]


def pair(arguments, mode=None):
    """Ours and Keras's of the same weights."""
    made = [p.layers.ReversibleEmbedding(9, 6, **arguments) for p in (torchkeras, keras)]
    for layer in made:
        layer.build((2, 3))
    values = [numbers(tuple(w.shape), n) for n, w in enumerate(made[1].weights)]
    for layer, package in zip(made, (torchkeras, keras), strict=True):
        layer.set_weights(values)
        if mode is not None:
            size = {"int4 blocks": 4}.get(mode)
            config = (
                package.quantizers.Int4QuantizationConfig(block_size=size) if "4" in mode else None
            )
            layer.quantize(mode.split()[0], config=config)
    return made


@pytest.mark.filterwarnings("ignore:.*use of `x.T`:UserWarning")
@pytest.mark.parametrize("arguments", CASES)
@pytest.mark.parametrize("mode", [None, "int8", "int4 whole", "int4 blocks"])
def test_both_ways_are_those_of_keras(arguments, mode):
    if mode is not None and arguments.get("reverse_dtype"):
        return
    ours, theirs = pair(arguments, mode)
    assert [(w.name, w.shape, w.dtype, w.trainable) for w in ours.weights] == [
        (w.name, tuple(w.shape), w.dtype, w.trainable) for w in theirs.weights
    ]
    for mine, true in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(mine.numpy(), true.numpy(), rtol=1e-6)
    y, wanted = ours(torch.tensor(IDS)), theirs(torch.tensor(IDS))
    torch.testing.assert_close(y, wanted, rtol=1e-5, atol=1e-6)
    mask = getattr(y, "_keras_mask", None)
    assert (mask is not None) is arguments.get("mask_zero", False)
    if mode is None and mask is not None:  # Keras loses it with few bits
        assert torch.equal(mask, wanted._keras_mask)
    x = torch.tensor(VECTORS, requires_grad=True)
    y, wanted = ours(x, reverse=True), theirs(torch.tensor(VECTORS), reverse=True)
    assert y.dtype == wanted.dtype
    torch.testing.assert_close(y, wanted, rtol=1e-5, atol=1e-5)
    y.sum().backward()  # also where levels are multiplied, unlike Keras
    assert x.grad is not None
    stores = {}, {}
    ours.save_own_variables(stores[0])
    theirs.save_own_variables(stores[1])
    assert list(stores[0]) == list(stores[1])
    for one, other in zip(stores[0].values(), stores[1].values(), strict=True):
        other = other.numpy() if hasattr(other, "numpy") else other
        np.testing.assert_allclose(one, other, rtol=1e-6)
    ours.load_own_variables(stores[0])


def test_symbols_go_both_ways():
    layer = layers.ReversibleEmbedding(9, 6, reverse_dtype="float16", mask_zero=True)
    inputs = torchkeras.Input((3,), dtype="int32")
    vectors = layer(inputs)
    numbers_of = layer(vectors, reverse=True)
    assert (vectors.shape, numbers_of.shape) == ((None, 3, 6), (None, 3, 9))
    assert numbers_of.dtype == "float16"
    model = torchkeras.Model(inputs, numbers_of)
    assert model(torch.tensor(IDS)).dtype == torch.float16
    assert layer.compute_output_shape((2, 6), reverse=True) == (2, 9)


def test_low_rank_reaches_both_ways():
    layer = layers.ReversibleEmbedding(9, 6)
    layer(torch.tensor(IDS))
    layer.enable_lora(2)
    before = layer(torch.tensor(VECTORS), reverse=True)
    layer.lora_embeddings_b.assign(numbers((2, 6)))
    after = layer(torch.tensor(VECTORS), reverse=True)
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, torch.tensor(VECTORS) @ layer.embeddings.T)


def test_mixed_precision_keeps_what_the_arguments_say():
    layer = layers.ReversibleEmbedding(9, 6, dtype="mixed_bfloat16")
    assert layer(torch.tensor(IDS)).dtype == torch.bfloat16
    assert layer(torch.tensor(VECTORS), reverse=True).dtype == torch.bfloat16
    layer = layers.ReversibleEmbedding(9, 6, dtype="mixed_bfloat16", reverse_dtype="float32")
    assert layer(torch.tensor(VECTORS), reverse=True).dtype == torch.float32


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="logit_soft_cap is 0"):
        layers.ReversibleEmbedding(9, 6, logit_soft_cap=0)
    with pytest.raises(ValueError, match="reverse_dtype is 'int32'; expected a floating type"):
        layers.ReversibleEmbedding(9, 6, reverse_dtype="int32")


def test_what_makes_it_small_is_in_its_configuration():
    scheme = torchkeras.quantizers.Int4QuantizationConfig()
    options = {"lora_rank": 2, "lora_alpha": 3.0, "quantization_config": scheme}
    layer = torchkeras.layers.ReversibleEmbedding(9, 4, **options)
    twin = type(layer).from_config(layer.get_config())
    assert (twin.lora_rank, twin.lora_alpha) == (2, 3.0)
    assert twin.quantization_config.get_config() == scheme.get_config()
