"""Steps of one size in the direction of the sign."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import Rate, Slots, subtract


class Lion(Optimizer):
    """``w -= rate * sign(beta_1 * m + (1 - beta_1) * g)``; ``m += (1 - beta_2) * (g - m)``.

    Args:
        learning_rate: See ``Optimizer``; about a tenth of Adam's.
        beta_1: Weight of ``m`` in the direction, in (0, 1].
        beta_2: Fraction of ``m`` that is kept at each step.
        *shared, **options: See ``Optimizer``.

    States:
        momentum: ``m`` of each variable.

    Raises:
        ValueError: ``beta_1`` is outside (0, 1].

    Source: Keras 3 ``Lion``; Chen et al., 2023.
    """

    ranges = {"beta_1": None}  # the constructor says more

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        if not 0 < beta_1 <= 1:
            raise argument_error(
                self,
                "beta_1",
                beta_1,
                "a number in (0, 1]",
                "Argument `beta_1` must be in the [0, 1] range, and 0 would be SignSGD.",
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def slot_blocks(self) -> list:
        return [(["momentum"], "zeros")]

    @property
    def momentums(self) -> list[Variable]:
        """``m`` of each variable."""
        return [held["momentum"] for held in self._slots if "momentum" in held]

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        momentum = slots["momentum"]
        directions = torch._foreach_lerp(gradients, momentum, self.beta_1)
        torch._foreach_sign_(directions)
        subtract(weights, directions, rate)
        torch._foreach_lerp_(momentum, gradients, 1.0 - self.beta_2)
