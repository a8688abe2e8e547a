"""The base of all layers: a torch module with Keras's life cycle.

A call goes ``forward`` (spelled with the arguments of ``call``) -> ``_enter_call`` -> ``call``. On
a plain tensor, once built, ``_enter_call`` only checks the shape and settles ``training``; all else
(building, casting, masks, symbolic tensors) is in ``_enter_slowly``.

Users' classes have names of their own: a private one here is longer than a word, such as
``_steps`` or ``_device``, that one of theirs may well be called.
"""

import copy
import functools
from collections.abc import Callable
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from torchkeras import regularizers
from torchkeras.core import naming, scopes, serialization
from torchkeras.core.checks import argument_error, moment_error, nearest
from torchkeras.core.configurable import (
    Configurable,
    config_owner,
    constructor_arguments,
    current_value,
    generic,
    recorded_arguments,
    takes_options,
)
from torchkeras.core.policies import DTypePolicyMap, get_policy
from torchkeras.core.remat import current_remat_scope
from torchkeras.core.typing import RegularizerLike
from torchkeras.layers.building import LayerBuilding, recorded_build
from torchkeras.layers.calls import LayerCalls
from torchkeras.layers.lowering import LayerLowering
from torchkeras.layers.older import OlderMembers
from torchkeras.layers.penalties import LayerLosses
from torchkeras.layers.quantization import LayerQuantization, policy_with
from torchkeras.layers.signature import make_forward, signature_of
from torchkeras.layers.stateless import stateless_call
from torchkeras.layers.symbolic import SymbolicCalls
from torchkeras.layers.weights import LayerWeights
from torchkeras.tracer import Calls, Operation


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


