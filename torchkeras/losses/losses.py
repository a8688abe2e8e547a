"""The losses as classes: a formula, its options and a reduction."""

from collections.abc import Sequence
from typing import Any

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import AxisLike, DTypeLike
from torchkeras.losses import functions, regions
from torchkeras.losses.base import LossFunctionWrapper

_MEAN = "sum_over_batch_size"


class _FormulaLoss(LossFunctionWrapper):
    """Base of the losses whose formula is fixed: the class attribute ``formula``."""

    formula: Any

    def __init__(
        self, reduction: str | None, name: str | None, dtype: DTypeLike, **options: Any
    ) -> None:
        super().__init__(type(self).formula, reduction, name, dtype, **options)
        self.__dict__.update(options)


class MeanSquaredError(_FormulaLoss):
    """Mean of ``(y_true - y_pred)**2``."""

    formula = staticmethod(functions.mean_squared_error)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "mean_squared_error",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class MeanAbsoluteError(_FormulaLoss):
    """Mean of ``|y_true - y_pred|``, in the units of y."""

    formula = staticmethod(functions.mean_absolute_error)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "mean_absolute_error",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class MeanAbsolutePercentageError(_FormulaLoss):
    """Mean of ``|y_true - y_pred| / |y_true|``, in percent."""

    formula = staticmethod(functions.mean_absolute_percentage_error)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "mean_absolute_percentage_error",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class MeanSquaredLogarithmicError(_FormulaLoss):
    """Mean of ``(log(y_true + 1) - log(y_pred + 1))**2``."""

    formula = staticmethod(functions.mean_squared_logarithmic_error)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "mean_squared_logarithmic_error",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class CosineSimilarity(_FormulaLoss):
    """Minus the cosine between ``y_true`` and ``y_pred``.

    Args:
        axis: Axis of the vectors, or several.
    """

    formula = staticmethod(functions.cosine_similarity)

    def __init__(
        self,
        axis: AxisLike = -1,
        reduction: str | None = _MEAN,
        name: str | None = "cosine_similarity",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype, axis=axis)


class Huber(_FormulaLoss):
    """Squared error near 0, absolute error far from it.

    Args:
        delta: Error from which the loss is linear, above 0.
    """

    formula = staticmethod(functions.huber)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = _MEAN,
        name: str | None = "huber_loss",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype, delta=delta)


class LogCosh(_FormulaLoss):
    """Mean of ``log(cosh(y_pred - y_true))``."""

    formula = staticmethod(functions.log_cosh)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "log_cosh",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class Hinge(_FormulaLoss):
    """Mean of ``max(1 - y_true * y_pred, 0)``, for labels -1 and 1 (or 0 and 1)."""

    formula = staticmethod(functions.hinge)

    def __init__(
        self, reduction: str | None = _MEAN, name: str | None = "hinge", dtype: DTypeLike = None
    ) -> None:
        super().__init__(reduction, name, dtype)


class SquaredHinge(_FormulaLoss):
    """Mean of ``max(1 - y_true * y_pred, 0)**2``, for labels -1 and 1 (or 0 and 1)."""

    formula = staticmethod(functions.squared_hinge)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "squared_hinge",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class CategoricalHinge(_FormulaLoss):
    """The right class's score against the best of the others, for one-hot labels."""

    formula = staticmethod(functions.categorical_hinge)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "categorical_hinge",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class KLDivergence(_FormulaLoss):
    """``sum(y_true * log(y_true / y_pred))``, in nats."""

    formula = staticmethod(functions.kl_divergence)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "kl_divergence",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)


class Poisson(_FormulaLoss):
    """Mean of ``y_pred - y_true * log(y_pred)``."""

    formula = staticmethod(functions.poisson)

    def __init__(
        self, reduction: str | None = _MEAN, name: str | None = "poisson", dtype: DTypeLike = None
    ) -> None:
        super().__init__(reduction, name, dtype)


