import itertools
import threading

import pytest

from torchkeras.utils import GeneratorEnqueuer, OrderedEnqueuer, PyDataset, SequenceEnqueuer


class Numbers(PyDataset):
    def __init__(self, failing=None):
        super().__init__()
        self.failing, self.epochs = failing, 0

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index == self.failing:
            raise OSError("no such batch")
        return self.epochs * 10 + index

    def on_epoch_end(self):
        self.epochs += 1


def first(enqueuer, count, **options):
    enqueuer.start(**options)
    try:
        return list(itertools.islice(enqueuer.get(), count))
    finally:
        enqueuer.stop()
        assert not enqueuer.is_running()


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_keep_their_order_over_epochs(workers):
    expected = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21]
    assert first(OrderedEnqueuer(Numbers()), 10, workers=workers) == expected


def test_workers_may_be_processes():
    assert first(OrderedEnqueuer(Numbers(), use_multiprocessing=True), 4, workers=1) == [0, 1, 2, 3]


def test_an_epoch_may_have_its_own_order():
    found = first(OrderedEnqueuer(Numbers(), shuffle=True), 8, workers=2)
    assert [sorted(found[:4]), sorted(found[4:])] == [[0, 1, 2, 3], [10, 11, 12, 13]]


def test_an_error_of_the_sequence_is_raised_where_batches_are_read():
    with pytest.raises(OSError, match="no such batch"):
        first(OrderedEnqueuer(Numbers(failing=2)), 4)


def test_a_generator_is_read_ahead_to_its_end():
    read = []

    def numbers():
        for number in range(5):
            read.append(number)
            yield None if number == 1 else number

    assert first(GeneratorEnqueuer(numbers()), 9, workers=4, max_queue_size=2) == [0, 2, 3, 4]
    assert read == [0, 1, 2, 3, 4]


def test_no_more_is_prepared_than_the_queue_takes():
    seen, enough = [], threading.Event()

    def numbers():
        for number in itertools.count():
            seen.append(number)
            if number == 3:
                enough.set()
            yield number

    enqueuer = GeneratorEnqueuer(numbers())
    enqueuer.start(max_queue_size=3)
    assert enough.wait(10)
    enqueuer.stop()
    assert len(seen) == 4  # three that wait and one in hand


def test_a_generator_stays_in_this_process():
    with pytest.warns(UserWarning, match="use_multiprocessing has no effect"):
        GeneratorEnqueuer(iter(()), use_multiprocessing=True)


def test_it_must_be_started_and_be_of_a_kind():
    with pytest.raises(RuntimeError, match=r"Call start\(\) first"):
        next(OrderedEnqueuer(Numbers()).get())
    with pytest.raises(TypeError, match="abstract"):
        SequenceEnqueuer(Numbers())
    OrderedEnqueuer(Numbers()).stop()
