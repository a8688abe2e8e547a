import random

import numpy as np
import torch

from torchkeras.core.random_state import get_random_state, set_random_state


def drawn():
    gauss = random.gauss(0, 1), float(np.random.normal())  # which keep a second number for later
    return gauss, random.random(), np.random.rand(3).tolist(), torch.rand(3).tolist()


def test_every_generator_goes_on_where_it_was():
    drawn()
    state = get_random_state()
    first = drawn()
    set_random_state(state)
    assert drawn() == first
