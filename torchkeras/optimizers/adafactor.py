"""Adam's scaling with second moments kept as rows and columns."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.precision import lowest


class Adafactor(Optimizer):
    """Steps of a size relative to the weights, with factored means of squared gradients.

    With ``b = 1 - t**beta_2_decay``, rows ``r`` and columns ``c`` are running means of the squared
    gradient over its last and last but one axis, and ``v = r * c / mean(r)``; variables with fewer
    than two axes keep ``v`` itself. ``u = g / sqrt(v)``, divided by its root mean square over
    ``clip_threshold`` if that is above 1, and ``w -= max(epsilon_2, rms(w)) * rho * u`` with
    ``rho = min(rate, 1 / sqrt(t))``.

    Args:
        learning_rate: See ``Optimizer``.
        beta_2_decay: Exponent of the means' memory, below 0.
        epsilon_1: Small number added to squared gradients.
        epsilon_2: Lowest size of a weight that steps are relative to.
        clip_threshold: Highest root mean square of ``u``.
        relative_step: Whether ``1 / sqrt(t)`` limits the rate; else ``rho`` is the rate itself.
            (Keras 3 limits it either way.)
        *shared, **options: See ``Optimizer``.

    States:
        r, c: Rows and columns, in Keras's layout; a 0 stands in for variables without.
        velocity: ``v`` of each variable.

    Source: Keras 3 ``Adafactor``; Shazeer and Stern, 2018.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        *shared: Any,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, *shared, **options)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, var_list: Iterable[Variable]) -> None:
        if self.built:
            return
        super().build(var_list)
        self.stand_ins: dict[int, dict[str, Variable]] = {}
        for row, variable in enumerate(self._trainable_variables):
            if len(variable.shape) < 2:
                self.stand_ins[row] = {
                    kind: Variable(0, dtype="int32", trainable=False, name=variable.name)
                    for kind in "rc"
                }
                self._variables.extend(self.stand_ins[row].values())
            elif not variable.overwrite_with_gradient:
                shape = variable.shape
                self._slots[row]["r"] = self._mean(variable, shape[:-1])
                self._slots[row]["c"] = self._mean(variable, shape[:-2] + shape[-1:])
            if not variable.overwrite_with_gradient:
                self.add_variable_from_reference(variable, "velocity")
        self._refer_state()

    @property
    def kept_by_keras_2(self) -> list[Variable]:
        return [v for v in super().kept_by_keras_2 if v is self._iterations or v.shape != ()]

    def _mean(self, variable: Variable, shape: tuple[int, ...]) -> Variable:
        mean = self.add_variable(shape, dtype=variable.dtype, name=variable.name)
        mean.module.to(variable.device)
        return mean

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Any = None) -> None:
        slots = self._slots[self._row(variable)]
        step = self._next_step()
        size = self._rate() if learning_rate is None else learning_rate
        if self.relative_step:
            size = lowest(size, step**-0.5)
        kept = 1.0 - step**self.beta_2_decay
        squares = gradient.square() + self.epsilon_1
        velocity = slots["velocity"].tensor
        if gradient.ndim >= 2:
            rows, columns = slots["r"].tensor, slots["c"].tensor
            rows.lerp_(squares.mean(dim=-1), 1.0 - kept)
            columns.lerp_(squares.mean(dim=-2), 1.0 - kept)
            ratio = (rows / rows.mean(dim=-1, keepdim=True)).unsqueeze(-1)
            slots["velocity"].assign(ratio * columns.unsqueeze(-2))
            velocity = slots["velocity"].tensor
        else:
            velocity = velocity.lerp(squares, 1.0 - kept)
            slots["velocity"].assign(velocity)
        change = gradient / velocity.sqrt()
        change = change / torch.clamp(_rms(change) / self.clip_threshold, min=1.0)
        weights = variable.tensor
        size = size * torch.clamp(_rms(weights), min=self.epsilon_2)
        variable.assign(weights - size * change)


def _rms(values: Tensor) -> Tensor:
    """Root of the mean square."""
    return values.square().mean().sqrt()
