"""Gradient descent."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable
from torchkeras.optimizers import fused
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import Bucket, Rate, Slots, add_to, subtract


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

    has_fused_step = True

    ranges = {"momentum": None}  # the constructor says more

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
        if not fused.fits(self, bucket):
            return False
        scale, found_inf = fused.amp(self, bucket)
        if bucket.decay:
            fused.decay(bucket, rate, found_inf)
        # torch computes m = momentum * m + (1 - dampening) * g, then w -= lr * m; with nesterov
        # w -= lr * (g + momentum * m), which wants the rate in g itself, as does a rate that is a
        # tensor.
        nesterov = bool(self.nesterov and self.momentum)
        is_scaled = nesterov or isinstance(rate, Tensor)
        lr, dampening = (-1.0, 1.0 + rate) if self.momentum else (rate, 0.0)
        momentum = bucket.slots["momentum"] if self.momentum else []
        for part in fused.parts(bucket) if is_scaled else (slice(None),):
            taken = gradients[part]
            if is_scaled:
                taken, lr, dampening = torch._foreach_mul(taken, -rate), -1.0, 0.0
            torch._fused_sgd_(
                bucket.weights[part],
                taken,
                momentum[part],
                weight_decay=0.0,
                momentum=self.momentum,
                lr=lr,
                dampening=dampening,
                nesterov=nesterov,
                maximize=False,
                is_first_step=False,
                grad_scale=scale,
                found_inf=found_inf,
            )
        return True
