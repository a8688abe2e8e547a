"""Decisions counted right and wrong: positives, negatives, precision, recall and trade-offs."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import DTypeLike
from torchkeras.losses.base import divide
from torchkeras.metrics.base import Metric, accumulate
from torchkeras.metrics.thresholds import (
    NEVER,
    Thresholds,
    count_decisions,
    evenly_spaced,
    parse_thresholds,
)


class Counting(Metric):
    """Base of the metrics made of counts of decisions ``y_pred > threshold``.

    ``counted`` maps the attribute of a state to the kind of decision that it counts. Counts have
    the metric's type, or float32 where that couldn't hold large ones.
    """

    is_concatenable = True
    counted: dict[str, str]

    def __init__(self, name: str | None, dtype: DTypeLike) -> None:
        super().__init__(name=name, dtype=dtype)
        self._count_dtype = torch.promote_types(self._torch_dtype, torch.float32)

    def _start(self, thresholds: list[float], shape: tuple[int, ...] = ()) -> None:
        self.thresholds = thresholds
        self._rule = Thresholds(thresholds)
        self._add_states((len(thresholds), *shape))

    def _add_states(self, shape: tuple[int, ...]) -> None:
        for attribute in self.counted:
            state = self.add_variable(shape, "zeros", self._count_dtype, name=attribute)
            setattr(self, attribute, state)

    def _count(self, y_true: Any, y_pred: Any, sample_weight: Any, **options: Any) -> None:
        counts = count_decisions(
            y_true, y_pred, self._rule, sample_weight, self._count_dtype, **options
        )
        for attribute, kind in self.counted.items():
            accumulate(getattr(self, attribute), getattr(counts, kind))

    def _shown(self, values: Tensor) -> Tensor:
        """A number for one threshold, else all."""
        return values[0] if len(self.thresholds) == 1 else values


class _CountAtThresholds(Counting):
    """Base of the four plain counts.

    Args:
        thresholds: A fraction in [0, 1] or several; None is 0.5.

    States:
        accumulator: ``(thresholds,)``.

    Raises:
        ValueError: a threshold is out of range.
    """

    def __init__(
        self, thresholds: Any = None, name: str | None = None, dtype: DTypeLike = None
    ) -> None:
        super().__init__(name, dtype)
        self.init_thresholds = thresholds
        self._start(parse_thresholds(self, thresholds, 0.5))

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        self._count(y_true, y_pred, sample_weight)

    def result(self) -> Tensor:
        """The count, one for each threshold."""
        return self._shown(self.accumulator.value).clone()

    @generic
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_CountAtThresholds):
    """Weight of the predictions above the threshold whose label is 1.

    Example:
        >>> TruePositives()(torch.tensor([0, 1, 1]), torch.tensor([0.9, 0.8, 0.1]))
        tensor(1.)
    """

    counted = {"accumulator": "true_positives"}


class FalsePositives(_CountAtThresholds):
    """Weight of the predictions above the threshold whose label is 0."""

    counted = {"accumulator": "false_positives"}


class TrueNegatives(_CountAtThresholds):
    """Weight of the predictions up to the threshold whose label is 0."""

    counted = {"accumulator": "true_negatives"}


class FalseNegatives(_CountAtThresholds):
    """Weight of the predictions up to the threshold whose label is 1."""

    counted = {"accumulator": "false_negatives"}


class _Share(Counting):
    """Base of precision and recall: true positives over these and one kind of error."""

    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self._start(parse_thresholds(self, thresholds, 0.5 if top_k is None else NEVER))

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        options = {"top_k": self.top_k, "class_id": self.class_id}
        self._count(y_true, y_pred, sample_weight, **options)

    def result(self) -> Tensor:
        """The fraction, one for each threshold; 0 where there is nothing to divide by."""
        right, wrong = (getattr(self, attribute).value for attribute in self.counted)
        return self._shown(divide(right, right + wrong))

    @generic
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class Precision(_Share):
    """Fraction of the positive predictions whose label is 1.

    Args:
        thresholds: A fraction in [0, 1] or several above which a prediction is positive; None is
            0.5, or all of the ``top_k``.
        top_k: Number of greatest predictions of a sample that can be positive; None is all.
        class_id: Label that alone is looked at; None is all.

    States:
        true_positives, false_positives: ``(thresholds,)``.

    Raises:
        ValueError: a threshold is out of range.

    Example:
        >>> Precision()(torch.tensor([0, 1, 1]), torch.tensor([0.9, 0.8, 0.1]))
        tensor(0.5000)
    """

    counted = {"true_positives": "true_positives", "false_positives": "false_positives"}


class Recall(_Share):
    """Fraction of the labels 1 whose prediction is positive.

    Args:
        thresholds, top_k, class_id: See ``Precision``.

    States:
        true_positives, false_negatives: ``(thresholds,)``.

    Raises:
        ValueError: a threshold is out of range.
    """

    counted = {"true_positives": "true_positives", "false_negatives": "false_negatives"}


ALL_COUNTS = {
    "true_positives": "true_positives",
    "false_positives": "false_positives",
    "true_negatives": "true_negatives",
    "false_negatives": "false_negatives",
}


class _TradeOff(Counting):
    """Base of the metrics "the best of one measure where another is at least ``value``"."""

    counted = ALL_COUNTS
    _direction = "up"
    bound: str  # the argument that holds ``value``

    def __init__(
        self,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: DTypeLike,
    ) -> None:
        super().__init__(name, dtype)
        if not 0 <= value <= 1:
            raise argument_error(self, self.bound, value, "a fraction in the range [0, 1]")
        if num_thresholds <= 0:
            raise argument_error(self, "num_thresholds", num_thresholds, "an integer > 0")
        setattr(self, self.bound, value)
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self._start([0.5] if num_thresholds == 1 else evenly_spaced(num_thresholds))

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        self._count(y_true, y_pred, sample_weight, class_id=self.class_id)

    def _best(self, measure: Tensor, bounded: Tensor) -> Tensor:
        return torch.where(bounded >= self.value, measure, 0.0).amax()

    def _recall(self) -> Tensor:
        right = self.true_positives.value
        return divide(right, right + self.false_negatives.value)

    def _precision(self) -> Tensor:
        right = self.true_positives.value
        return divide(right, right + self.false_positives.value)

    def _specificity(self) -> Tensor:
        right = self.true_negatives.value
        return divide(right, right + self.false_positives.value)


class SensitivityAtSpecificity(_TradeOff):
    """Greatest recall of label 1 where that of label 0 is at least ``specificity``.

    Args:
        specificity: Fraction in [0, 1].
        num_thresholds: Number of thresholds tried, evenly spaced from 0 to 1.
        class_id: Label that alone is looked at; None is all.

    Raises:
        ValueError: an argument is out of range.
    """

    bound = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        """The recall."""
        return self._best(self._recall(), self._specificity())


class SpecificityAtSensitivity(_TradeOff):
    """Greatest recall of label 0 where that of label 1 is at least ``sensitivity``.

    Args:
        sensitivity: Fraction in [0, 1].
        num_thresholds, class_id: See ``SensitivityAtSpecificity``.

    Raises:
        ValueError: an argument is out of range.
    """

    bound = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        """The recall of label 0."""
        return self._best(self._specificity(), self._recall())


class PrecisionAtRecall(_TradeOff):
    """Greatest precision where the recall is at least ``recall``.

    Args:
        recall: Fraction in [0, 1].
        num_thresholds, class_id: See ``SensitivityAtSpecificity``.

    Raises:
        ValueError: an argument is out of range.
    """

    bound = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        """The precision."""
        return self._best(self._precision(), self._recall())


class RecallAtPrecision(_TradeOff):
    """Greatest recall where the precision is at least ``precision``.

    Args:
        precision: Fraction in [0, 1].
        num_thresholds, class_id: See ``SensitivityAtSpecificity``.

    Raises:
        ValueError: an argument is out of range.
    """

    bound = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        """The recall."""
        return self._best(self._recall(), self._precision())
