import numpy as np
import torch

from torchkeras.optimizers.precision import lowest, power, single


def test_numbers_are_rounded_to_float32():
    assert single(0.999) == float(np.float32(0.999))


def test_powers_are_those_of_float32():
    assert power(0.999, 3) == float(np.float32(np.float32(0.999) ** 3.0))
    assert torch.is_tensor(power(0.5, torch.tensor(2.0)))


def test_the_lowest_is_a_tensor_if_either_is():
    assert lowest(2, 1.5) == 1.5
    assert float(lowest(torch.tensor(2.0), 1.5)) == 1.5
