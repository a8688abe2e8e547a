import random

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from torchkeras.core.seeds import SeedGenerator
from torchkeras.data.memory import Memory


class Source:
    """Holds generators of every kind, directly and in functions."""

    def __init__(self):
        self.generators = [torch.Generator().manual_seed(1), np.random.default_rng(1)]
        self.more = {"python": random.Random(1), "numpy": np.random.RandomState(1)}
        hidden = SeedGenerator(3)
        self.draw = lambda: hidden.next().tolist()
        self.order = np.arange(10)
        self.names = ["a", "b"]
        self.passes = 0

    def drawn(self):
        torch_one, numpy_one = self.generators
        self.passes += 1
        numpy_one.shuffle(self.order)
        self.names.reverse()
        return (
            torch.rand(2, generator=torch_one).tolist(),
            self.order.tolist(),
            self.more["python"].random(),
            self.more["numpy"].rand(),
            self.draw(),
            self.passes,
            list(self.names),
            random.random(),
        )


def test_a_source_gives_again_what_it_gave():
    source = Source()
    memory = Memory({"source": source})
    source.drawn()
    state = memory.now()
    first = source.drawn()
    memory.restore(state)
    assert source.drawn() == first


def test_another_object_of_the_same_make_goes_on():
    old, new = Source(), Source()
    memories = [Memory({"source": source}) for source in (old, new)]
    old.drawn()
    state = memories[0].now()
    first = old.drawn()
    memories[1].restore(state)
    assert new.drawn() == first


def test_only_what_has_changed_is_kept():
    source = Source()
    memory = Memory({"source": source})
    assert memory.now()["attributes"] == {}
    source.order[3] = 7
    assert list(memory.now()["attributes"]) == [".source.order"]


def test_arrays_are_restored_in_place():
    source = Source()
    memory = Memory({"source": source})
    view = source.order[:3]
    source.order[0] = 5
    state = memory.now()
    source.order[0] = 6
    memory.restore(state)
    assert view[0] == 5


def test_the_generator_of_a_loader_is_found():
    loader = DataLoader(
        TensorDataset(torch.arange(8)), shuffle=True, generator=torch.Generator().manual_seed(2)
    )
    memory = Memory({"loader": loader})
    state = memory.now()
    first = [int(x) for (x,) in loader]
    memory.restore(state)
    assert [int(x) for (x,) in loader] == first
