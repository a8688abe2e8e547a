"""Fine-tuning by low rank, beside Keras."""

import keras
import numpy as np
import pytest
import torch
from parity import numbers

import torchkeras
from torchkeras import layers

CASES = {
    "Dense": ({"units": 3}, (2, 4)),
    "EinsumDense": (
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de"},
        (2, 5, 4),
    ),
    "Conv2D": ({"filters": 3, "kernel_size": 2}, (2, 5, 5, 2)),
    "Embedding": ({"input_dim": 6, "output_dim": 3}, (2, 4)),
}


def pair(name):
    """Our layer and Keras's with a low rank, the same weights, and an input."""
    arguments, shape = CASES[name]
    x = numbers(shape)
    if name == "Embedding":
        x = np.random.default_rng(0).integers(0, 6, shape)
    made = [getattr(p.layers, name)(**arguments) for p in (torchkeras, keras)]
    for layer in made:
        layer(torch.tensor(x))
        layer.enable_lora(2, lora_alpha=4)
    values = {w.name: np.random.default_rng(1).normal(size=tuple(w.shape)) for w in made[1].weights}
    for layer in made:
        for weight in layer.weights:
            weight.assign(values[weight.name].astype("float32"))
    return made[0], made[1], torch.tensor(x)


@pytest.mark.parametrize("name", CASES)
def test_the_product_is_added_as_in_keras(name):
    ours, theirs, x = pair(name)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    assert {w.name for w in ours.trainable_weights} == {w.name for w in theirs.trainable_weights}
    ours(x).sum().backward()
    assert all(w.parameter.grad is not None for w in ours.trainable_weights)
    assert ours._adapted_weight().parameter.grad is None


@pytest.mark.parametrize("name", CASES)
def test_files_have_the_product_in_the_kernel(name):
    ours, theirs, x = pair(name)
    mine, true = {}, {}
    ours.save_own_variables(mine)
    theirs.save_own_variables(true)
    assert mine.keys() == true.keys()
    for key, value in mine.items():
        np.testing.assert_allclose(
            value,
            np.asarray(true[key].detach())
            if hasattr(true[key], "detach")
            else np.asarray(true[key]),
            rtol=1e-5,
            atol=1e-5,
        )
    y = ours(x)
    ours.load_own_variables(mine)
    torch.testing.assert_close(ours(x), y, rtol=1e-5, atol=1e-5)
    plain = getattr(layers, name)(**CASES[name][0])
    plain(x)
    plain.load_own_variables(mine)
    torch.testing.assert_close(plain(x), y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_the_rank_may_be_given_to_the_constructor(name):
    arguments, shape = CASES[name]
    layer = getattr(layers, name)(**arguments, lora_rank=2)
    assert "lora_rank" not in getattr(layers, name)(**arguments).get_config()
    layer.build(shape)
    assert layer.lora_enabled
    assert layer.lora_alpha == 2
    assert type(layer).from_config(layer.get_config()).lora_rank == 2


def test_what_does_not_go_together_is_refused():
    layer = layers.Dense(3)
    with pytest.raises(ValueError, match="isn't yet built"):
        layer.enable_lora(2)
    layer.build((None, 4))
    layer.enable_lora(2)
    with pytest.raises(ValueError, match="already enabled"):
        layer.enable_lora(2)
    bound = layers.Dense(3, kernel_constraint="non_neg")
    bound.build((None, 4))
    with pytest.raises(ValueError, match="incompatible with kernel constraints"):
        bound.enable_lora(2)
    with pytest.raises(ValueError, match="lora_rank is 0"):
        layers.Dense(3, lora_rank=0)
    with pytest.raises(ValueError, match="quantization_config is 'int8'; expected None or a"):
        layers.Dense(3, quantization_config="int8")
