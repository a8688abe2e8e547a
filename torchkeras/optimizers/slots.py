"""New variables of an optimizer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras import initializers
from torchkeras.core import scopes
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.layout import IDENTITY, Layout
from torchkeras.core.variable import Store, Variable, as_tensor


def new_variable(
    shape: Sequence[int],
    initializer: Any,
    dtype: Any,
    aggregation: str,
    layout: Layout | None,
    name: str | None,
    device: Any = None,
) -> Variable:
    """A variable that isn't trained, filled by an initializer or with a value."""
    if not _is_value(initializer):
        initializer = initializers.get(initializer)
    dtype = standardize_dtype("int64" if dtype == "int" else dtype)
    return Variable(
        initializer,
        shape=tuple(shape),
        dtype=dtype,
        trainable=False,
        autocast=False,
        aggregation=aggregation,
        name=name,
        layout=layout or IDENTITY,
        device=device,
    )


def new_slot(reference: Variable, initializer: Any, name: str) -> Variable:
    """A variable that lies beside ``reference``: same shape, type, device and layout."""
    parameter = reference.parameter.detach()
    slot = torch.zeros_like(parameter)
    if isinstance(initializer, (int, float)):
        slot.fill_(initializer)
    elif initializer != "zeros" if isinstance(initializer, str) else True:
        if _is_value(initializer):
            value = as_tensor(initializer, parameter.dtype, parameter.device)
        else:
            value = initializers.get(initializer)(reference.shape, dtype=reference.dtype)
        value = reference.layout.from_keras(value.to(parameter.device))
        if reference.sharding is not None:
            value = reference.sharding.scattered(value, slot)
        slot.copy_(value)
    store = Store()
    store._buffers["value"] = slot
    slot = Variable.adopt(store, "value", reference.layout, name, trainable=False, autocast=False)
    slot.sharding = reference.sharding
    return slot


def as_variable(item: Any) -> Variable:
    """``item``, or a handle on it if it is a plain torch parameter or tensor.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(item, Variable):
        return item
    if not isinstance(item, Tensor):
        raise kind_error("Optimizer", "variable", item, "a Variable or a torch parameter")
    store = Store()
    if isinstance(item, nn.Parameter):
        store._parameters["value"] = item
    else:
        store._buffers["value"] = item
    return Variable.adopt(store, "value")


def _is_value(initializer: Any) -> bool:
    return isinstance(initializer, (int, float, list, np.ndarray, Tensor, Variable))


class Slotted:
    """The ways in which ``Optimizer`` adds variables of its own."""

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A variable of the optimizer's own.

        Args:
            shape: Its shape.
            initializer: Name, ``Initializer`` or callable of shape and dtype; or a value.
            dtype: Number type; None takes ``floatx()``.
            aggregation: See ``Variable``.
            layout: A ``core.layout.Layout`` in which it is stored.
            name: Its name.
        """
        self._check_made()
        with scopes.name_scope(self.name):
            variable = new_variable(shape, initializer, dtype, aggregation, layout, name)
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self,
        reference_variable: Any = None,
        name: str | None = None,
        initializer: Any = "zeros",
        *,
        model_variable: Any = None,
        variable_name: str | None = None,
        initial_value: Any = None,
        shape: Sequence[int] | None = None,
    ) -> Variable:
        """A variable like one of the model's, called ``<path>_<name>``.

        Args:
            reference_variable: The model's variable, whose shape, type and layout it takes.
            name: What it is, such as ``"momentum"``; None is ``"var"``.
            initializer: Name, ``Initializer`` or callable of shape and dtype.
            model_variable, variable_name, initial_value, shape: Keras 2's names of the first
                two arguments, a value in place of an initializer, and another shape.
        """
        self._check_made()
        reference = as_variable(
            model_variable if reference_variable is None else reference_variable
        )
        name = name or variable_name or "var"
        full_name = f"{reference.path.replace('/', '_')}_{name}"
        if initial_value is not None:
            initializer = initial_value
        if shape is not None and tuple(shape) != reference.shape:
            return self.add_variable(shape, initializer, reference.dtype, name=full_name)
        with scopes.name_scope(self.name):
            variable = new_slot(reference, initializer, full_name)
        self._variables.append(variable)
        row = self._rows.get(id(reference))
        if row is not None:
            self._slots[row][name] = variable
            self.state[reference.parameter][name] = variable.parameter
        return variable

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """A slot for each variable, or several of them, variable by variable.

        Args:
            trainable_variables: The model's variables.
            name: Name of the slot, or a list of names.
            initializer: Initializer of all, or a list with one for each name.

        Returns:
            A list with one entry for each variable, or a tuple of lists, one for each name. The
            entry is None for variables that are overwritten with their gradient.

        Raises:
            ValueError: there are not as many initializers as names.
        """
        names = [name] if isinstance(name, str) else list(name)
        initializers = (
            list(initializer)
            if isinstance(initializer, (list, tuple))
            else [initializer] * len(names)
        )
        if len(names) != len(initializers):
            raise argument_error(
                self,
                "initializer",
                initializer,
                f"as many initializers as names, {len(names)}",
                "The number of provided names must match the number of provided initializers.",
            )
        made: tuple[list, ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for column, one_name, one_initializer in zip(made, names, initializers, strict=True):
                column.append(
                    None
                    if getattr(variable, "overwrite_with_gradient", False)
                    else self.add_variable_from_reference(variable, one_name, one_initializer)
                )
        return made[0] if isinstance(name, str) else made
