"""Means of the losses' formulas: errors, divergences, cross-entropies and margins."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.typing import AxisLike, DTypeLike
from torchkeras.losses import functions
from torchkeras.losses.functions import pair
from torchkeras.metrics.means import FormulaMetric, Mean
from torchkeras.ops.operands import tensor


def cosine_similarity(y_true: Any, y_pred: Any, axis: AxisLike = -1) -> Tensor:
    """The cosine between ``y_true`` and ``y_pred``: 1 for the same direction, -1 opposite."""
    return -functions.cosine_similarity(y_true, y_pred, axis)


# Cross-entropies as metrics are computed from the probabilities themselves, as in Keras 3, also
# where ``softmax`` or ``sigmoid`` has noted the logits: joined batches have none.


def binary_crossentropy(y_true: Any, y_pred: Any, **options: Any) -> Tensor:
    """The loss's formula, on ranks made alike."""
    y_true, y_pred = pair(y_true, tensor(y_pred).detach())
    return functions.binary_crossentropy(y_true, y_pred, **options)


def categorical_crossentropy(y_true: Any, y_pred: Any, **options: Any) -> Tensor:
    """The loss's formula."""
    return functions.categorical_crossentropy(y_true, tensor(y_pred).detach(), **options)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, **options: Any) -> Tensor:
    """The loss's formula."""
    return functions.sparse_categorical_crossentropy(y_true, tensor(y_pred).detach(), **options)


class MeanSquaredError(FormulaMetric):
    """Mean of ``(y_true - y_pred)**2``."""

    formula = staticmethod(functions.mean_squared_error)
    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class RootMeanSquaredError(Mean):
    """Square root of the mean of ``(y_true - y_pred)**2``, in the units of y.

    Example:
        >>> RootMeanSquaredError()(torch.zeros(2, 1), torch.tensor([[1.0], [7.0]]))
        tensor(5.)
    """

    _direction = "down"

    def __init__(
        self, name: str | None = "root_mean_squared_error", dtype: DTypeLike = None
    ) -> None:
        super().__init__(name, dtype)

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_true, y_pred = pair(y_true, y_pred)
        self._add((y_pred - y_true).to(self._torch_dtype).square(), sample_weight)

    def result(self) -> Tensor:
        """The root of the mean."""
        return super().result().sqrt()


class MeanAbsoluteError(FormulaMetric):
    """Mean of ``|y_true - y_pred|``, in the units of y."""

    formula = staticmethod(functions.mean_absolute_error)
    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class MeanAbsolutePercentageError(FormulaMetric):
    """Mean of ``|y_true - y_pred| / |y_true|``, in percent."""

    formula = staticmethod(functions.mean_absolute_percentage_error)
    _direction = "down"

    def __init__(
        self, name: str | None = "mean_absolute_percentage_error", dtype: DTypeLike = None
    ) -> None:
        super().__init__(name, dtype)


class MeanSquaredLogarithmicError(FormulaMetric):
    """Mean of ``(log(y_true + 1) - log(y_pred + 1))**2``."""

    formula = staticmethod(functions.mean_squared_logarithmic_error)
    _direction = "down"

    def __init__(
        self, name: str | None = "mean_squared_logarithmic_error", dtype: DTypeLike = None
    ) -> None:
        super().__init__(name, dtype)


class CosineSimilarity(FormulaMetric):
    """Mean cosine between ``y_true`` and ``y_pred``.

    Args:
        axis: Axis of the vectors, or several.
    """

    formula = staticmethod(cosine_similarity)
    _direction = "up"

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: DTypeLike = None,
        axis: AxisLike = -1,
    ) -> None:
        super().__init__(name, dtype, axis=axis)

    @property
    def is_concatenable(self) -> bool:
        """Whether the vectors don't lie along the batch."""
        return self.axis == -1


class LogCoshError(FormulaMetric):
    """Mean of ``log(cosh(y_pred - y_true))``."""

    formula = staticmethod(functions.log_cosh)
    _direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class KLDivergence(FormulaMetric):
    """Mean of ``sum(y_true * log(y_true / y_pred))``, in nats."""

    formula = staticmethod(functions.kl_divergence)
    _direction = "down"

    def __init__(self, name: str | None = "kl_divergence", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class Poisson(FormulaMetric):
    """Mean of ``y_pred - y_true * log(y_pred)``."""

    formula = staticmethod(functions.poisson)
    _direction = "down"

    def __init__(self, name: str | None = "poisson", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class BinaryCrossentropy(FormulaMetric):
    """Mean cross-entropy of labels 0 and 1, in nats.

    Args:
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        label_smoothing: Fraction in [0, 1] of the way by which labels are moved towards 0.5.
    """

    formula = staticmethod(binary_crossentropy)
    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: DTypeLike = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(FormulaMetric):
    """Mean cross-entropy of one-hot labels, in nats.

    Args:
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        label_smoothing: Fraction in [0, 1] of each label spread over all classes.
        axis: Axis of the classes.
    """

    formula = staticmethod(categorical_crossentropy)
    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: DTypeLike = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
        )


class SparseCategoricalCrossentropy(FormulaMetric):
    """Mean cross-entropy of class indices, in nats.

    Args:
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        ignore_class: Index whose samples count as 0, or None.
        axis: Axis of the classes.
    """

    formula = staticmethod(sparse_categorical_crossentropy)
    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DTypeLike = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)


class Hinge(FormulaMetric):
    """Mean of ``max(1 - y_true * y_pred, 0)``, for labels -1 and 1 (or 0 and 1)."""

    formula = staticmethod(functions.hinge)
    is_concatenable = False  # whether labels are 0 and 1 is read off each batch
    _direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class SquaredHinge(FormulaMetric):
    """Mean of ``max(1 - y_true * y_pred, 0)**2``, for labels -1 and 1 (or 0 and 1)."""

    formula = staticmethod(functions.squared_hinge)
    is_concatenable = False  # whether labels are 0 and 1 is read off each batch
    _direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class CategoricalHinge(FormulaMetric):
    """Mean of the right class's score against the best of the others, for one-hot labels."""

    formula = staticmethod(functions.categorical_hinge)
    _direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)
