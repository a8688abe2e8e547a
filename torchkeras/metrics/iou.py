"""Intersection over union of predicted and labelled classes."""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import DTypeLike
from torchkeras.losses.base import align
from torchkeras.metrics.base import Metric, accumulate
from torchkeras.ops.operands import tensor


class IoU(Metric):
    """Mean of ``right / (labelled + predicted - right)`` over some of the classes.

    Classes that occur neither in labels nor in predictions are left out of the mean.

    Args:
        num_classes: Number of classes.
        target_class_ids: The classes looked at.
        ignore_class: Label of samples that don't count, or None.
        sparse_y_true: Whether labels are class indices; else scores of the classes along ``axis``.
        sparse_y_pred: Whether predictions are class indices; else scores along ``axis``.
        axis: Axis of the scores.
        dtype: Type of the counts; None is int64, so weights are whole numbers.

    States:
        total_cm: Confusion matrix ``(num_classes, num_classes)``, labels down, predictions across.

    Raises:
        ValueError: a target class is out of range.

    Example:
        >>> IoU(2, target_class_ids=[0])(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]))
        tensor(0.5000)
    """

    is_concatenable = True
    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DTypeLike = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int64")
        target_class_ids = list(target_class_ids)
        if max(target_class_ids) >= num_classes:
            raise argument_error(
                self,
                "target_class_ids",
                target_class_ids,
                f"classes in [0, {num_classes})",
                f"Target class id {max(target_class_ids)} is out of range.",
            )
        self.num_classes = num_classes
        self.target_class_ids = target_class_ids
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", self.dtype, name="total_confusion_matrix"
        )

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; weights are of samples, or of single labels (pixels)."""
        y_pred = tensor(y_pred)
        y_true = tensor(y_true, y_pred.device).to(y_pred.device)
        y_true = y_true if self.sparse_y_true else y_true.argmax(self.axis)
        y_pred = y_pred if self.sparse_y_pred else y_pred.argmax(self.axis)
        weight = None if sample_weight is None else self._weights(sample_weight, y_true)
        y_true = y_true.reshape(-1).to(torch.int64)
        y_pred = y_pred.reshape(-1).to(torch.int64)
        classes = self.num_classes
        counts = (y_true >= 0) & (y_true < classes) & (y_pred >= 0) & (y_pred < classes)
        if self.ignore_class is not None:
            counts = counts & (y_true != self.ignore_class)
        counted = counts.to(self._torch_dtype)
        weight = counted if weight is None else counted * weight
        place = torch.where(counts, y_true * classes + y_pred, 0)
        matrix = torch.zeros(classes * classes, dtype=self._torch_dtype, device=y_true.device)
        accumulate(self.total_cm, matrix.index_add_(0, place, weight).view(classes, classes))

    def _weights(self, sample_weight: Any, like: Tensor) -> Tensor:
        weight = tensor(sample_weight, like.device)
        if weight.is_floating_point() and not self._torch_dtype.is_floating_point:
            warnings.warn(
                f"{type(self).__name__}: You are passing weight as `float`, but dtype is `int`. "
                "Fractions are cut off; give integer weights, or dtype='float32'."
            )
        weight = weight.to(like.device, self._torch_dtype)
        if weight.numel() != like.numel():
            weight = align(like, weight)[1].expand_as(like)
        return weight.reshape(-1)

    def result(self) -> Tensor:
        """The mean, as float32."""
        matrix = self.total_cm.value
        right = matrix.diagonal()
        union = (matrix.sum(0) + matrix.sum(1) - right)[self.target_class_ids].to(torch.float32)
        right = right[self.target_class_ids].to(torch.float32)
        occurs = union > 1e-9
        shares = torch.where(occurs, right / (union + settings.epsilon()), 0.0)
        return shares.sum() / (occurs.sum() + settings.epsilon())


class BinaryIoU(IoU):
    """``IoU`` of two classes told apart by a threshold.

    Args:
        target_class_ids: The classes looked at, 0 and 1.
        threshold: Bound from which on a prediction means class 1.
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        super().update_state(y_true, tensor(y_pred) >= self.threshold, sample_weight)


class MeanIoU(IoU):
    """``IoU`` of all classes.

    Args:
        num_classes, ignore_class, sparse_y_true, sparse_y_pred, axis: See ``IoU``.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DTypeLike = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )


class OneHotIoU(IoU):
    """``IoU`` for one-hot labels.

    Args:
        num_classes, target_class_ids, ignore_class, sparse_y_pred, axis: See ``IoU``.
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DTypeLike = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


class OneHotMeanIoU(MeanIoU):
    """``MeanIoU`` for one-hot labels.

    Args:
        num_classes, ignore_class, sparse_y_pred, axis: See ``IoU``.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DTypeLike = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
