"""The base of all layers: a torch module with Keras's life cycle.

A call goes ``forward`` (spelled with the arguments of ``call``) -> ``_enter`` -> ``call``. On a
plain tensor, once built, ``_enter`` only checks the shape and settles ``training``; all else
(building, casting, masks, symbolic tensors) is in ``_enter_slowly``.
"""

import contextlib
import copy
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, fx, nn

from torchkeras import constraints, initializers, regularizers, tracer
from torchkeras.core import naming, nested, scopes, serialization
from torchkeras.core.checks import argument_error, moment_error, nearest
from torchkeras.core.configurable import (
    Configurable,
    config_owner,
    constructor_arguments,
    current_value,
    generic,
    is_builtin,
    recorded_arguments,
    takes_options,
)
from torchkeras.core.dtypes import DTypePolicyMap, get_policy, is_floating, torch_dtype
from torchkeras.core.layout import IDENTITY, Layout, Permuted
from torchkeras.core.scopes import local
from torchkeras.core.seeds import SeedGenerator
from torchkeras.core.typing import ConstraintLike, InitializerLike, RegularizerLike, Shape
from torchkeras.core.variable import Store, Variable
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.signature import argument_names, make_forward, signature_of
from torchkeras.layers.tracking import (
    Container,
    TrackedDict,
    TrackedList,
    holds_members,
    items_key,
    rehome,
)
from torchkeras.tracer import KerasTensor, any_symbolic
from torchkeras.tracer.graph import attach_mask
from torchkeras.tracer.shapes import undo_fakes, without_fakes

_BASE_ARGUMENTS = ("name", "trainable", "dtype")


class LayerOptions(TypedDict, total=False):
    """Options that every layer takes.

    Keys:
        name: Name, unique in a model; made up from the class if absent.
        dtype: A number type or a dtype policy.
        trainable: Whether the weights are to be trained.
        autocast: Whether float inputs are cast to the compute dtype.
        input_shape, input_dim, batch_input_shape, batch_size: Shape of the input, for the first
            layer of a ``Sequential``.
        weights: Initial weights, as ``set_weights`` takes them.
        dynamic: Accepted for older scripts; every layer here runs eagerly if need be.
    """

    name: str | None
    dtype: Any
    trainable: bool
    autocast: bool
    input_shape: Any
    input_dim: int
    batch_input_shape: Any
    batch_size: int
    weights: Any
    dynamic: bool


