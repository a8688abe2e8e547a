import numpy as np
import torch

import torchkeras as keras
from torchkeras.callbacks import Callback
from torchkeras.saving import snapshot
from torchkeras.training.foreign import ForeignMetric
from torchkeras.training.states import (
    get_callback_state,
    get_metric_state,
    set_callback_state,
    set_metric_state,
)


def kept(state, folder):
    """``state`` as another process finds it."""
    snapshot.write(folder, state)
    return snapshot.read(folder)


def test_arguments_of_callbacks_may_change_between_runs():
    class Counter(Callback):
        def __init__(self, limit):
            super().__init__()
            self.limit = limit
            self.counts = {}
            self.tensor = torch.zeros(2)
            self.scheduler = torch.optim.lr_scheduler.StepLR(
                torch.optim.SGD([torch.zeros(1)], 1.0), 1
            )

    old, new = Counter(3), Counter(5)
    old.counts["a"] = old.tensor[0] = 4
    old.scheduler.last_epoch = 9
    state, unkept = get_callback_state(old, {"limit": 3})
    set_callback_state(new, state)
    assert unkept == []
    assert (new.limit, new.counts, new.tensor.tolist()) == (5, {"a": 4}, [4, 0])
    assert new.scheduler.last_epoch == 9


class Collected(keras.metrics.Metric):
    """A metric with a variable, a list and an array."""

    def __init__(self, **options):
        super().__init__(**options)
        self.total = self.add_weight(name="total")
        self.seen = []
        self.counts = np.zeros(2)

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(y_pred.sum())
        self.seen.append(y_pred.max())
        self.counts += 1

    def result(self):
        return self.total.value


class Furthest(torch.nn.Module):
    """A metric as torchmetrics' classes are written."""

    def __init__(self):
        super().__init__()
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.reset()

    def update(self, predictions, targets):
        self.steps += 1
        self.errors.append((predictions - targets).abs().max())

    def compute(self):
        return torch.stack(self.errors).max()

    def reset(self):
        self.errors = []


def test_metrics_of_the_users_are_kept_with_their_attributes(tmp_path):
    old, new = Collected(name="a"), Collected(name="b")
    old.update_state(torch.zeros(2), torch.tensor([1.0, 2.0]))
    set_metric_state(new, kept(get_metric_state(old), tmp_path))
    assert new.result() == 3
    assert new.seen == [2.0]
    assert new.counts.tolist() == [1, 1]
    assert len(new.variables) == 1


def test_foreign_metrics_are_kept_with_their_attributes_and_buffers(tmp_path):
    old, new = ForeignMetric(Furthest()), ForeignMetric(Furthest())
    old.update_state(torch.zeros(2), torch.tensor([1.0, 2.0]))
    set_metric_state(new, kept(get_metric_state(old), tmp_path))
    new.update_state(torch.zeros(1), torch.tensor([0.5]))
    assert new.result() == 2
    assert new.metric.steps == 2


def test_metrics_of_ours_are_their_variables():
    metric = keras.metrics.AUC()
    assert get_metric_state(metric)["attributes"] == []
