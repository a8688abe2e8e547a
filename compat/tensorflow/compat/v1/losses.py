"""``tf.compat.v1.losses``: losses that are one weighted mean, whatever their shape."""

from typing import Any

from torch import Tensor

from tensorflow import math, nn
from tensorflow.dtypes import cast
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error


class Reduction:
    """How losses become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS
    MEAN = "weighted_mean"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Every way."""
        by_size = (cls.SUM_OVER_BATCH_SIZE, cls.SUM_BY_NONZERO_WEIGHTS)
        return (cls.NONE, cls.SUM, cls.MEAN, *by_size)


_USUAL = Reduction.SUM_BY_NONZERO_WEIGHTS


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = None,
    reduction: str = _USUAL,
) -> Tensor:
    """One number of many losses; the arguments after ``weights`` are those of all losses here.

    Args:
        losses: The losses.
        weights: A number, or a tensor that spreads over ``losses``.
        scope, loss_collection: Accepted; there is no graph.
        reduction: A member of ``Reduction``.

    Raises:
        ValueError: another reduction.

    Example:
        ``compute_weighted_loss([2.0, 4.0], [1.0, 0.0])`` is 2.
    """
    if reduction not in Reduction.all():
        raise argument_error(
            "compute_weighted_loss", "reduction", reduction, f"one of {Reduction.all()}"
        )
    losses = cast(losses, "float32")
    weights = cast(weights, "float32").expand_as(losses)
    weighted = losses * weights
    if reduction == Reduction.NONE:
        return weighted
    total = weighted.sum()
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return total / losses.numel()
    count = weights.sum() if reduction == Reduction.MEAN else (weights != 0).sum()
    return math.divide_no_nan(total, cast(count, "float32"))


def _pair(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    predictions = cast(predictions, "float32")
    return cast(labels, "float32").reshape(predictions.shape), predictions


def absolute_difference(
    labels: Any, predictions: Any, weights: Any = 1.0, *rest: Any, **options: Any
) -> Tensor:
    """``|labels - predictions|``; ``rest`` and ``options`` as in ``compute_weighted_loss``."""
    labels, predictions = _pair(labels, predictions)
    return compute_weighted_loss((predictions - labels).abs(), weights, *rest, **options)


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, *rest: Any, **options: Any
) -> Tensor:
    """``(labels - predictions)**2``."""
    labels, predictions = _pair(labels, predictions)
    return compute_weighted_loss((predictions - labels) ** 2, weights, *rest, **options)


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    *rest: Any,
    **options: Any,
) -> Tensor:
    """Half the square of an error up to ``delta``, and a line from there."""
    labels, predictions = _pair(labels, predictions)
    error = (predictions - labels).abs()
    near = error.clamp(max=delta)
    losses = 0.5 * near**2 + delta * (error - near)
    return compute_weighted_loss(losses, weights, *rest, **options)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    *rest: Any,
    **options: Any,
) -> Tensor:
    """``-labels log(predictions) - (1 - labels) log(1 - predictions)``."""
    labels, predictions = _pair(labels, predictions)
    near_one = labels * (predictions + epsilon).log()
    near_zero = (1 - labels) * (1 - predictions + epsilon).log()
    return compute_weighted_loss(-near_one - near_zero, weights, *rest, **options)


def hinge_loss(labels: Any, logits: Any, weights: Any = 1.0, *rest: Any, **options: Any) -> Tensor:
    """``max(0, 1 - y logits)`` with y of -1 and 1 for labels of 0 and 1."""
    labels, logits = _pair(labels, logits)
    return compute_weighted_loss((1 - (2 * labels - 1) * logits).relu(), weights, *rest, **options)


def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    *rest: Any,
    dim: int | None = None,
    **options: Any,
) -> Tensor:
    """``1 - sum(labels * predictions)`` along ``axis``, of vectors of length 1."""
    axis = dim if axis is None else axis
    if axis is None:
        raise argument_error("cosine_distance", "axis", axis, "the axis of the vectors")
    labels, predictions = _pair(labels, predictions)
    losses = 1 - (labels * predictions).sum(axis, keepdim=True)
    return compute_weighted_loss(losses, weights, *rest, **options)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    *rest: Any,
    **options: Any,
) -> Tensor:
    """Cross-entropy of each label by itself; ``label_smoothing`` moves labels towards 1/2."""
    labels, logits = _pair(multi_class_labels, logits)
    labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
    losses = nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    return compute_weighted_loss(losses, weights, *rest, **options)


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    *rest: Any,
    **options: Any,
) -> Tensor:
    """Cross-entropy of each row; ``label_smoothing`` moves labels towards one over their number."""
    labels, logits = _pair(onehot_labels, logits)
    labels = labels * (1 - label_smoothing) + label_smoothing / labels.shape[-1]
    losses = nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return compute_weighted_loss(losses, weights, *rest, **options)


def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = 1.0, *rest: Any, **options: Any
) -> Tensor:
    """``softmax_cross_entropy`` of labels that are numbers of classes."""
    logits = convert_to_tensor(logits)
    labels = cast(labels, "int64").reshape(logits.shape[:-1])
    losses = nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return compute_weighted_loss(losses, weights, *rest, **options)
