"""What all losses share: types, masks, sample weights and the reduction to one number."""

import inspect
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested, registry, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import (
    Configurable,
    config_owner,
    constructor_arguments,
    generic,
    recorded_arguments,
    takes_options,
)
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.naming import auto_name
from torchkeras.core.policies import get_policy
from torchkeras.core.settings import floatx
from torchkeras.core.typing import DTypeLike
from torchkeras.distribution import current_group
from torchkeras.losses import functions, regions
from torchkeras.losses.functions import broadcasts, squeeze_or_expand_to_same_rank
from torchkeras.losses.fused import MEANS
from torchkeras.ops.operands import tensor
from torchkeras.tracer import any_symbolic, traceable

MEAN_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
# Formulas that look labels up, for which these stay integers.
_TAKE_INDICES = {
    functions.sparse_categorical_crossentropy,
    functions.categorical_generalized_cross_entropy,
    regions.ctc,
    regions.circle,
}
REDUCTIONS = (*MEAN_REDUCTIONS, "sum", "none", None)


class Reduction:
    """Names of the reductions, as constants (tf.keras 2)."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """The four names."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise a ValueError if ``key`` is none of them."""
        if key not in cls.all():
            raise argument_error("Reduction", "key", key, f"one of {cls.all()}")


class Loss(Configurable):
    """Base of all losses: ``loss(y_true, y_pred, sample_weight=None)``.

    A subclass writes ``call(y_true, y_pred)``, which gives a value per sample (per step, per
    pixel); the base multiplies by the sample weights and reduces.

    The mask of ``y_pred`` (``_keras_mask``), and one that ``call`` puts on its values, take entries
    out of the loss: they don't count in the mean either. Weights and masks of fewer axes than the
    values belong to their first axes.

    Several processes: ``compute`` gives the sum and what it is to be divided by apart, so that the
    sum of one process can be divided by the denominator of all of them. ``__call__`` is
    ``compute`` and the division; within a step of several processes, by that denominator.

    Args:
        name: Name; None counts up the class's name.
        reduction: ``"sum_over_batch_size"`` or ``"mean"`` divides the weighted sum by the number
            of values (``"auto"`` means this too), ``"mean_with_sample_weight"`` by the sum of the
            weights, ``"sum"`` by nothing; ``"none"`` or None leaves the values.
        dtype: Type in which it is computed; None is ``floatx()``.

    Raises:
        ValueError: an unknown reduction.

    Source: Keras 3 ``Loss``; ``Loss(reduction, name)`` of tf.keras 2 is taken too.

    Example:
        >>> class Distance(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return (y_true - y_pred).abs().amax(-1)
        >>> Distance()(torch.zeros(2, 3), torch.ones(2, 3))
        tensor(1.)
    """

    ranges = {
        "label_smoothing": "number in [0, 1]",
        "delta": "number in [0, inf)",
        "gamma": "number in [0, inf)",
        "margin": "number in (-inf, inf)",
    }

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: DTypeLike = None,
    ) -> None:
        if name in ("auto", *REDUCTIONS[:-1]):  # the order of tf.keras 2
            name, reduction = None if reduction in REDUCTIONS else reduction, name
        self.name = name or auto_name(type(self).__name__)
        self.reduction = "sum_over_batch_size" if reduction == "auto" else reduction
        if self.reduction not in REDUCTIONS:
            raise argument_error(self, "reduction", reduction, f"one of {REDUCTIONS}")
        self._dtype = get_policy(dtype or floatx()).compute_dtype
        self._torch_dtype = torch_dtype(self._dtype)

    @property
    def dtype(self) -> str:
        """Type in which the loss is computed."""
        return self._dtype

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        """A value per sample; a subclass writes this."""
        raise TypeError(f"{type(self).__name__}: call(y_true, y_pred) is missing.")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        are_tensors = isinstance(y_pred, Tensor) and isinstance(y_true, Tensor)
        if not are_tensors and any_symbolic(y_true, y_pred):
            values, mask = self.call(y_true, y_pred), mask_of(y_pred)
            return reduced(values, sample_weight, mask, self.reduction, self._dtype)
        group = current_group()
        if sample_weight is None and self.reduction in MEAN_REDUCTIONS:
            mean = self.fused_mean(y_true, y_pred)
            if mean is not None:
                return group.of_mean(mean)
        numerator, denominator = self.compute(y_true, y_pred, sample_weight)
        if denominator is not None:
            return divide(numerator, group.denominator(denominator))
        if self.reduction == "sum":
            return group.of_sum(numerator)
        return group.of_mean(numerator) if self.reduction in MEAN_REDUCTIONS else numerator

    def compute(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> tuple[Tensor, Tensor | float | None]:
        """The loss as ``(numerator, denominator)``; the loss is their quotient.

        The denominator is a number where the shapes alone tell it, else a 0-d tensor. It is None
        if there is nothing to divide by: with reduction ``"sum"`` (then the numerators of several
        processes add up), with ``"none"``, and where ``call`` gave one number by itself.
        """
        mask = mask_of(y_pred)
        y_pred = nested.map_leaves(self._converted, y_pred)
        device = y_pred.device if isinstance(y_pred, Tensor) else None
        y_true = nested.map_leaves(lambda leaf: self._as_target(leaf, device), y_true)
        values = self.call(y_true, y_pred)
        return self.reduce(values, sample_weight, join_masks(mask, mask_of(values)))

    def fused_mean(self, y_true: Any, y_pred: Any) -> Tensor | None:
        """The mean over all values in one go, where the loss knows a shorter way; else None."""
        return None

    def reduce(
        self, values: Any, sample_weight: Any = None, mask: Any = None
    ) -> tuple[Tensor, Tensor | float | None]:
        """Weigh and add up ``values``; see ``compute`` for what is given back."""
        values = tensor(values)
        if values.dtype is not self._torch_dtype:
            values = values.to(self._torch_dtype)
        weight = keep = None
        if sample_weight is not None:
            values, weight = align(values, tensor(sample_weight, values.device).to(values))
            self._check_weights(values, weight)
        if mask is not None:
            values, keep = align(values, tensor(mask, values.device).to(values))
            weight = keep if weight is None else weight * keep
        if weight is not None:
            values = values * weight
        if self.reduction not in MEAN_REDUCTIONS:
            return (values.sum() if self.reduction == "sum" else values), None
        if values.ndim == 0:
            return values, None
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return values.sum(), weight.sum()
        if keep is not None:
            return values.sum(), keep.sum() * (values.numel() / max(keep.numel(), 1))
        return values.sum(), float(values.numel())

    def _check_weights(self, values: Tensor, weight: Tensor) -> None:
        if not broadcasts(values.shape, weight.shape):
            raise argument_error(
                self,
                "sample_weight.shape",
                tuple(weight.shape),
                f"one weight for each of the values, whose shape is {tuple(values.shape)}",
                "A loss gives a value per sample, or per step of a sequence.",
            )

    def _converted(self, x: Any) -> Tensor:
        """``y_pred`` in the loss's type, with what activations and layers noted on it."""
        x = tensor(x)
        if x.dtype is self._torch_dtype:
            return x
        converted = x.to(self._torch_dtype)
        for note in ("_keras_logits", "_keras_activation"):
            if hasattr(x, note):
                setattr(converted, note, getattr(x, note))
        return converted

    def _as_target(self, x: Any, device: torch.device | None) -> Tensor:
        """``y_true`` in the loss's type, where the predictions are."""
        return tensor(x, device).to(device, self._torch_dtype)

    @generic
    def get_config(self) -> dict[str, Any]:
        owner = config_owner(type(self))
        config = self._config_of(owner)
        if recorded_arguments(self).get("dtype") is None:
            config.pop("dtype", None)
        if takes_options(owner):
            config = {"name": self.name, "reduction": self.reduction, **config}
        return config

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class LossFunctionWrapper(Loss):
    """A function ``fn(y_true, y_pred, **options)`` that gives a value per sample, as a loss.

    Args:
        fn: The function.
        reduction, name, dtype: See ``Loss``.
        **options: Passed on to ``fn``.

    Example:
        >>> from torchkeras.losses import huber
        >>> LossFunctionWrapper(huber, delta=2.0)(torch.zeros(4, 1), torch.ones(4, 1))
        tensor(0.5000)
    """

    def __init__(
        self,
        fn: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if isinstance(fn, (str, dict)):  # from a configuration
            fn = registry.get(fn, "losses", what="loss")
            options = {key: serialization.deserialize_value(v) for key, v in options.items()}
        self.fn = fn
        self.options = options
        is_plain = type(self).call is LossFunctionWrapper.call and inspect.isfunction(fn)
        self._mean = MEANS.get(fn) if is_plain else None
        self._keeps_labels = is_plain and fn in _TAKE_INDICES

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        elif nested.is_nested(y_true) and nested.is_nested(y_pred):
            pairs = [
                squeeze_or_expand_to_same_rank(*leaves)
                for leaves in zip(nested.flatten(y_true), nested.flatten(y_pred), strict=True)
            ]
            y_true = nested.pack_sequence_as(y_true, [first for first, _ in pairs])
            y_pred = nested.pack_sequence_as(y_pred, [second for _, second in pairs])
        return self.fn(y_true, y_pred, **self.options)

    def fused_mean(self, y_true: Any, y_pred: Any) -> Tensor | None:
        if (
            self._mean is None
            or not isinstance(y_pred, Tensor)
            or not isinstance(y_true, Tensor)
            or getattr(y_pred, "_keras_mask", None) is not None
            or not y_pred.numel()
        ):
            return None
        return self._mean(y_true, y_pred, self._torch_dtype, **self.options)

    def _as_target(self, x: Any, device: torch.device | None) -> Tensor:
        return tensor(x, device) if self._keeps_labels else super()._as_target(x, device)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = Loss.get_config(self)
        if "fn" in constructor_arguments(config_owner(type(self))):
            config["fn"] = serialization.serialize_keras_object(self.fn)
            config.update(serialization.serialize_value(self.options))
        return config


@traceable
def reduced(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: str = "float32",
) -> Tensor:
    """What a ``Loss`` makes of its values for one process; in graphs, where it is one node."""
    return divide(*Loss(reduction=reduction, dtype=dtype).reduce(values, sample_weight, mask))


def mask_of(x: Any) -> Tensor | None:
    """The Keras mask on a tensor, or None."""
    return getattr(x, "_keras_mask", None)


def join_masks(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """What both masks keep."""
    if first is None or second is None:
        return second if first is None else first
    return first.to(torch.bool) & second.to(torch.bool)


def align(values: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """``values`` and ``weight`` of shapes that broadcast, weights going along the first axes."""
    if values.ndim == weight.ndim:
        return values, weight
    values, weight = squeeze_or_expand_to_same_rank(values, weight)
    if weight.ndim < values.ndim and weight.shape == values.shape[: weight.ndim]:
        weight = weight.reshape(*weight.shape, *[1] * (values.ndim - weight.ndim))
    return values, weight


def divide(numerator: Tensor, denominator: Tensor | float | None) -> Tensor:
    """The quotient; 0 where the denominator is 0; the numerator where there is none."""
    if denominator is None:
        return numerator
    if isinstance(denominator, Tensor):
        return numerator / denominator.masked_fill(denominator == 0, float("inf"))
    return numerator / denominator if denominator else numerator
