"""Gradient descent."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable
from torchkeras.optimizers import fused
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import Bucket, Rate, Slots, add_to, subtract
from torchkeras.optimizers.scalars import HostScalar


class SGD(Optimizer):
    """``w -= rate * g``; with momentum ``m = momentum * m - rate * g``, then ``w += m``.

    With ``nesterov``, ``w += momentum * m - rate * g`` instead.

    Args:
        learning_rate: See ``Optimizer``.
        momentum: Fraction in [0, 1] of the last change that is kept.
        nesterov: Whether the gradient is taken as if at the point where momentum leads.
        *shared, **options: See ``Optimizer``.

    States:
        momentum: ``m`` of each variable, if ``momentum`` isn't 0.

    Raises:
        ValueError: ``momentum`` is outside [0, 1].

    Source: Keras 3 ``SGD``; unlike ``torch.optim.SGD``, the rate is part of ``m``.

    Example:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = SGD(0.5, momentum=0.5)
        >>> for _ in range(2):
        ...     optimizer.apply([torch.tensor([1.0])], [weight])
        >>> weight.numpy().tolist()
        [-0.25]
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise argument_error(
                self, "momentum", momentum, "`momentum` must be a float between [0, 1]"
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def slot_blocks(self) -> list:
        return [(["momentum"], "zeros")] if self.momentum else []

    @property
    def momentums(self) -> list[Variable]:
        """``m`` of each variable."""
        return [held["momentum"] for held in self._slots if "momentum" in held]

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        if not self.momentum:
            subtract(weights, gradients, rate)
            return
        momentum = slots["momentum"]
        torch._foreach_mul_(momentum, self.momentum)
        subtract(momentum, gradients, rate)
        if self.nesterov:
            add_to(weights, momentum, self.momentum)
            subtract(weights, gradients, rate)
        else:
            torch._foreach_add_(weights, momentum)

    def update_fused(self, bucket: Bucket, gradients: list[Tensor], rate: Rate, step: Rate) -> bool:
        if not fused.fits(self, bucket) or isinstance(rate, Tensor):
            return False
        scale, found_inf = fused.amp(self, bucket)
        if bucket.decay:
            fused.decay(bucket, rate, found_inf)
        momentum = bucket.slots.get("momentum", [])
        # torch computes m = momentum * m + (1 - dampening) * g, then w -= lr * m.
        torch._fused_sgd_(
            bucket.weights,
            gradients,
            momentum,
            weight_decay=0.0,
            momentum=self.momentum,
            lr=-1.0 if momentum else rate,
            dampening=1.0 + rate if momentum else 0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
            grad_scale=scale,
            found_inf=found_inf,
        )
        return True

    @property
    def has_fused_step(self) -> bool:
        """Whether torch's kernel computes this configuration."""
        return not (self.nesterov and self.momentum)

    @property
    def _step_supports_amp_scaling(self) -> bool:
        # The kernel takes the rate as a number, which a schedule doesn't give while the scaler
        # keeps the step count on the device.
        return (
            isinstance(self.param_groups[0]["lr"], float)
            and isinstance(self._learning_rate, HostScalar)
            and not self.decay
            and super()._step_supports_amp_scaling
        )
