import pytest
import torch

from torchkeras import metrics
from torchkeras.training.delayed import Backlog, LossAverage


def test_the_average_weighs_steps_by_their_samples():
    average = LossAverage("loss")
    for value, samples in ((1.0, 4), (3.0, 4), (10.0, 1)):
        average.add(torch.tensor(value, requires_grad=True), samples)
    assert average.result() == pytest.approx(26 / 9)
    average.add(torch.tensor(0.0), 9)
    assert average.result() == pytest.approx(26 / 18)


def test_the_average_can_be_updated_like_any_mean():
    average = LossAverage()
    average.add(torch.tensor(1.0), 1)
    average.update_state(torch.tensor(3.0))
    assert average.result() == 2
    assert [v.numpy() for v in average.variables] == [4, 2]


def test_a_reset_forgets_what_was_waiting():
    average = LossAverage()
    assert average.is_empty
    average.add(torch.tensor(1.0), 1)
    assert not average.is_empty
    average.reset_state()
    assert average.is_empty
    assert average.result() == 0


def test_many_steps_are_added_in_between():
    average = LossAverage()
    for step in range(200):
        average.add(torch.tensor(float(step)), 2)
    assert len(average._values) < 64
    assert average.result() == pytest.approx(99.5)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_backlog_shows_joined_batches(weighted):
    at_once, later = (metrics.CategoricalAccuracy() for _ in range(2))
    shown = []

    def show(*batch):
        shown.append(len(batch[0]))
        later.update_state(batch[0], batch[1], sample_weight=batch[2])

    backlog = Backlog(show)
    for size in (5, 5, 3):
        y = torch.eye(3)[torch.randint(3, (size,))]
        p = torch.rand(size, 3, requires_grad=True)
        w = torch.rand(size) if weighted else None
        at_once.update_state(y, p, sample_weight=w)
        backlog.add(y, p, w)
    assert shown == []
    backlog.catch_up()
    assert shown == [13]
    assert later.result() == pytest.approx(float(at_once.result()))


def test_batches_that_cannot_be_joined_are_shown_one_by_one():
    shown = []
    backlog = Backlog(lambda *batch: shown.append(tuple(batch[1].shape)))
    backlog.add(torch.zeros(2, 5), torch.zeros(2, 5), None)
    backlog.add(torch.zeros(2, 7), torch.zeros(2, 7), None)
    backlog.catch_up()
    assert shown == [(2, 5), (2, 7)]
    backlog.add(torch.zeros(2), torch.zeros(2), None)
    backlog.add(torch.zeros(2), torch.zeros(2), torch.ones(2))
    backlog.catch_up()
    assert shown[2:] == [(2,), (2,)]


def test_large_predictions_do_not_pile_up():
    shown = []
    backlog = Backlog(lambda *batch: shown.append(len(batch[1])))
    for _ in range(3):
        backlog.add(torch.zeros(2), torch.zeros(2, 2**19), None)
    assert shown == [2, 2, 2]


def test_a_cleared_backlog_shows_nothing():
    shown = []
    backlog = Backlog(lambda *batch: shown.append(batch))
    backlog.add(torch.zeros(2), torch.zeros(2), None)
    backlog.clear()
    backlog.catch_up()
    assert shown == []
