"""Follow the regularized leader."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import Rate, Slots, subtract


class Ftrl(Optimizer):
    """Online learning of sparse models, with L1 and L2 penalties of its own.

    With ``p = -learning_rate_power`` and ``s`` the gradient plus ``2 * l2_shrinkage * w``:
    ``n' = n + g**2``, ``z += s - (n'**p - n**p) / rate * w``,
    ``w = (clip(z, -l1, l1) - z) / (n'**p / rate + 2 * l2 + beta / rate)``.

    Args:
        learning_rate: See ``Optimizer``.
        learning_rate_power: How the rate falls with the sum of squares, 0 or less; 0 keeps it.
        initial_accumulator_value: First value of ``n``, 0 or more.
        l1_regularization_strength: ``l1``, 0 or more.
        l2_regularization_strength: ``l2``, 0 or more.
        l2_shrinkage_regularization_strength: Penalty on the size of weights, 0 or more, which acts
            through the gradient.
        beta: Number added to ``n'**p`` in the denominator.
        *shared, **options: See ``Optimizer``.

    States:
        accumulator, linear: ``n`` and ``z`` of each variable.

    Raises:
        ValueError: a strength or the initial value is below 0, or the power above 0.

    Source: Keras 3 ``Ftrl``; McMahan et al., 2013.
    """

    ranges = {"initial_accumulator_value": None}  # the constructor says more

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        if learning_rate_power > 0.0:
            raise argument_error(
                self,
                "learning_rate_power",
                learning_rate_power,
                "a number not above 0",
                "`learning_rate_power` needs to be negative or zero.",
            )
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if getattr(self, name) < 0.0:
                raise argument_error(
                    self,
                    name,
                    getattr(self, name),
                    "a number not below 0",
                    f"`{name}` needs to be positive or zero.",
                )

    def slot_blocks(self) -> list:
        return [(["accumulator", "linear"], [float(self.initial_accumulator_value), "zeros"])]

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        sums, linear = slots["accumulator"], slots["linear"]
        l1, l2 = self.l1_regularization_strength, self.l2_regularization_strength
        shrinkage = self.l2_shrinkage_regularization_strength
        before = torch._foreach_pow(sums, -self.learning_rate_power)
        torch._foreach_addcmul_(sums, gradients, gradients)
        after = torch._foreach_pow(sums, -self.learning_rate_power)
        pull = torch._foreach_sub(after, before)
        torch._foreach_mul_(pull, 1.0 / rate)
        torch._foreach_mul_(pull, weights)
        torch._foreach_add_(linear, gradients)
        torch._foreach_sub_(linear, pull)
        if shrinkage:
            torch._foreach_add_(linear, weights, alpha=2.0 * shrinkage)
        torch._foreach_mul_(after, 1.0 / rate)
        torch._foreach_add_(after, 2.0 * l2 + self.beta / rate)
        targets = torch._foreach_clamp_min(linear, -l1)
        torch._foreach_clamp_max_(targets, l1)
        subtract(targets, linear, 1.0)
        torch._foreach_div_(targets, after)
        torch._foreach_copy_(weights, targets)
