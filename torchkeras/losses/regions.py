"""Formulas that look at whole regions, sequences or batches rather than at single values."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import AxisLike
from torchkeras.losses.functions import pair
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable


@traceable
def dice(y_true: Any, y_pred: Any, axis: AxisLike = None) -> Tensor:
    """``1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred))``: 0 for perfect overlap.

    Args:
        y_true, y_pred: Memberships, fractions in [0, 1].
        axis: Axes added up; None takes all.
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    overlap = (y_true * y_pred).sum(axes)
    return 1 - 2.0 * overlap / (y_true.sum(axes) + y_pred.sum(axes) + settings.epsilon())


@traceable
def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: AxisLike = None
) -> Tensor:
    """``1 - overlap / (overlap + alpha * missed + beta * invented)``.

    Args:
        y_true, y_pred: Memberships, fractions in [0, 1].
        alpha: Weight of what is in ``y_true`` alone.
        beta: Weight of what is in ``y_pred`` alone.
        axis: Axes added up; None takes all.

    Source: Salehi et al. 2017.
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    overlap = (y_true * y_pred).sum(axes)
    missed = ((1 - y_pred) * y_true).sum(axes)
    invented = (y_pred * (1 - y_true)).sum(axes)
    return 1 - overlap / (overlap + missed * alpha + invented * beta + settings.epsilon())


@traceable
def ctc(y_true: Any, y_pred: Any) -> Tensor:
    """Connectionist temporal classification: ``-log`` of the labels' probability over alignments.

    Class 0 is the blank and the padding of labels.

    Shape:
        y_true: ``(batch, labels)``, integers.
        y_pred: ``(batch, time, classes)``, logits.
        output: ``(batch,)``.

    Raises:
        ValueError: the ranks are others.
    """
    y_pred = floating(y_pred)
    y_true = tensor(y_true, y_pred.device).to(device=y_pred.device, dtype=torch.int64)
    if y_true.ndim != 2:
        raise argument_error(
            "ctc", "y_true.shape", tuple(y_true.shape), "shape `(batch_size, max_length)`"
        )
    if y_pred.ndim != 3:
        raise argument_error(
            "ctc", "y_pred.shape", tuple(y_pred.shape), "(batch_size, max_length, num_classes)"
        )
    log_p = y_pred.transpose(0, 1).log_softmax(-1)  # (t, b, classes)
    steps = torch.full((y_pred.shape[0],), y_pred.shape[1], device=y_pred.device)
    return F.ctc_loss(log_p, y_true, steps, (y_true != 0).sum(-1), blank=0, reduction="none")


@traceable
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """Circle loss: embeddings of one label close together, of different labels apart.

    Samples whose loss is 0 are masked out.

    Args:
        y_true: Labels, ``(batch,)``.
        y_pred: Embeddings of length 1, ``(batch, features)``.
        ref_labels: Labels to compare with; None takes ``y_true``.
        ref_embeddings: Embeddings to compare with; None takes ``y_pred``.
        remove_diagonal: Whether a sample is not compared with itself.
        gamma: Scale of the exponents.
        margin: How much closeness is wanted, in cosine.

    Source: Sun et al. 2020.
    """
    y_pred = floating(y_pred)
    labels = tensor(y_true, y_pred.device).to(device=y_pred.device, dtype=torch.int64)
    others = y_pred if ref_embeddings is None else tensor(ref_embeddings, y_pred.device).to(y_pred)
    other_labels = labels if ref_labels is None else tensor(ref_labels, y_pred.device).to(labels)
    distance = (1 - y_pred @ others.T).clamp(min=0.0)  # (b, r)
    alike = labels.reshape(-1, 1) == other_labels.reshape(1, -1)
    different = ~alike
    if remove_diagonal:
        alike = alike & ~torch.eye(*alike.shape, dtype=torch.bool, device=alike.device)
    pull = -gamma * (margin + distance).clamp(min=0.0) * (margin - distance)
    push = gamma * (1 + margin - distance).clamp(min=0.0) * (1 - margin - distance)
    # A finite stand-in for -inf: rows without pairs keep finite gradients, and still give 0.
    nothing = torch.finfo(distance.dtype).min / 4
    pulls = torch.where(alike, pull, nothing).logsumexp(1)
    pushes = torch.where(different, push, nothing).logsumexp(1)
    values = F.softplus(pulls + pushes)
    values._keras_mask = values > 0
    return values
