"""Momentum made orthogonal."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.buckets import shrink
from torchkeras.optimizers.precision import power


class Muon(Optimizer):
    """Matrices step along their orthogonalized momentum; everything else follows AdamW.

    For a matrix ``m = momentum * m + g``, and ``w -= rate * O * sqrt(longer side) * rms_rate``
    where ``O`` brings the singular values of ``g + momentum * m`` (``m`` without ``nesterov``) near
    1 by Newton-Schulz iterations. Embeddings and the layers of ``exclude_layers`` follow AdamW,
    as do variables that aren't matrices.

    Args:
        learning_rate: See ``Optimizer``.
        adam_beta_1, adam_beta_2, epsilon: See ``Adam``.
        adam_weight_decay: ``weight_decay`` of the variables that follow AdamW.
        weight_decay: See ``Optimizer``; of matrices.
        exclude_layers: Patterns; a variable with one in its path follows AdamW.
        exclude_embeddings: Whether variables with "embedding" in their path follow AdamW.
        muon_a, muon_b, muon_c: Coefficients of the iterations' polynomial.
        adam_lr_ratio: Rate of AdamW as a multiple of the learning rate.
        momentum: Fraction of the momentum kept at each step.
        ns_steps: Number of Newton-Schulz iterations.
        nesterov: Whether momentum is applied ahead.
        rms_rate: Root mean square of a step relative to the rate; None leaves steps unscaled.
        **options: See ``Optimizer``.

    States:
        momentum: ``m`` of each variable.
        velocity: Of the variables that follow AdamW.

    Source: Keras 3 ``Muon``; Jordan et al., 2024; Liu et al., 2025.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **options,
        )
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def build(self, var_list: Iterable[Variable]) -> None:
        if self.built:
            return
        super().build(var_list)
        for variable in self._trainable_variables:
            if variable.overwrite_with_gradient:
                continue
            self.add_variable_from_reference(variable, "momentum")
            if self.follows_adam(variable):
                self.add_variable_from_reference(variable, "velocity")

    @property
    def momentums(self) -> list[Variable | None]:
        """``m`` of each variable."""
        return [held.get("momentum") for held in self._slots]

    @property
    def adam_velocities(self) -> list[Variable | None]:
        """``v`` of each variable that follows AdamW."""
        return [held.get("velocity") for held in self._slots]

    def follows_adam(self, variable: Variable) -> bool:
        """Whether AdamW updates ``variable``."""
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Any = None) -> None:
        slots = self._slots[self._row(variable)]
        rate = self._rate() if learning_rate is None else learning_rate
        if "velocity" in slots:
            self._adam_step(gradient, variable, rate * self.adam_lr_ratio, slots)
            return
        slots["momentum"].assign(slots["momentum"].tensor * self.momentum + gradient)
        ahead = slots["momentum"].tensor
        if self.nesterov:
            ahead = gradient + self.momentum * ahead
        change = self.zeropower_via_newtonschulz5(ahead, self.ns_steps)
        variable.assign(variable.tensor - self.lr_adjust(rate * change))

    def _adam_step(
        self, gradient: Tensor, variable: Variable, rate: Any, slots: dict[str, Variable]
    ) -> None:
        step = self._next_step()
        momentum = slots["momentum"].tensor.lerp(gradient, 1.0 - self.adam_beta_1)
        velocity = slots["velocity"].tensor.lerp(gradient.square(), 1.0 - self.adam_beta_2)
        slots["momentum"].assign(momentum)
        slots["velocity"].assign(velocity)
        rate = rate * (1.0 - power(self.adam_beta_2, step)) ** 0.5
        rate = rate / (1.0 - power(self.adam_beta_1, step))
        variable.assign(variable.tensor - momentum * rate / (velocity.sqrt() + self.epsilon))

    def transpose_last_axis(self, X: Tensor) -> Tensor:
        """``X`` with its last two axes exchanged."""
        return X.transpose(-2, -1)

    def lr_adjust(self, x: Tensor) -> Tensor:
        """A change scaled so that its elements have the root mean square of AdamW's."""
        if self.rms_rate is None:
            return x
        return x * max(x.shape[0], x.shape[1]) ** 0.5 * self.rms_rate

    def zeropower_via_newtonschulz5(self, x: Tensor, steps: int) -> Tensor:
        """``x`` with singular values near 1: ``steps`` iterations of an odd polynomial of degree 5.

        Raises:
            ValueError: ``x`` has fewer than two axes.
        """
        if x.ndim < 2:
            raise ValueError(
                f'Muon "{self.name}": Expected gradient or momentum to have at least 2 dimensions; '
                f"x has shape {tuple(x.shape)}."
            )
        is_tall = x.shape[-2] > x.shape[-1]
        if is_tall:
            x = x.mT
        x = x / (torch.linalg.vector_norm(x, dim=(-2, -1), keepdim=True) + 1e-7)
        for _ in range(steps):
            square = x @ x.mT
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x.mT if is_tall else x

    def _apply_weight_decay(self, variables: Sequence[Variable]) -> None:
        rate = self._rate()
        for variable in variables:
            adam = self.follows_adam(variable)
            decay = self.adam_weight_decay if adam else self.weight_decay
            if decay and self._use_weight_decay(variable):
                shrink([variable.parameter], decay * rate)
