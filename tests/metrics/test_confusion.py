"""Counts, precision, recall and trade-offs."""

import pytest
import torch

from torchkeras import metrics

Y_TRUE, Y_PRED = torch.tensor([0, 1, 1, 1]), torch.tensor([0.9, 0.8, 0.1, 0.6])


def test_the_four_counts_add_up_to_all():
    kinds = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
    counts = [float(getattr(metrics, kind)()(Y_TRUE, Y_PRED)) for kind in kinds]
    assert counts == [2.0, 1.0, 0.0, 1.0]


def test_precision_and_recall():
    assert float(metrics.Precision()(Y_TRUE, Y_PRED)) == pytest.approx(2 / 3)
    assert float(metrics.Recall()(Y_TRUE, Y_PRED)) == pytest.approx(2 / 3)
    several = metrics.Recall(thresholds=[0.0, 0.7])(Y_TRUE, Y_PRED)
    assert several.tolist() == pytest.approx([1.0, 1 / 3])


def test_nothing_to_divide_by_is_zero():
    assert float(metrics.Precision().result()) == 0.0
    assert float(metrics.Recall()(torch.zeros(2), torch.zeros(2))) == 0.0


def test_only_the_top_k_can_be_positive():
    metric = metrics.Precision(top_k=1)
    y_pred = torch.tensor([[0.9, 0.8, 0.1], [0.2, 0.3, 0.1]])
    assert float(metric(torch.tensor([[1, 1, 0], [0, 0, 1]]), y_pred)) == 0.5
    assert metric.get_config()["thresholds"] is None


def test_the_best_recall_within_a_bound():
    y_true, y_pred = torch.tensor([0, 0, 0, 1, 1]), torch.tensor([0.0, 0.3, 0.8, 0.3, 0.8])
    assert float(metrics.SensitivityAtSpecificity(0.5)(y_true, y_pred)) == 0.5
    assert float(metrics.SpecificityAtSensitivity(0.5)(y_true, y_pred)) == pytest.approx(2 / 3)
    assert float(metrics.PrecisionAtRecall(0.5)(y_true, y_pred)) == 0.5
    assert float(metrics.RecallAtPrecision(0.8)(y_true, y_pred)) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(thresholds=[0.5, 2.0]), "Threshold values must be in"),
        (lambda: metrics.TruePositives(thresholds=-1.0), "thresholds is -1.0"),
        (lambda: metrics.SensitivityAtSpecificity(1.5), "specificity is 1.5"),
        (lambda: metrics.SpecificityAtSensitivity(-0.5), "sensitivity is -0.5"),
        (lambda: metrics.PrecisionAtRecall(2), "recall is 2"),
        (lambda: metrics.RecallAtPrecision(2), "precision is 2"),
        (lambda: metrics.RecallAtPrecision(0.5, num_thresholds=0), "num_thresholds is 0"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
