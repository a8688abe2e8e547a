"""The formulas: functions of ``(y_true, y_pred)`` that give a value per sample.

Each averages (or adds up) over the last axis and leaves the others. ``y_pred`` says the float type
and the device; ``y_true`` follows. Of two tensors whose ranks differ by one, an axis of length 1 is
squeezed or added, so that ``(n,)`` and ``(n, 1)`` fit.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras.core import settings
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.notices import warn
from torchkeras.core.typing import AxisLike
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable


def squeeze_or_expand_to_same_rank(
    x1: Tensor, x2: Tensor, expand_rank_1: bool = True
) -> tuple[Tensor, Tensor]:
    """``x1`` and ``x2`` with a last axis of length 1 dropped or added if ranks differ by one.

    Args:
        x1, x2: The tensors.
        expand_rank_1: Whether a vector beside ``(n, 1)`` becomes ``(n, 1)`` too, rather than the
            other one a vector.
    """
    if x1.ndim == x2.ndim:
        return x1, x2
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        if x2.ndim == 1 and expand_rank_1:
            return x1, x2.unsqueeze(-1)
        return x1.squeeze(-1), x2
    if x2.ndim == x1.ndim + 1 and x2.shape[-1] == 1:
        if x1.ndim == 1 and expand_rank_1:
            return x1.unsqueeze(-1), x2
        return x1, x2.squeeze(-1)
    return x1, x2


def pair(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Both as float tensors of one type, device and rank.

    Raises:
        ValueError: the shapes don't fit.
    """
    y_pred = floating(y_pred)
    y_true = tensor(y_true, y_pred.device).to(y_pred)
    if y_true.ndim != y_pred.ndim:
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    if y_true.shape != y_pred.shape and not broadcasts(y_true.shape, y_pred.shape):
        raise argument_error(
            "loss",
            "y_true.shape",
            tuple(y_true.shape),
            f"the shape of y_pred, {tuple(y_pred.shape)}, or one that broadcasts to it",
            "The last layer has to give as many values per sample as the targets have.",
        )
    return y_true, y_pred