class Layer(
    LayerBuilding,
    LayerCalls,
    SymbolicCalls,
    LayerLosses,
    LayerQuantization,
    LayerWeights,
    LayerLowering,
    OlderMembers,
    Configurable,
):
    """A torch module that builds itself at its first call and has Keras's interface.

    Subclasses write ``call`` and, if they have weights, ``build``.

    Args:
        activity_regularizer: Penalty on the output, added to ``losses`` at each call, per sample.
        trainable: Whether the weights are to be trained.
        dtype: Number type or dtype policy; None is the default policy.
        autocast: Whether float inputs are cast to the compute dtype.
        name: Name; None makes one up.
        dynamic: Accepted for older scripts; every layer here runs eagerly if need be.
        **options: See ``LayerOptions``.

    Raises:
        TypeError: an option that no layer knows.

    Source: Keras 3 ``Layer``; ``torch.nn.Module``.
    """

    supports_masking = False
    # Read off the class once: the arguments of call, and which methods it overrides.
    _call_signature: Any
    _rule_of_shape = False
    _makes_mask = False
    _has_build = False
    _has_spec = False
    # What a call looks at before it can say that the constructor below hasn't run.
    _backward_hooks = _backward_pre_hooks = _forward_hooks = _forward_pre_hooks = ()
    _is_simple = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "build" in cls.__dict__:
            cls.build = recorded_build(cls.__dict__["build"])
        if "call" in cls.__dict__ and "forward" not in cls.__dict__:
            cls.forward = make_forward(cls.__dict__["call"], cls.__name__)
        cls._call_signature = signature_of(cls.call)
        cls._rule_of_shape = cls.compute_output_shape is not Layer.compute_output_shape
        cls._makes_mask = cls.compute_mask is not Layer.compute_mask
        cls._has_build = cls.build is not Layer.build
        cls._has_spec = cls.compute_output_spec is not Layer.compute_output_spec

    def __init__(
        self,
        *,
        activity_regularizer: RegularizerLike = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        dynamic: bool = False,
        **options: Any,
    ) -> None:
        nn.Module.__init__(self)
        state = self.__dict__
        state["training"] = False
        state["built"] = False
        state["_name"] = self._checked_name(name)
        state["_created_weights"] = []
        state["_member_variables"] = {}
        state["_weight_rules"] = {}
        state["_inbound_calls"] = Calls(holds_first=True)
        state["_own_losses"] = []
        state["_build_arguments"] = None
        state["_building"] = False
        state["_trainable"] = bool(trainable)
        state["_input_spec"] = None
        state["_chosen_device"] = None
        state["_is_simple"] = False
        state["_remat_scope"] = current_remat_scope()
        state["autocast"] = autocast
        self._set_early_attributes()
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
        if options:
            wrong = next(iter(options))
            hint = nearest(
                wrong, [*constructor_arguments(type(self)), *LayerOptions.__annotations__]
            )
            raise TypeError(
                f"{type(self).__name__}: Unrecognized keyword arguments passed to "
                f"{type(self).__name__}: {options}. {hint}".rstrip()
            )

    # Number types.

    def _set_policy(self, dtype: Any) -> None:
        policy = get_policy(dtype)
        state = self.__dict__
        state["_policy_map"] = policy if isinstance(policy, DTypePolicyMap) else None
        if isinstance(policy, DTypePolicyMap):
            policy = policy[self.path]
        mode = policy.quantization_mode
        if mode is not None and mode not in self._quantization_modes:
            raise argument_error(
                self,
                "dtype",
                policy.name,
                f"a policy that isn't quantized, or one of {self._quantization_modes}",
            )
        state["_dtype_policy"] = policy
        compute = state["_compute_dtype"] = policy.torch_compute_dtype
        state["_autocast_dtype"] = compute if policy.is_mixed else None
        state["_casts"] = (
            self.autocast
            and policy.torch_compute_dtype is not None
            and (policy.torch_compute_dtype.is_floating_point)
        )
        self._settle_call()

    def _settle_call(self) -> None:
        """Work out whether calls may take the short way."""
        self.__dict__["_is_simple"] = (
            self.built
            and self._casts
            and self.__dict__.get("activity_regularizer") is None
            and not (self._makes_mask and not self._passes_mask_only)
        )

    _passes_mask_only = False

    @property
    def dtype_policy(self) -> Any:
        """The dtype policy in force, or the map that it comes from."""
        return self._dtype_policy if self._policy_map is None else self._policy_map

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
        return {"device": self._chosen_device, "dtype": self._dtype_policy.torch_variable_dtype}

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

    # Life cycle: attributes, building, moving.

    def _check_super_called(self) -> None:
        if "_inbound_calls" not in self.__dict__:
            raise moment_error(
                type(self).__name__,
                "In layer's __init__(), you forgot to call `super().__init__()` as the first "
                "statement",
                "Go add it!",
            )

    @property
    def input_spec(self) -> Any:
        """``InputSpec`` (or a structure of them) that inputs have to meet; None takes any."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self.__dict__["_input_spec"] = value

    def _apply(self, fn: Callable, recurse: bool = True) -> "Layer":
        """Follow ``.to()`` and its kin: the policy and unbuilt layers go along."""
        probe = torch.empty(
            0, dtype=self._dtype_policy.torch_variable_dtype, device=self._chosen_device
        )
        super()._apply(fn, recurse)
        after = fn(probe)
        if after.device != probe.device:
            self.__dict__["_chosen_device"] = after.device
        if after.dtype != probe.dtype and after.is_floating_point():
            self._set_policy(policy_with(self._dtype_policy, after.dtype))
        return self

    # Without state, configuration, copying.

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
        values = (trainable_variables, non_trainable_variables)
        return stateless_call(self, *values, args, kwargs, return_losses)

    @generic
    def get_config(self) -> dict[str, Any]:
        """Name, trainable, dtype policy and the constructor's other arguments, as plain data."""
        owner = config_owner(type(self))
        arguments = constructor_arguments(owner)
        config: dict[str, Any] = {}
        base = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialization.serialize_value(self.dtype_policy),
        }
        for name, value in base.items():
            if name in arguments or takes_options(owner):
                config[name] = value
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = serialization.serialize_value(
                self.activity_regularizer
            )
        if owner is Layer:
            return config
        recorded = recorded_arguments(self)
        for name, default in arguments.items():
            if name in base or name in _UNTOLD or (name == "autocast" and self.autocast):
                continue
            if name == "activity_regularizer" and owner.__init__ is Layer.__init__:
                continue  # an option of every layer: told above if there is one
            value = current_value(self, owner, name, recorded.get(name, default))
            config[name] = serialization.serialize_value(value)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "Layer":
        """A layer made from what ``get_config`` gave.

        Args:
            config: The configuration.
            custom_objects: Classes and functions by the name they have in ``config``.
        """
        with scopes.custom_objects_scope(custom_objects):
            return super().from_config(dict(config))

    def __deepcopy__(self, memo: dict[int, Any]) -> "Layer":
        twin = self.__class__.__new__(self.__class__)
        memo[id(self)] = twin
        for key in sorted(self.__dict__, key=lambda key: key != "_traced_graph"):  # see Graph
            value = self.__dict__[key]
            if key in _OF_THE_ORIGINAL:
                twin.__dict__[key] = _OF_THE_ORIGINAL[key]()
            else:
                twin.__dict__[key] = _deepcopy(value, memo)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        known = _OF_THE_ORIGINAL.items()
        return {**self.__dict__, **{key: new() for key, new in known if key in self.__dict__}}

    def extra_repr(self) -> str:
        return f"name={self.__dict__.get('_name')}, built={self.__dict__.get('built')}"


# Arguments that no configuration has: initial weights are part of the state.
_UNTOLD = ("weights", "dynamic")
# Calls and their losses, which belong to the original: what a copy has in their place.
_OF_THE_ORIGINAL: dict[str, Callable[[], Any]] = {
    "_inbound_calls": functools.partial(Calls, holds_first=True),
    "_outbound_calls": Calls,
    "_own_losses": list,
}


def _deepcopy(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, Tensor) and not value.is_leaf:
        return value.detach().clone()  # a kept result, such as attention scores
    return copy.deepcopy(value, memo)


Layer._call_signature = signature_of(Layer.call)


Operation.register(Layer)  # layers count as operations, without sharing code
