"""Counting by arithmetic, by search and at one threshold gives the same."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchkeras
from torchkeras.metrics.thresholds import (
    Thresholds,
    count_decisions,
    evenly_spaced,
    parse_thresholds,
)


def by_hand(y_true, y_pred, thresholds, weight):
    """Counts one threshold after the other."""
    counts = []
    for threshold in thresholds:
        positive, right = y_pred > threshold, y_true.astype(bool)
        kinds = (positive & right, positive & ~right, ~positive & ~right, ~positive & right)
        counts.append([(kind * weight).sum() for kind in kinds])
    return np.array(counts, "float32").T


@given(
    thresholds=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=5),
    seed=st.integers(0, 99),
    weighted=st.booleans(),
)
def test_counts_are_those_by_hand(thresholds, seed, weighted):
    random = np.random.default_rng(seed)
    y_true, y_pred = random.integers(0, 2, 9), random.uniform(size=9).astype("float32")
    weight = random.integers(0, 4, 9).astype("float32") if weighted else np.ones(9, "float32")
    counts = count_decisions(y_true, y_pred, Thresholds(thresholds), weight if weighted else None)
    np.testing.assert_allclose(
        torch.stack(counts), by_hand(y_true, y_pred, thresholds, weight), atol=1e-4
    )


def test_even_thresholds_are_found_by_arithmetic():
    rule = Thresholds(evenly_spaced(5))
    assert rule.is_even
    below = rule.below(torch.tensor([0.0, 0.1, 0.25, 0.26, 1.0]))
    assert below.tolist() == [0, 1, 1, 2, 4]
    wide = Thresholds([-1e-7, 0.25, 0.5, 0.75, 1 + 1e-7])
    assert wide.is_even
    assert wide.below(torch.tensor([0.0, 1.0])).tolist() == [1, 4]
    assert not Thresholds([0.1, 0.5, 0.9]).is_even


def test_predictions_that_are_no_numbers_count_as_least():
    assert Thresholds(evenly_spaced(5)).below(torch.tensor([float("nan")])).tolist() == [0]


def test_labels_are_counted_apart_or_together():
    y_true, y_pred = torch.tensor([[1, 0], [1, 1]]), torch.tensor([[0.9, 0.8], [0.1, 0.7]])
    rule = Thresholds(evenly_spaced(3))
    apart = count_decisions(y_true, y_pred, rule, per_label=True)
    together = count_decisions(y_true, y_pred, rule)
    for first, second in zip(apart, together, strict=True):
        assert first.shape == (3, 2)
        assert torch.equal(first.sum(1), second)
    weights = torch.tensor([2.0, 0.0])
    weighted = count_decisions(y_true, y_pred, rule, label_weights=weights)
    assert torch.equal(weighted.true_positives, 2 * apart.true_positives[:, 0])


def test_weights_of_samples_reach_every_label():
    y_true, y_pred = torch.ones(2, 3), torch.ones(2, 3)
    counts = count_decisions(y_true, y_pred, Thresholds([0.5]), torch.tensor([1.0, 0.5]))
    assert counts.true_positives.tolist() == [4.5]


def test_thresholds_are_fractions():
    assert parse_thresholds("AUC", None, 0.5) == [0.5]
    assert parse_thresholds("AUC", 0.3, 0.5) == [0.3]
    assert parse_thresholds("AUC", (0.3, 1), 0.5) == [0.3, 1]
    with pytest.raises(ValueError, match="must be in"):
        parse_thresholds("AUC", [0.3, 1.2], 0.5)


def test_a_class_needs_an_axis_of_classes():
    with pytest.raises(ValueError, match="num_classes"):
        count_decisions(torch.ones(2), torch.ones(2), Thresholds([0.5]), class_id=1)


def test_weights_of_steps_beside_values_of_one_column():
    generator = np.random.default_rng(0)
    y_true, y_pred = generator.integers(0, 2, (5, 4, 1)), generator.random((5, 4, 1))
    weight = generator.random((5, 4))
    sides = [float(k.metrics.TrueNegatives()(y_true, y_pred, weight)) for k in (torchkeras, keras)]
    assert sides[0] == pytest.approx(sides[1])
