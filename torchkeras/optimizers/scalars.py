"""Numbers that an optimizer keeps on the host, as Keras variables."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core import scopes
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.layout import IDENTITY
from torchkeras.core.stored import Stored
from torchkeras.core.variable import Store, Variable


class HostScalar(Variable):
    """A scalar variable whose value is the entry of a dictionary.

    An optimizer's step count and learning rate lie as Python numbers in its parameter group, where
    reading and changing them costs nothing and torch's schedulers find them. While a step is
    compiled, or may be skipped by a GradScaler, the entry is a scalar tensor on the device.

    Args:
        holder: The dictionary.
        entry: Key of the value in it.
        dtype: Number type that the value has as a tensor.
        name: Name of the variable.
    """

    def __init__(self, holder: dict[str, Any], entry: str, dtype: str, name: str) -> None:
        self.holder = holder
        self.entry = entry
        self.number_type = torch_dtype(dtype)
        self._attach(
            Store(), "value", IDENTITY, name, False, False, "only_first_replica"
        )  # not trainable, not cast by policies

    @property
    def parameter(self) -> Tensor:
        """The number as a tensor."""
        number = self.holder[self.entry]
        if isinstance(number, Tensor):
            return number.to(self.number_type)
        return torch.tensor(number, dtype=self.number_type)

    def assign(self, value: Any) -> "HostScalar":
        """Take over ``value``, a number or anything of shape ().

        Raises:
            ValueError: ``value`` has another shape.
        """
        if scopes.local.stateless is not None:
            scopes.local.stateless.add_update((self, value))
            return self
        if scopes.local.plan is not None:
            if isinstance(value, Stored):
                scopes.local.plan.add(self, value)
                return self
            scopes.local.plan.about_to_change(self)
        value = value.read() if isinstance(value, Stored) else value
        kept = self.holder[self.entry]
        if not isinstance(value, (int, float)):
            tensor = value.tensor if isinstance(value, Variable) else torch.as_tensor(value)
            if tuple(tensor.shape) != ():
                super().assign(tensor)  # which refuses other shapes
                return self
            value = tensor if isinstance(kept, Tensor) else tensor.to(self.number_type).item()
        if isinstance(kept, Tensor):
            with torch.no_grad():
                kept.copy_(torch.as_tensor(value))
        else:
            self.holder[self.entry] = value if self.number_type.is_floating_point else int(value)
        return self

    def let_go(self) -> None:
        """Keep the present value apart from the dictionary."""
        self.holder = {self.entry: self.holder[self.entry]}
