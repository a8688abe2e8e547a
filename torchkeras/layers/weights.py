"""A layer's weights: making them, finding those inside, listing them in Keras's order."""

import contextlib
import functools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from torchkeras import constraints, initializers, regularizers
from torchkeras.core import scopes
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import is_floating, torch_dtype
from torchkeras.core.layout import IDENTITY, Layout, Permuted
from torchkeras.core.seeds import SeedGenerator
from torchkeras.core.stored import put
from torchkeras.core.typing import ConstraintLike, InitializerLike, RegularizerLike, Shape
from torchkeras.core.variable import Store, Variable
from torchkeras.layers.signature import replaced
from torchkeras.layers.tracking import (
    Container,
    TrackedDict,
    TrackedList,
    holds_members,
    items_key,
    rehome,
)
from torchkeras.tracer.shapes import without_fakes


def _name_may_come_first(method: Callable) -> Callable:
    """Take the positions of tf.keras, (name, shape, dtype, initializer), beside Keras 3's."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Variable:
        if args and isinstance(args[0], str):
            kwargs.update(zip(("name", "shape", "dtype", "initializer"), args, strict=False))
            args = ()
        return method(self, *args, **kwargs)

    return call


class LayerWeights(nn.Module):
    """The part of ``Layer`` that keeps weights and the layers inside."""

    holds_variables = True  # each refers to its layer without holding it

    def weight_rules(
        self,
        name: str,
        initializer: InitializerLike = None,
        regularizer: RegularizerLike = None,
        constraint: ConstraintLike = None,
    ) -> None:
        """Keep how the weight ``name`` is initialized, regularized and constrained.

        The three objects become the attributes ``<name>_initializer`` and so on.
        """
        self.__dict__["_weight_rules"][name] = name
        setattr(self, f"{name}_initializer", initializers.get(initializer))
        setattr(self, f"{name}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{name}_constraint", constraints.get(constraint))

    def adopt_weight(
        self,
        name: str,
        path: str,
        axes: tuple[int, ...] | None = None,
        layout: Layout | None = None,
        trainable: bool = True,
        initializer: InitializerLike = None,
        rule: str | None = None,
        attribute: str | None = None,
    ) -> Variable:
        """Show a parameter or buffer of a torch module as the Keras weight ``name``.

        Args:
            name: Name of the weight; also the attribute that holds the handle.
            path: Where it is, such as ``"linear.weight"``.
            axes: Order of its axes as Keras shows them, or
            layout: how it lies in the parameter, if that isn't a permutation.
            trainable: Whether gradients are wanted.
            initializer: How to fill it; None follows ``weight_rules`` (None there: glorot_uniform),
                or leaves it as it is.
            rule: Name under which ``weight_rules`` were given, if it isn't ``name``.
            attribute: Name of the attribute, if it isn't ``name``.
        """
        owner, _, key = path.rpartition(".")
        module = self.get_submodule(owner)
        if layout is None:
            layout = IDENTITY if axes is None else Permuted(axes)
        with scopes.name_scope(self._name) if not self._building else contextlib.nullcontext():
            variable = Variable.adopt(module, key, layout, name, trainable)
        rule = rule or name
        if rule in self._weight_rules:
            initializer = initializer or getattr(self, f"{rule}_initializer") or "glorot_uniform"
            variable.regularizer = getattr(self, f"{rule}_regularizer")
            variable.constraint = getattr(self, f"{rule}_constraint")
        if initializer is not None:
            initialize = initializers.get(initializer)
            fill_variable(
                variable,
                lambda: variable.assign(initialize(variable.shape, dtype=variable.dtype)),
            )
        self._created_weights.append(variable)
        variable.trainable = trainable and self._trainable
        variable.born_trainable = trainable
        self.__dict__[attribute or name] = variable
        return variable

    @_name_may_come_first
    def add_weight(
        self,
        shape: Any = None,
        initializer: InitializerLike = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: RegularizerLike = None,
        constraint: ConstraintLike = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
        use_resource: bool | None = None,
        synchronization: Any = "auto",
        **options: Any,
    ) -> Variable:
        """A new weight, whose parameter is the layer's own.

        Args:
            shape: Shape; () by default.
            initializer: How to fill it; by default glorot_uniform, zeros for integers and bools.
            dtype: Number type; None is the layer's variable dtype.
            trainable: Whether gradients are wanted; otherwise it is a buffer.
            autocast: Whether a mixed policy shows it in the compute dtype.
            regularizer, constraint: Applied to it in training.
            aggregation: See ``Variable``.
            overwrite_with_gradient: Whether its gradient is its next value.
            name: Name; None makes one up. Also taken as the first argument, as tf.keras does.
            use_resource, synchronization, **options: Kinds of variables in TensorFlow
                (``experimental_autocast``, ``getter``, ...), which change nothing on torch.

        Raises:
            TypeError: an option that isn't known.
        """
        self._check_super_called()
        unknown = set(options) - {
            "layout", "experimental_autocast", "getter", "collections", "partitioner",
            "caching_device",
        }  # fmt: skip
        if unknown:
            raise TypeError(f"{type(self).__name__}: add_weight got unknown arguments {unknown}.")
        shape = _as_shape(() if shape is None else shape)
        dtype = dtype or self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if is_floating(dtype) else "zeros"
        initializer = initializers.get(initializer)
        is_awaited = scopes.local.fill_later is not None and callable(initializer)
        with without_fakes(), self._open_name_scope():
            variable = Variable(
                _unfilled if is_awaited else initializer,
                shape=shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
                device=self._chosen_device,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own(variable, self._free_key(name or "variable"))
        if is_awaited:
            fill_variable(variable, lambda: variable.assign(initializer(shape, dtype=dtype)))
        return variable

    @_name_may_come_first
    def add_variable(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: RegularizerLike = None,
        constraint: ConstraintLike = None,
        name: str | None = None,
        **options: Any,
    ) -> Variable:
        """``add_weight`` under another name."""
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            dtype=dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
            **options,
        )

    def _own(self, variable: Variable, key: str) -> None:
        """Take a variable that stood alone into this layer."""
        rehome(variable, self, key)
        variable.born_trainable = variable.trainable
        if not self._trainable:
            variable.trainable = False
        self._created_weights.append(variable)

    def _free_key(self, name: str) -> str:
        key = name.replace(".", "_")
        taken = {**self._parameters, **self._buffers, **self._modules}
        if hasattr(type(self), key):
            key = f"{key}_weight"
        number = 1
        while key in taken or (key in taken):
            key, number = f"{name.replace('.', '_')}_{number}", number + 1
        return key

    def _own_variables(self) -> list[Variable]:
        """The variables of this layer itself, in the order they were made.

        The weights of plain torch modules that a user put into the layer are among them.
        """
        return [*self._created_weights, *self._variables_of_members()]

    def _variables_of_members(self) -> list[Variable]:
        """Handles on what plain torch modules (not made by ``build``) and parameters hold, one for
        what has several places."""
        known = {(id(v.module), v.key) for v in self._created_weights}
        held = [
            tensors.get(v.key)
            for v in self._created_weights
            for tensors in (v.module._buffers, v.module._parameters)
        ]
        shared = {id(tensor) for tensor in held if tensor is not None}
        found = []
        for path, module in _plain_modules(self):
            if isinstance(module, Container):
                found += [
                    member
                    for member in module.members
                    if isinstance(member, Variable) and (id(member.module), member.key) not in known
                ]
                continue
            for key, tensor in (*module._parameters.items(), *module._buffers.items()):
                if tensor is None or (id(module), key) in known:
                    continue
                if key in module._non_persistent_buffers_set or id(tensor) in shared:
                    continue
                shared.add(id(tensor))
                full = f"{path}.{key}" if path else key
                variable = self._member_variables.get(full)
                if variable is None or variable.module is not module:
                    is_trained = key in module._parameters and tensor.requires_grad
                    with scopes.name_scope(self._name):
                        variable = Variable.adopt(module, key, name=full, trainable=is_trained)
                    variable.born_trainable = is_trained
                    self._member_variables[full] = variable
                found.append(variable)
        return found

    @property
    def _layers(self) -> list["LayerWeights"]:
        """The layers directly inside, once each, in order."""
        found: dict[int, LayerWeights] = {}
        _find_layers(self, found)
        return list(found.values())

    def _flatten_layers(
        self, include_self: bool = True, recursive: bool = True
    ) -> Iterator["LayerWeights"]:
        """This layer and those inside, depth first, once each."""
        seen: set[int] = set()
        stack: list[LayerWeights] = [self]
        while stack:
            layer = stack.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            if layer is not self or include_self:
                yield layer
            if recursive or layer is self:
                stack.extend(reversed(layer._layers))

    def _own_seeds(self) -> list[SeedGenerator]:
        return [value for value in self.__dict__.values() if isinstance(value, SeedGenerator)]

    @property
    def weights(self) -> list[Variable]:
        """Weights of this layer, trainable ones first, then those of the layers inside."""
        return _unique(v for layer in self._layers_in_order() for v in layer._sorted_own())

    @property
    def variables(self) -> list[Variable]:
        """The weights, and the states of seed generators."""
        found: list[Variable] = []
        for layer in self._layers_in_order():
            found += layer._sorted_own()
            found += [generator.state for generator in layer._own_seeds()]
        return _unique(found)

    def _layers_in_order(self) -> Iterator["LayerWeights"]:
        return self._flatten_layers()

    def _sorted_own(self) -> list[Variable]:
        first, others = [], []
        for variable in self._own_variables():
            is_first = getattr(variable, "born_trainable", variable.trainable)
            (first if is_first else others).append(variable)
        return first + others

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that an optimizer should change."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that no optimizer changes, seed states included."""
        trainable = {id(v) for v in self.trainable_weights}
        return [v for v in self.variables if id(v) not in trainable]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that an optimizer should change; none while ``trainable`` is False."""
        if not self._trainable:
            return []
        layers = list(self._layers_in_order())
        frozen = {id(v) for layer in layers if not layer._trainable for v in layer.weights}
        weights = _unique(v for layer in layers for v in layer._sorted_own())
        return [v for v in weights if v.trainable and id(v) not in frozen]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that no optimizer changes."""
        trainable = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in trainable]

    @property
    def metrics(self) -> list[Any]:
        """Metric objects kept as attributes here and in the layers inside."""
        found: dict[int, Any] = {}
        for layer in self._flatten_layers():
            for value in [v for v in layer.__dict__.values() if type(v) not in _SIMPLE]:
                for leaf in value if type(value) in (TrackedList, tuple) else (value,):
                    if is_metric(leaf):
                        found[id(leaf)] = leaf
        return list(found.values())

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of ``metrics``."""
        return _unique(v for metric in self.metrics for v in metric.variables)

    @property
    def trainable(self) -> bool:
        """Whether the weights are to be trained; setting it reaches the layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = bool(value)
        self._set_trainable(value)
        for layer in self._layers:
            layer.trainable = value

    def _set_trainable(self, value: bool) -> None:
        """Set ``trainable`` of this layer alone, without those inside."""
        self.__dict__["_trainable"] = value
        for variable in self._own_variables():
            if getattr(variable, "born_trainable", True):
                variable.trainable = value

    def get_weights(self) -> list[np.ndarray]:
        """NumPy copies of ``weights``."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Assign ``weights``, arrays in the order of ``get_weights``.

        Raises:
            ValueError: their number or a shape differs.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f'{type(self).__name__} "{self.name}": {len(weights)} weights were given; You '
                f"called `set_weights(weights)` on a layer that expects {len(variables)}: "
                f"{[(v.path, v.shape) for v in variables]}."
            )
        for variable, value in zip(variables, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f'{type(self).__name__} "{self.name}": {variable.path} was given shape '
                    f"{tuple(np.shape(value))}; Layer weight shape is {variable.shape}."
                )
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """Number of elements of all weights.

        Raises:
            ValueError: the layer isn't built.
        """
        if not self.built:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": You tried to call `count_params` on a layer '
                "that isn't built. Call build(input_shape), or the layer on some data."
            )
        return sum(int(np.prod(v.shape)) for v in self.weights)

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        if name == "training":  # set on every layer whenever the mode changes
            state[name] = value
            return
        if "_inbound_calls" not in state:
            self._keep_for_later(name, value)
            return
        if name == "call":
            state[name] = replaced(value, self._call_signature)
        elif isinstance(value, Variable):
            self._drop(name)
            state[name] = value
            if isinstance(value.module, Store):
                self._own(value, self._free_key(name))
        elif type(value) in (list, dict) and not isinstance(
            getattr(type(self), name, None), property
        ):
            self._drop(name)
            state[name] = value = TrackedList(value) if type(value) is list else TrackedDict(value)
            self._modules[items_key(name)] = value.container
        elif isinstance(value, (TrackedList, TrackedDict)):
            self._drop(name)
            state[name] = value
            self._modules[items_key(name)] = value.container
        elif isinstance(value, tuple) and holds_members(value):
            self._drop(name)
            state[name] = value
            self._modules[items_key(name)] = container = Container()
            container.fill(enumerate(value))
        else:
            if isinstance(value, nn.Module):
                state.pop(name, None)
                if not isinstance(value, LayerWeights) and value.training != self.training:
                    value.train(self.training)
            self._modules.pop(items_key(name), None)
            nn.Module.__setattr__(self, name, value)
            if name == "built" or name == "activity_regularizer":
                self._settle_call()

    def _keep_for_later(self, name: str, value: Any) -> None:
        """An attribute set before ``super().__init__()``, which then sets it again."""
        if name == "__dict__":  # of the stand-in that torch makes of a layer to trace it
            object.__setattr__(self, name, value)
            return
        if isinstance(getattr(type(self), name, None), property):
            self._check_super_called()
        self.__dict__[name] = value
        self.__dict__.setdefault("_early", {})[name] = None

    def _set_early_attributes(self) -> None:
        for name in self.__dict__.pop("_early", ()):
            if name in self.__dict__:
                setattr(self, name, self.__dict__.pop(name))

    def _drop(self, name: str) -> None:
        """Forget what an attribute held before."""
        self._modules.pop(name, None)
        self._modules.pop(items_key(name), None)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        if isinstance(value, Variable):
            self.__dict__["_created_weights"] = [v for v in self._created_weights if v is not value]
            if value.module is self:
                self._parameters.pop(value.key, None)
                self._buffers.pop(value.key, None)
        if name in self.__dict__:
            self._drop(name)
            del self.__dict__[name]
        else:
            nn.Module.__delattr__(self, name)

    def save_own_variables(self, store: Any) -> None:
        """Put this layer's own variables into ``store``, by number."""
        for number, variable in enumerate(self._own_variables()):
            put(store, str(number), variable)

    def load_own_variables(self, store: Any) -> None:
        """Take this layer's own variables from ``store``.

        Raises:
            ValueError: the numbers of variables differ.
        """
        variables = self._own_variables()
        if len(store.keys()) != len(variables):
            raise ValueError(
                f'Layer "{self.name}" expected {len(variables)} variables, but received '
                f"{len(store.keys())} variables during loading. Expected: "
                f"{[v.name for v in variables]}"
            )
        for number, variable in enumerate(variables):
            variable.assign(store[str(number)])


