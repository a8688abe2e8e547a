"""Steps scaled by running moments of the gradient: Adam and its relatives."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable
from torchkeras.optimizers import fused
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import Bucket, Rate, Slots, subtract, subtract_ratios
from torchkeras.optimizers.precision import power
from torchkeras.optimizers.scalars import HostScalar


class Moments(Optimizer):
    """Base of optimizers with decay rates of two moments and an epsilon.

    Args:
        learning_rate: See ``Optimizer``.
        beta_1: Fraction in [0, 1) of the first moment that is kept at each step.
        beta_2: Fraction in [0, 1) of the second moment that is kept at each step.
        epsilon: Small number that keeps denominators away from 0; None takes the global one.
        *shared, **options: See ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = settings.epsilon() if epsilon is None else epsilon

    def slot_blocks(self) -> list:
        return [(["momentum", "velocity"], "zeros")]

    def update_moments(self, gradients: list[Tensor], slots: Slots) -> None:
        """``m += (1 - beta_1) * (g - m)`` and ``v += (1 - beta_2) * (g ** 2 - v)``."""
        torch._foreach_lerp_(slots["momentum"], gradients, 1.0 - self.beta_1)
        torch._foreach_mul_(slots["velocity"], self.beta_2)
        torch._foreach_addcmul_(slots["velocity"], gradients, gradients, 1.0 - self.beta_2)


class Adam(Moments):
    """``w -= rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)``.

    ``m`` and ``v`` are running means of the gradient and of its square, ``t`` counts steps from 1.

    Args:
        learning_rate: See ``Optimizer``.
        beta_1: Fraction in [0, 1) of ``m`` that is kept at each step.
        beta_2: Fraction in [0, 1) of ``v`` that is kept at each step.
        epsilon: Small number added to the root, which isn't corrected for bias (torch adds it to
            the corrected root); None takes the global one.
        amsgrad: Whether ``v`` is replaced by the highest value it has had.
        *shared, **options: See ``Optimizer``.
        adaptive_epsilon: Whether epsilon is added to the corrected root after all, as in Keras 2's
            argument of that name and in torch.

    States:
        momentum, velocity: ``m`` and ``v`` of each variable.
        velocity_hat: The highest ``v``, with ``amsgrad``.

    Source: Keras 3 ``Adam``; ``torch.optim.Adam``; Kingma and Ba, 2015.

    Example:
        >>> weight = keras.Variable([1.0])
        >>> Adam(0.25).apply([torch.tensor([8.0])], [weight])
        >>> weight.numpy().round(4).tolist()
        [0.75]
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        *shared: Any,
        adaptive_epsilon: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, *shared, **options)
        self.amsgrad = amsgrad
        self.adaptive_epsilon = adaptive_epsilon

    has_sharded_kernel = True

    def slot_blocks(self) -> list:
        highest = [(["velocity_hat"], "zeros")] if self.amsgrad else []
        return super().slot_blocks() + highest

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        self.update_moments(gradients, slots)
        velocity = slots["velocity"]
        if self.amsgrad:
            velocity = slots["velocity_hat"]
            torch._foreach_maximum_(velocity, slots["velocity"])
        roots = torch._foreach_sqrt(velocity)
        torch._foreach_add_(roots, self._epsilon(step))
        subtract_ratios(weights, slots["momentum"], roots, rate * self._correction(step))

    def _correction(self, step: Rate) -> Rate:
        """``sqrt(1 - beta_2**t) / (1 - beta_1**t)``."""
        return (1.0 - power(self.beta_2, step)) ** 0.5 / (1.0 - power(self.beta_1, step))

    def _epsilon(self, step: Rate) -> Rate:
        if not self.adaptive_epsilon:
            return self.epsilon
        return self.epsilon * (1.0 - power(self.beta_2, step)) ** 0.5

    def update_fused(self, bucket: Bucket, gradients: list[Tensor], rate: Rate, step: Rate) -> bool:
        if not fused.fits(self, bucket):
            return False
        constants = bucket.constants
        if "steps" not in constants:
            # torch corrects for bias by its own count; after infinitely many steps that does
            # nothing, and the correction can be put into the rate as Keras has it.
            endless = torch.full((), math.inf, device=bucket.weights[0].device)
            constants["steps"] = [endless] * len(bucket.weights)
        scale, found_inf = fused.amp(self, bucket)
        correction = self._correction(step)
        decay = bucket.decay
        if decay and (isinstance(correction, Tensor) or isinstance(rate, Tensor)):
            fused.decay(bucket, rate, found_inf)
            decay = 0.0
        slots = bucket.slots
        kernel = torch._fused_adamw_ if decay else torch._fused_adam_
        kernel(
            bucket.weights,
            gradients,
            slots["momentum"],
            slots["velocity"],
            slots["velocity_hat"] if self.amsgrad else [],
            constants["steps"],
            lr=rate * correction,
            beta1=self.beta_1,
            beta2=self.beta_2,
            weight_decay=decay / correction if decay else 0.0,  # times lr: decay * rate
            eps=self.epsilon,
            amsgrad=self.amsgrad,
            maximize=False,
            grad_scale=scale,
            found_inf=found_inf,
        )
        return True

    @property
    def has_fused_step(self) -> bool:
        """Whether torch's kernel computes this configuration."""
        return self.beta_1 < 1.0 and self.beta_2 < 1.0 and not self.adaptive_epsilon


