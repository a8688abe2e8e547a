"""Adam for large batches."""

import torch
from torch import Tensor

from torchkeras.optimizers.adam import Moments
from torchkeras.optimizers.buckets import Rate, Slots, subtract
from torchkeras.optimizers.precision import power


class Lamb(Moments):
    """Adam's step, brought for each variable to the length of the variable times the rate.

    ``change = m / (1 - beta_1**t) / (sqrt(v / (1 - beta_2**t)) + epsilon)`` and
    ``w -= rate * change * |w| / |change|``; where a length is 0, the ratio is taken as 1.

    States:
        momentum, velocity: ``m`` and ``v`` of each variable.

    Source: Keras 3 ``Lamb``; You et al., 2019.
    """

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        self.update_moments(gradients, slots)
        roots = torch._foreach_div(slots["velocity"], 1.0 - power(self.beta_2, step))
        torch._foreach_sqrt_(roots)
        torch._foreach_add_(roots, self.epsilon)
        changes = torch._foreach_div(slots["momentum"], roots)
        torch._foreach_mul_(changes, 1.0 / (1.0 - power(self.beta_1, step)))
        ratios = [
            torch.where((weight > 0) & (change > 0), weight / change, 1.0)
            for weight, change in zip(
                torch._foreach_norm(weights), torch._foreach_norm(changes), strict=True
            )
        ]
        torch._foreach_mul_(changes, ratios)
        subtract(weights, changes, rate)
