"""``to_torch`` of layers that no model holds."""

import pytest
import torch

from torchkeras import layers


def test_a_layer_remembers_the_shape_it_was_built_for():
    layer = layers.Dense(2)
    layer.build((None, 4))
    x = torch.randn(3, 4)
    torch.testing.assert_close(layer.to_torch()(x), layer(x))


def test_examples_tell_types_and_structures():
    layer = layers.MultiHeadAttention(2, 3)
    query, value = torch.randn(2, 5, 4), torch.randn(2, 6, 4)
    y = layer(query, value)
    torch.testing.assert_close(layer.to_torch(query, value)(query, value), y)


def test_weights_are_shared_until_copied():
    layer = layers.Dense(2)
    layer.build((None, 4))
    lowered = layer.to_torch()
    assert lowered.linear.weight is layer.kernel.parameter


def test_a_layer_without_memory_asks_for_examples():
    layer = layers.Identity()
    layer.built = True
    with pytest.raises(RuntimeError, match="Give to_torch tensors"):
        layer.to_torch()