class AdamW(Adam):
    """``Adam`` with ``weight_decay``, 0.004 unless given.

    Raises:
        ValueError: ``weight_decay`` is None.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, *shared, **options
        )
        if weight_decay is None:
            raise argument_error(
                self, "weight_decay", None, "Argument `weight_decay` must be a float"
            )


class Adamax(Moments):
    """``Adam`` with the running maximum of ``|g|`` in place of the root of ``v``.

    ``u = max(beta_2 * u, |g|)`` and ``w -= rate * m / ((1 - beta_1**t) * (u + epsilon))``.

    States:
        momentum, norm: ``m`` and ``u`` of each variable.

    Source: Keras 3 ``Adamax``; Kingma and Ba, 2015, section 7.1.
    """

    def slot_blocks(self) -> list:
        return [(["momentum", "norm"], "zeros")]

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        momentum, norm = slots["momentum"], slots["norm"]
        torch._foreach_lerp_(momentum, gradients, 1.0 - self.beta_1)
        torch._foreach_mul_(norm, self.beta_2)
        torch._foreach_maximum_(norm, torch._foreach_abs(gradients))
        norms = torch._foreach_add(norm, self.epsilon)
        subtract_ratios(weights, momentum, norms, rate / (1.0 - power(self.beta_1, step)))


class Nadam(Moments):
    """``Adam`` with Nesterov's momentum, whose weight follows a schedule.

    With ``u(t) = beta_1 * (1 - 0.5 * 0.96**t)`` and ``U`` the product of all ``u`` so far,
    ``w -= rate * m_hat / (sqrt(v / (1 - beta_2**t)) + epsilon)``, where
    ``m_hat = u(t+1) * m / (1 - U * u(t+1)) + (1 - u(t)) * g / (1 - U)``.

    Args:
        learning_rate, beta_1, beta_2, epsilon, *shared: See ``Adam``.
        **options: See ``Optimizer``; and ``schedule_decay``, which ``t`` is multiplied by in
            ``u(t)``: 0.004 in tf.keras 2.10 and before, which calls it ``decay`` in its files.

    States:
        momentum, velocity: ``m`` and ``v`` of each variable.
        variable: ``U``.

    Source: Keras 3 ``Nadam``; Dozat, 2016.
    """

    host_entries = {**Optimizer.host_entries, "u_product": torch.float32}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        *shared: Any,
        **options: Any,
    ) -> None:
        pace = options.pop("schedule_decay", options.pop("decay", None))
        super().__init__(learning_rate, beta_1, beta_2, epsilon, *shared, **options)
        self.schedule_decay = pace or 1.0

    def build(self, var_list: Iterable[Variable]) -> None:
        if self.built:
            return
        super().build(var_list)
        group = self.param_groups[0]
        group["u_product"] = 1.0
        self._u_product = HostScalar(group, "u_product", "float32", "variable")

    def before_update(self, step: Rate) -> None:
        self.param_groups[0]["u_product"] *= self._share(step)

    def update(
        self, weights: list[Tensor], gradients: list[Tensor], slots: Slots, rate: Rate, step: Rate
    ) -> None:
        now, following = self._share(step), self._share(step + 1)
        product = self.param_groups[0]["u_product"]
        self.update_moments(gradients, slots)
        roots = torch._foreach_div(slots["velocity"], 1.0 - power(self.beta_2, step))
        torch._foreach_sqrt_(roots)
        torch._foreach_add_(roots, self.epsilon)
        means = torch._foreach_mul(slots["momentum"], following / (1.0 - product * following))
        subtract(means, gradients, (now - 1.0) / (1.0 - product))
        subtract_ratios(weights, means, roots, rate)

    def _share(self, step: Rate) -> Rate:
        """``u(t)``."""
        return self.beta_1 * (1.0 - 0.5 * power(0.96, self.schedule_decay * step))

    @property
    def kept_by_keras_2(self) -> list[Variable]:
        product = getattr(self, "_u_product", None)
        return [v for v in super().kept_by_keras_2 if v is not product]

    def add_missing(self, steps: int) -> None:
        shares = self._share(torch.arange(1, steps + 1, dtype=torch.float32))
        self._u_product.assign(float(shares.prod()))

    def get_config(self) -> dict[str, Any]:
        """See ``Optimizer.get_config``; another pace than Keras 3's is called ``decay``."""
        config = super().get_config()
        return config if self.schedule_decay == 1.0 else {**config, "decay": self.schedule_decay}
