"""Sums and means of values, and of what a formula gives."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import registry, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import config_owner, constructor_arguments, generic
from torchkeras.core.typing import DTypeLike, Shape
from torchkeras.losses.base import align, divide, mask_of
from torchkeras.losses.functions import pair, squeeze_or_expand_to_same_rank
from torchkeras.metrics.base import Metric, accumulate
from torchkeras.ops.operands import tensor


def weigh(
    values: Tensor, sample_weight: Any, reduce: Callable[..., Tensor]
) -> tuple[Tensor, Tensor]:
    """Values times weights, and the weights; axes that only the values have are reduced first."""
    weight = tensor(sample_weight, values.device).to(values)
    mask = mask_of(values)
    if mask is not None:
        weight = weigh_mask(mask, weight)
    values, weight = squeeze_or_expand_to_same_rank(values, weight)
    if values.ndim > weight.ndim:
        values = reduce(values, tuple(range(weight.ndim, values.ndim)))
    weight = weight.expand(values.shape)
    return values * weight, weight


def weigh_mask(mask: Any, sample_weight: Any) -> Tensor:
    """Weights that are 0 where ``mask`` is false; None stands for weights of 1."""
    if sample_weight is None:
        return tensor(mask)
    weight = tensor(sample_weight)
    keep, weight = align(tensor(mask, weight.device).to(weight), weight)
    weight, keep = align(weight, keep)
    return weight * keep


class Sum(Metric):
    """Sum of values, times their weights if there are any.

    States:
        total: 0-d.

    Example:
        >>> Sum()(torch.tensor([1.0, 3.0]))
        tensor(4.)
    """

    is_concatenable = True

    def __init__(self, name: str | None = "sum", dtype: DTypeLike = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    @torch.no_grad()
    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add ``values``; weights of fewer axes belong to their first axes."""
        values = tensor(values)
        if sample_weight is not None:
            mask = mask_of(values)
            values = values.to(self._torch_dtype)
            values._keras_mask = mask
            values, _ = weigh(values, sample_weight, torch.sum)
        accumulate(self.total, values.sum(dtype=self._torch_dtype))

    def result(self) -> Tensor:
        """The sum."""
        return self.total.value.clone()


