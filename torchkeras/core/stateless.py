"""Calls that leave variables as they are."""

from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.scopes import local
from torchkeras.core.variable import Variable, as_tensor

Place = tuple[int, str]  # module (by id) and name of the parameter or buffer


class StatelessScope:
    """Let variables have given values inside, and keep what is assigned to them apart.

    Variables have their own values again afterwards; ``get_current_value`` tells those they came to
    inside. Buffers that layers change in a kernel are kept apart, too.

    Args:
        state_mapping: Pairs of a variable and its value inside, through which gradients flow.
        collect_losses: Whether losses that layers add inside go to ``losses``.
        initialize_variables: Accepted for Keras's signature: variables made inside have their
            values from the start, so that none wait for the end of the scope.

    Raises:
        TypeError: a key isn't a variable.
        ValueError: a value has another shape than its variable.

    Source: Keras 3 ``StatelessScope``.

    Example:
        >>> v = keras.Variable(1.0)
        >>> with keras.StatelessScope([(v, 5.0)]) as scope:
        ...     _ = v.assign_add(2.0)
        >>> float(v), float(scope.get_current_value(v))
        (1.0, 7.0)
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Tensor] = []
        self.state_mapping: dict[int, Tensor] = {}
        self._given = [_checked(*pair) for pair in state_mapping or ()]
        for variable, value in self._given:
            self.state_mapping[id(variable)] = value
        self._own: dict[Place, tuple[nn.Module, str, Tensor]] = {}
        self._final: dict[Place, Tensor] = {}
        self._own_numbers: dict[int, tuple[Variable, Tensor]] = {}
        self._final_numbers: dict[int, Tensor] = {}

    def __enter__(self) -> "StatelessScope":
        self.original_scope = local.stateless
        local.stateless = self
        self._hook = nn.modules.module.register_module_forward_pre_hook(self._before_module)
        for pair in self._given:
            self.add_update(pair)
        return self

    def __exit__(self, *exc: object) -> None:
        self._hook.remove()
        local.stateless = self.original_scope
        for place, (module, key, own) in self._own.items():
            tensors = _holder(module, key)
            self._final[place] = tensors[key]
            tensors[key] = own
        for variable, own in self._own_numbers.values():
            self._final_numbers[id(variable)] = variable.tensor
            variable.assign(own)
        self._own, self._own_numbers = {}, {}

    def add_loss(self, loss: Any) -> None:
        """Note a loss."""
        self.losses.append(loss)

    def add_update(self, update: tuple[Variable, Any]) -> None:
        """Give a variable another value inside.

        Args:
            update: The variable and the value.
        """
        variable, value = update
        module, key = variable.module, variable.key
        if _holder(module, key) is None:
            self._set_number(variable, value)
            return
        self._hold(module, key)
        stored = variable.layout.from_keras(
            as_tensor(value, variable.parameter.dtype, variable.device)
        )
        _holder(module, key)[key] = stored.clone() if key in module._buffers else stored
        self.state_mapping[id(variable)] = variable.tensor

    def _set_number(self, variable: Variable, value: Any) -> None:
        """The same for a variable that lies outside of modules: on the host."""
        self._own_numbers.setdefault(id(variable), (variable, variable.tensor.clone()))
        local.stateless = None
        try:
            variable.assign(value)
        finally:
            local.stateless = self

    def get_current_value(self, variable: Variable) -> Tensor | None:
        """Value of a variable inside, or at the end of the scope; None if it has its own."""
        place = (id(variable.module), variable.key)
        if place in self._own or id(variable) in self._own_numbers:
            return variable.tensor
        if place in self._final:
            return variable.layout.to_keras(self._final[place])
        return self._final_numbers.get(id(variable))

    def _before_module(self, module: nn.Module, args: tuple) -> None:
        """Keep apart the buffers of a module that is about to run."""
        for key, buffer in module._buffers.items():
            if buffer is not None:
                self._hold(module, key)

    def _hold(self, module: nn.Module, key: str) -> None:
        place = (id(module), key)
        if place in self._own:
            return
        tensors = _holder(module, key)
        own = tensors[key]
        self._own[place] = (module, key, own)
        tensors[key] = own.clone() if key in module._buffers else own


class SymbolicScope:
    """Mark the calls inside as ones that only find shapes: they change and keep nothing.

    Source: Keras 3 ``SymbolicScope``.

    Example:
        >>> v = keras.Variable(1.0)
        >>> with keras.SymbolicScope():
        ...     _ = v.assign(2.0)
        >>> float(v)
        1.0
    """

    def __enter__(self) -> "SymbolicScope":
        self.original_scope, local.shape_run = local.shape_run, True
        return self

    def __exit__(self, *exc: object) -> None:
        local.shape_run = self.original_scope


def _holder(module: nn.Module, key: str) -> dict[str, Any] | None:
    """The dictionary of ``module`` that a parameter or buffer lies in."""
    for tensors in (module._parameters, module._buffers):
        if tensors.get(key) is not None:
            return tensors
    return None


def _checked(variable: Any, value: Any) -> tuple[Variable, Tensor]:
    if not isinstance(variable, Variable):
        raise kind_error(
            "StatelessScope", "state_mapping", variable, "pairs that begin with a Variable"
        )
    if isinstance(value, Variable):
        value = value.value
    value = as_tensor(value, variable.parameter.dtype, variable.device)
    if tuple(value.shape) != variable.shape:
        raise argument_error(
            "StatelessScope",
            "state_mapping",
            f"a value of shape {tuple(value.shape)} for {variable.path!r}",
            f"a value of the variable's shape, {variable.shape}",
        )
    return variable, value
