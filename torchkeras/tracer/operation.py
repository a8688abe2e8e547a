"""Users' own operations, and graphs of calls as functions."""

import abc
from collections.abc import Callable
from typing import Any

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.naming import auto_name
from torchkeras.core.remat import current_remat_scope
from torchkeras.tracer import shapes
from torchkeras.tracer.calls import Calls
from torchkeras.tracer.graph import Graph
from torchkeras.tracer.symbolic import (
    Call,
    KerasTensor,
    any_symbolic,
    is_symbolic,
    map_symbols,
    record,
    symbols_in,
)


class Operation(Configurable, abc.ABC):
    """Base of what is called on tensors and on symbolic tensors alike; layers count as such.

    A subclass writes ``call``. It has no weights; what has some is a ``Layer``.

    Args:
        name: A string without "/"; None counts up the class's name.

    Raises:
        ValueError: the name isn't such a string.

    Source: Keras 3 ``Operation``.

    Example:
        >>> class Doubled(keras.Operation):
        ...     def call(self, x):
        ...         return 2 * x
        >>> Doubled()(torch.ones(2)), Doubled()(keras.Input((3,))).shape
        (tensor([2., 2.]), (None, 3))
    """

    def __init__(self, name: str | None = None) -> None:
        name = auto_name(type(self).__name__) if name is None else name
        if not isinstance(name, str) or "/" in name:
            raise argument_error(type(self).__name__, "name", name, "a string without '/'")
        self.name = name
        self._inbound_calls = Calls(holds_first=True)
        self._remat_scope = current_remat_scope()

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        call = self.call if self.quantization_mode is None else self.quantized_call
        if self._remat_scope is not None:
            call = self.rematerialized_call(call, *args, **kwargs)
        return call(*args, **kwargs)

    quantization_mode: str | None = None

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs; a subclass writes this.

        Raises:
            RuntimeError: it doesn't.
        """
        raise moment_error(self, "call isn't defined", "Write call(self, x).")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """What takes the place of ``call`` while ``quantization_mode`` is set.

        Raises:
            RuntimeError: the class has none.
        """
        raise moment_error(self, "quantized_call isn't defined", "Write quantized_call(self, x).")

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on symbolic tensors and give its symbolic outputs."""
        return record(self, args, kwargs, self.compute_output_spec(*args, **kwargs))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes and types of the outputs as symbolic tensors, found by running on fake ones."""
        return shapes.infer(self.call, args, kwargs, KerasTensor, map_symbols, symbols_in)

    def rematerialized_call(self, fn: Callable, *args: Any, **kwargs: Any) -> Callable:
        """``fn`` computed again in the backward pass, if the ``RematScope`` wants it.

        Args:
            fn: ``call`` or ``quantized_call``.
            *args, **kwargs: The arguments, by which the size of the outputs is told.
        """
        return (
            fn if self._remat_scope is None else self._remat_scope.wrapped(self, fn, args, kwargs)
        )

    @property
    def input(self) -> Any:
        """Symbolic inputs of the first symbolic call.

        Raises:
            AttributeError: there was none.
        """
        inputs = self._first_call("input").inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> Any:
        """Symbolic outputs of the first symbolic call.

        Raises:
            AttributeError: there was none.
        """
        outputs = self._first_call("output").flat_outputs
        return outputs[0] if len(outputs) == 1 else outputs

    def _first_call(self, what: str) -> Call:
        if not self._inbound_calls:
            raise AttributeError(
                f"The operation {self.name} has never been called and thus has no defined {what}."
            )
        return self._inbound_calls.at(0)

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"


class Function(Operation):
    """What lies between symbolic inputs and outputs, as a function of the inputs.

    Args:
        inputs: Structure of symbolic tensors.
        outputs: Structure of symbolic tensors made from them.
        name: Name.

    Raises:
        ValueError: there are no inputs or no outputs, or an output can't be reached.

    Source: Keras 3 ``Function``.

    Example:
        >>> x = keras.Input((2,))
        >>> keras.Function(x, {"double": x * 2})(torch.ones(1, 2))
        {'double': tensor([[2., 2.]])}
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        for argument, given in (("inputs", inputs), ("outputs", outputs)):
            leaves = nested.flatten(given)
            if not leaves or not all(is_symbolic(leaf) for leaf in leaves):
                raise argument_error(self, argument, given, "one symbolic tensor or more")
        self._traced_graph = Graph(inputs, outputs)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, flat."""
        return self._traced_graph.flat_inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, flat."""
        return self._traced_graph.flat_outputs

    @property
    def operations(self) -> list[Any]:
        """What is called, once each, in order."""
        return list(self._traced_graph.operations)

    def call(self, inputs: Any) -> Any:
        """The outputs for ``inputs``.

        Raises:
            ValueError: the inputs nest otherwise than those of the constructor, or don't fit them.
        """
        self._check_inputs(inputs)
        values = {
            id(symbol): value
            for symbol, value in zip(self.inputs, nested.flatten(inputs), strict=True)
        }
        for call in self._traced_graph.calls:
            if not call.inputs or all(id(symbol) in values for symbol in call.flat_outputs):
                continue
            args = map_symbols(lambda symbol: values[id(symbol)], call.args)
            kwargs = map_symbols(lambda symbol: values[id(symbol)], call.kwargs)
            result = shapes.callable_of(call.operation)(*args, **kwargs)
            leaves = nested.flatten(result)
            for symbol, leaf in zip(nested.flatten(call.outputs), leaves, strict=True):
                if is_symbolic(symbol):
                    values[id(symbol)] = leaf
        return nested.map_leaves(lambda symbol: values[id(symbol)], self._traced_graph.outputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Symbolic outputs for symbolic inputs, whose unknown sizes may be known now."""
        self._check_inputs(inputs)
        return super().compute_output_spec(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shapes of the outputs for shapes of the inputs."""
        symbols = [
            KerasTensor(shape, dtype=symbol.dtype)
            for shape, symbol in zip(_shapes_in(input_shape), self.inputs, strict=True)
        ]
        spec = self.compute_output_spec(nested.pack_sequence_as(self._traced_graph.inputs, symbols))
        return nested.map_leaves(lambda symbol: tuple(symbol.shape), spec)

    def _check_inputs(self, inputs: Any) -> None:
        try:
            nested.assert_same_structure(inputs, self._traced_graph.inputs)
        except ValueError:
            raise argument_error(
                self, "inputs", inputs, f"the structure {self._traced_graph.inputs}"
            ) from None
        for value, symbol in zip(nested.flatten(inputs), self.inputs, strict=True):
            shape = tuple(value.shape)
            fits = len(shape) == len(symbol.shape) and all(
                size is None or wanted is None or size == wanted
                for size, wanted in zip(shape, symbol.shape, strict=True)
            )
            if not fits:
                raise argument_error(
                    self, "inputs", f"of shape {shape}", f"shape {symbol.shape} of {symbol.name!r}"
                )


def _shapes_in(structure: Any) -> list[tuple]:
    """The shapes in a structure of them, in order."""
    if isinstance(structure, (list, tuple)) and all(
        n is None or isinstance(n, int) for n in structure
    ):
        return [tuple(structure)]
    return [shape for _, child in nested.children(structure) for shape in _shapes_in(child)]
