"""Quantiles of data that comes in batches: weighted summaries that are merged.

A summary is an array ``(2, n)``: ascending values, and how many data each stands for.
"""

import numpy as np

EMPTY = np.zeros((2, 0), dtype=np.float32)


def summary_of(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Summary of one batch: every ``len * epsilon``-th value in order of size.

    Args:
        values: Numbers, in any shape.
        epsilon: Error of quantiles, a fraction.
    """
    values = np.sort(values, axis=None)
    step = max(values.size / (1.0 / epsilon), 1)
    chosen = values[int(step - 1) :: int(step)]
    return np.stack([chosen, np.full_like(chosen, step)])


def merged(first: np.ndarray, second: np.ndarray, epsilon: float) -> np.ndarray:
    """Summary of the data of two summaries."""
    both = np.concatenate([first, second], axis=1)
    return _thinned(both[:, np.argsort(both[0])], epsilon)


def boundaries_of(summary: np.ndarray, bins: int) -> np.ndarray:
    """Ascending boundaries, ``bins - 1`` of them, between bins of equal weight."""
    return _thinned(summary, 1.0 / bins)[0, :-1]


def _thinned(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary of at most ``1 / epsilon`` values, interpolated between those given."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    sums = summary[1].cumsum()
    fractions = sums / sums[-1]
    values = np.interp(shares, fractions, summary[0])
    weights = np.diff(np.interp(shares, fractions, sums), prepend=0)
    return np.stack([values, weights]).astype(np.float32)
