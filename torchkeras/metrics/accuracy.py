"""How often predictions are right."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.typing import DTypeLike
from torchkeras.losses.functions import squeeze_or_expand_to_same_rank
from torchkeras.metrics.means import FormulaMetric
from torchkeras.ops.operands import floatx_dtype, tensor

# Each formula first gives truth values, which are cheaper to count; the public function casts them.


def _both(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    y_pred = tensor(y_pred)
    y_true = tensor(y_true, y_pred.device)
    return (y_true if y_true.device == y_pred.device else y_true.to(y_pred.device)), y_pred


def matches(y_true: Any, y_pred: Any) -> Tensor:
    """Where the two are equal."""
    y_true, y_pred = squeeze_or_expand_to_same_rank(*_both(y_true, y_pred))
    return y_true.to(y_pred.dtype) == y_pred


def binary_matches(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """Where a prediction is above ``threshold`` just if the label is 1."""
    y_true, y_pred = squeeze_or_expand_to_same_rank(*_both(y_true, y_pred))
    return (y_pred > threshold) == y_true


def categorical_matches(y_true: Any, y_pred: Any) -> Tensor:
    """Where the greatest prediction is of the class of the greatest label."""
    y_true, y_pred = _both(y_true, y_pred)
    return y_true.argmax(-1) == y_pred.argmax(-1)


def sparse_categorical_matches(y_true: Any, y_pred: Any) -> Tensor:
    """Where the greatest prediction is of the class that the label names."""
    y_true, y_pred = _both(y_true, y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    found = y_pred.argmax(-1) == y_true
    return found.squeeze(-1) if found.ndim > 1 and found.shape[-1] == 1 else found


def top_k_matches(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """Where the class of the greatest label is among the ``k`` greatest predictions."""
    y_true, y_pred = _both(y_true, y_pred)
    return _in_top_k(y_true.argmax(-1), y_pred, k)


def sparse_top_k_matches(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """Where the class that the label names is among the ``k`` greatest predictions."""
    y_true, y_pred = _both(y_true, y_pred)
    if from_sorted_ids:
        labels = y_true.to(y_pred.dtype).reshape(*y_pred.shape[:-1], 1)
        return (labels == y_pred[..., :k]).any(-1).reshape(y_true.shape)
    return _in_top_k(y_true, y_pred, k)


def _in_top_k(classes: Tensor, y_pred: Tensor, k: int) -> Tensor:
    """Whether fewer than ``k`` predictions are greater than that of the class."""
    indices = classes.to(torch.int64).reshape(*y_pred.shape[:-1], 1)
    chosen = y_pred.gather(-1, indices)
    least = y_pred.topk(min(k, y_pred.shape[-1]), sorted=False).values.amin(-1, keepdim=True)
    return (chosen >= least).reshape(classes.shape)


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where ``y_pred`` equals ``y_true``, else 0."""
    return matches(y_true, y_pred).to(floatx_dtype())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1 where ``y_pred > threshold`` is what the label (0 or 1) says, else 0.

    Example:
        >>> binary_accuracy([[1], [0]], [[0.7], [0.9]]).flatten()
        tensor([1., 0.])
    """
    return binary_matches(y_true, y_pred, threshold).to(floatx_dtype())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the greatest prediction is of the class of the one-hot label, else 0."""
    return categorical_matches(y_true, y_pred).to(floatx_dtype())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the greatest prediction is of the class that the label names, else 0."""
    return sparse_categorical_matches(y_true, y_pred).to(floatx_dtype())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the class of the one-hot label is among the ``k`` greatest predictions, else 0."""
    return top_k_matches(y_true, y_pred, k).to(floatx_dtype())


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """1 where the class that the label names is among the ``k`` greatest predictions, else 0.

    Args:
        y_true: Class indices.
        y_pred: Predictions; or class indices, the best ones first.
        k: Number of predictions looked at.
        from_sorted_ids: Whether ``y_pred`` are indices.
    """
    return sparse_top_k_matches(y_true, y_pred, k, from_sorted_ids).to(floatx_dtype())


class Accuracy(FormulaMetric):
    """Fraction of predictions equal to their labels."""

    formula = staticmethod(matches)
    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class BinaryAccuracy(FormulaMetric):
    """Fraction of predictions on the right side of a threshold.

    Args:
        threshold: Bound above which a prediction means 1.

    Example:
        >>> BinaryAccuracy()(torch.tensor([[1.0], [0.0]]), torch.tensor([[0.7], [0.9]]))
        tensor(0.5000)
    """

    formula = staticmethod(binary_matches)
    _direction = "up"

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: DTypeLike = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(name, dtype, threshold=threshold)


class CategoricalAccuracy(FormulaMetric):
    """Fraction of samples whose greatest prediction is of the one-hot label's class."""

    formula = staticmethod(categorical_matches)
    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class SparseCategoricalAccuracy(FormulaMetric):
    """Fraction of samples whose greatest prediction is of the class that the label names."""

    formula = staticmethod(sparse_categorical_matches)
    _direction = "up"

    def __init__(
        self, name: str | None = "sparse_categorical_accuracy", dtype: DTypeLike = None
    ) -> None:
        super().__init__(name, dtype)


class TopKCategoricalAccuracy(FormulaMetric):
    """Fraction of samples whose one-hot label is among the ``k`` greatest predictions.

    Args:
        k: Number of predictions looked at.
    """

    formula = staticmethod(top_k_matches)
    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, dtype, k=k)


class SparseTopKCategoricalAccuracy(FormulaMetric):
    """Fraction of samples whose label names one of the ``k`` greatest predictions.

    Args:
        k: Number of predictions looked at.
        from_sorted_ids: Whether ``y_pred`` are class indices, the best ones first.
    """

    formula = staticmethod(sparse_top_k_matches)
    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: DTypeLike = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype, k=k, from_sorted_ids=from_sorted_ids)