def broadcasts(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether two shapes broadcast together."""
    sizes = zip(reversed(first), reversed(second), strict=False)
    return all(a == b or a == 1 or b == 1 for a, b in sizes)


def logits_of(y_pred: Any, activation: str) -> Tensor | None:
    """What ``y_pred`` is the ``activation`` (along the last axis) of, if that was noted on it.

    TensorFlow takes what another activation was given, too: a sigmoid's, say, for a softmax.
    """
    logits = getattr(y_pred, "_keras_logits", None)
    if logits is None:
        return None
    if (
        not settings.settings.any_logits
        and getattr(y_pred, "_keras_activation", None) != activation
    ):
        return None
    return logits if logits.dtype is y_pred.dtype else logits.to(y_pred.dtype)


def clip_probabilities(p: Tensor) -> Tensor:
    """``p`` kept away from 0 and 1, so that its logarithms stay finite."""
    return p.clamp(settings.epsilon(), 1.0 - settings.epsilon())


# Regression


@traceable
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``(y_true - y_pred)**2`` over the last axis.

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]])
        tensor([2.5000])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (y_true - y_pred).square().mean(-1)


@traceable
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``|y_true - y_pred|`` over the last axis."""
    y_true, y_pred = pair(y_true, y_pred)
    return (y_true - y_pred).abs().mean(-1)


@traceable
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """``100 * mean(|y_true - y_pred| / |y_true|)`` over the last axis, in percent."""
    y_true, y_pred = pair(y_true, y_pred)
    return 100.0 * ((y_true - y_pred) / y_true.abs().clamp(min=settings.epsilon())).abs().mean(-1)


@traceable
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``(log(y_true + 1) - log(y_pred + 1))**2``, values below 0 taken as 0."""
    y_true, y_pred = pair(y_true, y_pred)
    least = settings.epsilon()
    difference = (y_pred.clamp(min=least) + 1.0).log() - (y_true.clamp(min=least) + 1.0).log()
    return difference.square().mean(-1)


@traceable
def cosine_similarity(y_true: Any, y_pred: Any, axis: AxisLike = -1) -> Tensor:
    """Minus the cosine between ``y_true`` and ``y_pred``: -1 for the same direction, 1 opposite.

    Args:
        y_true, y_pred: Vectors along ``axis``.
        axis: Axis of the vectors, or several.
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = (axis,) if isinstance(axis, int) else axis and tuple(axis)
    return -(unit(y_true, axes) * unit(y_pred, axes)).sum(axes)


def unit(x: Tensor, axes: tuple[int, ...] | None) -> Tensor:
    """``x`` divided by its L2 norm along ``axes``."""
    norm = torch.linalg.vector_norm(x, dim=axes, keepdim=True)
    return x / norm.clamp(min=settings.epsilon())


@traceable
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Mean of ``e**2 / 2`` where ``|e| <= delta`` and ``delta * |e| - delta**2 / 2`` elsewhere.

    Args:
        y_true, y_pred: Values; ``e`` is their difference.
        delta: Error from which the loss is linear, above 0.
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = (y_pred - y_true).abs()
    linear = delta * error - 0.5 * delta * delta
    return torch.where(error <= delta, 0.5 * error.square(), linear).mean(-1)


@traceable
def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``log(cosh(y_pred - y_true))`` over the last axis."""
    y_true, y_pred = pair(y_true, y_pred)
    error = y_pred - y_true
    return (error + F.softplus(-2.0 * error) - 0.6931471805599453).mean(-1)


# Probabilities


@traceable
def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """``sum(y_true * log(y_true / y_pred))`` over the last axis, in nats."""
    y_true, y_pred = pair(y_true, y_pred)
    y_true, y_pred = y_true.clamp(settings.epsilon(), 1), y_pred.clamp(settings.epsilon(), 1)
    return (y_true * (y_true / y_pred).log()).sum(-1)


@traceable
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``y_pred - y_true * log(y_pred)`` over the last axis."""
    y_true, y_pred = pair(y_true, y_pred)
    return (y_pred - y_true * (y_pred + settings.epsilon()).log()).mean(-1)


@traceable
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: AxisLike = -1,
) -> Tensor:
    """Mean of ``-y_true * log(p) - (1 - y_true) * log(1 - p)``, in nats.

    The output of ``sigmoid`` is taken back to its logits, which is exact where p is 0 or 1.

    Args:
        y_true: Labels, fractions in [0, 1].
        y_pred: Probabilities p, clipped to [1e-7, 1 - 1e-7]; or their logits.
        from_logits: Whether ``y_pred`` are logits.
        label_smoothing: Fraction in [0, 1] of the way by which labels are moved towards 0.5.
        axis: Axis of the mean.

    Raises:
        ValueError: the shapes differ.
    """
    y_true, y_pred, is_logits = _binary_pair(y_true, y_pred, from_logits)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if is_logits:
        values = F.binary_cross_entropy_with_logits(y_pred, y_true, reduction="none")
    else:
        values = F.binary_cross_entropy(clip_probabilities(y_pred), y_true, reduction="none")
    return values.mean(axis)


def _binary_pair(y_true: Any, y_pred: Any, from_logits: bool) -> tuple[Tensor, Tensor, bool]:
    y_pred = floating(y_pred)
    if not from_logits:
        logits = logits_of(y_pred, "sigmoid")
        if logits is not None:
            y_pred, from_logits = logits, True
    y_true = tensor(y_true, y_pred.device).to(y_pred)
    if y_true.shape != y_pred.shape:
        raise _shape_error("binary_crossentropy", y_true, y_pred)
    return y_true, y_pred, from_logits


def _shape_error(owner: str, y_true: Tensor, y_pred: Tensor) -> ValueError:
    return argument_error(
        owner,
        "y_true.shape",
        tuple(y_true.shape),
        f"the same shape as y_pred, {tuple(y_pred.shape)}",
        "Arguments `target` and `output` must have the same shape.",
    )