class Mean(Metric):
    """Weighted mean over samples; what a sample has beyond its first axis is averaged first.

    States:
        total: 0-d, the weighted sum.
        count: 0-d, the sum of the weights, or the number of samples.

    Example:
        >>> Mean()(torch.tensor([1.0, 3.0]), sample_weight=torch.tensor([3.0, 1.0]))
        tensor(1.5000)
    """

    is_concatenable = True

    def __init__(self, name: str | None = "mean", dtype: DTypeLike = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")

    @torch.no_grad()
    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add ``values``; weights of fewer axes belong to their first axes."""
        self._add(tensor(values), sample_weight)

    def _add(self, values: Tensor, sample_weight: Any) -> None:
        if sample_weight is None:
            samples = values.shape[0] if values.ndim else 1
            share = samples / values.numel() if values.ndim > 1 and samples else 1.0
            accumulate(self.total, values.sum(dtype=self._torch_dtype), share)
            accumulate(self.count, float(samples))
            return
        if isinstance(sample_weight, (int, float)) and values.ndim == 0:
            accumulate(self.total, values, float(sample_weight))
            accumulate(self.count, float(sample_weight))
            return
        mask = mask_of(values)
        values = values.to(self._torch_dtype)
        if mask is not None:
            values._keras_mask = mask
        values, weight = weigh(values, sample_weight, torch.mean)
        share = values.shape[0] / values.numel() if values.ndim > 1 and values.numel() else 1.0
        accumulate(self.total, values.sum(), share)
        accumulate(self.count, weight.sum(), share)

    def result(self) -> Tensor:
        """The mean; 0 before the first update."""
        return divide(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """Mean of what ``fn(y_true, y_pred, **options)`` gives for each sample.

    Entries that the mask of ``y_pred`` hides don't count.

    Args:
        fn: The function.
        name, dtype: See ``Metric``.
        **options: Passed on to ``fn``.

    Example:
        >>> from torchkeras.losses import huber
        >>> MeanMetricWrapper(huber, name="huber")(torch.zeros(4, 1), torch.ones(4, 1))
        tensor(0.5000)
    """

    is_concatenable = False  # nothing is known of a user's function

    def __init__(
        self, fn: Any, name: str | None = None, dtype: DTypeLike = None, **options: Any
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if isinstance(fn, (str, dict)):  # from a configuration
            fn = _function(fn)
            options = {key: serialization.deserialize_value(v) for key, v in options.items()}
        self._fn = fn
        self._fn_kwargs = options

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true, y_pred: Labels and predictions.
            sample_weight: A weight for each sample (or step); None is 1.
        """
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        mask = mask_of(y_pred)
        if mask is not None:
            sample_weight = weigh_mask(mask, sample_weight)
        self._add(tensor(values), sample_weight)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if "fn" in constructor_arguments(config_owner(type(self))):
            config["fn"] = serialization.serialize_keras_object(self._fn)
            config.update(serialization.serialize_value(self._fn_kwargs))
        return config


def _function(identifier: Any) -> Any:
    """The function or loss object that a configuration names."""
    if isinstance(identifier, dict):
        return serialization.deserialize_keras_object(identifier)
    found = registry.find(identifier, "losses") or registry.find(identifier, "metrics")
    if found is None or inspect.isclass(found):
        return registry.get(identifier, "losses", what="function")
    return found


class FormulaMetric(MeanMetricWrapper):
    """Base of the metrics that are the mean of one formula, the class attribute ``formula``."""

    formula: Any
    is_concatenable = True

    def __init__(self, name: str | None, dtype: DTypeLike, **options: Any) -> None:
        super().__init__(type(self).formula, name, dtype, **options)
        self.__dict__.update(options)


class MeanTensor(Metric):
    """Elementwise weighted mean of tensors of one shape (tf.keras 2).

    Args:
        shape: Shape of the values; None takes that of the first.

    States:
        total: Weighted sum, of the shape of the values.
        count: Sum of weights, of the same shape.

    Raises:
        ValueError: values of another shape.
    """

    def __init__(
        self, name: str | None = "mean_tensor", dtype: DTypeLike = None, shape: Shape | None = None
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.shape = None
        if shape is not None:
            self._build(tuple(shape))

    def _build(self, shape: Shape) -> None:
        self.shape = shape
        self.total = self.add_variable(shape, "zeros", self.dtype, name="total")
        self.count = self.add_variable(shape, "zeros", self.dtype, name="count")

    @torch.no_grad()
    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add one tensor; weights broadcast to it, or belong to its first axes."""
        values = tensor(values).to(self._torch_dtype)
        if self.shape is None:
            self._build(tuple(values.shape))
        if tuple(values.shape) != self.shape:
            raise argument_error(
                self, "values.shape", tuple(values.shape), f"{self.shape}, as at the first update"
            )
        weight = torch.ones_like(values)
        if sample_weight is not None:
            values, weight = align(values, tensor(sample_weight, values.device).to(values))
            weight = weight.expand(values.shape)
        accumulate(self.total, values * weight)
        accumulate(self.count, weight)

    def result(self) -> Tensor:
        """The mean; 0 where nothing was added.

        Raises:
            ValueError: the shape is not known yet.
        """
        if self.shape is None:
            raise argument_error(self, "shape", None, "a shape, or an update before the result")
        return divide(self.total.value, self.count.value)


class MeanRelativeError(Mean):
    """Mean of ``|y_true - y_pred| / normalizer`` (tf.keras 2).

    Args:
        normalizer: Values to divide by, broadcast to those of ``y_true``; 0 gives 0.
    """

    def __init__(self, normalizer: Any, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(name=name or "mean_relative_error", dtype=dtype)
        self.normalizer = normalizer

    @torch.no_grad()
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_true, y_pred = pair(y_true, y_pred)
        normalizer = tensor(self.normalizer, y_pred.device).to(y_pred)
        normalizer, y_true = squeeze_or_expand_to_same_rank(normalizer, y_true)
        self._add(divide((y_true - y_pred).abs(), normalizer.expand_as(y_true)), sample_weight)
