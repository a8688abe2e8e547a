"""What is special about the GRU."""

import numpy as np

from torchkeras import layers


def test_blocks_z_and_r_are_swapped_in_torchs_parameters():
    layer = layers.GRU(2)
    layer.build((None, 5, 4))
    kernel = np.arange(24, dtype="float32").reshape(4, 6)
    bias = np.arange(12, dtype="float32").reshape(2, 6)
    layer.set_weights([kernel, np.zeros((2, 6), "float32"), bias])
    stored = layer.cell.recurrence.weight_ih.detach().numpy()
    assert np.array_equal(stored[:2], kernel[:, 2:4].T)
    assert np.array_equal(stored[2:4], kernel[:, :2].T)
    assert np.array_equal(layer.cell.kernel.numpy(), kernel)
    assert np.array_equal(layer.cell.bias.numpy(), bias)


def test_one_bias_without_reset_after():
    layer = layers.GRU(2, reset_after=False)
    layer.build((None, 5, 4))
    assert layer.cell.bias.shape == (6,)
    assert not layer.cell.recurrence.is_fused
