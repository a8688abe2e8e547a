"""Means over the whole batch in torch's fused kernels, for the usual case of training.

Each function gives what averaging its formula over all samples would, or None where it doesn't
apply (unusual axes, shapes that don't fit): then the formula itself is used, which also words the
errors. Masks and weights are the caller's business.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras.losses import functions

# No class index: torch would otherwise leave out samples labelled -100 in silence.
_NO_CLASS = -(2**31)


def _alike(y_true: Tensor, y_pred: Tensor) -> Tensor | None:
    """``y_true`` in the type, on the device and of the shape of ``y_pred``, if it fits."""
    y_true = y_true.to(y_pred)
    if y_true.shape == y_pred.shape:
        return y_true
    if y_true.ndim + 1 == y_pred.ndim and y_pred.shape[-1] == 1:
        return y_true.unsqueeze(-1) if y_true.shape == y_pred.shape[:-1] else None
    return None


def _mean_of_errors(
    kernel: Callable[..., Tensor],
    y_true: Tensor,
    y_pred: Tensor,
    dtype: torch.dtype,
    **options: Any,
) -> Tensor | None:
    """What ``kernel(y_pred, y_true, **options)`` gives for tensors that fit."""
    y_pred = y_pred if y_pred.dtype is dtype else y_pred.to(dtype)
    y_true = _alike(y_true, y_pred)
    return None if y_true is None else kernel(y_pred, y_true, **options)


def _logits(y_pred: Tensor, from_logits: bool, activation: str, dtype: torch.dtype) -> Any:
    logits = y_pred if from_logits else functions.logits_of(y_pred, activation)
    return logits if logits is None or logits.dtype is dtype else logits.to(dtype)


def sparse_categorical_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    dtype: torch.dtype,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor | None:
    """Cross-entropy from logits with class indices."""
    if ignore_class is not None or axis not in (-1, y_pred.ndim - 1):
        return None
    logits = _logits(y_pred, from_logits, "softmax", dtype)
    if logits is None:
        return None
    if y_true.ndim == logits.ndim:
        if y_true.shape[-1] != 1:
            return None
        y_true = y_true.squeeze(-1)
    if y_true.shape != logits.shape[:-1]:
        return None
    if y_true.dtype is not torch.int64 or y_true.device != logits.device:
        y_true = y_true.to(logits.device, torch.int64)
    if logits.ndim != 2:
        logits, y_true = logits.reshape(-1, logits.shape[-1]), y_true.reshape(-1)
    return F.cross_entropy(logits, y_true, ignore_index=_NO_CLASS)


def categorical_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    dtype: torch.dtype,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor | None:
    """Cross-entropy from logits with probabilities of the classes."""
    if type(axis) is not int or axis not in (-1, y_pred.ndim - 1) or y_pred.shape[-1] == 1:
        return None
    logits = _logits(y_pred, from_logits, "softmax", dtype)
    if logits is None or y_true.shape != logits.shape:
        return None
    y_true = y_true.to(logits)
    if logits.ndim != 2:
        logits, y_true = logits.reshape(-1, logits.shape[-1]), y_true.reshape(-1, y_true.shape[-1])
    return F.cross_entropy(logits, y_true, label_smoothing=label_smoothing)


def binary_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    dtype: torch.dtype,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor | None:
    """Binary cross-entropy, from logits where they are known."""
    logits = _logits(y_pred, from_logits, "sigmoid", dtype)
    given = logits
    if logits is None:
        given = functions.clip_probabilities(y_pred if y_pred.dtype is dtype else y_pred.to(dtype))
    y_true = _alike(y_true, given)
    if y_true is None:
        return None
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if logits is None:
        return F.binary_cross_entropy(given, y_true)
    return F.binary_cross_entropy_with_logits(given, y_true)


MEANS: dict[Callable, Callable[..., Tensor | None]] = {
    functions.mean_squared_error: partial(_mean_of_errors, F.mse_loss),
    functions.mean_absolute_error: partial(_mean_of_errors, F.l1_loss),
    functions.huber: partial(_mean_of_errors, F.huber_loss),
    functions.sparse_categorical_crossentropy: sparse_categorical_crossentropy,
    functions.categorical_crossentropy: categorical_crossentropy,
    functions.binary_crossentropy: binary_crossentropy,
}
