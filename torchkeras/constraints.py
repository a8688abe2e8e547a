"""Projections of weights after each update."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import registry, serialization, settings
from torchkeras.core.checks import argument_error, telling
from torchkeras.core.configurable import Configurable
from torchkeras.core.typing import Config
from torchkeras.ops.operands import tensor


class Constraint(Configurable):
    """Base of all constraints: a callable from a weight, in Keras's layout, to its projection.

    A subclass writes ``__call__``.
    """

    def __init__(self) -> None:
        pass  # takes no arguments

    def __call__(self, w: Any) -> Tensor:
        raise TypeError(
            f"{type(self).__name__}: __call__(w) is missing; a constraint must implement it."
        )


class _Norm(Constraint):
    """Base of the constraints that rescale vectors along ``axis``.

    Args:
        axis: Axis, or several, along which norms are taken: 0 for the kernel of ``Dense``,
            ``[0, 1, 2]`` for each filter of ``Conv2D``.
    """

    axis: int | Sequence[int]

    ranges = {
        **dict.fromkeys(("max_value", "min_value"), "number in [0, inf)"),
        "rate": "number in [0, 1]",
    }

    def desired(self, norms: Tensor) -> Tensor | float:
        """The norms wanted in place of ``norms``."""
        raise TypeError(f"{type(self).__name__}: desired(norms) is missing.")

    @telling
    def __call__(self, w: Any) -> Tensor:
        w = tensor(w)
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        norms = w.square().sum(dim=axis, keepdim=True).sqrt()
        return w * (self.desired(norms) / (settings.epsilon() + norms))


class MaxNorm(_Norm):
    """Norms of at most ``max_value``.

    Args:
        max_value: Greatest norm.
        axis: Axis, or several, along which norms are taken.

    Example:
        >>> MaxNorm(1.0)(torch.tensor([[3.0], [4.0]])).flatten().tolist()
        [0.6..., 0.8...]
    """

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def desired(self, norms: Tensor) -> Tensor:
        return norms.clamp(0, self.max_value)


class UnitNorm(_Norm):
    """Norms of 1.

    Args:
        axis: Axis, or several, along which norms are taken.
    """

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        self.axis = axis

    def desired(self, norms: Tensor) -> float:
        return 1.0


class MinMaxNorm(_Norm):
    """Norms pulled into ``[min_value, max_value]``.

    Args:
        min_value: Least norm.
        max_value: Greatest norm.
        rate: Fraction in [0, 1] of the way gone at each call; 1 enforces the bounds.
        axis: Axis, or several, along which norms are taken.
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: int | Sequence[int] = 0,
    ) -> None:
        if min_value > max_value:
            raise argument_error(self, "min_value", min_value, f"max_value, {max_value}, at most")
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def desired(self, norms: Tensor) -> Tensor:
        bounded = norms.clamp(self.min_value, self.max_value)
        return self.rate * bounded + (1 - self.rate) * norms


class NonNeg(Constraint):
    """No value below zero."""

    def __call__(self, w: Any) -> Tensor:
        return tensor(w).clamp(min=0)


class RadialConstraint(Constraint):
    """Convolution kernels made of square rings of one value each, read off the diagonal.

    Shape:
        w: ``(height, width, channels, filters)``, height equal to width.

    Raises:
        ValueError: the weight has another number of axes, or isn't square.

    Source: ``RadialConstraint`` of tf.keras 2.
    """

    def __call__(self, w: Any) -> Tensor:
        w = tensor(w)
        if w.ndim != 4 or w.shape[0] != w.shape[1]:
            raise argument_error(
                self, "w", f"of shape {tuple(w.shape)}", "rank 4 with equal height and width"
            )
        size = w.shape[0]
        start, is_even = size // 2, 1 - size % 2
        position = torch.arange(size, device=w.device)
        # Rings from the centre out: 0 for the middle cell (2 x 2 cells of an even size).
        distance = torch.where(position < start, start - is_even - position, position - start)
        rings = torch.maximum(distance[:, None], distance[None, :])  # (h, w)
        # The innermost ring has the value before the middle of the diagonal, as in tf.keras.
        source = torch.where(rings == 0, start - 1, start - 1 + is_even + rings)
        diagonal = w.diagonal(dim1=0, dim2=1)  # (c, f, n)
        return diagonal[..., source].permute(2, 3, 0, 1)


max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
radial_constraint = RadialConstraint
unit_norm = UnitNorm
# Names of the first releases.
maxnorm = MaxNorm
nonneg = NonNeg
unitnorm = UnitNorm


def get(identifier: Any) -> Any:
    """The constraint meant by a name, a configuration, a class or a callable.

    Raises:
        ValueError: there is no such constraint.
    """
    return registry.get(identifier, "constraints", Constraint, "constraint")


def serialize(constraint: Any, use_legacy_format: bool = False) -> Any:
    """Configuration of ``constraint``; ``use_legacy_format`` changes nothing."""
    return serialization.serialize_keras_object(constraint)


def deserialize(config: Config, custom_objects: Any = None, use_legacy_format: bool = False) -> Any:
    """The constraint that ``serialize`` described; ``use_legacy_format`` changes nothing."""
    with serialization.CustomObjectScope(custom_objects):
        return get(config)
