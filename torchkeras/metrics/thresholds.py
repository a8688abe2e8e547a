"""Counting right and wrong decisions at many thresholds at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.losses.base import align
from torchkeras.losses.functions import squeeze_or_expand_to_same_rank
from torchkeras.ops.operands import tensor

# What predictions outside of the k greatest are set to.
NEVER = -1e10


class Counts(NamedTuple):
    """Weights of the decisions of each kind, ``(thresholds,)`` or ``(thresholds, labels)``."""

    true_positives: Tensor
    false_positives: Tensor
    true_negatives: Tensor
    false_negatives: Tensor


def parse_thresholds(owner: Any, thresholds: Any, default: float) -> list[float]:
    """``thresholds`` as a list.

    Raises:
        ValueError: one is out of [0, 1].
    """
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    if any(value is None or not 0 <= value <= 1 for value in given):
        raise argument_error(
            owner, "thresholds", thresholds, "fractions", "Threshold values must be in [0, 1]."
        )
    return given


def evenly_spaced(count: int) -> list[float]:
    """``count`` thresholds from 0 to 1."""
    return [index / (count - 1) for index in range(count)]


class Thresholds:
    """Thresholds, and how many of them lie below a prediction.

    Args:
        values: The thresholds, in any order. Evenly spaced ones (from 0, or just below, to 1, or
            just above) are found by arithmetic, others by search.
    """

    def __init__(self, values: Sequence[float]) -> None:
        self.values = [float(value) for value in values]
        size = len(self.values)
        even = np.arange(size) / max(size - 1, 1)
        self.is_even = size > 2 and np.allclose(self.values, even, atol=settings.epsilon() * 1.01)
        # The first one, if below 0, lies below every prediction.
        self.least = 1 if self.is_even and (self.values[0] < 0 or self.values[-1] > 1) else 0
        self.order = np.argsort(self.values, kind="stable")
        self._sorted: Tensor | None = None

    def __len__(self) -> int:
        return len(self.values)

    def below(self, y_pred: Tensor) -> Tensor:
        """Number of thresholds that lie strictly below each prediction."""
        if self.is_even:
            steps = (y_pred.clamp(0.0, 1.0) * (len(self) - 1)).ceil()
            return steps.to(torch.int64).clamp(self.least, len(self))
        if self._sorted is None or self._sorted.device != y_pred.device:
            with torch.inference_mode(False):
                values = np.asarray(self.values)[self.order]
                self._sorted = torch.as_tensor(values, dtype=y_pred.dtype, device=y_pred.device)
        return torch.searchsorted(self._sorted, y_pred.contiguous())

    def as_given(self, by_rank: Tensor) -> Tensor:
        """Counts by rank of the threshold (first axis) in the order of ``values``."""
        if (self.order[1:] > self.order[:-1]).all():
            return by_rank
        rank = np.argsort(self.order, kind="stable")
        return by_rank[torch.as_tensor(rank, device=by_rank.device)]


def count_decisions(
    y_true: Any,
    y_pred: Any,
    thresholds: Thresholds,
    sample_weight: Any = None,
    dtype: torch.dtype = torch.float32,
    top_k: int | None = None,
    class_id: int | None = None,
    per_label: bool = False,
    label_weights: Tensor | None = None,
) -> Counts:
    """Count decisions ``y_pred > threshold``.

    Args:
        y_true: Labels, true where not 0.
        y_pred: Predictions, of the same shape.
        thresholds: The thresholds.
        sample_weight: Weights of samples, or of single predictions.
        dtype: Type of the counts.
        top_k: Only the ``k`` greatest predictions of a sample can be positive.
        class_id: Only this label is looked at.
        per_label: Whether labels, ``(batch, labels)``, are counted apart.
        label_weights: ``(labels,)``, when they are counted together.

    Raises:
        ValueError: ``class_id`` for predictions without labels.
    """
    y_pred = tensor(y_pred).to(dtype)
    y_true = tensor(y_true, y_pred.device).to(y_pred.device)
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    if top_k is not None:
        chosen = y_pred.topk(top_k, sorted=False).indices
        y_pred = torch.full_like(y_pred, NEVER).scatter(-1, chosen, y_pred.gather(-1, chosen))
    weight = None
    if sample_weight is not None:
        aligned, weight = align(y_pred, tensor(sample_weight, y_pred.device).to(y_pred))
        if aligned.ndim < y_pred.ndim:
            weight = weight.unsqueeze(-1)
    if class_id is not None:
        if y_pred.ndim == 1:
            raise argument_error(
                "class_id", "y_pred.shape", tuple(y_pred.shape), "(num_samples, num_classes)"
            )
        if not 0 <= class_id < y_pred.shape[-1]:
            raise argument_error(
                "metric", "class_id", class_id, f"a label in [0, {y_pred.shape[-1]})"
            )
        y_true, y_pred = y_true[..., class_id, None], y_pred[..., class_id, None]
        if weight is not None and weight.shape[-1] > 1:
            weight = weight[..., class_id, None]
    if label_weights is not None:
        factor = label_weights.to(y_pred).expand_as(y_pred)
        weight = factor if weight is None else factor * weight
    if weight is not None:
        weight = weight.expand_as(y_pred)
    y_true = y_true.to(torch.bool)
    if per_label:
        return _by_histogram(y_true, y_pred, thresholds, weight)
    flat = (y_true.reshape(-1), y_pred.reshape(-1))
    weight = None if weight is None else weight.reshape(-1)
    if len(thresholds) == 1:
        return _at_one(*flat, thresholds.values[0], weight)
    return _by_histogram(*flat, thresholds, weight)


def _at_one(y_true: Tensor, y_pred: Tensor, threshold: float, weight: Tensor | None) -> Counts:
    positive = y_pred > threshold
    right = positive & y_true
    if weight is None:
        sums = [x.sum() for x in (right, positive, y_true)]
        total = float(y_pred.numel())
    else:
        sums = [(x * weight).sum() for x in (right, positive, y_true)]
        total = weight.sum()
    tp, called, labelled = (x.to(y_pred.dtype).reshape(1) for x in sums)
    return Counts(tp, called - tp, total - called - labelled + tp, labelled - tp)


def _by_histogram(
    y_true: Tensor, y_pred: Tensor, thresholds: Thresholds, weight: Tensor | None
) -> Counts:
    """Counts from a histogram of how many thresholds each prediction exceeds."""
    size = len(thresholds) + 1
    labels = y_pred.shape[1] if y_pred.ndim > 1 else 1
    place = thresholds.below(y_pred) + size * y_true.to(torch.int64)
    if labels > 1:
        place = place + 2 * size * torch.arange(labels, device=place.device)
    if weight is None:
        weight = torch.ones_like(y_pred)
    histogram = torch.zeros(labels * 2 * size, dtype=y_pred.dtype, device=y_pred.device)
    histogram.index_add_(0, place.reshape(-1), weight.reshape(-1))
    # at_least[c]: weight of the predictions that exceed c thresholds or more.
    at_least = histogram.view(labels, 2, size).flip(-1).cumsum(-1).flip(-1)
    counted = thresholds.as_given(at_least[..., 1:].permute(2, 1, 0))  # (thresholds, 2, labels)
    totals = at_least[..., 0].T  # (2, labels)
    if y_pred.ndim == 1:
        counted, totals = counted[..., 0], totals[..., 0]
    fp, tp = counted[:, 0], counted[:, 1]
    return Counts(tp, fp, totals[0] - fp, totals[1] - tp)
