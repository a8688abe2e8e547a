"""F-scores beside scikit-learn's, and messages."""

import numpy as np
import pytest
import torch
from sklearn.metrics import fbeta_score

from torchkeras import metrics


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_scores_are_those_of_scikit_learn(average, beta):
    random = np.random.default_rng(0)
    y_true = random.integers(0, 2, (40, 3))
    y_pred = np.clip(y_true * 0.3 + random.uniform(0, 0.7, (40, 3)), 0, 1).astype("float32")
    metric = metrics.FBetaScore(average=average, beta=beta, threshold=0.5)
    expected = fbeta_score(y_true, y_pred > 0.5, beta=beta, average=average)
    np.testing.assert_allclose(metric(y_true, y_pred).numpy(), expected, rtol=1e-5)


def test_without_a_threshold_the_greatest_wins():
    metric = metrics.F1Score(average="micro")
    y_pred = torch.tensor([[0.2, 0.3, 0.1], [0.0, 0.0, 0.0]])
    assert float(metric(torch.tensor([[0, 1, 0], [1, 0, 0]]), y_pred)) == pytest.approx(2 / 3)


def test_f1_has_no_beta_in_its_configuration():
    assert "beta" not in metrics.F1Score().get_config()
    assert float(metrics.F1Score().result()) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.FBetaScore(average="best"), "Invalid `average` argument"),
        (lambda: metrics.FBetaScore(beta=1), "Invalid `beta` argument value"),
        (lambda: metrics.FBetaScore(beta=-1.0), "Invalid `beta` argument value"),
        (lambda: metrics.FBetaScore(threshold=2.0), "Invalid `threshold` argument value"),
        (lambda: metrics.F1Score()(torch.ones(3), torch.ones(3)), "2D inputs"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("metric", [metrics.FBetaScore(), metrics.R2Score()])
def test_states_may_be_built_by_hand(metric):
    metric.build((None, 3), (None, 3))
    built = metric.variables
    y = torch.eye(3)
    metric.update_state(y, y)
    assert all(ours is theirs for ours, theirs in zip(metric.variables, built, strict=True))
    with pytest.raises(ValueError, match=r"y_pred.shape is \(3,\)"):
        type(metric)().build((3,), (3,))