def _unfilled(shape: Shape, dtype: Any = None) -> torch.Tensor:
    return torch.empty(shape, dtype=torch_dtype(dtype))


def fill_variable(variable: Variable, fill: Callable[[], Any]) -> None:
    """Give a new variable its initial value, unless a file is about to give it another."""
    later = scopes.local.fill_later
    if later is None or not later(variable, fill):
        fill()


def _as_shape(value: Any) -> tuple[int, ...]:
    if isinstance(value, (int, np.integer)):
        return (int(value),)
    if any(size is None for size in value):
        raise argument_error(
            "add_weight", "shape", tuple(value), "known sizes", "Give Input a full shape."
        )
    return tuple(int(size) for size in value)


def _find_layers(module: nn.Module, found: dict[int, LayerWeights]) -> None:
    """The nearest layers below ``module``."""
    for child in module._modules.values():
        if isinstance(child, LayerWeights):
            found.setdefault(id(child), child)
        elif child is not None:
            _find_layers(child, found)


def _plain_modules(layer: LayerWeights) -> Iterator[tuple[str, nn.Module]]:
    """The layer itself and the plain modules in it, with their paths; other layers are left out."""
    stack: list[tuple[str, nn.Module]] = [("", layer)]
    while stack:
        path, module = stack.pop()
        yield path, module
        children = [
            (f"{path}.{name}" if path else name, child)
            for name, child in module._modules.items()
            if child is not None and not isinstance(child, LayerWeights)
        ]
        stack.extend(reversed(children))


def _unique(variables: Any) -> list[Variable]:
    return list({id(variable): variable for variable in variables}.values())


# Types of most attributes, none of which is a metric's.
_SIMPLE = frozenset(
    {OrderedDict, Variable, bool, dict, float, int, list, set, str, torch.dtype, type(None)}
)


def is_metric(value: Any) -> bool:
    """Whether ``value`` has a metric's interface."""
    return _makes_metrics(type(value))


@functools.lru_cache(maxsize=4096)
def _makes_metrics(cls: type) -> bool:
    """Whether objects of ``cls`` have a metric's interface; classes themselves haven't."""
    return (
        hasattr(cls, "update_state") and hasattr(cls, "reset_state") and not issubclass(cls, type)
    )
