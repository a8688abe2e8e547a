"""AdamW without a schedule."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.variable import Variable
from torchkeras.optimizers.adam import Moments
from torchkeras.optimizers.buckets import Rate, Slots, subtract, subtract_ratios
from torchkeras.optimizers.precision import lowest, power


class ScheduleFreeAdamW(Moments):
    """Adam's steps on a point ``z`` beside the weights, which lie between it and its mean ``x``.

    ``v += (1 - beta_2) * (g**2 - v)``, ``z -= rate * g / (sqrt(v / (1 - beta_2**t)) + epsilon)``,
    ``x += (z - x) / t`` and ``w = beta_1 * x + (1 - beta_1) * z``.

    Args:
        learning_rate: See ``Optimizer``.
        beta_1: Share of the mean in the weights, in (0, 1].
        beta_2: Fraction in [0, 1) of ``v`` that is kept at each step.
        epsilon: Small number added to the root; None takes the global one.
        warmup_steps: Steps over which the rate rises from 0 in a straight line.
        *shared, **options: See ``Optimizer``.

    States:
        momentum, velocity: ``z`` and ``v`` of each variable.

    Source: Keras 3 ``ScheduleFreeAdamW``; Defazio et al., 2024.
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-8,
        warmup_steps: int = 0,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, *shared, **options)
        self.warmup_steps = warmup_steps

    def build(self, var_list: Iterable[Variable]) -> None:
        if self.built:
            return
        super().build(var_list)
        for variable, held in zip(self._trainable_variables, self._slots, strict=True):
            if "momentum" in held:
                held["momentum"].parameter.copy_(variable.parameter.detach())

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        points, velocity = slots["momentum"], slots["velocity"]
        if self.warmup_steps > 0:
            rate = rate * lowest(step / self.warmup_steps, 1.0)
        torch._foreach_mul_(velocity, self.beta_2)
        torch._foreach_addcmul_(velocity, gradients, gradients, 1.0 - self.beta_2)
        roots = torch._foreach_div(velocity, 1.0 - power(self.beta_2, step))
        torch._foreach_sqrt_(roots)
        torch._foreach_add_(roots, self.epsilon)
        # x = (w - (1 - beta_1) * z) / beta_1, before z moves.
        means = torch._foreach_sub(weights, torch._foreach_mul(points, 1.0 - self.beta_1))
        torch._foreach_div_(means, self.beta_1)
        subtract_ratios(points, gradients, roots, rate)
        torch._foreach_mul_(means, 1.0 - 1.0 / step)
        subtract(means, points, -1.0 / step)
        torch._foreach_mul_(means, self.beta_1)
        torch._foreach_add_(means, points, alpha=1.0 - self.beta_1)
        torch._foreach_copy_(weights, means)
