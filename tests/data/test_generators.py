import threading

import numpy as np
import pytest
import torch

from torchkeras.data import Epochs, IterableBatches, IteratorBatches, PyDataset, PyDatasetBatches


class Counting(PyDataset):
    def __init__(self, length=7, **options):
        super().__init__(**options)
        self.length = length
        self.began = self.ended = 0
        self.threads = set()

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        self.threads.add(threading.current_thread().name)
        return np.full((2, 1), index), np.full(2, index)

    def on_epoch_begin(self):
        self.began += 1

    def on_epoch_end(self):
        self.ended += 1


def indices(stream):
    return [int(y[0]) for _, y in stream]


def test_an_iterable_can_be_read_again_and_knows_its_length():
    stream = IterableBatches([np.zeros(2)] * 3)
    assert stream.steps == 3
    assert len(list(stream)) == len(list(stream)) == 3


def test_a_generator_function_starts_each_pass():
    def batches():
        yield np.zeros(2)

    stream = IterableBatches(batches)
    assert stream.steps is None
    assert len(list(stream)) == len(list(stream)) == 1


def test_a_generator_has_one_pass():
    stream = IteratorBatches(np.zeros(1) for _ in range(2))
    assert len(list(stream)) == 2
    assert list(stream) == []


@pytest.mark.parametrize(
    "options",
    [{}, {"workers": 3}, {"workers": 3, "max_queue_size": 1}],
    ids=["alone", "threads", "short queue"],
)
def test_batches_of_a_pydataset_come_in_order(options):
    dataset = Counting(**options)
    assert indices(PyDatasetBatches(dataset)) == list(range(7))
    assert (threading.current_thread().name in dataset.threads) == (not options)


def test_processes_fetch_batches_in_order():
    dataset = Counting(workers=2, use_multiprocessing=True, max_queue_size=4)
    assert indices(PyDatasetBatches(dataset)) == list(range(7))


def test_shuffling_changes_the_order_of_batches_in_each_pass():
    stream = PyDatasetBatches(Counting(30), shuffle=True, seed=0)
    first, second = indices(stream), indices(stream)
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second != list(range(30))


def test_the_dataset_hears_of_each_epoch():
    dataset = Counting()
    epochs = Epochs(PyDatasetBatches(dataset))
    list(epochs)
    list(epochs)
    assert (dataset.began, dataset.ended) == (2, 2)


def test_an_endless_dataset_has_no_steps():
    class Endless(Counting):
        num_batches = None

    stream = PyDatasetBatches(Endless(), shuffle=True)
    assert stream.steps is None
    assert indices(Epochs(stream, steps=9)) == list(range(9))


def test_leaving_a_pass_early_lets_the_threads_go():
    stream = iter(PyDatasetBatches(Counting(50, workers=2)))
    next(stream)
    del stream
    assert not [t for t in threading.enumerate() if t.name.startswith("PyDataset")]


def test_a_constructor_that_forgets_its_base_is_warned_of():
    class Forgetful(PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.zeros(2)

    with pytest.warns(UserWarning, match=r"super\(\).__init__"):
        assert Forgetful().workers == 1


def test_a_dataset_without_a_length_says_what_is_missing():
    with pytest.raises(RuntimeError, match="Define __len__"):
        list(PyDataset())
    with pytest.raises(RuntimeError, match="no __getitem__"):
        PyDataset()[0]


def test_a_dataset_without_batches_is_an_error():
    with pytest.raises(ValueError, match="length 0"):
        PyDatasetBatches(Counting(0))


def test_peeking_leaves_the_order_alone():
    stream = PyDatasetBatches(Counting(3))
    assert torch.equal(stream.peek()[1], torch.tensor([0, 0]))
    assert indices(stream) == [0, 1, 2]
