"""``tf.function``: a Python function that runs as it is or compiled, and how it was called."""

import copy
import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import Sizes

from tensorflow.autodiff import GradientTape
from tensorflow.tensors import TensorSpec, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import local
from torchkeras.core.variable import Variable
from torchkeras.training.jit import LET_IN, Compiled

# One way of calling a function: its arguments by name, tensors described by a TensorSpec.
Trace = dict[str, Any]
_CONSTANTS = (TensorSpec, bool, int, float, str, type(None))
_MOST_TRACES = 4  # ways of calling that are remembered for tf.saved_model.save
LET_IN.append(str(Path(__file__).parent))


class History:
    """How a function was called, or an object's method.

    States:
        traces: The ways of calling it that are remembered.
        has_run: Whether it has been called.
    """

    def __init__(self) -> None:
        self.traces: list[Trace] = []
        self.has_run = False


class Function:
    """A Python function decorated with ``tf.function``: it runs at each call.

    Arrays among the arguments become tensors and numbers among the results do too, as in
    TensorFlow; prints and other side effects happen at each call, not only while tracing.

    Args:
        function: The function.
        signature: ``TensorSpec`` of each argument; None takes any.
        jit_compile: Whether calls after the first are compiled; the first one, as in TensorFlow,
            may make variables.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Sequence[Any] | None,
        jit_compile: bool | None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.python_function = function
        self.input_signature = None if signature is None else tuple(signature)
        self.jit_compile = jit_compile
        names = getattr(getattr(function, "__code__", None), "co_names", ())
        self._asks_gradients = "gradients" in names or "hessians" in names
        self._watches = "watch" in names
        self._parameters = inspect.signature(function)
        self._history = History()
        self._histories: Any = weakref.WeakKeyDictionary()  # by the object whose method it is
        self._object: tuple[Any, ...] = ()  # that object, if there is one
        # Once for all objects whose method it is, as it takes the object as an argument.
        self._compiled = functools.cache(functools.partial(_compiled, function))

    @property
    def traces(self) -> list[Trace]:
        """The ways of calling it that are remembered."""
        return self._history.traces

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():  # within another function
            return self.python_function(*args, **kwargs)
        if self.input_signature is not None:
            args = self._by_signature(args)
        args, kwargs = _mapped(_as_argument, (args, kwargs))
        if self.input_signature is None and len(self.traces) < _MOST_TRACES:
            self._note_call(args, kwargs)
        if self._asks_gradients:
            result = self._recorded(args, kwargs)
        elif self.jit_compile and self._history.has_run:
            args, kwargs = _mapped(self._watchable, (args, kwargs))
            result = self._compiled()((*self._object, *args), kwargs)
        else:
            result = self._first_run(args, kwargs)
        self._history.has_run = True
        return _mapped(_as_result, result)

    def _first_run(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A call as it is, at which what counts on the host may learn to count on the device."""
        before, local.compiles_next = local.compiles_next, bool(self.jit_compile)
        try:
            return self.python_function(*args, **kwargs)
        finally:
            local.compiles_next = before

    def _watchable(self, leaf: Any) -> Any:
        """A tensor that a tape may watch, which the compiler can't make so."""
        if not self._watches or not isinstance(leaf, Tensor) or leaf.requires_grad:
            return leaf
        is_smooth = leaf.is_floating_point() or leaf.is_complex()
        return leaf.detach().requires_grad_(True) if is_smooth else leaf

    def _recorded(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A call of a function that asks for gradients itself, by ``tf.gradients``."""
        leaves = nested.flatten((args, kwargs))
        with GradientTape() as tape:
            tape.watch([leaf for leaf in leaves if isinstance(leaf, (Tensor, Variable))])
            return self.python_function(*args, **kwargs)

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
        bound = copy.copy(self)
        bound.python_function = self.python_function.__get__(instance)
        bound._parameters = inspect.signature(bound.python_function)
        bound._history = self._histories.setdefault(instance, History())
        bound._object = (instance,)
        return bound

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
        """The ways in which the function was called: a line each, or one for each argument."""
        if not verbose:
            return "\n".join(f"{self.__name__}({_listed(trace, ', ')})" for trace in self.traces)
        return "\n\n".join(
            f"{self.__name__}\n  {_listed(trace, chr(10) + '  ')}" for trace in self.traces
        )


def _compiled(function: Callable[..., Any]) -> Compiled:
    """``function`` of a tuple and a dict of arguments, compiled for each signature it meets."""

    def call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = function(*args, **kwargs)
        # Gradients of results that a tape has gone through can't be asked for again.
        return result if torch.is_grad_enabled() else _mapped(_detached, result)

    # In parts, the Python between them may take longer than the whole as it is.
    return Compiled(
        call, f"tf.function {getattr(function, '__name__', function)}", or_in_parts=False
    )


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


def _listed(trace: Trace, separator: str) -> str:
    return separator.join(f"{name}: {value}" for name, value in trace.items())


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def _described(value: Any) -> Any:
    is_value = isinstance(value, (Tensor, Variable, np.ndarray))
    return TensorSpec.from_tensor(value) if is_value else value


def _mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """``function`` of each leaf; lengths of axes stay as they are."""
    if isinstance(structure, (Sizes, TensorShape)):
        return structure
    if not nested.is_nested(structure):
        return function(structure)
    parts = [_mapped(function, part) for _, part in nested.children(structure)]
    return nested.rebuild(structure, parts)


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
    """Decorator that TensorFlow makes graphs with; here the function runs as Python, or compiled.

    ``autograph``, ``reduce_retracing``, ``experimental_relax_shapes``,
    ``experimental_follow_type_hints``, ``experimental_implements``,
    ``experimental_autograph_options`` and ``experimental_attributes`` change nothing here: they are
    settings of TensorFlow's graphs, of which there are none.

    Args:
        func: The function; without it, the decorator is given.
        input_signature: ``TensorSpec`` of each argument, which arguments are checked against.
        jit_compile, experimental_compile: Whether ``torch.compile`` compiles calls after the first.
            A warning tells of what can't be compiled as one graph; it runs as it is.

    Source: ``tf.function``; ``torch.compile``.
    """

    def decorate(plain: Callable[..., Any]) -> Function:
        return Function(plain, input_signature, jit_compile or experimental_compile)

    return decorate if func is None else decorate(func)