class BinaryCrossentropy(_FormulaLoss):
    """Cross-entropy of labels 0 and 1; see ``binary_crossentropy``.

    Args:
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        label_smoothing: Fraction in [0, 1] of the way by which labels are moved towards 0.5.
        axis: Axis of the mean.
    """

    formula = staticmethod(functions.binary_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: AxisLike = -1,
        reduction: str | None = _MEAN,
        name: str | None = "binary_crossentropy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(_FormulaLoss):
    """Binary cross-entropy in which easy samples count less; see ``binary_focal_crossentropy``.

    Args:
        apply_class_balancing: Whether label 1 is weighted by ``alpha`` and 0 by ``1 - alpha``.
        alpha: Weight of label 1, a fraction in [0, 1].
        gamma: How far easy samples count less, 0 or more.
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        label_smoothing: Fraction in [0, 1] of the way by which labels are moved towards 0.5.
        axis: Axis of the mean.
    """

    formula = staticmethod(functions.binary_focal_crossentropy)

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: AxisLike = -1,
        reduction: str | None = _MEAN,
        name: str | None = "binary_focal_crossentropy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(_FormulaLoss):
    """Cross-entropy of one-hot labels; see ``categorical_crossentropy``.

    Args:
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        label_smoothing: Fraction in [0, 1] of each label spread over all classes.
        axis: Axis of the classes.
    """

    formula = staticmethod(functions.categorical_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = _MEAN,
        name: str | None = "categorical_crossentropy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(_FormulaLoss):
    """Cross-entropy in which easy samples count less; see ``categorical_focal_crossentropy``.

    Args:
        alpha: Weight of all classes, or one for each.
        gamma: How far easy samples count less, 0 or more.
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        label_smoothing: Fraction in [0, 1] of each label spread over all classes.
        axis: Axis of the classes.
    """

    formula = staticmethod(functions.categorical_focal_crossentropy)

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = _MEAN,
        name: str | None = "categorical_focal_crossentropy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(_FormulaLoss):
    """Cross-entropy of class indices; see ``sparse_categorical_crossentropy``.

    Args:
        from_logits: Whether ``y_pred`` are logits rather than probabilities.
        ignore_class: Index whose samples don't count, or None.
        axis: Axis of the classes.
    """

    formula = staticmethod(functions.sparse_categorical_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = _MEAN,
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(
            reduction, name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis
        )


class CategoricalGeneralizedCrossEntropy(_FormulaLoss):
    """Cross-entropy that bears wrong labels; see ``categorical_generalized_cross_entropy``.

    Args:
        q: Fraction in (0, 1).

    Raises:
        ValueError: ``q`` is out of range.
    """

    formula = staticmethod(functions.categorical_generalized_cross_entropy)

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = _MEAN,
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype, q=q)
        if not 0 < q < 1:
            raise argument_error(self, "q", q, "a fraction in the interval (0, 1)")


class CTC(_FormulaLoss):
    """Connectionist temporal classification; see ``ctc``."""

    formula = staticmethod(regions.ctc)

    def __init__(
        self, reduction: str | None = _MEAN, name: str | None = "ctc", dtype: DTypeLike = None
    ) -> None:
        super().__init__(reduction, name, dtype)


class Dice(_FormulaLoss):
    """One minus twice the overlap over the sum of both; see ``dice``.

    Args:
        axis: Axes added up; None takes all, so that the loss is one number by itself.
    """

    formula = staticmethod(regions.dice)

    def __init__(
        self,
        reduction: str | None = _MEAN,
        name: str | None = "dice",
        axis: AxisLike = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype, axis=axis)


class Tversky(_FormulaLoss):
    """``Dice`` with weights for the two kinds of error; see ``tversky``.

    Args:
        alpha: Weight of what is in ``y_true`` alone.
        beta: Weight of what is in ``y_pred`` alone.
        axis: Axes added up; None takes all, so that the loss is one number by itself.
    """

    formula = staticmethod(regions.tversky)

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = _MEAN,
        name: str | None = "tversky",
        axis: AxisLike = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


class Circle(_FormulaLoss):
    """Embeddings of one label close together, of different labels apart; see ``circle``.

    Args:
        gamma: Scale of the exponents.
        margin: How much closeness is wanted, in cosine.
        remove_diagonal: Whether a sample is not compared with itself.
    """

    formula = staticmethod(regions.circle)

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = _MEAN,
        name: str | None = "circle",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(
            reduction, name, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal
        )
