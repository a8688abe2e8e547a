"""Steps divided by the gradient's size so far: Adagrad and its relatives."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import Rate, Slots, subtract, subtract_ratios


class Adagrad(Optimizer):
    """``a += g**2``, then ``w -= rate * g / sqrt(a + epsilon)``.

    Args:
        learning_rate: See ``Optimizer``.
        initial_accumulator_value: First value of ``a``, 0 or more.
        epsilon: Small number added under the root; None takes the global one.
        *shared, **options: See ``Optimizer``.

    States:
        accumulator: ``a`` of each variable.

    Source: Keras 3 ``Adagrad``; Duchi et al., 2011.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float | None = 1e-7,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = settings.epsilon() if epsilon is None else epsilon

    def slot_blocks(self) -> list:
        return [(["accumulator"], float(self.initial_accumulator_value))]

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        torch._foreach_addcmul_(slots["accumulator"], gradients, gradients)
        roots = _roots(slots["accumulator"], self.epsilon)
        subtract_ratios(weights, gradients, roots, rate)


class Adadelta(Optimizer):
    """Steps in the units of the weights: the root mean square of changes over that of gradients.

    ``a = rho * a + (1 - rho) * g**2``, ``change = -g * sqrt(d + epsilon) / sqrt(a + epsilon)``,
    ``d = rho * d + (1 - rho) * change**2`` and ``w += rate * change``.

    Args:
        learning_rate: See ``Optimizer``.
        rho: Fraction in [0, 1] of the running means that is kept at each step.
        epsilon: Small number added under both roots; None takes the global one.
        *shared, **options: See ``Optimizer``.

    States:
        accumulated_grad, accumulated_delta_var: ``a`` and ``d`` of each variable.

    Source: Keras 3 ``Adadelta``; Zeiler, 2012.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float | None = 1e-7,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        self.rho = rho
        self.epsilon = settings.epsilon() if epsilon is None else epsilon

    def slot_blocks(self) -> list:
        return [(["accumulated_grad", "accumulated_delta_var"], "zeros")]

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        squares, changes = slots["accumulated_grad"], slots["accumulated_delta_var"]
        _decayed_squares(squares, gradients, self.rho)
        falls = _roots(changes, self.epsilon)
        torch._foreach_mul_(falls, gradients)
        torch._foreach_div_(falls, _roots(squares, self.epsilon))
        _decayed_squares(changes, falls, self.rho)
        subtract(weights, falls, rate)


class RMSprop(Optimizer):
    """``v = rho * v + (1 - rho) * g**2``, then ``w -= rate * g / sqrt(v + epsilon)``.

    With momentum the step is added to ``m = momentum * m + rate * g / sqrt(...)`` and ``w -= m``;
    ``centered`` subtracts the square of the gradient's running mean from ``v`` under the root.

    Args:
        learning_rate: See ``Optimizer``.
        rho: Fraction in [0, 1] of the running means that is kept at each step.
        momentum: Fraction in [0, 1] of the last change that is kept.
        epsilon: Small number added under the root; None takes the global one.
        centered: Whether the variance of gradients is used instead of the mean square.
        *shared, **options: See ``Optimizer``.

    States:
        velocity: ``v`` of each variable.
        momentum: ``m``, if ``momentum`` is above 0.
        average_gradient: Running mean of the gradient, if ``centered``.

    Source: Keras 3 ``RMSprop``; Hinton, 2012. ``torch.optim.RMSprop`` adds epsilon to the root.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = settings.epsilon() if epsilon is None else epsilon
        self.centered = centered

    def slot_blocks(self) -> list:
        blocks = [(["velocity"], "zeros")]
        if self.momentum > 0:
            blocks.append((["momentum"], "zeros"))
        if self.centered:
            blocks.append((["average_gradient"], "zeros"))
        return blocks

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        _decayed_squares(slots["velocity"], gradients, self.rho)
        roots = torch._foreach_add(slots["velocity"], self.epsilon)
        if self.centered:
            averages = slots["average_gradient"]
            torch._foreach_lerp_(averages, gradients, 1.0 - self.rho)
            torch._foreach_addcmul_(roots, averages, averages, -1.0)
        torch._foreach_sqrt_(roots)
        if self.momentum > 0:
            momentum = slots["momentum"]
            torch._foreach_mul_(momentum, self.momentum)
            subtract_ratios(momentum, gradients, roots, -rate)
            torch._foreach_sub_(weights, momentum)
        else:
            subtract_ratios(weights, gradients, roots, rate)


def _decayed_squares(means: list[Tensor], values: list[Tensor], rho: float) -> None:
    """``mean = rho * mean + (1 - rho) * value**2`` for each pair."""
    torch._foreach_mul_(means, rho)
    torch._foreach_addcmul_(means, values, values, 1.0 - rho)


def _roots(values: list[Tensor], epsilon: float) -> list[Tensor]:
    """``sqrt(value + epsilon)`` of each."""
    roots = torch._foreach_add(values, epsilon)
    torch._foreach_sqrt_(roots)
    return roots
