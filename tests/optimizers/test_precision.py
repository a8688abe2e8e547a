import numpy as np
import torch

from torchkeras.optimizers.precision import lowest, power, settled, single


def test_numbers_are_rounded_to_float32():
    assert single(0.999) == float(np.float32(0.999))


def test_powers_are_those_of_float32():
    assert power(0.999, 3) == float(np.float32(np.float32(0.999) ** 3.0))
    assert torch.is_tensor(power(0.5, torch.tensor(2.0)))


def test_the_lowest_is_a_tensor_if_either_is():
    assert lowest(2, 1.5) == 1.5
    assert float(lowest(torch.tensor(2.0), 1.5)) == 1.5


def test_settled_numbers_stay_what_they_are_in_a_graph():
    compiled = torch.compile(lambda t: settled(1.0 - t**2), backend="eager", fullgraph=True)
    number = torch.tensor(0.3)
    assert torch.equal(compiled(number), settled(1.0 - number**2))
    torch.compiler.reset()
