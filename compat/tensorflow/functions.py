"""``tf.function``: a Python function that runs as it is, and what it was called with."""

import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from tensorflow.autodiff import GradientTape
from tensorflow.tensors import TensorSpec, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable

# One way of calling a function: its arguments by name, tensors described by a TensorSpec.
Trace = dict[str, Any]
_CONSTANTS = (TensorSpec, bool, int, float, str, type(None))
_MOST_TRACES = 4  # ways of calling that are remembered for tf.saved_model.save


class Function:
    """A Python function decorated with ``tf.function``: it runs as it is, at each call.

    Arrays among the arguments become tensors and numbers among the results do too, as in
    TensorFlow; prints and other side effects happen at each call, not only while tracing.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Sequence[Any] | None,
        jit_compile: bool | None,
        traces: list[Trace] | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.python_function = function
        self.input_signature = None if signature is None else tuple(signature)
        self.jit_compile = jit_compile
        self.traces: list[Trace] = [] if traces is None else traces
        names = getattr(getattr(function, "__code__", None), "co_names", ())
        self._asks_gradients = "gradients" in names or "hessians" in names
        self._parameters = inspect.signature(function)
        self._traces_of: Any = weakref.WeakKeyDictionary()  # by the object whose method it is

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.input_signature is not None:
            args = self._by_signature(args)
        args, kwargs = nested.map_structure(_as_argument, (args, kwargs))
        if self.input_signature is None and len(self.traces) < _MOST_TRACES:
            self._note_call(args, kwargs)
        if self._asks_gradients:
            return self._recorded(args, kwargs)
        return nested.map_structure(_as_result, self.python_function(*args, **kwargs))

    def _recorded(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A call of a function that asks for gradients itself, by ``tf.gradients``."""
        leaves = nested.flatten((args, kwargs))
        with GradientTape() as tape:
            tape.watch([leaf for leaf in leaves if isinstance(leaf, (Tensor, Variable))])
            result = self.python_function(*args, **kwargs)
        return nested.map_structure(_as_result, result)

    def _by_signature(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Arguments in the types that ``input_signature`` names, once their shapes are checked."""
        specs = self.input_signature or ()
        own = args[: len(args) - len(specs)] if len(args) > len(specs) else ()
        given = [
            nested.map_structure(self._fitted, spec, arg)
            for spec, arg in zip(specs, args[len(own) :], strict=False)
        ]
        return (*own, *given)

    def _fitted(self, spec: TensorSpec, value: Any) -> Any:
        tensor = convert_to_tensor(value, dtype=spec.dtype if not hasattr(value, "dtype") else None)
        if not spec.is_compatible_with(tensor):
            raise argument_error(
                f"tf.function {self.__name__}", "argument", TensorSpec.from_tensor(tensor), spec
            )
        return tensor

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        traces = self._traces_of.setdefault(instance, [])
        return Function(
            self.python_function.__get__(instance), self.input_signature, self.jit_compile, traces
        )

    def _note_call(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Remember a call, if all its arguments are tensors and constants."""
        trace = self._trace(args, kwargs)
        leaves = nested.flatten(list(trace.values()))
        if all(isinstance(leaf, _CONSTANTS) for leaf in leaves) and trace not in self.traces:
            self.traces.append(trace)

    def _trace(self, args: tuple, kwargs: dict[str, Any]) -> Trace:
        bound = self._parameters.bind(*args, **kwargs)
        bound.apply_defaults()
        items = bound.arguments.items()
        return {name: nested.map_structure(_described, value) for name, value in items}

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> "ConcreteFunction":
        """This function for one way of calling it.

        Args:
            *args, **kwargs: The arguments, or a ``TensorSpec`` for each; none with an
                ``input_signature``.
        """
        if self.input_signature is not None and not args and not kwargs:
            args = self.input_signature
        trace = self._trace(args, kwargs)
        if not any(trace == known for known in self.traces):
            self.traces.append(trace)
        return ConcreteFunction(self, trace)

    def experimental_get_tracing_count(self) -> int:
        """In how many ways the function was called."""
        return len(self.traces)

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The ways in which the function was called, a line each."""
        return "\n".join(f"{self.__name__}({trace})" for trace in self.traces)


class ConcreteFunction:
    """A function for arguments of known shapes and types.

    Args:
        function: The function.
        trace: Its arguments, described.
    """

    def __init__(self, function: Function, trace: Trace) -> None:
        functools.update_wrapper(self, function.python_function)
        self.function = function
        self.trace = trace

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        constants = {
            name: value
            for name, value in self.trace.items()
            if not any(isinstance(leaf, TensorSpec) for leaf in nested.flatten(value))
        }
        free = [name for name in self.trace if name not in constants]
        by_spec = {
            leaf.name: name
            for name in free
            for leaf in nested.flatten(self.trace[name])
            if isinstance(leaf, TensorSpec) and leaf.name
        }
        given = dict(zip(free, args, strict=False))
        given.update({by_spec.get(name, name): value for name, value in kwargs.items()})
        return self.function(**{**constants, **given})

    @property
    def structured_input_signature(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The descriptions of the arguments."""
        return tuple(self.trace.values()), {}

    @property
    def inputs(self) -> list[Any]:
        """The descriptions of the tensors among the arguments."""
        leaves = nested.flatten(list(self.trace.values()))
        return [leaf for leaf in leaves if isinstance(leaf, TensorSpec)]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__


def _described(value: Any) -> Any:
    is_value = isinstance(value, (Tensor, Variable, np.ndarray))
    return TensorSpec.from_tensor(value) if is_value else value


def _as_argument(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def _as_result(value: Any) -> Any:
    is_number = isinstance(value, (bool, int, float, np.ndarray, np.number, np.bool_))
    return convert_to_tensor(value) if is_number else value


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """Decorator that TensorFlow compiles graphs with; here the function runs as Python.

    Args:
        func: The function; without it, the decorator is given.
        input_signature: ``TensorSpec`` of each argument, which arguments are checked against.
        jit_compile, experimental_compile: Kept on the function; its results are the same either
            way.
        autograph, reduce_retracing, experimental_*: Settings of TensorFlow's tracing, of which
            there is none.

    Source: ``tf.function``.
    """

    def decorate(plain: Callable[..., Any]) -> Function:
        return Function(plain, input_signature, jit_compile or experimental_compile)

    return decorate if func is None else decorate(func)
