"""Loss scaling for float16, as an optimizer around another."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.variable import Variable
from torchkeras.distribution import ALONE, adding_up, reduction_outside_fit
from torchkeras.optimizers.base import CallableList, Optimizer

_INNER_OPTIONS = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss, divides the gradients, and adapts the factor to what float16 holds.

    When a gradient isn't finite, the step is left out and the factor halved; after
    ``dynamic_growth_steps`` good steps in a row it is doubled. Whether gradients are finite is read
    from the device at each step; ``fit`` uses ``torch.amp.GradScaler``, which needn't.

    Args:
        inner_optimizer: The optimizer that changes the variables.
        initial_scale: First factor.
        dynamic_growth_steps: Steps after which the factor is doubled.
        name: A name; None takes the class's in snake case.
        **options: Options of the base with their default values, ``dynamic=True``.

    States:
        step_counter: Good steps since the factor changed.
        dynamic_scale: The factor.

    Raises:
        TypeError: ``inner_optimizer`` isn't an optimizer.
        ValueError: an option belongs to the inner optimizer.

    Source: Keras 3 ``LossScaleOptimizer``.

    Example:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=8.0)
        >>> optimizer.apply([torch.tensor([8.0])], [weight])
        >>> weight.numpy().tolist()
        [0.5]
    """

    ranges = {
        "initial_scale": "number in (0, inf)",
        "dynamic_growth_steps": "integer in [1, inf)",
    }

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **options: Any,
    ) -> None:
        if not options.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set "
                "`loss_scale_factor` directly on the `inner_optimizer`."
            )
        for option, default in _INNER_OPTIONS.items():
            if options.pop(option, default) != default:
                raise ValueError(
                    f"LossScaleOptimizer does not support `{option}`. Instead, set `{option}` on "
                    "the `inner_optimizer`."
                )
        if options:
            raise ValueError(
                f"LossScaleOptimizer does not support arguments: `{'`, `'.join(options)}`."
            )
        super().__init__(learning_rate=0.0, name=name)
        if not isinstance(inner_optimizer, Optimizer):
            raise kind_error(self, "inner_optimizer", inner_optimizer, "an Optimizer")
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None

    def build(self, var_list: Iterable[Variable]) -> None:
        if self.built:
            return
        variables = list(var_list)
        self.step_counter = self.add_variable((), "zeros", "int", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), float(self.initial_scale), "float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        return CallableList([*self._variables, *self.inner_optimizer.variables])

    def kept_as(self, values: Sequence[Any]) -> list[Variable] | None:
        """See ``Optimizer.kept_as``; tf.keras 2 repeats the inner optimizer's."""
        found = super().kept_as(values)
        is_repeated = found is None and self.inner_optimizer.kept_as(values) is not None
        return [] if is_repeated else found

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    lr = learning_rate

    @property
    def iterations(self) -> Any:
        """The inner optimizer's step count: steps left out don't count."""
        return self.inner_optimizer.iterations

    @property
    def loss_scale(self) -> Any:
        """The factor, under Keras 2's name."""
        return self.dynamic_scale if self.built else torch.tensor(float(self.initial_scale))

    @property
    def dynamic(self) -> bool:
        """True: a fixed factor is the ``loss_scale_factor`` of other optimizers (Keras 2)."""
        return True

    @property
    def dynamic_counter(self) -> Variable | None:
        """Good steps in a row, under Keras 2's name; None before the optimizer is built."""
        return self.step_counter if self.built else None

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """See ``Optimizer.apply``; the gradients are those of the scaled loss."""
        grads = list(grads)
        if not self.built:
            self.build(trainable_variables or ())
        variables = list(trainable_variables or self._trainable_variables)
        if len(grads) != len(variables):
            raise argument_error(
                self, "grads", f"a list of {len(grads)}", f"one for each of {len(variables)}"
            )
        reduction = self.gradient_reduction or reduction_outside_fit()
        if reduction is not None:  # all processes leave out a step, or none does
            grads = list(reduction(grads, [variable.value for variable in variables]))
        if not bool(self.check_finite(grads)):
            self.step_counter.assign(0)
            self.dynamic_scale.assign(self.dynamic_scale * 0.5)
            return
        with adding_up(ALONE):
            self.inner_optimizer.apply(self._unscaled(grads, variables), trainable_variables)
        if int(self.step_counter) == self.dynamic_growth_steps - 1:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(self.dynamic_scale * 2.0)
        else:
            self.step_counter.assign_add(1)

    def check_finite(self, grads: Sequence[Any]) -> Tensor:
        """Whether all elements of all gradients are finite."""
        return torch.stack(
            [torch.isfinite(torch.as_tensor(grad)).all() for grad in grads if grad is not None]
        ).all()

    def _unscaled(self, grads: Sequence[Any], variables: Sequence[Any]) -> list[Any]:
        scale = self.dynamic_scale.tensor
        return [
            grad
            if grad is None or getattr(variable, "overwrite_with_gradient", False)
            else torch.as_tensor(grad) / scale
            for grad, variable in zip(grads, variables, strict=True)
        ]

    def scale_loss(self, loss: Any) -> Any:
        return loss * (self.dynamic_scale.tensor if self.built else self.initial_scale)

    def get_scaled_loss(self, loss: Any) -> Any:
        """``scale_loss``, under Keras 2's name; a callable is scaled when it is called."""
        return (lambda: self.scale_loss(loss())) if callable(loss) else self.scale_loss(loss)

    def get_unscaled_gradients(self, grads: Sequence[Any]) -> list[Any]:
        """Gradients divided by the factor, for Keras 2's loops."""
        scale = self.loss_scale
        return [None if grad is None else grad / scale for grad in grads]

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data."""
        return {
            "name": self.name,
            "inner_optimizer": serialization.serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "LossScaleOptimizer":
        config = dict(config)
        with scopes.custom_objects_scope(custom_objects):
            inner = serialization.deserialize_keras_object(config.pop("inner_optimizer"))
        return cls(inner, **config)
