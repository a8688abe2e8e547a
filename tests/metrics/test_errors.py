"""Means of the losses' formulas."""

import pytest
import torch

from torchkeras import metrics


def test_root_of_the_mean_not_mean_of_roots():
    metric = metrics.RootMeanSquaredError()
    metric.update_state(torch.zeros(1, 1), torch.tensor([[3.0]]))
    metric.update_state(torch.zeros(1, 1), torch.tensor([[4.0]]))
    assert float(metric.result()) == pytest.approx(12.5**0.5)


def test_vectors_and_columns_fit():
    flat = torch.tensor([0.2, 0.9])
    for name in ("MeanSquaredError", "BinaryCrossentropy", "Poisson", "RootMeanSquaredError"):
        first, second = getattr(metrics, name)(), getattr(metrics, name)()
        torch.testing.assert_close(first(flat, flat[:, None]), second(flat, flat))


def test_the_cosine_is_positive_for_the_same_direction():
    metric = metrics.CosineSimilarity()
    assert float(metric(torch.tensor([[3.0, 4.0]]), torch.tensor([[6.0, 8.0]]))) == 1.0
    assert metric.is_concatenable
    assert not metrics.CosineSimilarity(axis=0).is_concatenable
    assert float(metrics.cosine_similarity([[1.0, 0.0]], [[0.0, 1.0]])) == 0.0


def test_cross_entropies_are_of_the_probabilities_themselves():
    logits = torch.tensor([[40.0, 0.0]])
    noted = logits.softmax(-1)
    noted._keras_logits, noted._keras_activation = logits, "softmax"
    metric = metrics.SparseCategoricalCrossentropy()
    assert float(metric(torch.tensor([1]), noted)) == pytest.approx(16.118, abs=1e-3)


def test_directions_tell_which_way_is_better():
    assert metrics.MeanSquaredError._direction == "down"
    assert metrics.SparseCategoricalAccuracy._direction == "up"
    assert metrics.AUC._direction == "up"
