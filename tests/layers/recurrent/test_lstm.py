"""What is special about the LSTM."""

import numpy as np
import torch

from torchkeras import layers


def test_the_forget_gate_begins_open():
    layer = layers.LSTM(3)
    layer.build((None, 5, 4))
    assert layer.cell.bias.numpy().tolist() == [0] * 3 + [1] * 3 + [0] * 6
    closed = layers.LSTM(3, unit_forget_bias=False)
    closed.build((None, 5, 4))
    assert closed.cell.bias.numpy().max() == 0


def test_kernels_are_held_transposed():
    layer = layers.LSTM(3)
    layer.build((None, 5, 4))
    assert layer.cell.kernel.shape == (4, 12)
    assert layer.cell.recurrence.weight_ih.shape == (12, 4)
    assert np.array_equal(
        layer.cell.kernel.numpy(), layer.cell.recurrence.weight_ih.detach().numpy().T
    )


def test_the_layer_shows_its_cells_arguments():
    layer = layers.LSTM(3, dropout=0.2, activation="relu")
    assert layer.units == 3
    assert layer.dropout == 0.2
    assert layer.activation is layer.cell.activation
    assert layer.get_config()["unit_forget_bias"] is True
    assert layer.cell.name == "lstm_cell"


def test_states_are_h_and_c():
    y, h, c = layers.LSTM(3, return_state=True)(torch.randn(2, 5, 4))
    assert torch.equal(y, h)
    assert not torch.equal(h, c)