class Layer(nn.Module, Configurable):
    """A torch module that builds itself at its first call and has Keras's interface.

    Subclasses write ``call`` and, if they have weights, ``build``.

    Args:
        activity_regularizer: Penalty on the output, added to ``losses`` at each call, per sample.
        trainable: Whether the weights are to be trained.
        dtype: Number type or dtype policy; None is the default policy.
        autocast: Whether float inputs are cast to the compute dtype.
        name: Name; None makes one up.
        **options: See ``LayerOptions``.

    Raises:
        TypeError: an option that no layer knows.

    Source: Keras 3 ``Layer``; ``torch.nn.Module``.
    """

    supports_masking = False
    _signature: Any
    _rule_of_shape = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "build" in cls.__dict__:
            cls.build = _recorded_build(cls.__dict__["build"])
        if "call" in cls.__dict__ and "forward" not in cls.__dict__:
            cls.forward = make_forward(cls.__dict__["call"], cls.__name__)
        cls._signature = signature_of(cls.call)
        cls._rule_of_shape = cls.compute_output_shape is not Layer.compute_output_shape
        cls._makes_mask = cls.compute_mask is not Layer.compute_mask

    def __init__(
        self,
        *,
        activity_regularizer: RegularizerLike = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **options: Any,
    ) -> None:
        nn.Module.__init__(self)
        state = self.__dict__
        state["training"] = False
        state["built"] = False
        state["_name"] = self._checked_name(name)
        state["_variables"] = []
        state["_member_variables"] = {}
        state["_weight_rules"] = {}
        state["_inbound_calls"] = []
        state["_own_losses"] = []
        state["_build_arguments"] = None
        state["_building"] = False
        state["_trainable"] = bool(trainable)
        state["_input_spec"] = None
        state["_device"] = None
        state["_is_simple"] = False
        state["autocast"] = autocast
        self._take_options(dict(options))
        self._set_policy(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)

    def _checked_name(self, name: str | None) -> str:
        if name is None:
            return naming.auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise argument_error(
                type(self), "name", name, "`name` to be a string without '/'", "Try 'head'."
            )
        return name

    def _take_options(self, options: dict[str, Any]) -> None:
        shape = options.pop("batch_input_shape", None)
        batch_size = options.pop("batch_size", None)
        if "input_shape" in options:
            given = options.pop("input_shape")
            shape = (batch_size, *((given,) if isinstance(given, int) else tuple(given)))
        if "input_dim" in options:
            given = options.pop("input_dim")
            length = options.pop("input_length", None)
            inner = (length, given) if length is not None else (given,)
            shape = shape if shape is not None else (batch_size, *inner)
        self.__dict__["_input_shape_argument"] = None if shape is None else tuple(shape)
        self.__dict__["_initial_weights"] = options.pop("weights", None)
        options.pop("dynamic", None)
        if options:
            wrong = next(iter(options))
            hint = nearest(wrong, [*constructor_arguments(type(self)), *LayerOptions.__annotations__])
            raise TypeError(
                f"{type(self).__name__}: Unrecognized keyword arguments passed to "
                f"{type(self).__name__}: {options}. {hint}".rstrip()
            )

    # Number types.

    def _set_policy(self, dtype: Any) -> None:
        policy = get_policy(dtype)
        if isinstance(policy, DTypePolicyMap):
            policy = policy.get(self._name, policy.default_policy)
        state = self.__dict__
        state["_dtype_policy"] = policy
        state["_compute_dtype"] = policy.torch_compute_dtype
        state["_casts"] = self.autocast and policy.torch_compute_dtype is not None and (
            policy.torch_compute_dtype.is_floating_point
        )
        self._settle()

    def _settle(self) -> None:
        """Work out whether calls may take the short way."""
        self.__dict__["_is_simple"] = (
            self.built
            and not self._dtype_policy.is_mixed
            and self._casts
            and self.__dict__.get("activity_regularizer") is None
            and not (self._makes_mask and not self._passes_mask_only)
        )

    _passes_mask_only = False

    @property
    def dtype_policy(self) -> Any:
        """The dtype policy in force."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._set_policy(value)

    @property
    def dtype(self) -> str:
        """Type of the weights."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """Type of the computation and of the outputs."""
        return self._dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """Type of the weights."""
        return self._dtype_policy.variable_dtype

    @property
    def input_dtype(self) -> str:
        """Type to which float inputs are cast."""
        return self._dtype_policy.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """Mode of a quantized layer, else None."""
        return self._dtype_policy.quantization_mode

    @property
    def factory(self) -> dict[str, Any]:
        """Device and dtype for the torch modules made in ``build``."""
        return {"device": self._device, "dtype": self._dtype_policy.torch_variable_dtype}

    # Names.

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self.__dict__["_name"] = self._checked_name(value)

    @property
    def path(self) -> str:
        """Name with the scopes in which the layer was built, joined by slashes."""
        return self.__dict__.get("_path") or self._name

    # Weights.

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
            initializer: How to fill it; None follows ``weight_rules``, or leaves it as it is.
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
            initializer = initializer or getattr(self, f"{rule}_initializer")
            variable.regularizer = getattr(self, f"{rule}_regularizer")
            variable.constraint = getattr(self, f"{rule}_constraint")
        if initializer is not None:
            value = initializers.get(initializer)(variable.shape, dtype=variable.dtype)
            variable.assign(value)
        self._variables.append(variable)
        variable.trainable = trainable and self._trainable
        variable.born_trainable = trainable
        self.__dict__[attribute or name] = variable
        return variable

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
            **options: ``synchronization``, ``layout``, ``experimental_autocast`` and
                ``use_resource`` of tf.keras, which change nothing on torch.

        Raises:
            TypeError: an option that isn't known.
        """
        self._check_super_called()
        if isinstance(shape, str):
            shape, name = (initializer, shape) if _is_shape(initializer) else ((), shape)
            initializer = options.pop("initializer", None)
        unknown = set(options) - {
            "synchronization", "layout", "experimental_autocast", "use_resource", "getter",
            "collections", "partitioner", "caching_device",
        }  # fmt: skip
        if unknown:
            raise TypeError(f"{type(self).__name__}: add_weight got unknown arguments {unknown}.")
        shape = _as_shape(() if shape is None else shape)
        dtype = dtype or self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if is_floating(dtype) else "zeros"
        initializer = initializers.get(initializer)
        with without_fakes(), self._open_name_scope():
            variable = Variable(
                initializer,
                shape=shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
                device=self._device,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own(variable, self._free_key(name or "variable"))
        return variable

    def add_variable(
        self, shape: Any, initializer: Any, dtype: Any = None, trainable: bool = True, **options: Any
    ) -> Variable:
        """``add_weight`` under another name."""
        return self.add_weight(
            shape=shape, initializer=initializer, dtype=dtype, trainable=trainable, **options
        )

    def _own(self, variable: Variable, key: str) -> None:
        """Take a variable that stood alone into this layer."""
        rehome(variable, self, key)
        variable.born_trainable = variable.trainable
        if not self._trainable:
            variable.trainable = False
        self._variables.append(variable)

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
        return [*self._variables, *self._variables_of_members()]

    def _variables_of_members(self) -> list[Variable]:
        """Handles on what plain torch modules (not made by ``build``) and parameters hold."""
        known = {(id(v.module), v.key) for v in self._variables}
        found = []
        for path, module in _plain_modules(self):
            tensors = [*module._parameters.items(), *module._buffers.items()]
            for key, tensor in tensors:
                if tensor is None or (id(module), key) in known:
                    continue
                if key in module._non_persistent_buffers_set or isinstance(module, Container):
                    continue
                full = f"{path}.{key}" if path else key
                variable = self._member_variables.get(full)
                if variable is None or variable.module is not module:
                    with scopes.name_scope(self._name):
                        variable = Variable.adopt(
                            module, key, name=full, trainable=key in module._parameters
                        )
                    variable.born_trainable = key in module._parameters
                    self._member_variables[full] = variable
                found.append(variable)
        return found

    @property
    def _layers(self) -> list["Layer"]:
        """The layers directly inside, once each, in order."""
        found: dict[int, Layer] = {}
        _find_layers(self, found)
        return list(found.values())

    def _flatten_layers(
        self, include_self: bool = True, recursive: bool = True
    ) -> Iterator["Layer"]:
        """This layer and those inside, depth first, once each."""
        seen: set[int] = set()
        stack: list[Layer] = [self]
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

    def _layers_in_order(self) -> Iterator["Layer"]:
        return self._flatten_layers()

    def _sorted_own(self) -> list[Variable]:
        own = self._own_variables()
        first = [v for v in own if getattr(v, "born_trainable", v.trainable)]
        return first + [v for v in own if not getattr(v, "born_trainable", v.trainable)]

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
        frozen = {
            id(v)
            for layer in self._layers_in_order()
            if not layer._trainable
            for v in layer.weights
        }
        return [v for v in self.weights if v.trainable and id(v) not in frozen]

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
            for value in layer.__dict__.values():
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
        self.__dict__["_trainable"] = value
        for variable in self._own_variables():
            if getattr(variable, "born_trainable", True):
                variable.trainable = value
        for layer in self._layers:
            layer.trainable = value

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

    # Life cycle: attributes, building, moving.

    def _check_super_called(self) -> None:
        if "_inbound_calls" not in self.__dict__:
            raise moment_error(
                type(self).__name__,
                "In layer's __init__(), you forgot to call `super().__init__()` as the first "
                "statement",
                "Go add it!",
            )

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        if "_inbound_calls" not in state:
            self._check_super_called()
        if isinstance(value, Variable):
            self._drop(name)
            state[name] = value
            if isinstance(value.module, Store):
                self._own(value, self._free_key(name))
        elif type(value) in (list, dict) and not isinstance(getattr(type(self), name, None), property):
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
                if not isinstance(value, Layer) and value.training != self.training:
                    value.train(self.training)
            self._modules.pop(items_key(name), None)
            nn.Module.__setattr__(self, name, value)
            if name == "built" or name == "activity_regularizer":
                self._settle()

    def _drop(self, name: str) -> None:
        """Forget what an attribute held before."""
        self._modules.pop(name, None)
        self._modules.pop(items_key(name), None)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        if isinstance(value, Variable):
            self.__dict__["_variables"] = [v for v in self._variables if v is not value]
            if value.module is self:
                self._parameters.pop(value.key, None)
                self._buffers.pop(value.key, None)
        if name in self.__dict__:
            self._drop(name)
            del self.__dict__[name]
        else:
            nn.Module.__delattr__(self, name)

    @property
    def input_spec(self) -> Any:
        """``InputSpec`` (or a structure of them) that inputs have to meet; None takes any."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self.__dict__["_input_spec"] = value

    def build(self, input_shape: Any = None) -> None:
        """Make the weights. Subclasses with weights override it.

        The default builds the layers inside by a run of ``call`` on tensors without values.
        """
        if input_shape is not None and type(self).call is not Layer.call and self._layers:
            symbols = _symbols_of_shape(input_shape, self.compute_dtype)
            self._infer(self._call_arguments(symbols), {}, None)
        self.built = True

    def _call_arguments(self, first: Any) -> tuple:
        return (first,)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build as ``get_build_config`` remembers."""
        if "input_shape" in config and config["input_shape"] is not None:
            self.build(_tuples(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{key: _tuples(shape) for key, shape in config["shapes_dict"].items()})

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes the layer was built with."""
        shapes = self._build_arguments
        if not shapes:
            return None
        if len(shapes) == 1 and not next(iter(shapes)).endswith("_shape"):
            return {"input_shape": next(iter(shapes.values()))}
        if tuple(shapes) == ("input_shape",):
            return {"input_shape": shapes["input_shape"]}
        return {"shapes_dict": dict(shapes)}

    def _open_name_scope(self) -> Any:
        """Names of this layer's variables begin with its own, once."""
        if local.names and local.names[-1] == self._name:
            return contextlib.nullcontext()
        return scopes.name_scope(self._name)

    def _build_for(self, args: tuple, kwargs: dict) -> None:
        """Build for the shapes of these arguments of ``call``."""
        if self.built:
            return
        bound = self._signature.bind(args, kwargs)
        first = args[0] if args else (next(iter(bound.values())) if bound else None)
        if self._device is None:
            self.__dict__["_device"] = _device_of(args)
        names = argument_names(type(self).build)
        if len(names) > 1 or (names and names[0] != "input_shape" and names[0].endswith("_shape")):
            shapes = {f"{k}_shape": _shape_of(v) for k, v in bound.items() if _has_shape(v)}
            if names[0] in shapes or all(name in shapes for name in names):
                self.build(**{k: v for k, v in shapes.items() if k in names})
            else:
                self.build(_shape_of(first))
        elif type(self).build is Layer.build:
            self.built = True
            self.__dict__["_build_arguments"] = {"input_shape": _shape_of(first)}
            self._after_build()
        else:
            self.build(_shape_of(first)) if names else self.build()

    def _after_build(self) -> None:
        state = self.__dict__
        state["built"] = True
        if not self._trainable:
            self.trainable = False
        if self._initial_weights is not None:
            initial, state["_initial_weights"] = self._initial_weights, None
            self.set_weights(initial)
        self._settle()

    def _apply(self, fn: Callable, recurse: bool = True) -> "Layer":
        """Follow ``.to()`` and its kin: the policy and unbuilt layers go along."""
        probe = torch.empty(0, dtype=self._dtype_policy.torch_variable_dtype, device=self._device)
        super()._apply(fn, recurse)
        after = fn(probe)
        if after.device != probe.device:
            self.__dict__["_device"] = after.device
        if after.dtype != probe.dtype and after.is_floating_point():
            self._set_policy(after.dtype)
        return self

    # Calls.

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation. Subclasses override it.

        Raises:
            NotImplementedError: the subclass hasn't written it.
        """
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call()` method implemented."
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Torch's entry to ``call``; subclasses have one with the arguments of their ``call``."""
        training = kwargs.pop("training", None)
        return self._enter(args, kwargs, training)

    def _enter(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Call on plain tensors of the right type, when all is settled, without detours."""
        if self._is_simple and args and not kwargs and local.compute_dtype is None:
            x = args[0]
            if (
                (type(x) is Tensor or type(x) is nn.Parameter)
                and (x.dtype is self._compute_dtype or not x.dtype.is_floating_point)
                and not hasattr(x, "_keras_mask")
                and (len(args) == 1 or _all_none(args[1:]))
            ):
                spec = self._input_spec
                if spec is not None and type(spec) is InputSpec and not spec.fits(x.shape):
                    spec.check(tuple(x.shape), self)
                if local.inside:
                    return self._run(args, kwargs, training)
                return self._outermost(self._run, args, kwargs, training)
        return self._enter_slowly(args, kwargs, training)

    def _outermost(self, run: Callable, args: tuple, kwargs: dict, training: Any) -> Any:
        """The call that no other layer's call encloses: it forgets the losses of the last one."""
        if local.losses_recorded:
            self._clear_losses()
        local.inside = True
        try:
            return run(args, kwargs, training)
        finally:
            local.inside = False

    def _run(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """``call`` with ``training`` settled and handed down to the calls inside."""
        signature = self._signature
        if training is None:
            if not signature.takes_training:
                return self.call(*args, **kwargs)
            training = local.training
            if training is None:
                training = signature.training_default
                if training is None:
                    training = self.training
        previous = local.training
        local.training = training
        try:
            if signature.takes_training:
                return self.call(*args, training=training, **kwargs)
            return self.call(*args, **kwargs)
        finally:
            local.training = previous

    def _enter_slowly(self, args: tuple, kwargs: dict, training: Any) -> Any:
        self._check_super_called()
        if any(isinstance(arg, fx.Proxy) for arg in args):
            return self._enter_for_fx(args, kwargs, training)
        if any_symbolic(args, kwargs):
            return self._call_symbolically(args, kwargs, training)
        if local.inside:
            return self._call_eagerly(args, kwargs, training)
        return self._outermost(self._call_eagerly, args, kwargs, training)

    def _call_eagerly(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if self._converts_inputs:
            if args and not isinstance(args[0], Tensor):
                args = (self._converted_first(args[0]), *args[1:])
            args = nested.map_leaves(self._converted, args)
            kwargs = nested.map_leaves(self._converted, kwargs) if kwargs else kwargs
        self._check_inputs(args)
        if not self.built:
            self._build_for(args, kwargs)
        args, kwargs, previous_mask = self._with_masks(args, kwargs)
        with contextlib.ExitStack() as stack:
            self._enter_precision(stack, args)
            y = self._run(args, kwargs, training)
            if self._dtype_policy.is_mixed or self._casts:
                y = self._cast_outputs(y)
        if not self.built:
            self.built = True
        if self.activity_regularizer is not None:
            self._add_activity_losses(y)
        self._mark_outputs(args[0] if args else None, y, previous_mask)
        return y

    _converts_inputs = True

    def _converted_first(self, value: Any) -> Any:
        """The first argument: lists of numbers are data, too."""
        if isinstance(value, (list, tuple)) and value and not holds_tensors(value):
            array = np.asarray(value)
            if array.dtype.kind in "fiub":
                return self._converted(array.astype("float32") if array.dtype.kind == "f" else array)
        if isinstance(value, (bool, int, float)):
            return self._converted(np.asarray(value, "float32" if type(value) is float else None))
        return value

    def _converted(self, value: Any) -> Any:
        """Arrays as tensors on the layer's device; float tensors in the compute dtype."""
        if isinstance(value, Variable):
            value = value.value
        if isinstance(value, (np.ndarray, np.generic)):
            if value.dtype.kind not in "fiubc":
                return value
            value = torch.as_tensor(np.ascontiguousarray(value), device=self._weights_device())
        if not isinstance(value, Tensor):
            return value
        dtype = self._compute_dtype
        if self._casts and value.is_floating_point() and value.dtype != dtype:
            mask = getattr(value, "_keras_mask", None)
            return attach_mask(value.to(dtype), mask)
        return value

    def _weights_device(self) -> Any:
        for parameter in self.parameters():
            return parameter.device
        return self._device

    def _check_inputs(self, args: tuple) -> None:
        specs = self._input_spec
        if specs is None or not args:
            return
        leaves = nested.flatten(args[0])
        if isinstance(specs, dict):
            specs = [specs.get(key) for key in sorted(specs)]
        specs = specs if isinstance(specs, (list, tuple)) else [specs]
        if len(leaves) != len(specs):
            raise ValueError(
                f'Layer "{self.name}" expects {len(specs)} input(s), but it received '
                f"{len(leaves)} input tensors."
            )
        for spec, leaf in zip(specs, leaves, strict=True):
            if spec is not None and leaf is not None and hasattr(leaf, "shape"):
                spec.check(tuple(leaf.shape), self)

    def _with_masks(self, args: tuple, kwargs: dict) -> tuple[tuple, dict, Any]:
        """Arguments with the masks that tensors carry, and the mask of the first."""
        signature = self._signature
        first = args[0] if args else None
        found = _masks_of(first)
        if signature.masks:
            bound = signature.bind(args, kwargs)
            filled = {}
            for name, mask_name in signature.masks.items():
                if bound.get(mask_name) is None and name in bound:
                    mask = _masks_of(bound[name])
                    if mask is not None:
                        filled[mask_name] = mask
            if filled:
                args, kwargs = self._fill(args, kwargs, filled)
            if "mask" in signature.names:
                given = signature.bind(args, kwargs).get("mask")
                found = given if given is not None else found
        return args, kwargs, found

    def _fill(self, args: tuple, kwargs: dict, values: dict[str, Any]) -> tuple[tuple, dict]:
        positional = self._signature.positional
        args, kwargs = list(args), dict(kwargs)
        for name, value in values.items():
            if name in positional:
                args[positional.index(name)] = value
            else:
                kwargs[name] = value
        return tuple(args), kwargs

    def _enter_precision(self, stack: contextlib.ExitStack, args: tuple) -> None:
        """Enter autocast at the outermost mixed layer; leave it for an island of full precision."""
        policy, outer = self._dtype_policy, local.compute_dtype
        compute = policy.torch_compute_dtype
        if policy.is_mixed and outer != compute and compute.is_floating_point:
            wanted = compute
        elif outer is not None and not policy.is_mixed:
            wanted = None
        else:
            return
        device = (_device_of(args) or torch.device("cpu")).type
        if wanted is None:
            stack.enter_context(torch.autocast(device, enabled=False))
        else:
            stack.enter_context(torch.autocast(device, dtype=wanted))
        stack.enter_context(_compute_scope(wanted))

    def _cast_outputs(self, y: Any) -> Any:
        if not self._dtype_policy.is_mixed:
            return y
        dtype = self._compute_dtype

        def cast(value: Any) -> Any:
            if isinstance(value, Tensor) and value.is_floating_point() and value.dtype != dtype:
                mask = getattr(value, "_keras_mask", None)
                return attach_mask(value.to(dtype), mask)
            return value

        return nested.map_leaves(cast, y)

    def _mark_outputs(self, first: Any, y: Any, previous_mask: Any) -> None:
        """Let the outputs carry their mask."""
        has_mask = previous_mask is not None and any(
            mask is not None for mask in nested.flatten(previous_mask)
        )
        if not (self.supports_masking or self._makes_mask):
            if has_mask and not _marked(y):
                warnings.warn(
                    f'Layer "{self.name}" (of type {type(self).__name__}) was passed an input with '
                    "a mask attached to it. However, this layer does not support masking and will "
                    "therefore destroy the mask information. Downstream layers will not see the "
                    "mask. Set supports_masking = True if it should be passed on.",
                    stacklevel=2,
                )
            return
        if not has_mask and not self._makes_mask:
            return
        outputs = nested.flatten(y)
        masks = self.compute_mask(first, previous_mask)
        masks = nested.flatten(masks) if nested.is_nested(masks) else [masks] * len(outputs)
        for tensor, mask in zip(outputs, masks, strict=False):
            if mask is not None and getattr(tensor, "_keras_mask", None) is None:
                tensor._keras_mask = mask

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Mask of the outputs, given the inputs and their mask; passed on by default."""
        return previous_mask

    def _enter_for_fx(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Under ``torch.fx.symbolic_trace``, which makes proxies of arguments left out, too."""
        defaults = self._signature.defaults
        names = self._signature.positional
        args = tuple(
            defaults[name] if isinstance(arg, fx.Proxy) and name in defaults else arg
            for name, arg in zip(names, args, strict=False)
        )
        kwargs = {
            key: defaults[key] if isinstance(value, fx.Proxy) and key in defaults else value
            for key, value in kwargs.items()
        }
        return self._run(args, kwargs, None if isinstance(training, fx.Proxy) else training)

    # Symbolic calls.

    def _call_symbolically(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Record a call on symbolic tensors."""
        self._check_inputs(args)
        if not self.built and (type(self).build is not Layer.build or not self._layers):
            self._build_for(args, kwargs)
        args, kwargs, previous_mask = self._with_masks(args, kwargs)
        if not self._signature.masks and self._looks_for_masks():
            args = tracer.symbolic.map_symbols(_masked_symbol, args)
        outputs = self._infer(args, kwargs, training)
        if not self.built:
            self.__dict__["_build_arguments"] = {"input_shape": _shape_of(args[0])} if args else {}
            self._after_build()
        recorded_args, recorded_kwargs = self._recorded(args, kwargs, training)
        y = tracer.record(self, recorded_args, recorded_kwargs, outputs)
        self._mark_outputs(args[0] if args else None, y, previous_mask)
        return y

    def _looks_for_masks(self) -> bool:
        """Whether ``call`` may read masks off tensors: layers inside, or a user's class."""
        return not is_builtin(type(self)) or bool(self._layers)

    def _recorded(self, args: tuple, kwargs: dict, training: Any) -> tuple[tuple, dict]:
        """The arguments as they are remembered: the first by position, others by name."""
        bound = self._signature.bind(args, kwargs)
        if training is not None:
            bound["training"] = training
        extra = bound.pop("*", ())
        if extra:
            return (*args[: len(self._signature.positional)], *extra), {
                k: v for k, v in bound.items() if k not in self._signature.positional
            }
        leading = []
        for name in self._signature.positional:
            if name not in bound or not any_symbolic(bound[name]):
                break
            leading.append(bound.pop(name))
        return tuple(leading), bound

    def _infer(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Symbolic outputs of a call, without recording it."""
        if type(self).compute_output_spec is not Layer.compute_output_spec:
            recorded = self._recorded(args, kwargs, training)
            return self.compute_output_spec(*recorded[0], **recorded[1])
        if self._rule_of_shape:
            return self._spec_by_rule(args, kwargs)
        return self._spec_by_run(args, kwargs, training)

    def _spec_by_rule(self, args: tuple, kwargs: dict) -> Any:
        names = argument_names(type(self).compute_output_shape)
        bound = self._signature.bind(args, kwargs)
        if len(names) > 1 and f"{self._signature.first}_shape" in names:
            shapes = {f"{k}_shape": _shape_of(v) for k, v in bound.items() if _has_shape(v)}
            shape = self.compute_output_shape(**{k: v for k, v in shapes.items() if k in names})
        else:
            shape = self.compute_output_shape(_shape_of(args[0]))
        return _map_shapes(lambda s: KerasTensor(s, self._dtype_of_outputs(args)), shape)

    def _dtype_of_outputs(self, args: tuple) -> str:
        return self.compute_dtype

    def _spec_by_run(self, args: tuple, kwargs: dict, training: Any) -> Any:
        modules = list(self._flatten_layers())
        before = [dict(module.__dict__) for module in modules]
        previous, local.inside = local.inside, True
        try:
            call = functools.partial(self._call_on_fakes, training)
            return tracer.infer(
                call,
                args,
                kwargs,
                KerasTensor,
                tracer.symbolic.map_symbols,
                tracer.symbols_in,
            )
        finally:
            local.inside = previous
            undo_fakes(modules, before)

    def _call_on_fakes(self, training: Any, *args: Any, **kwargs: Any) -> Any:
        args = nested.map_leaves(self._converted, args)
        with contextlib.ExitStack() as stack:
            self._enter_precision(stack, args)
            return self._cast_outputs(self._run(args, kwargs, bool(training)))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs (shape and type) for symbolic inputs, without recording the call."""
        training = kwargs.pop("training", None)
        if not self.built and type(self).build is not Layer.build:
            self._build_for(args, kwargs)
        if self._rule_of_shape:
            return self._spec_by_rule(args, kwargs)
        return self._spec_by_run(args, kwargs, training)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Shape of the output for the shape of the input, None where a size is unknown."""
        shapes = args or tuple(kwargs.values())
        symbols = tuple(_symbols_of_shape(shape, self.compute_dtype) for shape in shapes)
        outputs = self._spec_by_run(symbols, {}, None)
        return nested.map_leaves(lambda spec: tuple(spec.shape), outputs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on symbolic tensors."""
        return self(*args, **kwargs)

    @property
    def input(self) -> Any:
        """Symbolic input of the layer's one symbolic call.

        Raises:
            AttributeError: the layer was never called symbolically.
        """
        call = self._the_call("input")
        first = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
        return call.flat_outputs[0] if first is None else first

    @property
    def output(self) -> Any:
        """Symbolic output of the layer's first symbolic call."""
        return self._the_call("output").outputs

    @property
    def input_shape(self) -> Any:
        """Shape of ``input``."""
        return _shape_of(self.input)

    @property
    def output_shape(self) -> Any:
        """Shape of ``output``."""
        return _shape_of(self.output)

    def _the_call(self, what: str) -> Any:
        if not self._inbound_calls:
            raise AttributeError(
                f'The layer "{self.name}" has never been called and thus has no defined {what}.'
            )
        return self._inbound_calls[0]

    def get_input_at(self, node_index: int) -> Any:
        """Symbolic input of the call number ``node_index``."""
        return self._inbound_calls[node_index].args[0]

    def get_output_at(self, node_index: int) -> Any:
        """Symbolic output of the call number ``node_index``."""
        return self._inbound_calls[node_index].outputs

    # Losses.

    def add_loss(self, loss: Any) -> None:
        """Add scalar tensors to ``losses``; those of the last call are kept."""
        if local.shape_run:
            return
        for value in nested.flatten(loss):
            if callable(value) and not isinstance(value, Tensor):
                value = value()
            if value is not None:
                self._own_losses.append(value if isinstance(value, Tensor) else torch.as_tensor(value))
        local.losses_recorded = True

    def _add_activity_losses(self, y: Any) -> None:
        for value in nested.flatten(y):
            if isinstance(value, Tensor):
                loss = self.activity_regularizer(value)
                self.add_loss(loss / value.shape[0] if value.dim() > 0 and value.shape[0] else loss)

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer.__dict__["_own_losses"].clear()

    @property
    def losses(self) -> list[Tensor]:
        """Losses added in the last call, and the penalties on weights."""
        found = [loss for layer in self._flatten_layers() for loss in layer._own_losses]
        return found + self._weight_penalties()

    def _weight_penalties(self) -> list[Tensor]:
        return [v.regularizer(v.tensor) for v in self.trainable_weights if v.regularizer is not None]

    # Without state, quantization, configuration.

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple:
        """Call with given values of the variables, which themselves stay as they are.

        Args:
            trainable_variables, non_trainable_variables: Values, in the order of the attributes.
            *args, **kwargs: Arguments of the call.
            return_losses: Whether ``losses`` are returned, too.

        Returns:
            Outputs and the new values of the non-trainable variables (and the losses).

        Raises:
            ValueError: the layer isn't built, or the number of values is wrong.
        """
        self._check_super_called()
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables "
                "must have been already created). Call the layer on some data first."
            )
        wanted = (self.trainable_variables, self.non_trainable_variables)
        for given, variables, which in zip(
            (trainable_variables, non_trainable_variables), wanted, ("", "non_"), strict=True
        ):
            if len(given) != len(variables):
                raise argument_error(
                    self, f"{which}trainable_variables", len(given), f"{len(variables)} values"
                )
        names = {id(module): name for name, module in self.named_modules()}
        tensors: dict[str, Tensor] = {}
        outside = []
        values = [*trainable_variables, *non_trainable_variables]
        for variable, value in zip([*wanted[0], *wanted[1]], values, strict=True):
            value = value.value if isinstance(value, Variable) else value
            prefix = names.get(id(variable.module))
            if prefix is None:  # a seed state: it is kept outside the modules
                outside.append((variable, variable.numpy()))
                variable.assign(value)
                continue
            stored = variable.layout.from_keras(torch.as_tensor(value))
            if not variable.trainable or variable.key in variable.module._buffers:
                stored = stored.clone()
            tensors[f"{prefix}.{variable.key}" if prefix else variable.key] = stored

        def shown(variable: Variable) -> Tensor:
            prefix = names.get(id(variable.module))
            if prefix is None:
                return variable.tensor.clone()
            stored = tensors[f"{prefix}.{variable.key}" if prefix else variable.key]
            return variable.layout.to_keras(stored)

        losses: list[Tensor] = []
        with torch.nn.utils.stateless._reparametrize_module(self, tensors):
            outputs = self(*args, **kwargs)
            if return_losses:
                losses = self.losses
        updated = [shown(variable) for variable in wanted[1]]
        for variable, value in outside:
            variable.assign(value)
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Quantize the weights of the torch modules inside, by torchao.

        Args:
            mode: ``"int8"``, ``"int4"`` or ``"float8"``: weights only.
            type_check: Accepted for Keras's signature; any layer can be walked.
            config: A torchao configuration, instead of ``mode``.

        Raises:
            ImportError: torchao isn't installed.
            ValueError: the mode isn't known.
        """
        try:
            from torchao import quantization
        except ImportError as error:
            raise ImportError(
                "quantize needs the package torchao: pip install torchkeras-compat[quantize]."
            ) from error
        configs = {
            "int8": "Int8WeightOnlyConfig",
            "int4": "Int4WeightOnlyConfig",
            "float8": "Float8WeightOnlyConfig",
        }
        if config is None and mode not in configs:
            raise argument_error(self, "mode", mode, f"Invalid quantization mode: one of {list(configs)}")
        quantization.quantize_(self, config or getattr(quantization, configs[mode])())

    @generic
    def get_config(self) -> dict[str, Any]:
        """Name, trainable, dtype policy and the constructor's other arguments, as plain data."""
        owner = config_owner(type(self))
        arguments = constructor_arguments(owner)
        config: dict[str, Any] = {}
        base = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialization.serialize_value(self._dtype_policy),
        }
        for name, value in base.items():
            if name in arguments or takes_options(owner):
                config[name] = value
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = serialization.serialize_value(self.activity_regularizer)
        if owner is Layer:
            return config
        recorded = recorded_arguments(self)
        for name, default in arguments.items():
            if name in base or (name == "autocast" and self.autocast):
                continue
            value = current_value(self, owner, name, recorded.get(name, default))
            config[name] = serialization.serialize_value(value)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Layer":
        """A layer made from what ``get_config`` gave."""
        return super().from_config(dict(config))

    def save_own_variables(self, store: Any) -> None:
        """Put this layer's own variables into ``store``, by number."""
        for number, variable in enumerate(self._own_variables()):
            store[str(number)] = variable.numpy()

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

    def __deepcopy__(self, memo: dict[int, Any]) -> "Layer":
        twin = self.__class__.__new__(self.__class__)
        memo[id(self)] = twin
        for key, value in self.__dict__.items():
            if key == "_inbound_calls":
                twin.__dict__[key] = []  # symbolic calls belong to the graphs of the original
            else:
                twin.__dict__[key] = _deepcopy(value, memo)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_inbound_calls": []}

    def extra_repr(self) -> str:
        return f"name={self.__dict__.get('_name')}, built={self.__dict__.get('built')}"


Layer._signature = signature_of(Layer.call)
Layer._makes_mask = False


def _recorded_build(build: Callable) -> Callable:
    """``build`` that remembers its shapes, names the weights after the layer and makes real ones."""
    names = argument_names(build)

    @functools.wraps(build)
    def wrapped(self: Layer, *args: Any, **kwargs: Any) -> None:
        if self._building:  # a subclass's build calling its parent's
            build(self, *args, **kwargs)
            return
        args = tuple(_standard_shape(arg) for arg in args)
        kwargs = {key: _standard_shape(value) for key, value in kwargs.items()}
        state = self.__dict__
        state["_building"] = True
        try:
            with without_fakes(), torch.enable_grad(), self._open_name_scope():
                state["_path"] = scopes.current_path()
                build(self, *args, **kwargs)
        finally:
            state["_building"] = False
        shapes = {**dict(zip(names, args, strict=False)), **kwargs}
        state["_build_arguments"] = {key: value for key, value in shapes.items() if value is not None}
        self._after_build()

    return wrapped


def _standard_shape(value: Any) -> Any:
    """A shape as a tuple of ints and None; structures of shapes keep their structure."""
    if isinstance(value, torch.Size):
        return tuple(int(size) for size in value)
    if hasattr(value, "as_list") and not isinstance(value, (list, tuple)):
        return tuple(value.as_list())
    if isinstance(value, list) and all(size is None or isinstance(size, int) for size in value):
        return tuple(value)
    return value


def _deepcopy(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, Tensor) and not value.is_leaf:
        return value.detach().clone()  # a kept result, such as attention scores
    return copy.deepcopy(value, memo)


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list, int, torch.Size))


def _as_shape(value: Any) -> tuple[int, ...]:
    if isinstance(value, (int, np.integer)):
        return (int(value),)
    if any(size is None for size in value):
        raise argument_error(
            "add_weight", "shape", tuple(value), "known sizes", "Give Input a full shape."
        )
    return tuple(int(size) for size in value)


def _tuples(shape: Any) -> Any:
    """Lists that stand for shapes as tuples."""
    if isinstance(shape, dict):
        return {key: _tuples(value) for key, value in shape.items()}
    if isinstance(shape, (list, tuple)):
        if all(size is None or isinstance(size, int) for size in shape):
            return tuple(shape)
        return [_tuples(inner) for inner in shape]
    return shape


def _has_shape(value: Any) -> bool:
    leaves = nested.flatten(value)
    return bool(leaves) and all(isinstance(leaf, (Tensor, KerasTensor, Variable)) for leaf in leaves)


def _shape_of(value: Any) -> Any:
    """Shape of a tensor, or the structure of shapes of a structure of tensors."""
    return nested.map_leaves(
        lambda leaf: _sizes(leaf.shape) if hasattr(leaf, "shape") else None, value
    )


def _sizes(shape: Any) -> Shape:
    return tuple(None if size is None else int(size) for size in shape)


def _map_shapes(function: Callable, shape: Any) -> Any:
    """Apply ``function`` to each shape in a structure of shapes."""
    if isinstance(shape, dict):
        return {key: _map_shapes(function, value) for key, value in shape.items()}
    if all(size is None or isinstance(size, (int, np.integer)) for size in shape):
        return function(tuple(shape))
    return type(shape)(_map_shapes(function, inner) for inner in shape)


def _symbols_of_shape(shape: Any, dtype: str) -> Any:
    return _map_shapes(lambda s: KerasTensor(s, dtype), _tuples(_standard_shape(shape)))


def _device_of(structure: Any) -> torch.device | None:
    for leaf in nested.leaves(structure):
        if isinstance(leaf, Tensor):
            return leaf.device
    return None


def _find_layers(module: nn.Module, found: dict[int, Layer]) -> None:
    """The nearest layers below ``module``."""
    for child in module._modules.values():
        if isinstance(child, Layer):
            found.setdefault(id(child), child)
        elif child is not None:
            _find_layers(child, found)


def _plain_modules(layer: Layer) -> Iterator[tuple[str, nn.Module]]:
    """The layer itself and the plain modules in it, with their paths; other layers are left out."""
    stack: list[tuple[str, nn.Module]] = [("", layer)]
    while stack:
        path, module = stack.pop()
        yield path, module
        children = [
            (f"{path}.{name}" if path else name, child)
            for name, child in module._modules.items()
            if child is not None and not isinstance(child, Layer)
        ]
        stack.extend(reversed(children))


def _unique(variables: Any) -> list[Variable]:
    return list({id(variable): variable for variable in variables}.values())


def is_metric(value: Any) -> bool:
    """Whether ``value`` has a metric's interface."""
    return hasattr(value, "update_state") and hasattr(value, "reset_state") and not isinstance(
        value, type
    )


def holds_tensors(value: Any) -> bool:
    """Whether a tensor or array is in ``value`` or nested in it."""
    return any(
        isinstance(leaf, (Tensor, Variable, np.ndarray, KerasTensor)) for leaf in nested.leaves(value)
    )


def _all_none(values: tuple) -> bool:
    for value in values:
        if value is not None:
            return False
    return True


def _masks_of(value: Any) -> Any:
    """The mask that a tensor carries, or the structure of masks; None if there is none."""
    if isinstance(value, (Tensor, KerasTensor)):
        return getattr(value, "_keras_mask", None)
    if not nested.is_nested(value):
        return None
    masks = nested.map_leaves(lambda leaf: getattr(leaf, "_keras_mask", None), value)
    return masks if any(mask is not None for mask in nested.leaves(masks)) else None


def _marked(value: Any) -> bool:
    return any(getattr(leaf, "_keras_mask", None) is not None for leaf in nested.leaves(value))


def _masked_symbol(symbol: KerasTensor) -> KerasTensor:
    """A symbol whose mask will be on the tensor when the graph runs."""
    mask = getattr(symbol, "_keras_mask", None)
    if mask is None:
        return symbol
    carried = tracer.record(
        attach_mask, (symbol, mask), {}, KerasTensor(symbol.shape, symbol.dtype)
    )
    carried._keras_mask = mask
    return carried


@contextlib.contextmanager
def _compute_scope(dtype: torch.dtype | None) -> Iterator[None]:
    previous, local.compute_dtype = local.compute_dtype, dtype
    try:
        yield
    finally:
        local.compute_dtype = previous
