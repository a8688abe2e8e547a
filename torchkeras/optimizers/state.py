"""An optimizer's state: values of its variables, torch's ``state_dict``, copies and pickles."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.notices import warn
from torchkeras.core.stored import put
from torchkeras.core.variable import Variable
from torchkeras.optimizers import buckets


class State(torch.optim.Optimizer):
    """The state of ``Optimizer``, whose attributes it uses."""

    def _index(self) -> None:
        """Note the row of each variable and of each parameter."""
        self._rows = {id(v): row for row, v in enumerate(self._trainable_variables)}
        self._linked = {}

    def _refer_state(self) -> None:
        """Bring slots beside their parameters, and torch's ``state`` and group up to date."""
        self.state.clear()
        parameters = [variable.parameter for variable in self._trainable_variables]
        for parameter, held in zip(parameters, self._slots, strict=True):
            for name, slot in held.items():
                buckets.settle(slot, parameter)
                self.state[parameter][name] = slot.parameter
        self.param_groups[0]["params"] = parameters
        self._linked = {}

    def get_weights(self) -> list[Any]:
        """Values of ``variables`` as NumPy arrays."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Take over what ``get_weights`` or another optimizer's ``variables`` gave.

        Raises:
            ValueError: the optimizer hasn't been built, or a shape differs.
        """
        if not self.built:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": You are calling `set_weights()` on an '
                "optimizer that has not yet been built. Call `optimizer.build(trainable_variables)`"
                " first."
            )
        for variable, weight in zip(self.variables, weights, strict=False):
            if tuple(variable.shape) != tuple(getattr(weight, "shape", ())):
                raise ValueError(
                    f"Optimizer variable {variable.path} has shape {variable.shape} not compatible "
                    f"with provided weight shape {tuple(weight.shape)}."
                )
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Write each variable to ``store`` under its number."""
        for number, variable in enumerate(self.variables):
            put(store, str(number), variable)

    def load_own_variables(self, store: Any) -> None:
        """Read what ``save_own_variables`` wrote; with a warning, nothing if the numbers differ.

        An optimizer that was saved before its first step has no slots yet, and Keras 2 doesn't
        keep the learning rate; the rest is then taken.
        """
        values = [store[str(number)] for number in range(len(store.keys()))]
        targets = self.kept_as(values)
        if targets is None:
            warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(self.variables)} variables whereas the saved optimizer has {len(values)} "
                "variables."
            )
            return
        for variable, value in zip(targets, values, strict=False):
            variable.assign(value)
        if targets and len(targets) < len(self.variables):
            self.add_missing(int(np.asarray(values[0])))

    def kept_as(self, values: Sequence[Any]) -> list[Variable] | None:
        """The variables that a file's values belong to, one by one; None if they are of another.

        Args:
            values: What has a shape, in the file's order. What is behind the variables that are
                found has no counterpart.
        """
        own, older = list(self.variables), self.kept_by_keras_2
        shapes = [tuple(getattr(value, "shape", ())) for value in values]
        if len(own) == len(shapes):
            return own
        if [tuple(variable.shape) for variable in older] == shapes:
            return older
        if len(shapes) <= 2 < len(own) and not any(shapes):  # saved before the first step
            return own[: len(shapes)]
        slots = [tuple(variable.shape) for variable in self._trainable_variables]
        is_idle = len(older) == 1 and shapes[1:] == slots
        return older if is_idle else None  # tf.keras 2's SGD has slots without momentum, too

    @property
    def kept_by_keras_2(self) -> list[Variable]:
        """The variables that tf.keras 2.11 and later writes, in its order."""
        return [v for v in self.variables if v is not self._learning_rate]

    def add_missing(self, steps: int) -> None:
        """Compute what tf.keras 2 leaves out of files, as it is after ``steps`` steps: nothing."""

    def stateless_apply(
        self,
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """What ``apply`` would make of these values, without changing anything.

        Args:
            optimizer_variables: A value for each of ``variables``.
            grads: A gradient for each variable that the optimizer was built on.
            trainable_variables: A value for each of them.

        Returns:
            New values of the trainable variables and of the optimizer's.

        Raises:
            ValueError: the optimizer hasn't been built, or the numbers don't match.
        """
        if not self.built:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": To call `stateless_apply`, it must be built '
                "(i.e. its variables must have been created). Call "
                "`optimizer.build(trainable_variables)` first."
            )
        for argument, given, known in (
            ("optimizer_variables", optimizer_variables, self.variables),
            ("trainable_variables", trainable_variables, self._trainable_variables),
        ):
            if len(given) != len(known):
                raise argument_error(
                    self,
                    argument,
                    f"a list of {len(given)}",
                    f"a list of tensors corresponding 1:1 to {len(known)} variables",
                )
        held = [*self._trainable_variables, *self.variables]
        before = [variable.tensor.detach().clone() for variable in held]
        try:
            for variable, value in zip(
                held, [*trainable_variables, *optimizer_variables], strict=True
            ):
                variable.assign(value)
            self.apply(grads)
            after = [variable.tensor.detach().clone() for variable in held]
        finally:
            for variable, value in zip(held, before, strict=True):
                variable.assign(value)
        count = len(self._trainable_variables)
        return after[:count], after[count:]

    def state_dict(self) -> dict[str, Any]:
        """torch's state: slots by parameter; learning rate and step count in the group."""
        if self.built:
            self._refer_state()
        state = super().state_dict()
        for group in state["param_groups"]:
            for entry in self.host_entries:
                if isinstance(group[entry], Tensor):
                    group[entry] = group[entry].item()
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` gave."""
        before = self.param_groups[0]
        super().load_state_dict(state_dict)
        after = self.param_groups[0]
        for entry in self.host_entries:  # the dictionary that the variables look at stays
            if isinstance(before[entry], Tensor):
                before[entry].fill_(after[entry])
            else:
                before[entry] = after[entry]
        before.update({k: v for k, v in after.items() if k not in before})
        self.param_groups[0] = before
        with torch.no_grad():
            for variable, held in zip(self._trainable_variables, self._slots, strict=True):
                loaded = self.state.get(variable.parameter, {})
                for name, slot in held.items():
                    if name in loaded:
                        slot.parameter.copy_(loaded[name])
        self._refer_state()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Refused: the variables of one optimizer share their options.

        Raises:
            RuntimeError: always, once the optimizer is made.
        """
        if "name" in self.__dict__:
            raise moment_error(
                self,
                "a parameter group can't be added",
                "Use MultiOptimizer for variables with options of their own.",
            )
        super().add_param_group(param_group)

    def __getstate__(self) -> dict[str, Any]:
        left_out = {"step", "_linked", "_rows", "gradient_reduction"}  # a scheduler wraps `step`
        return {
            name: value
            for name, value in self.__dict__.items()
            if name not in left_out and not name.startswith(("_optimizer_", "_block"))
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.setdefault("_variables", [])
        super().__setstate__(state)
        if "_rows" not in self.__dict__:
            self.gradient_reduction = None
            self._index()
            if self.built:
                self._refer_state()
