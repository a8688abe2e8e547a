"""What quantization asks of every layer."""

import pytest
import torch

import torchkeras
from torchkeras import layers
from torchkeras.layers.quantization import policy_with


def test_layers_of_users_may_write_the_method():
    class Own(layers.Layer):
        """Remembers that it was asked."""

        asked = None

        def build(self, shape):
            self.weight = self.add_weight(shape=(1,), name="weight")

        def call(self, inputs):
            return inputs * self.weight

        def quantize(self, mode=None, type_check=True, config=None):
            self.asked = mode, type_check, config.mode

    own = Own()
    model = torchkeras.Sequential([torchkeras.Input((3,)), own, layers.Flatten()])
    model.quantize("int8")
    assert own.asked == ("int8", True, "int8")


def test_layers_that_have_weights_and_no_method_are_named():
    model = torchkeras.Sequential([torchkeras.Input((3,)), layers.BatchNormalization()])
    with pytest.warns(UserWarning, match="BatchNormalization does not have a `quantize` method"):
        model.quantize("int8")


def test_a_policy_keeps_its_mode_in_another_number_type():
    policies = torchkeras.dtype_policies
    assert policy_with(policies.get("int8_from_float32"), torch.float64) == "int8_from_float64"
    assert policy_with(policies.get("float32"), torch.float64) == torch.float64


def test_calling_a_quantized_layer_is_calling_it():
    layer = layers.Dense(2)
    x = torch.ones(1, 3)
    layer(x)
    layer.quantize("int8")
    assert torch.equal(layer.quantized_call(x), layer(x))
