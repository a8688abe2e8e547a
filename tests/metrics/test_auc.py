"""Areas under curves."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from torchkeras import metrics


def sample(size=400, seed=0):
    """Labels, and predictions that are somewhat right."""
    random = np.random.default_rng(seed)
    y_true = random.integers(0, 2, size)
    return y_true, np.clip(y_true * 0.3 + random.uniform(0, 0.7, size), 0, 1).astype("float32")


def test_the_area_comes_near_the_exact_one():
    y_true, y_pred = sample()
    roc = float(metrics.AUC(num_thresholds=1000)(y_true, y_pred))
    assert roc == pytest.approx(roc_auc_score(y_true, y_pred), abs=2e-3)
    pr = float(metrics.AUC(num_thresholds=1000, curve="PR")(y_true, y_pred))
    assert pr == pytest.approx(average_precision_score(y_true, y_pred), abs=2e-2)


def test_sums_from_below_and_above_enclose_the_midpoints():
    y_true, y_pred = sample()
    low, middle, high = (
        float(metrics.AUC(num_thresholds=20, summation_method=method)(y_true, y_pred))
        for method in ("minoring", "interpolation", "majoring")
    )
    assert low < middle < high


def test_logits_are_taken_through_the_sigmoid():
    y_true, y_pred = sample()
    logits = torch.logit(torch.tensor(y_pred), eps=1e-6)
    first = metrics.AUC(from_logits=True)(y_true, logits)
    assert float(first) == pytest.approx(float(metrics.AUC()(y_true, y_pred)), abs=1e-3)


def test_labels_are_averaged():
    (first, p), (second, q) = sample(seed=1), sample(seed=2)
    y_true, y_pred = np.stack([first, second], 1), np.stack([p, q], 1)
    apart = [float(metrics.AUC()(first, p)), float(metrics.AUC()(second, q))]
    assert float(metrics.AUC(multi_label=True)(y_true, y_pred)) == pytest.approx(sum(apart) / 2)
    weighted = metrics.AUC(multi_label=True, label_weights=[3.0, 1.0])
    assert float(weighted(y_true, y_pred)) == pytest.approx((3 * apart[0] + apart[1]) / 4)


def test_words_may_be_in_any_case_and_states_come_with_the_first_batch():
    metric = metrics.AUC(curve="pr", summation_method="Majoring", multi_label=True)
    assert (metric.curve, metric.summation_method) == ("PR", "majoring")
    assert float(metric.result()) == 0.0
    assert metric.variables == []
    metric.update_state(torch.ones(2, 3), torch.ones(2, 3))
    assert [state.shape for state in metric.variables] == [(200, 3)] * 4


def test_given_thresholds_are_sorted_and_kept():
    metric = metrics.AUC(thresholds=[0.7, 0.2])
    assert metric.num_thresholds == 4
    assert metric.thresholds[1:-1] == [0.2, 0.7]
    assert metric.get_config()["thresholds"] == [0.2, 0.7]
    assert "thresholds" not in metrics.AUC().get_config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds is 1"),
        (lambda: metrics.AUC(curve="LIFT"), "curve is 'LIFT'"),
        (lambda: metrics.AUC(summation_method="simpson"), "summation_method is 'simpson'"),
        (lambda: metrics.AUC(num_labels=3), "multi_label"),
        (lambda: metrics.AUC(multi_label=True)(torch.ones(3), torch.ones(3)), "rank 2"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
