"""Metrics kept in Python objects rather than in tensors (tf.keras 2)."""

from typing import Any

from torchkeras.core.typing import DTypeLike
from torchkeras.metrics.base import Metric


class PyMetric(Metric):
    """Base of metrics whose states are plain Python attributes.

    A subclass writes ``update_state(y_true, y_pred, sample_weight=None)``, ``result()`` and
    ``reset_state()``. Such states stay with their process: several are not joined.

    Args:
        name, dtype: See ``Metric``.
    """

    def __init__(self, name: str | None = None, dtype: DTypeLike = None, **options: Any) -> None:
        super().__init__(name=name, dtype=dtype, **options)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch to the states; a subclass writes this."""
        super().update_state(y_true, y_pred, sample_weight)
