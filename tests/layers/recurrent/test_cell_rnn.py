"""Layers with a cell of their own."""

import pytest
import torch

from torchkeras import layers

KINDS = ["SimpleRNN", "LSTM", "GRU"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_shows_what_its_cell_was_given(kind):
    layer = getattr(layers, kind)(3, kernel_regularizer="l2", dropout=0.2, seed=4, trainable=False)
    for name in type(layer).shown:
        assert getattr(layer, name) is getattr(layer.cell, name)
    assert layer.cell.trainable is False
    assert layer.seed == 4
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_kernel_that_computes_something_else_is_not_insisted_on(kind):
    make = getattr(layers, kind)
    assert make(3, use_cudnn=True).use_cudnn is True
    for options in ({"activation": "relu"}, {"recurrent_dropout": 0.2}):
        with pytest.raises(ValueError, match="use_cudnn is True"):
            make(3, use_cudnn=True, **options)
    with pytest.raises(ValueError, match="use_cudnn is 'yes'"):
        make(3, use_cudnn="yes")


@pytest.mark.parametrize("kind", KINDS)
def test_integers_are_numbers_too(kind):
    layer = getattr(layers, kind)(3)
    x = torch.randint(9, (2, 5, 4))
    torch.testing.assert_close(layer(x), layer(x.float()))
    both = layers.Bidirectional(layer)
    torch.testing.assert_close(both(x), both(x.float()))
