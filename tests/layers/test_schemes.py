"""What schemes store; ``test_quantized.py`` compares their numbers with Keras's."""

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import layers
from torchkeras.layers.schemes import blank, block_size_of, in_training


def test_blank_values_are_zero_levels_and_scales_of_one():
    values = {name: torch.full((2,), 5.0) for name in ("kernel", "kernel_scale", "g_idx")}
    found = {name: value.tolist() for name, value in blank(values).items()}
    assert found == {"kernel": [0.0, 0.0], "kernel_scale": [1.0, 1.0], "g_idx": [5.0, 5.0]}


def test_blocks_are_told_by_configuration_or_policy():
    layer = layers.Dense(3, dtype="int4/32_from_float32")
    assert block_size_of(layer, None) == 32
    assert block_size_of(layer, torchkeras.quantizers.Int4QuantizationConfig(block_size=8)) == 8
    assert block_size_of(layers.Dense(3, dtype="int4/-1_from_float32"), None) is None


def test_training_is_that_of_the_call_under_way():
    seen = []
    layer = layers.Lambda(lambda x, training=None: (seen.append(in_training()), x)[1])
    layer(torch.ones(1), training=True)
    layer(torch.ones(1), training=False)
    assert seen == [True, False]


def test_handles_on_what_stays_stay_the_same():
    layer = layers.Dense(3)
    layer.build((None, 4))
    bias, kernel = layer.bias, layer.kernel
    layer.quantize("float8")
    assert layer.bias is bias
    assert layer.kernel is kernel
    assert kernel.module is layer.linear
    np.testing.assert_array_equal(kernel.numpy(), layer.linear.weight.detach().numpy().T)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_variables_are_named_after_the_layer_as_built(mode):
    model = torchkeras.Sequential([torchkeras.Input((4,)), layers.Dense(3, name="head")], name="m")
    model.quantize(mode)
    assert {w.path.rpartition("/")[0] for w in model.weights} == {"m/head"}
