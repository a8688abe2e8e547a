"""Several optimizers for one model, each with variables of its own."""

import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import Any

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import CallableList, Optimizer
from torchkeras.optimizers.loss_scale import LossScaleOptimizer


class OptimizerMap(MutableMapping, Configurable):
    """Optimizers by the path of a variable, with one for all the rest.

    Args:
        default_optimizer: The optimizer of variables that no key fits.
        optimizer_map: Optimizers by path, or by a regular expression that a whole path fits.

    Raises:
        TypeError: the arguments are of another kind.

    Source: Keras 3 ``OptimizerMap``.

    Example:
        >>> adam, sgd = keras.optimizers.Adam(), keras.optimizers.SGD()
        >>> OptimizerMap(adam, {"head/.*": sgd})["head/kernel"] is sgd
        True
    """

    def __init__(
        self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None
    ) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise kind_error(
                "OptimizerMap",
                "default_optimizer",
                default_optimizer,
                "an Optimizer",
                "default_optimizer must be a Keras Optimizer instance.",
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise kind_error(
                "OptimizerMap",
                "optimizer_map",
                optimizer_map,
                "a dictionary",
                "optimizer_map must be a dictionary.",
            )
        self._default_optimizer = default_optimizer
        self._optimizer_map = optimizer_map or {}

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that no key fits."""
        return self._default_optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        fitting = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ValueError(
                f"OptimizerMap: Multiple optimizers assigned to variable {key}: {fitting}."
            )
        return self._optimizer_map[fitting[0]] if fitting else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if key in self._optimizer_map:
            raise ValueError(
                f"OptimizerMap: '{key}' already exists in the OptimizerMap with value "
                f"{self._optimizer_map[key]}. Delete it first."
            )
        if not isinstance(key, str):
            raise ValueError(f"OptimizerMap: key must be a string. Received: {key}")
        _check_member("OptimizerMap", optimizer)
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __call__(self, variable: Variable) -> Optimizer:
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data."""
        return {
            "default_optimizer": serialization.serialize_keras_object(self._default_optimizer),
            "optimizer_map": serialization.serialize_keras_object(self._optimizer_map),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "OptimizerMap":
        """A map made from what ``get_config`` gave."""
        with scopes.custom_objects_scope(custom_objects):
            return cls(
                serialization.deserialize_keras_object(config["default_optimizer"]),
                serialization.deserialize_keras_object(config["optimizer_map"]),
            )


class MultiOptimizer(Optimizer):
    """Hands each variable to one of several optimizers.

    Args:
        optimizer_map: A callable that gives the optimizer of a variable, such as an
            ``OptimizerMap``.
        loss_scale_factor: See ``Optimizer``; set on all optimizers.
        name: A name; None takes the class's in snake case.

    Raises:
        ValueError: the map gives something else, or an optimizer that wraps others.

    Source: Keras 3 ``MultiOptimizer``.
    """

    def __init__(
        self,
        optimizer_map: Any,
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        self.__dict__["_inner_optimizers"] = []
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        members = list(optimizer_map.values()) if hasattr(optimizer_map, "values") else []
        default = getattr(optimizer_map, "default_optimizer", None)
        for member in members + ([default] if default is not None else []):
            self._add(member)

    def _add(self, optimizer: Optimizer) -> int:
        """Position of ``optimizer`` among the inner ones, where it is put if it is new."""
        for position, known in enumerate(self._inner_optimizers):
            if known is optimizer:
                return position
        optimizer.loss_scale_factor = self.loss_scale_factor
        self._inner_optimizers.append(optimizer)
        return len(self._inner_optimizers) - 1

    def build(self, var_list: Iterable[Variable]) -> None:
        if self.built:
            return
        variables = list(var_list)
        self._owners = []
        for variable in variables:
            optimizer = self._optimizer_map(variable)
            _check_member("MultiOptimizer", optimizer)
            self._owners.append(self._add(optimizer))
        for position, optimizer in enumerate(self._inner_optimizers):
            own = [v for v, owner in zip(variables, self._owners, strict=True) if owner == position]
            if own:
                optimizer.build(own)
        super().build(variables)

    @property
    def optimizers(self) -> list[Optimizer]:
        """The inner optimizers."""
        return self._inner_optimizers

    @property
    def variables(self) -> list[Variable]:
        inner = [v for optimizer in self._inner_optimizers for v in optimizer.variables]
        return CallableList([*self._variables, *inner])

    @property
    def learning_rate(self) -> Any:
        """Each inner optimizer has its own.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the "
            "individual sub-optimizers instead."
        )

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(
            "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the "
            "individual sub-optimizers instead."
        )

    lr = learning_rate

    @property
    def loss_scale_factor(self) -> float | None:
        """The factor of all inner optimizers."""
        return self.__dict__.get("_loss_scale_factor")

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self.__dict__["_loss_scale_factor"] = value
        for optimizer in self._inner_optimizers:
            optimizer.loss_scale_factor = value

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """See ``Optimizer.apply``."""
        grads = list(grads)
        if not grads:
            return
        if not self.built:
            self.build(trainable_variables or ())
        variables = list(trainable_variables or self._trainable_variables)
        if len(grads) != len(self._trainable_variables) or len(grads) != len(variables):
            raise argument_error(
                self,
                "grads",
                f"a list of {len(grads)}",
                f"one for each of {len(self._trainable_variables)} variables",
                "Gradients must match trainable variables one-to-one.",
            )
        owners = [self._owners[self._row(variable)] for variable in variables]
        for position, optimizer in enumerate(self._inner_optimizers):
            pairs = [
                (grad, variable)
                for grad, variable, owner in zip(grads, variables, owners, strict=True)
                if owner == position
            ]
            if pairs:
                optimizer.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        self._iterations.assign_add(1)

    def share_round(self) -> None:
        for optimizer in self._inner_optimizers:
            optimizer.share_round()

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        owners = [self._owners[self._row(variable)] for variable in var_list]
        for position, optimizer in enumerate(self._inner_optimizers):
            own = [v for v, owner in zip(var_list, owners, strict=True) if owner == position]
            if own:
                optimizer.finalize_variable_values(own)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data."""
        return {
            "optimizer_map": serialization.serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "MultiOptimizer":
        config = dict(config)
        with scopes.custom_objects_scope(custom_objects):
            config["optimizer_map"] = serialization.deserialize_keras_object(
                config["optimizer_map"]
            )
        return cls(**config)


def _check_member(owner: str, optimizer: Any) -> None:
    """Raise a ValueError if ``optimizer`` can't be one of several."""
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"{owner}: optimizer must be a Keras Optimizer instance; got {optimizer}.")
    if isinstance(optimizer, LossScaleOptimizer):
        raise ValueError(f"{owner}: optimizer cannot be LossScaleOptimizer; put it around instead.")
    if isinstance(optimizer, MultiOptimizer):
        raise ValueError(f"{owner}: optimizer cannot be MultiOptimizer.")
