"""What all metrics share: states, their place, resetting and configuration."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras import initializers
from torchkeras.core import nested, scopes
from torchkeras.core.checks import argument_error, moment_error, telling
from torchkeras.core.configurable import (
    Configurable,
    config_owner,
    generic,
    is_builtin,
    takes_options,
)
from torchkeras.core.dtypes import standardize_dtype, torch_dtype
from torchkeras.core.naming import auto_name
from torchkeras.core.policies import get_policy
from torchkeras.core.settings import floatx
from torchkeras.core.typing import DTypeLike, InitializerLike, Shape
from torchkeras.core.variable import Variable, as_tensor

REDUCTIONS = ("sum", "mean", "max", "min")


def _with_the_name_first(method: Callable) -> Callable:
    """``method``, which may also be called with its name as the first argument."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            kwargs["name"], args = args[0], args[1:]
        return method(self, *args, **kwargs)

    return call


class Metric(Configurable):
    """Base of all metrics: states that batches are added to, and a result computed from them.

    A subclass creates its states in the constructor with ``add_variable``, and writes
    ``update_state`` and ``result``. States are updated in place, where the data are, without
    waiting for the device.

    Several processes: each state has a ``reduction`` (``"sum"``, ``"mean"``, ``"max"`` or
    ``"min"``) that says how the processes' states become one; ``result`` is computed from that.

    Several batches: where ``is_concatenable`` is true, one update with batches joined along their
    first axis (labels, predictions, weights and masks alike) equals one update for each of them,
    to rounding.

    Args:
        dtype: Type of the states and of the computation; None is ``floatx()``.
        name: Name; None counts up the class's name.

    Source: Keras 3 ``Metric``; ``Metric(name, dtype)`` of tf.keras 2 is taken too.

    Example:
        >>> class Largest(Metric):
        ...     def __init__(self, **options):
        ...         super().__init__(**options)
        ...         self.largest = self.add_variable((), "zeros", name="largest", reduction="max")
        ...     def update_state(self, values, sample_weight=None):
        ...         self.largest.assign(torch.maximum(self.largest, values.max()))
        ...     def result(self):
        ...         return self.largest.value
        >>> Largest()(torch.tensor([1.0, 3.0]))
        tensor(3.)
    """

    is_concatenable = False
    ranges = {
        **dict.fromkeys(("k", "top_k", "num_classes"), "integer in [1, inf)"),
        "label_smoothing": "number in [0, 1]",
    }

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "update_state" in vars(cls) and is_builtin(cls):
            cls.update_state = telling(cls.update_state)

    def __init__(self, dtype: DTypeLike = None, name: str | None = None) -> None:
        if isinstance(dtype, str) and not _is_dtype(dtype):  # the order of tf.keras 2
            dtype, name = name, dtype
        self._variables: list[Variable] = []
        self._metrics: list[Metric] = []
        self.name = name or auto_name(type(self).__name__)
        self._dtype = get_policy(dtype or floatx()).compute_dtype
        self._torch_dtype = torch_dtype(self._dtype)

    @property
    def dtype(self) -> str:
        """Type of the computation."""
        return self._dtype

    # States

    def add_variable(
        self,
        shape: Shape,
        initializer: InitializerLike = "zeros",
        dtype: DTypeLike = None,
        aggregation: str | None = "sum",
        name: str | None = None,
        *,
        reduction: str | None = None,
        synchronization: Any = None,
    ) -> Variable:
        """A new state.

        Args:
            shape: Its shape.
            initializer: Its first value; ``reset_state`` sets zeros.
            dtype: Its type; None is ``floatx()``.
            aggregation: ``reduction`` under the name it has in Keras 3.
            name: Its name.
            reduction: How the states of several processes become one: ``"sum"``, ``"mean"``,
                ``"max"`` or ``"min"``.
            synchronization: Accepted for scripts written for tf.distribute; changes nothing.

        Raises:
            RuntimeError: the constructor of ``Metric`` has not run.
            ValueError: an unknown reduction.
        """
        if "_variables" not in self.__dict__:
            raise moment_error(
                type(self), "there are no states yet", "You forgot to call `super().__init__()`."
            )
        reduction = reduction or aggregation or "sum"
        if reduction not in (*REDUCTIONS, "none", "only_first_replica"):
            raise argument_error(self, "reduction", reduction, f"one of {REDUCTIONS}")
        with scopes.name_scope(self.name.replace("/", ">")), torch.inference_mode(False):
            variable = Variable(
                initializers.get("zeros" if initializer is None else initializer),
                shape=tuple(shape),
                dtype=dtype,
                trainable=False,
                autocast=False,
                aggregation=reduction if reduction in ("sum", "mean") else "none",
                name=name,
            )
        variable.reduction = reduction
        self._variables.append(variable)
        return variable

    @_with_the_name_first
    def add_weight(
        self,
        shape: Shape = (),
        initializer: InitializerLike = None,
        dtype: DTypeLike = None,
        name: str | None = None,
        *,
        aggregation: str | None = "sum",
        synchronization: Any = None,
        **options: Any,
    ) -> Variable:
        """``add_variable`` in this order, or with the name first, as in tf.keras 2."""
        return self.add_variable(
            shape, initializer, dtype, aggregation, name, synchronization=synchronization, **options
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Variable, Metric, list, tuple, dict)) and "_metrics" in self.__dict__:
            for leaf in nested.leaves(value):
                if isinstance(leaf, Variable):
                    _add_once(self._variables, leaf)
                elif isinstance(leaf, Metric):
                    _add_once(self._metrics, leaf)
        super().__setattr__(name, value)

    @property
    def variables(self) -> list[Variable]:
        """The states, in the order of their creation, then those of metrics within."""
        within = [variable for metric in self._metrics for variable in metric.variables]
        return [*self._variables, *within]

    weights = variables

    # Life

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch to the states; a subclass writes this."""
        raise TypeError(f"{type(self).__name__}: update_state(...) is missing.")

    def result(self) -> Any:
        """The metric of all batches since the last reset; a subclass writes this."""
        raise TypeError(f"{type(self).__name__}: result() is missing.")

    def reset_state(self) -> None:
        """Set all states to zero."""
        for variable in self.variables:
            variable.parameter.zero_()

    def reset_states(self) -> None:
        """``reset_state`` under its older name."""
        self.reset_state()

    @torch.no_grad()
    def merge_state(self, metrics: Sequence["Metric"]) -> None:
        """Take over the states of other metrics of this kind, as if their batches were its own.

        Args:
            metrics: Metrics with the same states.

        Raises:
            ValueError: a metric has other states.
        """
        for metric in metrics:
            if [v.shape for v in metric.variables] != [v.shape for v in self.variables]:
                raise argument_error(
                    self, "metrics", metric, "metrics with the same states", "Have all seen data?"
                )
        for position, state in enumerate(self.variables):
            others = [metric.variables[position].tensor.to(state.device) for metric in metrics]
            joined = torch.stack([state.tensor, *others])
            reduction = getattr(state, "reduction", "sum")
            state.assign(_JOINED.get(reduction, _JOINED["sum"])(joined))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch and give the result so far, by which ``add_metric`` knows the metric."""
        self.update_state(*args, **kwargs)
        result = self.result()
        if isinstance(result, Tensor):
            result._metric_obj = self
        return result

    # Without side effects

    def stateless_update_state(
        self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any
    ) -> list[Tensor]:
        """New values of the states after a batch, given their present values.

        Raises:
            ValueError: ``metric_variables`` are not as many as the states.
        """
        with self._standing_in(metric_variables) as states:
            self.update_state(*args, **kwargs)
            return [state.parameter for state in states]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result from given values of the states.

        Raises:
            ValueError: ``metric_variables`` are not as many as the states.
        """
        with self._standing_in(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """The values of the states after a reset."""
        return [torch.zeros_like(variable.tensor) for variable in self.variables]

    def _standing_in(self, values: Sequence[Any]) -> "_StandIns":
        variables = self.variables
        if len(values) != len(variables):
            raise argument_error(
                self, "metric_variables", f"{len(values)} values", f"{len(variables)} variables"
            )
        return _StandIns(variables, values)

    @generic
    def get_config(self) -> dict[str, Any]:
        owner = config_owner(type(self))
        config = self._config_of(owner)
        if takes_options(owner) or owner is Metric:
            config = {"name": self.name, "dtype": self.dtype, **config}
        if "dtype" in config:
            config["dtype"] = self.dtype
        return config

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


# How states of several metrics become one, along the first axis.
_JOINED: dict[str, Callable[[Tensor], Tensor]] = {
    "sum": lambda states: states.sum(0),
    "mean": lambda states: states.mean(0),
    "max": lambda states: states.amax(0),
    "min": lambda states: states.amin(0),
}


class _StandIns:
    """Copies of given tensors stored in place of the states within a block."""

    def __init__(self, variables: Sequence[Variable], values: Sequence[Any]) -> None:
        self.variables = variables
        self.copies = [
            as_tensor(value, variable.parameter.dtype, variable.device).clone()
            for variable, value in zip(variables, values, strict=True)
        ]

    def __enter__(self) -> list[Variable]:
        self.stored = [variable.parameter for variable in self.variables]
        self._store(self.copies)
        return self.variables

    def __exit__(self, *exc: object) -> None:
        self._store(self.stored)

    def _store(self, tensors: list[Tensor]) -> None:
        for variable, stored in zip(self.variables, tensors, strict=True):
            variable.module._buffers[variable.key] = stored


def accumulate(variable: Variable, amount: Tensor | float, alpha: float = 1.0) -> None:
    """Add ``alpha * amount`` to a state, in place; the state follows the amount's device."""
    if scopes.local.shape_run:  # leaves no trace
        return
    stored = variable.parameter
    if isinstance(amount, Tensor):
        if stored.device != amount.device:
            stored = _move(variable, amount.device)
        if amount.requires_grad:
            amount = amount.detach()
    stored.add_(amount, alpha=alpha) if alpha != 1.0 else stored.add_(amount)


def _move(variable: Variable, device: torch.device) -> Tensor:
    with torch.inference_mode(False):
        return variable.module.to(device).get_buffer(variable.key)


def _is_dtype(word: str) -> bool:
    if word.startswith("mixed_"):
        return True
    try:
        standardize_dtype(word)
    except ValueError:
        return False
    return True


def _add_once(items: list, item: Any) -> None:
    if all(item is not other for other in items):
        items.append(item)
