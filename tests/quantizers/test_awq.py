"""AWQ on a matrix; ``tests/layers/test_calibration.py`` compares it with Keras's."""

import torch
from parity import numbers

from torchkeras.quantizers import AWQConfig
from torchkeras.quantizers.awq import Magnitudes, awq


def test_magnitudes_are_the_largest_values_seen():
    seen = Magnitudes(3, "cpu")
    seen.add(torch.tensor([[1.0, -4.0, 0.0], [-2.0, 3.0, 0.0]]))
    seen.add(torch.zeros(2, 0, 3))
    assert seen.value.tolist() == [2.0, 4.0, 0.0]


def test_columns_of_large_inputs_are_scaled_up():
    weight = torch.tensor(numbers((8, 16)))
    x = torch.tensor(numbers((50, 16), 1)) * torch.tensor([30.0] + [1.0] * 15)
    seen = Magnitudes(16, "cpu")
    seen.add(x)
    levels, reading, groups, factor = awq(weight, seen, AWQConfig(None, None, group_size=-1))
    assert factor.argmax() == 0
    restored = reading.back(levels.float(), groups) / factor
    plain = awq(weight, Magnitudes(16, "cpu"), AWQConfig(None, None, group_size=-1))
    nearest = plain[1].back(plain[0].float(), plain[2])
    assert ((x @ (restored - weight).T) ** 2).mean() < ((x @ (nearest - weight).T) ** 2).mean()
