"""Harmonic means of precision and recall."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import DTypeLike, Shape
from torchkeras.losses.functions import pair
from torchkeras.metrics.base import Metric, accumulate
from torchkeras.ops.operands import tensor


def check_outputs(metric: Any, y_true_shape: Shape, y_pred_shape: Shape) -> None:
    """Raise a ValueError unless both shapes are ``(batch, outputs)``."""
    if len(y_true_shape) != 2 or len(y_pred_shape) != 2:
        raise argument_error(
            metric,
            "y_pred.shape",
            tuple(y_pred_shape),
            f"2D inputs with shape (batch_size, output_dim), like y_true; that has shape "
            f"{tuple(y_true_shape)}",
        )


def taken_in(metric: Any, y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Targets and predictions in the metric's number type; the first ones build its states."""
    y_true, y_pred = pair(y_true, y_pred)
    y_true, y_pred = y_true.to(metric._torch_dtype), y_pred.to(metric._torch_dtype)
    if not metric._is_built:
        metric.build(tuple(y_true.shape), tuple(y_pred.shape))
    return y_true, y_pred


class FBetaScore(Metric):
    """``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)``.

    Args:
        average: None for a score for each class, ``"micro"`` for one of all decisions,
            ``"macro"`` for the mean of the classes, ``"weighted"`` for that by number of labels.
        beta: How much more recall counts than precision, above 0.
        threshold: Fraction in (0, 1] above which a prediction is positive; None takes the greatest
            one of a sample.

    Shape:
        y_true, y_pred: ``(batch, classes)``.

    States:
        true_positives, false_positives, false_negatives, intermediate_weights: ``(classes,)``, or
            0-d for ``"micro"``.

    Raises:
        ValueError: an argument is out of range, or other ranks.

    Example:
        >>> y_true, y_pred = torch.eye(2), torch.tensor([[0.9, 0.1], [0.8, 0.2]])
        >>> FBetaScore(beta=2.0)(y_true, y_pred)
        tensor([0.8333, 0.0000])
    """

    is_concatenable = True
    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            allowed = "None, 'micro', 'macro' or 'weighted'"
            raise argument_error(self, "average", average, allowed, "Invalid `average` argument.")
        if not isinstance(beta, float) or beta <= 0:
            raise argument_error(
                self, "beta", beta, "a Python float > 0", "Invalid `beta` argument value."
            )
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise argument_error(
                self,
                "threshold",
                threshold,
                "a Python float with 0 < threshold <= 1",
                "Invalid `threshold` argument value.",
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self._is_built = False

    def build(self, y_true_shape: Shape, y_pred_shape: Shape) -> None:
        """Create the states for batches of these shapes, both ``(batch, outputs)``."""
        check_outputs(self, y_true_shape, y_pred_shape)
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        for name in _STATES:
            setattr(self, name, self.add_variable(shape, "zeros", self.dtype, name=name))
        self._is_built = True

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; weights are of samples."""
        y_true, y_pred = taken_in(self, y_true, y_pred)
        if self.threshold is None:
            positive = (y_pred >= y_pred.amax(-1, keepdim=True)) & (y_pred.abs() > 1e-9)
        else:
            positive = y_pred > self.threshold
        positive = positive.to(y_true)
        weight = 1.0
        if sample_weight is not None:
            weight = tensor(sample_weight, y_true.device).to(y_true).reshape(-1, 1)
        labelled = y_true * weight
        values = (
            positive * labelled,
            positive * (weight - labelled),
            labelled - positive * labelled,
        )
        for name, value in zip(_STATES, (*values, labelled), strict=True):
            accumulate(getattr(self, name), value.sum() if self.axis is None else value.sum(0))

    def result(self) -> Tensor:
        """The score, or one for each class; 0 before the first update."""
        if not self._is_built:
            return torch.zeros((), dtype=self._torch_dtype)
        right, invented, missed, labelled = (getattr(self, name).value for name in _STATES)
        least = settings.epsilon()
        precision = right / (right + invented + least)
        recall = right / (right + missed + least)
        square = self.beta**2
        scores = (1 + square) * precision * recall / (square * precision + recall + least)
        if self.average == "weighted":
            return (scores * labelled / (labelled.sum() + least)).sum()
        return scores if self.average is None else scores.mean()


_STATES = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class F1Score(FBetaScore):
    """``2 * precision * recall / (precision + recall)``.

    Args:
        average, threshold: See ``FBetaScore``.
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)