@traceable
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: AxisLike = -1,
) -> Tensor:
    """Binary cross-entropy times ``(1 - p_t)**gamma``, p_t being the right label's probability.

    Args:
        y_true: Labels, fractions in [0, 1].
        y_pred: Probabilities or logits.
        apply_class_balancing: Whether label 1 is weighted by ``alpha`` and 0 by ``1 - alpha``.
        alpha: Weight of label 1, a fraction in [0, 1].
        gamma: How far easy samples count less, 0 or more.
        from_logits: Whether ``y_pred`` are logits.
        label_smoothing: Fraction in [0, 1] of the way by which labels are moved towards 0.5.
        axis: Axis of the mean.

    Source: Lin et al. 2018.
    """
    y_pred = floating(y_pred)
    y_true = tensor(y_true, y_pred.device).to(y_pred)
    if y_true.shape != y_pred.shape:
        raise _shape_error("binary_focal_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        y_pred = y_pred.sigmoid()
    values = F.binary_cross_entropy(clip_probabilities(y_pred), y_true, reduction="none")
    right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    values = (1.0 - right).pow(gamma) * values
    if apply_class_balancing:
        values = (y_true * alpha + (1 - y_true) * (1 - alpha)) * values
    return values.mean(axis)


def _categorical_pair(
    owner: str, y_true: Any, y_pred: Any, label_smoothing: float, axis: int
) -> tuple[Tensor, Tensor]:
    if isinstance(axis, bool):
        raise kind_error(owner, "axis", axis, "of type `int`")
    y_pred = floating(y_pred)
    y_true = tensor(y_true, y_pred.device).to(y_pred)
    if y_true.shape != y_pred.shape:
        raise _shape_error(owner, y_true, y_pred)
    if y_pred.shape[-1] == 1:
        warn(
            f"In loss {owner}, expected y_pred.shape to be (batch_size, num_classes) with "
            f"num_classes > 1. Received: y_pred.shape={tuple(y_pred.shape)}. Consider using "
            "'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
        )
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[-1]
    return y_true, y_pred


def _is_last(axis: int, y_pred: Any) -> bool:
    return axis == -1 or axis == getattr(y_pred, "ndim", 0) - 1


@traceable
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """``-sum(y_true * log(p))`` over the classes, in nats.

    The output of ``softmax`` is taken back to its logits. Other probabilities are divided by their
    sum and clipped to [1e-7, 1 - 1e-7].

    Args:
        y_true: Probabilities of the classes, mostly one-hot.
        y_pred: Probabilities p or logits, of the same shape.
        from_logits: Whether ``y_pred`` are logits.
        label_smoothing: Fraction in [0, 1] of each label spread over all classes.
        axis: Axis of the classes.

    Raises:
        ValueError: the shapes differ.
    """
    logits = None if from_logits or not _is_last(axis, y_pred) else logits_of(y_pred, "softmax")
    given = y_pred if logits is None else logits
    y_true, given = _categorical_pair(
        "categorical_crossentropy", y_true, given, label_smoothing, axis
    )
    return -(y_true * log_probabilities(given, from_logits or logits is not None, axis)).sum(axis)


def log_probabilities(y_pred: Tensor, from_logits: bool, axis: int) -> Tensor:
    """Logarithms of the classes' probabilities."""
    if from_logits:
        return F.log_softmax(y_pred, dim=axis)
    return clip_probabilities(y_pred / y_pred.sum(axis, keepdim=True)).log()


@traceable
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """``-sum(alpha * (1 - p)**gamma * y_true * log(p))`` over the classes.

    Args:
        y_true: Probabilities of the classes, mostly one-hot.
        y_pred: Probabilities p or logits, of the same shape.
        alpha: Weight of all classes, or one for each.
        gamma: How far easy samples count less, 0 or more.
        from_logits: Whether ``y_pred`` are logits.
        label_smoothing: Fraction in [0, 1] of each label spread over all classes.
        axis: Axis of the classes.

    Raises:
        ValueError: the shapes differ.

    Source: Lin et al. 2018.
    """
    y_true, y_pred = _categorical_pair(
        "categorical_focal_crossentropy", y_true, y_pred, label_smoothing, axis
    )
    if from_logits:
        y_pred = y_pred.softmax(axis)
    p = clip_probabilities(y_pred / y_pred.sum(axis, keepdim=True))
    if not isinstance(alpha, (int, float)):
        alpha = tensor(alpha, p.device).to(p)
    return ((1.0 - p).pow(gamma) * alpha * -y_true * p.log()).sum(axis)


@traceable
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """``-log(p[y_true])``, in nats.

    The output of ``softmax`` is taken back to its logits. Other probabilities are divided by their
    sum and clipped to [1e-7, 1 - 1e-7].

    Args:
        y_true: Indices of classes, of the shape of ``y_pred`` without ``axis`` (or 1 there).
        y_pred: Probabilities p or logits.
        from_logits: Whether ``y_pred`` are logits.
        ignore_class: Index whose samples give 0 and are masked out, or None.
        axis: Axis of the classes.

    Raises:
        ValueError: the shapes don't fit.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.25, 0.25]])
        tensor([1.3863])
    """
    logits = None if from_logits or not _is_last(axis, y_pred) else logits_of(y_pred, "softmax")
    y_pred = floating(y_pred if logits is None else logits)
    y_true = class_indices(y_true, y_pred, axis)
    valid = None
    if ignore_class is not None:
        valid = y_true != ignore_class
        y_true = torch.where(valid, y_true, 0)
        y_pred = torch.where(valid.unsqueeze(axis), y_pred, 0.0)
    if from_logits or logits is not None:
        values = _nll(F.log_softmax(y_pred, dim=axis), y_true, axis)
    else:
        values = _nll(log_probabilities(y_pred, False, axis), y_true, axis)
    if valid is not None:
        values = torch.where(valid, values, 0.0)
        values._keras_mask = valid
    return values


def class_indices(y_true: Any, y_pred: Tensor, axis: int) -> Tensor:
    """``y_true`` as int64, of the shape of ``y_pred`` without ``axis``."""
    y_true = tensor(y_true, y_pred.device).to(device=y_pred.device, dtype=torch.int64)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    expected = list(y_pred.shape)
    del expected[axis]
    if _but_ones(y_true.shape) == _but_ones(expected):  # tf.keras 2 doesn't ask for axes of 1
        y_true = y_true.reshape(expected)
    if list(y_true.shape) != expected:
        raise argument_error(
            "sparse_categorical_crossentropy",
            "y_true.shape",
            tuple(y_true.shape),
            f"{tuple(expected)}, as y_pred of shape {tuple(y_pred.shape)} without axis {axis}",
            "Arguments `target` and `output` must have the same shape up until the last dimension.",
        )
    return y_true


def _but_ones(shape: Sequence[int]) -> list[int]:
    return [size for size in shape if size != 1]


def _nll(log_p: Tensor, y_true: Tensor, axis: int) -> Tensor:
    return -log_p.gather(axis, y_true.unsqueeze(axis)).squeeze(axis)


@traceable
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """``(1 - p[y_true]**q) / q``: between cross-entropy (q near 0) and absolute error (q near 1).

    Args:
        y_true: Indices of classes, of the shape of ``y_pred`` without the last axis.
        y_pred: Probabilities p.
        q: Fraction in (0, 1).

    Source: Zhang and Sabuncu 2018.
    """
    y_pred = floating(y_pred)
    y_true = tensor(y_true, y_pred.device).to(device=y_pred.device, dtype=torch.int64)
    classes = torch.arange(y_pred.shape[-1], device=y_pred.device)
    p = (y_pred * (y_true.unsqueeze(-1) == classes)).sum(-1)
    return (1 - p.pow(q)) / q


# Margins


def _as_signs(y_true: Tensor) -> Tensor:
    """Labels -1 and 1; zeros and ones are mapped to them if there are no others."""
    is_binary = ((y_true == 0) | (y_true == 1)).all()
    return torch.where(is_binary, 2.0 * y_true - 1.0, y_true)


@traceable
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``max(1 - y_true * y_pred, 0)``; labels are -1 and 1 (or 0 and 1)."""
    y_true, y_pred = pair(y_true, y_pred)
    return (1.0 - _as_signs(y_true) * y_pred).clamp(min=0.0).mean(-1)


@traceable
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of ``max(1 - y_true * y_pred, 0)**2``; labels are -1 and 1 (or 0 and 1)."""
    y_true, y_pred = pair(y_true, y_pred)
    return (1.0 - _as_signs(y_true) * y_pred).clamp(min=0.0).square().mean(-1)


@traceable
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """``max(neg - pos + 1, 0)``: the right class's score against the best of the others."""
    y_true, y_pred = pair(y_true, y_pred)
    right = (y_true * y_pred).sum(-1)
    best_other = ((1.0 - y_true) * y_pred).amax(-1)
    return (best_other - right + 1.0).clamp(min=0.0)
