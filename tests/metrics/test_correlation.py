"""Correlations and the coefficient of determination."""

import pytest
import torch

from torchkeras import metrics


def test_correlation_is_blind_to_scale_and_concordance_is_not():
    y_true = torch.tensor([[0.0, 1.0, 2.0]])
    assert metrics.pearson_correlation(y_true, 2 * y_true + 1).item() == pytest.approx(1.0)
    assert metrics.concordance_correlation(y_true, 2 * y_true + 1).item() < 0.9
    assert metrics.concordance_correlation(y_true, y_true).item() == pytest.approx(1.0)
    assert not metrics.PearsonCorrelation(axis=0).is_concatenable
    assert metrics.ConcordanceCorrelation().is_concatenable


def test_r2_of_perfect_and_of_mean_predictions():
    y_true = torch.tensor([[1.0], [2.0], [3.0]])
    assert float(metrics.R2Score()(y_true, y_true)) == 1.0
    assert float(metrics.R2Score()(y_true, torch.full((3, 1), 2.0))) == 0.0
    assert float(metrics.R2Score().result()) == 0.0


def test_too_many_regressors_fall_back_aloud():
    y_true = torch.tensor([[1.0], [2.0], [3.0]])
    for regressors, message in ((5, "More independent predictors"), (2, "Division by zero")):
        metric = metrics.R2Score(num_regressors=regressors)
        metric.update_state(y_true, y_true)
        with pytest.warns(UserWarning, match=message):
            assert float(metric.result()) == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.R2Score("median"), "class_aggregation is 'median'"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors is -1"),
        (lambda: metrics.R2Score()(torch.ones(3), torch.ones(3)), "2D inputs"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
