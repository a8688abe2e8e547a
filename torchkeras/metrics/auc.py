"""Area under a curve of decisions over all thresholds."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import serialization, settings
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import DTypeLike
from torchkeras.losses.base import divide
from torchkeras.metrics.base import Metric
from torchkeras.metrics.confusion import ALL_COUNTS, Counting
from torchkeras.metrics.thresholds import Thresholds, evenly_spaced
from torchkeras.ops.operands import tensor

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(Counting):
    """Approximate area under a curve, from counts at a number of thresholds.

    Args:
        num_thresholds: Number of thresholds, evenly spaced in [0, 1]; above 1.
        curve: ``"ROC"`` (true over false positive rate), ``"PR"`` (precision over recall) or
            ``"PRGAIN"`` (their gains over always saying yes).
        summation_method: ``"interpolation"`` (midpoints; for PR the curve of Davis and Goadrich),
            ``"minoring"`` or ``"majoring"`` (bounds from below and above).
        thresholds: Fractions in [0, 1] in place of the even ones.
        multi_label: Whether areas are taken for each label, and then averaged.
        num_labels: Number of labels, with ``multi_label``; None takes it from the first batch.
        label_weights: Weights of the labels in that average, or, without ``multi_label``, in the
            counts.
        from_logits: Whether ``y_pred`` are logits rather than probabilities.

    States:
        true_positives, false_positives, true_negatives, false_negatives: ``(thresholds,)``, or
            ``(thresholds, labels)``.

    Raises:
        ValueError: an argument is out of range, or predictions without labels for ``multi_label``.

    Example:
        >>> AUC()(torch.tensor([0, 0, 1, 1]), torch.tensor([0.0, 0.5, 0.3, 0.9]))
        tensor(0.7500)
    """

    counted = ALL_COUNTS
    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DTypeLike = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.curve = _word(self, "curve", curve, CURVES)
        self.summation_method = _word(self, "summation_method", summation_method, SUMMATIONS)
        if thresholds is None and num_thresholds <= 1:
            raise argument_error(self, "num_thresholds", num_thresholds, "an integer > 1")
        if num_labels and not multi_label:
            raise argument_error(
                self, "num_labels", num_labels, "None, as it needs `multi_label` to be True"
            )
        self._given = None if thresholds is None else sorted(thresholds)
        inner = self._given or evenly_spaced(num_thresholds)[1:-1]
        self.num_thresholds = len(inner) + 2
        self.thresholds = [-settings.epsilon(), *inner, 1.0 + settings.epsilon()]
        self._rule = Thresholds(self.thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        self._is_built = False
        if not multi_label:
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    def _build(self, labels: tuple[int, ...]) -> None:
        self._add_states((self.num_thresholds, *labels))
        self._is_built = True

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_pred = tensor(y_pred)
        if not self._is_built:
            if y_pred.ndim != 2:
                raise argument_error(
                    self, "y_pred.shape", tuple(y_pred.shape), "rank 2 when `multi_label=True`"
                )
            self._build((y_pred.shape[1],))
        if self.num_labels and y_pred.shape[-1] != self.num_labels:
            raise argument_error(
                self,
                "y_pred.shape",
                tuple(y_pred.shape),
                f"(batch, {self.num_labels}), as num_labels={self.num_labels}",
            )
        if self.label_weights is not None and len(self.label_weights) != y_pred.shape[-1]:
            raise argument_error(
                self,
                "label_weights",
                self.label_weights,
                f"one of each of {y_pred.shape[-1]} labels",
            )
        if self.from_logits:
            y_pred = y_pred.sigmoid()
        weights = None if self.multi_label else self._label_weights(y_pred)
        options = {"per_label": self.multi_label, "label_weights": weights}
        self._count(y_true, y_pred, sample_weight, **options)

    def _label_weights(self, like: Tensor) -> Tensor | None:
        if self.label_weights is None:
            return None
        return tensor(self.label_weights, like.device).to(like.device, self._torch_dtype)

    def result(self) -> Tensor:
        """The area; 0 before the first update."""
        if not self._is_built:
            return torch.zeros((), dtype=self._torch_dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        elif self.summation_method == "minoring":
            heights = torch.minimum(y[:-1], y[1:])
        else:
            heights = torch.maximum(y[:-1], y[1:])
        return self._area((x[:-1] - x[1:]) * heights)

    def _points(self) -> tuple[Tensor, Tensor]:
        """The curve's two coordinates at each threshold."""
        tp, fp, tn, fn = (getattr(self, attribute).value for attribute in self.counted)
        if self.curve == "ROC":
            return divide(fp, fp + tn), divide(tp, tp + fn)
        if self.curve == "PR":
            return divide(tp, tp + fn), divide(tp, tp + fp)
        odds = divide(tp + fn, tn + fp)
        recall_gain = torch.where(tp == 0, 0.0, 1 - odds * divide(fn, tp))
        return recall_gain.clamp(min=0), torch.where(tp == 0, 1.0, 1 - odds * divide(fp, tp))

    def interpolate_pr_auc(self) -> Tensor:
        """Area under precision over recall, true positives taken as linear between thresholds."""
        tp, fp, _, fn = (getattr(self, attribute).value for attribute in self.counted)
        positive = tp + fp
        rise = tp[:-1] - tp[1:]
        slope = divide(rise, (positive[:-1] - positive[1:]).clamp(min=0))
        intercept = tp[1:] - slope * positive[1:]
        ratio = torch.where(
            (positive[:-1] > 0) & (positive[1:] > 0),
            divide(positive[:-1], positive[1:].clamp(min=0)),
            torch.ones_like(positive[1:]),
        )
        area = slope * (rise + intercept * ratio.log())
        return self._area(divide(area, (tp[1:] + fn[1:]).clamp(min=0)))

    def _area(self, slices: Tensor) -> Tensor:
        area = slices.sum(0)
        weights = self._label_weights(area)
        if not self.multi_label:
            return area
        return area.mean() if weights is None else divide((area * weights).sum(), weights.sum())

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("thresholds", None)
        if self._given is not None:
            config["thresholds"] = serialization.serialize_value(self._given)
        return config


def _word(owner: Metric, argument: str, given: Any, allowed: tuple[str, ...]) -> str:
    """The one of ``allowed`` that is meant, whatever its case."""
    word = str(getattr(given, "value", given))
    for option in allowed:
        if word.lower() == option.lower():
            return option
    raise argument_error(owner, argument, given, f"one of {allowed}")
