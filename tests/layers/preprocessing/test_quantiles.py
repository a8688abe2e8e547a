"""Summaries of data."""

import numpy as np

from torchkeras.layers.preprocessing import quantiles


def test_boundaries_part_the_data_into_equal_shares():
    values = np.random.default_rng(0).normal(size=5000).astype("float32")
    summary = quantiles.EMPTY
    for batch in np.array_split(values, 13):
        summary = quantiles.merged(quantiles.summary_of(batch, 0.01), summary, 0.01)
    assert summary.shape[1] <= 101
    boundaries = quantiles.boundaries_of(summary, 4)
    np.testing.assert_allclose(boundaries, np.quantile(values, [0.25, 0.5, 0.75]), atol=0.06)


def test_few_values_are_kept_as_they_are():
    summary = quantiles.summary_of(np.array([3.0, 1.0, 2.0], dtype="float32"), 0.01)
    assert summary.tolist() == [[1, 2, 3], [1, 1, 1]]
