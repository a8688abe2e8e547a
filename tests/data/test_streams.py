import numpy as np
import pytest
import torch

from torchkeras.data import ArrayBatches, Batches, Epochs, IterableBatches, IteratorBatches
from torchkeras.data.streams import as_batch


def numbers(stream):
    return [batch.tolist() for batch in stream]


def test_a_peeked_batch_still_comes():
    stream = IteratorBatches(iter([np.array([1]), np.array([2])]))
    assert stream.peek().tolist() == [1]
    assert numbers(stream) == [[1], [2]]


def test_peeking_at_nothing_says_so():
    with pytest.raises(ValueError, match="at least one sample"):
        IteratorBatches(iter([])).peek()


def test_an_epoch_is_a_pass_unless_steps_are_given():
    epochs = Epochs(ArrayBatches(torch.arange(5), batch_size=2))
    assert epochs.steps == 3
    assert numbers(epochs) == numbers(epochs) == [[0, 1], [2, 3], [4]]


def test_with_steps_a_pass_goes_on_in_the_next_epoch():
    epochs = Epochs(ArrayBatches(torch.arange(4), batch_size=1), steps=2)
    assert numbers(epochs) == [[0], [1]]
    assert numbers(epochs) == [[2], [3]]
    assert numbers(epochs) == [[0], [1]]


def test_running_out_of_data_warns_and_starts_again():
    epochs = Epochs(ArrayBatches(torch.arange(3), batch_size=1), steps=2)
    assert numbers(epochs) == [[0], [1]]
    with pytest.warns(UserWarning, match=r"ran out of data after 1 of 2 batches"):
        assert numbers(epochs) == [[2]]
    assert not epochs.is_exhausted
    assert numbers(epochs) == [[0], [1]]


def test_an_iterator_is_exhausted_after_its_pass():
    epochs = Epochs(IteratorBatches(iter([torch.zeros(1)])))
    assert epochs.steps is None
    assert len(numbers(epochs)) == 1
    assert epochs.is_exhausted
    assert epochs.steps == 1


def test_an_endless_iterator_is_cut_by_steps():
    def endless():
        while True:
            yield np.zeros(1)

    assert len(numbers(Epochs(IteratorBatches(endless()), steps=3))) == 3


def test_steps_below_one_are_refused():
    with pytest.raises(ValueError, match="steps_per_epoch is 0"):
        Epochs(ArrayBatches(torch.arange(3)), steps=0)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", ["arrays", "iterable"])
def test_the_shares_of_all_processes_are_the_whole_batch(kind, number):
    data = torch.arange(11)
    source = list(data.split(4))
    for shuffle in (False, True) if kind == "arrays" else (False,):
        streams = [
            ArrayBatches(data, batch_size=4, shuffle=shuffle, seed=3)
            if kind == "arrays"
            else IterableBatches(_Again(source))
            for _ in range(number)
        ]
        shares = zip(*[s.shares(i, number) for i, s in enumerate(streams)], strict=True)
        whole = list(ArrayBatches(data, batch_size=4, shuffle=shuffle, seed=3))
        for batch, parts in zip(whole, shares, strict=True):
            joined = torch.cat([part.data[: part.rows] for part in parts])
            assert joined.tolist() == batch.tolist()
            assert all(part.total == len(batch) for part in parts)
            assert all(len(part.data) >= 1 for part in parts)


class _Again:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


def test_epochs_of_shares():
    epochs = Epochs(ArrayBatches(torch.arange(5), batch_size=4), share=(1, 2))
    assert [(s.data.tolist(), s.rows, s.total) for s in epochs] == [([2, 3], 2, 4), ([4], 1, 1)]


@pytest.mark.parametrize(
    "raw, expected",
    [
        ([np.zeros(2), np.ones(2)], 2),
        (([[1, 2], [3, 4]], [0, 1]), 2),
        (({"a": np.zeros(2)}, None), 2),
    ],
)
def test_lists_and_tuples_of_parts_are_tuples_of_tensors(raw, expected):
    batch = as_batch(raw)
    assert isinstance(batch, tuple)
    assert len(batch) == expected


def test_a_plain_list_of_numbers_is_one_array():
    assert as_batch([1.0, 2.0]).tolist() == [1, 2]


def test_numpy_doubles_become_floatx_and_tensors_stay():
    double, kept = as_batch((np.zeros(2), torch.zeros(2, dtype=torch.float64)))
    assert double.dtype == torch.float32
    assert kept.dtype == torch.float64


def test_a_stream_must_say_what_a_pass_is():
    with pytest.raises(TypeError, match="doesn't say"):
        list(Batches())
