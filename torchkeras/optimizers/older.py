"""Slots by name and gradients by hand, as the optimizers of tf.keras 2.10 and before had them."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.variable import Variable

# What slots were called -> their names now.
_SLOT_NAMES = {"m": "momentum", "v": "velocity", "vhat": "velocity_hat"}


class OlderSlots:
    """What ``Optimizer`` does for scripts that look at its slots."""

    def add_slot(
        self, var: Variable, slot_name: str, initializer: Any = "zeros", shape: Any = None
    ) -> Variable:
        """The slot of a variable, made now if there is none of that name.

        Args:
            var: The model's variable.
            slot_name: Name of the slot.
            initializer: Name, ``Initializer`` or callable of shape and dtype; or a value.
            shape: Shape; None takes that of ``var``.
        """
        added = self.__dict__.setdefault("_added_slots", {})
        key = (id(var), slot_name)
        if key not in added:
            added[key] = self.add_variable_from_reference(var, slot_name, initializer, shape=shape)
        return added[key]

    def get_slot(self, var: Variable, slot_name: str) -> Variable:
        """The slot of a variable; ``"m"`` and ``"v"`` are the momentum and the velocity.

        Raises:
            ValueError: the variable has no slot of that name.
        """
        added = self.__dict__.get("_added_slots", {})
        if (id(var), slot_name) in added:
            return added[id(var), slot_name]
        held = self._slots[self._row(var)]
        name = slot_name if slot_name in held else _SLOT_NAMES.get(slot_name, slot_name)
        if name not in held:
            raise argument_error(
                self, "slot_name", slot_name, f"one of {sorted(held)}", nearest(slot_name, held)
            )
        return held[name]

    def get_slot_names(self) -> list[str]:
        """Names of the slots, sorted; empty before the optimizer is built."""
        names = {name for held in self._slots for name in held}
        return sorted(names | {name for _, name in self.__dict__.get("_added_slots", {})})

    def add_weight(
        self,
        name: str,
        shape: Sequence[int],
        dtype: Any = None,
        initializer: Any = "zeros",
        trainable: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
    ) -> Variable:
        """A variable of the optimizer's own: ``add_variable`` in the older order.

        Args:
            name, shape, dtype, initializer: See ``add_variable``.
            trainable, synchronization, aggregation: Accepted for older scripts: no optimizer trains
                its own variables, and each process has its copy.
        """
        return self.add_variable(shape, initializer, dtype, name=name)

    def get_gradients(self, loss: Any, params: Any) -> list[Tensor]:
        """Gradients of a loss by ``params``.

        Raises:
            ValueError: the loss doesn't depend on one of them.
        """
        pairs = self.compute_gradients(loss, params)
        missing = [variable.path for gradient, variable in pairs if gradient is None]
        if missing:
            raise argument_error(self, "params", missing, "variables that the loss depends on")
        return [gradient for gradient, _ in pairs]

    def get_updates(self, loss: Any, params: Any) -> list[Any]:
        """Make a step down a loss, and give the step count in a list."""
        gradients = self.get_gradients(loss, params)
        return [self.apply_gradients(zip(gradients, params, strict=True))]
