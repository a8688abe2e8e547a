"""Metrics kept in Python objects."""

import pytest
import torch

from torchkeras import metrics


class Labels(metrics.experimental.PyMetric):
    """The set of labels seen."""

    def __init__(self, **options):
        super().__init__(**options)
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen |= set(y_true.tolist())

    def result(self):
        return float(len(self.seen))

    def reset_state(self):
        self.seen = set()


def test_states_may_be_any_python_objects():
    metric = Labels(name="labels")
    assert metric(torch.tensor([1, 1, 2]), None) == 2.0
    assert metric(torch.tensor([3]), None) == 3.0
    metric.reset_state()
    assert metric.result() == 0.0
    assert metric.variables == []


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="colour"):
        Labels(colour="red")
