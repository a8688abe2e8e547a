"""Calling a layer on data: casting, masks, precision, the mode of training."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from torchkeras.core import nested, notices
from torchkeras.core.configurable import is_builtin
from torchkeras.core.scopes import local
from torchkeras.core.variable import Variable
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.signature import also_named
from torchkeras.layers.structures import (
    all_none,
    carries_mask,
    device_of,
    holds_tensors,
    masks_of,
)
from torchkeras.tracer import any_symbolic
from torchkeras.tracer.graph import attach_mask


class LayerCalls:
    """The part of ``Layer`` between torch's ``forward`` and a subclass's ``call``."""

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
        return self._enter_call(args, kwargs, training)

    def _enter_call(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Call on plain tensors of the right type, when all is settled, without detours."""
        if (
            self._is_simple
            and args
            and (not kwargs or all_none(kwargs.values()))
            and local.compute_dtype is self._autocast_dtype
        ):
            x, spec = args[0], self._input_spec
            if type(x) is list:
                simple = spec is None and len(x) > 0 and all([self._is_plain(t) for t in x])  # noqa: C419, quicker
            else:
                simple = self._is_plain(x)
            if simple and (len(args) == 1 or all_none(args[1:])):
                if spec is not None and type(spec) is InputSpec and not spec.fits(x.shape):
                    spec.check(tuple(x.shape), self)
                run = self._run_call if self._autocast_dtype is None else self._run_mixed
                if local.inside:
                    return run(args, kwargs, training)
                return self._run_outermost(run, args, kwargs, training)
        return self._enter_slowly(args, kwargs, training)

    def _is_plain(self, x: Any) -> bool:
        """Whether ``x`` is a tensor of the right type that carries no mask."""
        return (
            (type(x) is Tensor or type(x) is nn.Parameter)
            and (x.dtype is self._compute_dtype or not x.dtype.is_floating_point)
            and not hasattr(x, "_keras_mask")
        )

    def _run_outermost(self, run: Callable, args: tuple, kwargs: dict, training: Any) -> Any:
        """The call that no other layer's call encloses.

        It forgets the losses of the last one, and tensors made inside go to the input's device.
        """
        if local.losses_recorded:
            self._clear_losses()
        device = local.device
        if device is None and args and isinstance(args[0], Tensor) and not args[0].is_cpu:
            local.device = args[0].device
        local.inside = True
        try:
            return run(args, kwargs, training)
        finally:
            local.inside = False
            local.device = device

    def rematerialized_call(self, layer_call: Callable, *args: Any, **kwargs: Any) -> Callable:
        """``layer_call`` computed again in the backward pass, if the ``RematScope`` wants it.

        Args:
            layer_call: ``call``.
            *args, **kwargs: The arguments, by which the size of the outputs is told.
        """
        scope = self._remat_scope
        return layer_call if scope is None else scope.wrapped(self, layer_call, args, kwargs)

    def _run_call(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """``call`` with ``training`` settled and handed down to the calls inside."""
        signature = self._call_signature
        call = self.call
        if self._remat_scope is not None:
            call = self.rematerialized_call(call, *args, **kwargs)
        if training is None:
            if not signature.takes_training:
                return call(*args, **kwargs)
            training = local.training
            if training is None:
                training = signature.training_default
                if training is None:
                    training = self.training
        previous = local.training
        local.training = training
        try:
            if signature.takes_training:
                return call(*args, training=training, **kwargs)
            return call(*args, **kwargs)
        finally:
            local.training = previous

    def _run_mixed(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """``_run_call`` under the autocast of an enclosing call."""
        y = self._run_call(args, kwargs, training)
        return y if type(y) is Tensor and y.dtype is self._compute_dtype else self._cast_outputs(y)

    def _enter_slowly(self, args: tuple, kwargs: dict, training: Any) -> Any:
        self._check_super_called()
        if any(isinstance(arg, fx.Proxy) for arg in args):
            return self._enter_for_fx(args, kwargs, training)
        if any_symbolic(args, kwargs):
            return self._call_symbolically(args, kwargs, training)
        taker = _with_a_way_of_its_own(args)
        if taker is not None:
            result = taker.called_by_layer(self, args, kwargs, training)
            if result is not NotImplemented:
                return result
        if local.inside:
            return self._call_eagerly(args, kwargs, training)
        return self._run_outermost(self._call_eagerly, args, kwargs, training)

    def _call_eagerly(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if self._converts_inputs:
            if args and not isinstance(args[0], Tensor):
                args = (self._converted_first(args[0]), *args[1:])
            args = nested.map_leaves(self._converted_input, args)
            kwargs = nested.map_leaves(self._converted_input, kwargs) if kwargs else kwargs
        self._check_inputs(args)
        is_first = not self.built
        if is_first:
            self._build_for(args, kwargs)
        args, kwargs, previous_mask = self._with_masks(args, kwargs)
        with contextlib.ExitStack() as stack:
            if is_first:  # layers built by this call are named after this one
                stack.enter_context(self._open_name_scope())
            self._enter_precision(stack, args)
            y = self._run_call(args, kwargs, training)
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
                return self._converted_input(
                    array.astype("float32") if array.dtype.kind == "f" else array
                )
            if array.dtype.kind in "US":
                return np.asarray(value, dtype=object)
        if isinstance(value, (bool, int, float)):
            return self._converted_input(
                np.asarray(value, "float32" if type(value) is float else None)
            )
        return value

    def _converted_input(self, value: Any) -> Any:
        """Arrays as tensors on the layer's device; float tensors in the compute dtype."""
        if isinstance(value, Variable):
            value = value.value
        if isinstance(value, (np.ndarray, np.generic)):
            if value.dtype.kind not in "fiubc":
                return value
            value = torch.as_tensor(np.asarray(value, order="C"), device=self._weights_device())
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
        return self._chosen_device

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
        signature = self._call_signature
        first = args[0] if args else None
        found = masks_of(first)
        if signature.masks:
            bound = signature.bind(args, kwargs)
            filled = {}
            for name, mask_name in signature.masks.items():
                if bound.get(mask_name) is None and name in bound:
                    mask = masks_of(bound[name])
                    if mask is not None:
                        filled[mask_name] = mask
            if filled:
                args, kwargs = self._fill(args, kwargs, filled)
            if "mask" in signature.names:
                given = signature.bind(args, kwargs).get("mask")
                found = given if given is not None else found
        return args, kwargs, found

    def _fill(self, args: tuple, kwargs: dict, values: dict[str, Any]) -> tuple[tuple, dict]:
        positional = self._call_signature.positional
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
        device = (device_of(args) or torch.device("cpu")).type
        stack.enter_context(_compute_scope(device, wanted))

    def _cast_outputs(self, y: Any) -> Any:
        """Undo what autocast made of the type; layers inside have seen to theirs themselves."""
        if not self._dtype_policy.is_mixed or self._holds_layers():
            return y
        dtype = self._compute_dtype

        def cast(value: Any) -> Any:
            if isinstance(value, Tensor) and value.is_floating_point() and value.dtype != dtype:
                mask = getattr(value, "_keras_mask", None)
                return attach_mask(value.to(dtype), mask)
            return value

        return nested.map_leaves(cast, y)

    def _holds_layers(self) -> bool:
        return any(isinstance(m, LayerCalls) and m is not self for m in self.modules())

    def _mark_outputs(self, first: Any, y: Any, previous_mask: Any) -> None:
        """Let the outputs carry their mask."""
        has_mask = previous_mask is not None and any(
            mask is not None for mask in nested.flatten(previous_mask)
        )
        if not (self.supports_masking or self._makes_mask):
            if has_mask and not carries_mask(y):
                notices.warn(
                    f'Layer "{self.name}" (of type {type(self).__name__}) was passed an input with '
                    "a mask attached to it. However, this layer does not support masking and will "
                    "therefore destroy the mask information. Downstream layers will not see the "
                    "mask. Set supports_masking = True if it should be passed on."
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

    @also_named(mask="previous_mask")
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Mask of the outputs, given the inputs and their mask; passed on by default."""
        return previous_mask

    _is_fx_leaf = True

    def _enter_for_fx(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Under ``torch.fx.symbolic_trace``, which makes proxies of arguments left out, too.

        A built-in layer is one node of the graph, as torch's own modules are.
        """
        defaults = self._call_signature.defaults
        names = self._call_signature.positional
        args = tuple(
            defaults[name] if isinstance(arg, fx.Proxy) and name in defaults else arg
            for name, arg in zip(names, args, strict=False)
        )
        kwargs = {
            key: defaults[key] if isinstance(value, fx.Proxy) and key in defaults else value
            for key, value in kwargs.items()
        }
        training = None if isinstance(training, fx.Proxy) else training
        fx_tracer = next(arg.tracer for arg in args if isinstance(arg, fx.Proxy))
        is_node = self._is_fx_leaf and is_builtin(type(self)) and fx_tracer.root is not self
        if not is_node:
            return self._run_call(args, kwargs, training)
        if training is not None:
            kwargs["training"] = training
        path = fx_tracer.path_of_module(self)
        return fx_tracer.create_proxy("call_module", path, args, kwargs)


def _with_a_way_of_its_own(args: tuple) -> Any:
    """The first argument's first part, if it is no tensor and says itself what layers make of it.

    Its method ``called_by_layer(layer, args, kwargs, training)`` gives the layer's result, or
    ``NotImplemented`` to be handed to ``call`` as it is.
    """
    first = args[0] if args else None
    while type(first) in (list, tuple) and first:
        first = first[0]
    return first if hasattr(type(first), "called_by_layer") else None


@contextlib.contextmanager
def _compute_scope(device: str, dtype: torch.dtype | None) -> Iterator[None]:
    """Autocast to ``dtype``, or none at all for None."""
    previous, local.compute_dtype = local.compute_dtype, dtype
    try:
        # A `with` of its own: the compiler doesn't know autocast on a stack of contexts.
        with torch.autocast(device, dtype=dtype, enabled=dtype is not None):
            yield
    finally:
        local.compute_dtype = previous
