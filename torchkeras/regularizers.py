"""Penalties on weights and outputs, added to the loss."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras.core import registry, serialization, settings
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.typing import Config
from torchkeras.ops.operands import tensor


class Regularizer(Configurable):
    """Base of all regularizers: a callable from a tensor to a penalty (0-d).

    A subclass writes ``__call__``. Weights come in Keras's layout.
    """

    def __init__(self) -> None:
        pass  # takes no arguments

    def __call__(self, x: Any) -> Any:
        return 0.0


class L1L2(Regularizer):
    """``l1 * sum(|x|) + l2 * sum(x**2)``.

    Args:
        l1: Factor of the sum of absolute values, 0 or more; None is 0.
        l2: Factor of the sum of squares, 0 or more; None is 0.

    Raises:
        ValueError: a factor is negative, infinite or no number.

    Example:
        >>> L1L2(l1=0.5, l2=1.0)(torch.tensor([1.0, -2.0]))
        tensor(6.5000)
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor(self, "l1", l1, default=0.0)
        self.l2 = _factor(self, "l2", l2, default=0.0)

    def __call__(self, x: Any) -> Tensor:
        x = tensor(x)
        if self.l1 and self.l2:
            return self.l1 * x.abs().sum() + self.l2 * x.square().sum()
        if self.l1:
            return self.l1 * x.abs().sum()
        return self.l2 * x.square().sum() if self.l2 else x.new_zeros(())


class L1(Regularizer):
    """``l1 * sum(|x|)``.

    Args:
        l1: Factor, 0 or more; None is 0.01.
        l: The same under the name it had in Keras 1.

    Raises:
        ValueError: the factor is negative, infinite or no number.
    """

    def __init__(self, l1: float | None = 0.01, **options: float) -> None:
        self.l1 = _factor(self, "l1", _renamed(self, l1, options), default=0.01)

    def __call__(self, x: Any) -> Tensor:
        return self.l1 * tensor(x).abs().sum()


class L2(Regularizer):
    """``l2 * sum(x**2)``.

    Args:
        l2: Factor, 0 or more; None is 0.01.
        l: The same under the name it had in Keras 1.

    Raises:
        ValueError: the factor is negative, infinite or no number.
    """

    def __init__(self, l2: float | None = 0.01, **options: float) -> None:
        self.l2 = _factor(self, "l2", _renamed(self, l2, options), default=0.01)

    def __call__(self, x: Any) -> Tensor:
        return self.l2 * tensor(x).square().sum()


class OrthogonalRegularizer(Regularizer):
    """``factor`` times the mean absolute cosine between different rows (or columns) of a matrix.

    Args:
        factor: Factor, 0 or more.
        mode: ``"rows"`` or ``"columns"``.

    Raises:
        ValueError: an unknown mode, a bad factor, or a tensor that is no matrix.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor(self, "factor", factor, default=0.01)
        if mode not in ("rows", "columns"):
            raise argument_error(self, "mode", mode, "'rows' or 'columns'")
        self.mode = mode

    def __call__(self, inputs: Any) -> Tensor:
        inputs = tensor(inputs)
        if inputs.ndim != 2:
            raise argument_error(
                self, "inputs", f"of shape {tuple(inputs.shape)}", "rank 2, as of a matrix"
            )
        vectors = inputs if self.mode == "rows" else inputs.T
        vectors = F.normalize(vectors, dim=1, eps=settings.epsilon())
        cosines = vectors @ vectors.T  # (n, n)
        size = cosines.shape[0]
        others = 1.0 - torch.eye(size, dtype=cosines.dtype, device=cosines.device)
        pairs = size * (size - 1) / 2
        return self.factor * 0.5 * (cosines * others).abs().sum() / pairs


def _factor(owner: Regularizer, argument: str, value: Any, default: float) -> float:
    """``value`` as a penalty's factor."""
    value = default if value is None else value
    if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise argument_error(owner, argument, value, "a non-negative float")
    return float(value)


def _renamed(owner: Regularizer, value: float | None, options: dict[str, float]) -> float | None:
    """``value``, or the option ``l`` in its place."""
    value = options.pop("l", value)
    if options:
        raise argument_error(owner, "arguments", sorted(options), "none of these")
    return value


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_ALIASES = {"l1_l2": "L1L2"}


def get(identifier: Any) -> Any:
    """The regularizer meant by a name, a configuration, a class or a callable.

    Raises:
        ValueError: there is no such regularizer.
    """
    return registry.get(identifier, "regularizers", Regularizer, "regularizer", _ALIASES)


def serialize(regularizer: Any, use_legacy_format: bool = False) -> Any:
    """Configuration of ``regularizer``; ``use_legacy_format`` changes nothing."""
    return serialization.serialize_keras_object(regularizer)


def deserialize(config: Config, custom_objects: Any = None, use_legacy_format: bool = False) -> Any:
    """The regularizer that ``serialize`` described; ``use_legacy_format`` changes nothing."""
    with serialization.CustomObjectScope(custom_objects):
        return get(config)
