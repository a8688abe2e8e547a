"""How predictions vary with labels: correlations, and the share of the variance explained."""

import warnings
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import DTypeLike, Shape
from torchkeras.losses.functions import pair
from torchkeras.metrics.base import Metric, accumulate
from torchkeras.metrics.fscore import check_outputs, taken_in
from torchkeras.metrics.means import FormulaMetric
from torchkeras.ops.operands import tensor


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Pearson's correlation along ``axis``, from -1 to 1.

    Example:
        >>> pearson_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]])
        tensor([1.])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (_standardized(y_true, axis) * _standardized(y_pred, axis)).mean(axis)


def _standardized(x: Tensor, axis: int) -> Tensor:
    centred = x - x.mean(axis, keepdim=True)
    return centred / centred.std(axis, correction=0, keepdim=True)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Concordance correlation along ``axis``: agreement with the line ``y_true = y_pred``."""
    y_true, y_pred = pair(y_true, y_pred)
    mean_true, mean_pred = y_true.mean(axis, keepdim=True), y_pred.mean(axis, keepdim=True)
    variances = y_true.var(axis, correction=0, keepdim=True)
    variances = variances + y_pred.var(axis, correction=0, keepdim=True)
    # Centring both on the predictions' mean changes no mean of the products.
    products = (y_true - mean_pred) * (y_pred - mean_pred)
    spread = variances + (mean_true - mean_pred).square()
    return (2 * products / (spread + settings.epsilon())).mean(axis)


class _Correlation(FormulaMetric):
    """Mean of a correlation along ``axis``."""

    _direction = "up"

    @property
    def is_concatenable(self) -> bool:
        """Whether the correlation doesn't run along the batch."""
        return self.axis == -1


class PearsonCorrelation(_Correlation):
    """Mean of Pearson's correlation.

    Args:
        axis: Axis along which labels and predictions vary.
    """

    formula = staticmethod(pearson_correlation)

    def __init__(
        self,
        name: str | None = "pearson_correlation",
        dtype: DTypeLike = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, axis=axis)


class ConcordanceCorrelation(_Correlation):
    """Mean of the concordance correlation.

    Args:
        axis: Axis along which labels and predictions vary.
    """

    formula = staticmethod(concordance_correlation)

    def __init__(
        self,
        name: str | None = "concordance_correlation",
        dtype: DTypeLike = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, axis=axis)


class R2Score(Metric):
    """Coefficient of determination: 1 for perfect predictions, 0 for those of the mean.

    Args:
        class_aggregation: ``"uniform_average"`` or ``"variance_weighted_average"`` over the
            outputs, or None for one score each.
        num_regressors: Number of independent regressors for the adjusted score; 0 leaves it
            unadjusted.

    Shape:
        y_true, y_pred: ``(batch, outputs)``.

    States:
        num_samples: 0-d, the number of values.
        squared_sum, sum, total_mse, count: ``(outputs,)``.

    Raises:
        ValueError: an unknown aggregation, a negative number, or other ranks.
    """

    is_concatenable = True
    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        allowed = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in allowed:
            raise argument_error(self, "class_aggregation", class_aggregation, f"one of {allowed}")
        if num_regressors < 0:
            raise argument_error(self, "num_regressors", num_regressors, "0 or more")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), name="num_samples")
        self._is_built = False

    def build(self, y_true_shape: Shape, y_pred_shape: Shape) -> None:
        """Create the states for batches of these shapes, both ``(batch, outputs)``."""
        check_outputs(self, y_true_shape, y_pred_shape)
        outputs = (y_pred_shape[-1],)
        self.squared_sum = self.add_variable(outputs, name="squared_sum")
        self.sum = self.add_variable(outputs, name="sum")
        self.total_mse = self.add_variable(outputs, name="residual")
        self.count = self.add_variable(outputs, name="count")
        self._is_built = True

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; weights are of samples, or of each output."""
        y_true, y_pred = taken_in(self, y_true, y_pred)
        weight = torch.ones_like(y_true)
        if sample_weight is not None:
            weight = tensor(sample_weight, y_true.device).to(y_true)
            weight = (weight.unsqueeze(1) if weight.ndim == 1 else weight).expand_as(y_true)
        weighted = y_true * weight
        accumulate(self.sum, weighted.sum(0))
        accumulate(self.squared_sum, (y_true * weighted).sum(0))
        accumulate(self.total_mse, ((y_true - y_pred).square() * weight).sum(0))
        accumulate(self.count, weight.sum(0))
        accumulate(self.num_samples, float(y_true.numel()))

    def result(self) -> Tensor:
        """The score, or one for each output."""
        if not self._is_built:
            return torch.zeros(())
        mean = self.sum.value / self.count.value
        total = self.squared_sum.value - self.sum.value * mean
        scores = 1 - self.total_mse.value / total
        scores = torch.where(scores.isinf(), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum()
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Tensor) -> Tensor:
        samples = float(self.num_samples)
        freedom = samples - self.num_regressors - 1
        if freedom < 0:
            warnings.warn(
                "More independent predictors than datapoints in adjusted R2 score. Falling back "
                "to standard R2 score."
            )
        elif freedom == 0:
            warnings.warn(
                "Division by zero in Adjusted R2 score. Falling back to standard R2 score."
            )
        return scores if freedom <= 0 else 1 - (1 - scores) * (samples - 1) / freedom
