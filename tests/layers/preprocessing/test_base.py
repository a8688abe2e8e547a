"""What all layers that prepare data share."""

import numpy as np
import torch

import torchkeras
from torchkeras import layers, ops, random
from torchkeras.layers.preprocessing.base import DataLayer


class Shifted(DataLayer):
    """Written as for any backend."""

    def __init__(self, **options):
        super().__init__(**options)
        self.shift = torchkeras.Variable(np.array([1.0, 2.0], "float32"), trainable=False)

    def call(self, inputs):
        noise = self.backend.random.uniform(self.backend.shape(inputs), seed=1)
        moved = self.backend.numpy.add(inputs, self.convert_weight(self.shift))
        return moved + self.backend.cast(noise * 0, "float32")

    def compute_output_shape(self, input_shape):
        return input_shape


def test_backend_offers_operations_by_their_paths():
    backend = Shifted().backend
    assert backend.name == "torch"
    assert backend.numpy.where is ops.numpy.where
    assert backend.image.resize is ops.image.resize
    assert backend.convert_to_tensor is ops.convert_to_tensor
    assert backend.random is random


def test_a_layer_for_several_backends_works_on_arrays_and_symbols():
    assert Shifted()(np.zeros((3, 2), "float32")).tolist() == [[1.0, 2.0]] * 3
    assert Shifted()(torchkeras.Input((2,))).shape == (None, 2)


def test_weights_are_converted_to_tensors():
    layer = layers.RandomFlip()
    assert torch.is_tensor(layer.convert_weight([1.0, 2.0]))
    assert torch.equal(layer.convert_weight(torchkeras.Variable(torch.ones(2))), torch.ones(2))
