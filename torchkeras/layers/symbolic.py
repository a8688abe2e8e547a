"""Calling a layer on symbolic tensors: recording the call, finding the shapes of its outputs."""

import contextlib
import functools
from typing import Any

from torchkeras import tracer
from torchkeras.core import nested
from torchkeras.core.configurable import is_builtin
from torchkeras.core.scopes import local
from torchkeras.layers.signature import argument_names
from torchkeras.layers.structures import (
    has_shape,
    map_shapes,
    shape_of,
    symbols_of_shape,
    with_mask,
)
from torchkeras.tracer import KerasTensor, any_symbolic
from torchkeras.tracer.shapes import lazy_ones_real, undo_fakes


class SymbolicCalls:
    """The part of ``Layer`` that meets symbolic tensors."""

    def _call_symbolically(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Record a call on symbolic tensors."""
        self._check_inputs(args)
        is_first = not self.built
        if is_first and (self._has_build or not self._layers):
            self._build_for(args, kwargs)
        args, kwargs, previous_mask = self._with_masks(args, kwargs)
        if not self._call_signature.masks and self._looks_for_masks():
            args = tracer.symbolic.map_symbols(with_mask, args)
        with self._open_name_scope() if is_first else contextlib.nullcontext():
            outputs = self._infer_outputs(args, kwargs, training)
        if not self.built:
            self.__dict__["_build_arguments"] = {"input_shape": shape_of(args[0])} if args else {}
            self._after_build()
        recorded_args, recorded_kwargs = self._recorded(args, kwargs, training)
        y = tracer.record(self, recorded_args, recorded_kwargs, outputs)
        self._tell_producers(self._inbound_calls.at(-1))
        self._mark_outputs(args[0] if args else None, y, previous_mask)
        return y

    def _looks_for_masks(self) -> bool:
        """Whether ``call`` may read masks off tensors: layers inside, or a user's class."""
        return not is_builtin(type(self)) or bool(self._layers)

    def _recorded(self, args: tuple, kwargs: dict, training: Any) -> tuple[tuple, dict]:
        """The arguments as they are remembered: tensors that come first by position, all other
        arguments and masks by name, since their places differ from Keras to Keras."""
        bound = self._call_signature.bind(args, kwargs)
        if training is not None:
            bound["training"] = training
        extra = bound.pop("*", ())
        if extra:
            return (*args[: len(self._call_signature.positional)], *extra), {
                k: v for k, v in bound.items() if k not in self._call_signature.positional
            }
        leading = []
        for name in self._call_signature.positional:
            is_mask = name == "mask" or name in self._call_signature.masks.values()
            if is_mask or name not in bound or not any_symbolic(bound[name]):
                break
            leading.append(bound.pop(name))
        return tuple(leading), bound

    def _infer_outputs(self, args: tuple, kwargs: dict, training: Any) -> Any:
        """Symbolic outputs of a call, without recording it."""
        if self._has_spec:
            recorded = self._recorded(args, kwargs, training)
            return self.compute_output_spec(*recorded[0], **recorded[1])
        if self._rule_of_shape:
            return self._spec_by_rule(args, kwargs)
        return self._spec_by_run(args, kwargs, training)

    def _spec_by_rule(self, args: tuple, kwargs: dict) -> Any:
        names = argument_names(type(self).compute_output_shape)
        bound = self._call_signature.bind(args, kwargs)
        if len(names) > 1 and f"{self._call_signature.first}_shape" in names:
            shapes = {f"{k}_shape": shape_of(v) for k, v in bound.items() if has_shape(v)}
            shape = self.compute_output_shape(**{k: v for k, v in shapes.items() if k in names})
        else:
            shape = self.compute_output_shape(shape_of(args[0]))
        return map_shapes(lambda s: KerasTensor(s, self._dtype_of_outputs(args)), shape)

    def _dtype_of_outputs(self, args: tuple) -> str:
        return self.compute_dtype

    def _spec_by_run(self, args: tuple, kwargs: dict, training: Any) -> Any:
        modules = list(self._flatten_layers())
        before = [dict(module.__dict__) for module in modules]
        previous, local.inside = local.inside, True
        try:
            call = functools.partial(self._call_on_fakes, training)
            with lazy_ones_real(self):
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
        args = nested.map_leaves(self._converted_input, args)
        with contextlib.ExitStack() as stack:
            self._enter_precision(stack, args)
            return self._cast_outputs(self._run_call(args, kwargs, bool(training)))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs (shape and type) for symbolic inputs, without recording the call."""
        training = kwargs.pop("training", None)
        is_first = not self.built
        if is_first and self._has_build:
            self._build_for(args, kwargs)
        if self._rule_of_shape:
            return self._spec_by_rule(args, kwargs)
        with self._open_name_scope() if is_first else contextlib.nullcontext():
            return self._spec_by_run(args, kwargs, training)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Shape of the output for the shape of the input, None where a size is unknown."""
        shapes = args or tuple(kwargs.values())
        symbols = tuple(symbols_of_shape(shape, self.compute_dtype) for shape in shapes)
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
        return shape_of(self.input)

    @property
    def output_shape(self) -> Any:
        """Shape of ``output``."""
        return shape_of(self.output)

    def _the_call(self, what: str) -> Any:
        if not self._inbound_calls:
            raise AttributeError(
                f'The layer "{self.name}" has never been called and thus has no defined {what}.'
            )
        return self._inbound_calls.at(0)

    def get_input_at(self, node_index: int) -> Any:
        """Symbolic input of the call number ``node_index``."""
        return self._inbound_calls.at(node_index).args[0]

    def get_output_at(self, node_index: int) -> Any:
        """Symbolic output of the call number ``node_index``."""
        return self._inbound_calls.at(node_index).outputs
