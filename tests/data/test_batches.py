import numpy as np
import pandas
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from torchkeras.data import Batches, PyDataset, batches

X = np.arange(12, dtype="float32").reshape(6, 2)
Y = np.arange(6)


class Pairs(PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[2 * index : 2 * index + 2], Y[2 * index : 2 * index + 2]


class Sequence2:
    """A dataset with the methods of a PyDataset, of another make."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return Pairs()[index]

    def on_epoch_end(self):
        pass


class Repeatable:
    def __iter__(self):
        return iter(Pairs())


class WithStream:
    def torchkeras_batches(self, device=None, class_weights=None):
        return batches(X, Y, batch_size=2, device=device)


def generator():
    yield from Pairs()


def lists():
    for x, y in Pairs():
        yield [x, y]


SOURCES = {
    "numpy": (X, Y),
    "torch": (torch.tensor(X), torch.tensor(Y)),
    "lists": (X.tolist(), Y.tolist()),
    "pandas": (pandas.DataFrame(X), Y),
    "dataset": (TensorDataset(torch.tensor(X), torch.tensor(Y)), None),
    "loader": (DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=2), None),
    "pydataset": (Pairs(), None),
    "sequence": (Sequence2(), None),
    "generator function": (generator, None),
    "repeatable": (Repeatable(), None),
    "own stream": (WithStream(), None),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_gives_the_same_batches(kind):
    stream = batches(*SOURCES[kind], batch_size=2)
    for _ in range(2):
        found = list(stream)
        assert torch.equal(torch.cat([x for x, _ in found]), torch.tensor(X))
        assert torch.equal(torch.cat([y for _, y in found]), torch.tensor(Y))
        assert len(found) == 3


@pytest.mark.parametrize("source", [generator, lists])
def test_generators_give_one_pass(source):
    stream = batches(source())
    assert torch.equal(torch.cat([y for _, y in stream]), torch.tensor(Y))
    assert list(stream) == []


@pytest.mark.parametrize("kind", SOURCES)
def test_class_weights_work_on_every_source(kind):
    if kind == "own stream":
        pytest.skip("applies them itself")
    stream = batches(*SOURCES[kind], batch_size=6, class_weight={2: 5.0})
    weights = torch.cat([weight for _, _, weight in stream])
    assert weights.tolist() == [1, 1, 5, 1, 1, 1]


def test_a_stream_is_taken_as_it_is():
    stream = batches(X)
    assert isinstance(stream, Batches)
    assert batches(stream) is stream


@pytest.mark.parametrize("name", ["y", "sample_weight"])
def test_targets_and_weights_come_with_the_batches(name):
    with pytest.raises(ValueError, match=f"`{name}` should not be passed"):
        batches(Pairs(), **{name: Y})


def test_what_is_no_data_is_named():
    with pytest.raises(TypeError, match="x is 'object'; expected arrays"):
        batches(object())
    with pytest.raises(TypeError, match="list of DataLoader"):
        batches([SOURCES["loader"][0]])
