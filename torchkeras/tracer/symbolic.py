"""Symbolic tensors, and the calls that made them."""

import functools
import operator
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from torchkeras.core import naming, nested
from torchkeras.core.checks import argument_error, unfit_arguments
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.indexing import forwards, goes_backwards
from torchkeras.core.remembered import Remembered
from torchkeras.core.typing import Shape
from torchkeras.core.variable import as_operand
from torchkeras.tracer import shapes


class KerasTensor:
    """A tensor that isn't there yet: its shape, type and the call that makes it.

    Any torch function, operator or tensor method on it is recorded and gives another symbolic
    tensor; ``keras.Model(inputs, outputs)`` turns what was recorded into a ``torch.fx`` graph.

    It holds the call, with all that came before it, and what was called (see ``Call``).

    Args:
        shape: Sizes, None where unknown.
        dtype: Number type.
        sparse: Kept for configuration; torch tensors in models are dense.
        ragged: Likewise.
        record_history: Whether calls on it are remembered.
        name: Name; None makes one up.
    """

    __slots__ = ("__dict__", "__weakref__", "_made_by")

    def __init__(
        self,
        shape: Shape,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **options: Any,
    ) -> None:
        self._shape = tuple(None if size is None else int(size) for size in shape)
        self._dtype = standardize_dtype(dtype)
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.ragged_rank = options.get("ragged_rank")
        self.row_splits_dtype = options.get("row_splits_dtype")
        self.record_history = record_history
        self._name = name
        self._made_by: tuple[Call, Any] | None = None  # the call, and what was called
        self.position = 0

    @property
    def call(self) -> "Call | None":
        """The call that makes it; None if there was none."""
        return self._made_by and self._made_by[0]

    @property
    def shape(self) -> Shape:
        """Sizes; None where unknown."""
        return self._shape

    @property
    def dtype(self) -> str:
        """Name of the number type."""
        return self._dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._shape)

    @property
    def name(self) -> str:
        """Name, made up at first use if none was given."""
        if self._name is None:
            self._name = naming.auto_name("keras_tensor")
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def _keras_history(self) -> tuple[Any, int, int]:
        """Operation that made it, the index of the call among that operation's, and position."""
        if self.call is None:
            return (None, 0, 0)
        return (self.call.operation, self.call.index, self.position)

    # Shapes as methods, spelled as on tensors.

    def dim(self) -> int:
        """Number of axes."""
        return len(self._shape)

    ndimension = dim

    def size(self, axis: int | None = None) -> Any:
        """The shape, or its entry ``axis``."""
        return self._shape if axis is None else self._shape[axis]

    def is_floating_point(self) -> bool:
        """Whether the type is a float type."""
        return self._dtype != "string" and shapes.torch_dtype(self._dtype).is_floating_point

    def is_complex(self) -> bool:
        """Whether the type is complex."""
        return shapes.torch_dtype(self._dtype).is_complex

    def reshape(self, newshape: Any, *further: int) -> "KerasTensor":
        """The elements under another shape, at most one size -1; sizes may stand alone."""
        is_size = isinstance(newshape, (int, KerasTensor))
        sizes = (newshape, *further) if is_size else tuple(newshape)
        return record(torch.reshape, (self, sizes), {})

    def __round__(self, ndigits: int | None = None) -> "KerasTensor":
        return torch.round(self, decimals=ndigits or 0)

    def squeeze(self, axis: Any = None) -> "KerasTensor":
        """Without axes of length 1."""
        return record(torch.squeeze, (self,) if axis is None else (self, axis), {})

    @property
    def T(self) -> "KerasTensor":
        """Axes in reverse order."""
        return record(torch.permute, (self, tuple(range(self.ndim))[::-1]), {})

    @classmethod
    def __torch_function__(
        cls, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        return record(function, args, kwargs or {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not callable(getattr(Tensor, name, None)):
            raise AttributeError(f"'KerasTensor' object has no attribute '{name}'")
        if name.endswith("_"):
            raise TypeError(
                f"KerasTensor: {name} changes a tensor in place, which a symbolic tensor can't be. "
                f"Use {name.rstrip('_')} and its result."
            )
        return functools.partial(_method, name, self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"KerasTensor: shape {self.shape} has no values to give NumPy. A symbolic input to a "
            "Keras model can't be used as an array: use keras.ops or torch functions, or put the "
            "code into a Layer."
        )

    def __bool__(self) -> bool:
        raise TypeError(
            "A symbolic KerasTensor cannot be used as a boolean. Use torch.where or "
            "keras.ops.cond, or put the condition into a Layer."
        )

    def __float__(self) -> float:
        raise TypeError("KerasTensor: there is no value to turn into a Python float.")

    def __int__(self) -> int:
        raise TypeError("KerasTensor: there is no value to turn into a Python int.")

    def __iter__(self) -> Iterator["KerasTensor"]:
        length = self._shape[0] if self._shape else None
        if length is None:
            raise TypeError(
                f"Iterating over a symbolic KerasTensor is not supported: shape is {self.shape}; "
                "expected a known first size."
            )
        return iter([self[index] for index in range(length)])

    def __len__(self) -> int:
        if not self._shape or self._shape[0] is None:
            raise TypeError(f"KerasTensor: shape is {self.shape}; the first size isn't known.")
        return self._shape[0]

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "KerasTensor: item assignment isn't possible on a symbolic tensor. Use torch.where, "
            "keras.ops.slice_update or keras.ops.scatter_update."
        )

    def __getitem__(self, index: Any) -> "KerasTensor":
        if goes_backwards(index):
            axes, index = forwards(index, self.ndim)
            self = record(torch.flip, (self, axes), {})
            if all(part is Ellipsis or part == slice(None) for part in index):
                return self
        return record(operator.getitem, (self, index), {})

    def __contains__(self, item: Any) -> bool:
        return any(item is child for child in (self,))

    __hash__ = object.__hash__
    __array_priority__ = 100  # NumPy's operators leave the work to those below

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def _method(name: str, self: KerasTensor, *args: Any, **kwargs: Any) -> Any:
    return record(name, (self, *args), kwargs)


def _binary(function: Callable, reflected: bool = False) -> Callable:
    def operate(self: KerasTensor, other: Any) -> Any:
        if isinstance(other, (list, tuple, np.ndarray)) and not any_symbolic(other):
            other = as_operand(other, shapes.torch_dtype(self.dtype), None)
        elif isinstance(other, np.generic):
            other = other.item()
        return record(function, (other, self) if reflected else (self, other), {})

    return operate


for _name in (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("lt", "le", "gt", "ge", "eq", "ne", "and_", "or_", "xor"),
):
    _function = getattr(operator, _name)
    _bare = _name.rstrip("_")
    setattr(KerasTensor, f"__{_bare}__", _binary(_function))
    if _bare not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(KerasTensor, f"__r{_bare}__", _binary(_function, reflected=True))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(
        KerasTensor,
        f"__{_name}__",
        functools.partialmethod(lambda self, f: record(f, (self,), {}), getattr(operator, _name)),
    )


class Call:
    """One symbolic call: what was called, with which arguments, and what came out.

    Symbolic tensors hold the call that made them, and that holds its arguments: what is later holds
    what was earlier, never the reverse. Hence a call refers to its outputs, and to a layer, which
    knows its calls, without holding them, and a model that is dropped is freed at once.

    Args:
        operation: A layer or other module, a function, or the name of a tensor method.
        args, kwargs: Arguments; structures holding symbolic tensors.
        outputs: Structure of the symbolic tensors that the call makes.

    Attributes:
        name: What a file calls an operation that isn't a layer, else None.
    """

    name: str | None = None

    def __init__(self, operation: Any, args: tuple, kwargs: dict, outputs: Any) -> None:
        self.args = args
        self.kwargs = kwargs
        self.index = 0
        self._take(operation, outputs)
        _capture_modules()

    def _take(self, operation: Any, outputs: Any) -> None:
        knows_calls = hasattr(operation, "_inbound_calls")
        self._operation = weakref.ref(operation) if knows_calls else operation
        made_by = (self, operation)
        if is_symbolic(outputs):  # most calls make one tensor
            outputs._made_by, outputs.position = made_by, 0
            self._outputs = Remembered(outputs)
            self._flat_outputs = [self._outputs]
            return
        symbols = [leaf for leaf in nested.flatten(outputs) if is_symbolic(leaf)]
        for position, tensor in enumerate(symbols):
            tensor._made_by, tensor.position = made_by, position
        self._outputs = nested.map_leaves(_remembered, outputs)
        self._flat_outputs = [
            leaf for leaf in nested.flatten(self._outputs) if type(leaf) is Remembered
        ]

    @property
    def operation(self) -> Any:
        """What was called; None if it is a layer that is gone, and its outputs with it."""
        operation = self._operation
        return operation() if type(operation) is weakref.ref else operation

    @property
    def outputs(self) -> Any:
        """Structure of the symbolic tensors that the call makes."""
        if type(self._outputs) is Remembered:
            return self._shown(self._outputs)
        return nested.map_leaves(self._shown, self._outputs)

    @property
    def flat_outputs(self) -> list[KerasTensor]:
        """The symbolic tensors among the outputs, in order."""
        return [self._shown(output) for output in self._flat_outputs]

    def _shown(self, output: Any) -> Any:
        if type(output) is not Remembered:
            return output
        tensor = output.living()
        return output.get(_made_by=(self, self.operation)) if tensor is None else tensor

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic tensors among the arguments, in order."""
        return symbols_in(self.args) + symbols_in(self.kwargs)

    @property
    def is_module(self) -> bool:
        """Whether a module is called."""
        return isinstance(self.operation, nn.Module)

    def __getstate__(self) -> dict[str, Any]:
        plain = {"args": self.args, "kwargs": self.kwargs, "index": self.index, "name": self.name}
        return {**plain, "operation": self.operation, "outputs": self.outputs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        operation, outputs = state.pop("operation"), state.pop("outputs")
        self.__dict__.update(state)
        self._take(operation, outputs)


def _remembered(leaf: Any) -> Any:
    return Remembered(leaf) if is_symbolic(leaf) else leaf


def is_symbolic(x: Any) -> bool:
    """Whether ``x`` is a symbolic tensor."""
    return isinstance(x, KerasTensor)


def symbols_in(structure: Any) -> list[KerasTensor]:
    """The symbolic tensors in ``structure``, slices included."""
    found: list[KerasTensor] = []
    _collect(structure, found)
    return found


def _collect(value: Any, found: list[KerasTensor]) -> None:
    if isinstance(value, KerasTensor):
        found.append(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, slice):
        _collect((value.start, value.stop, value.step), found)


_PLAIN = frozenset((int, float, bool, str, type(None), Tensor))


def any_symbolic(*values: Any) -> bool:
    """Whether a symbolic tensor is among ``values`` or nested in them."""
    for value in values:
        if type(value) in _PLAIN:  # most values are
            continue
        if isinstance(value, KerasTensor):
            return True
        if isinstance(value, (list, tuple)):
            if value and any_symbolic(*value):
                return True
        elif isinstance(value, dict):
            if value and any_symbolic(*value.values()):
                return True
        elif isinstance(value, slice) and any_symbolic(value.start, value.stop, value.step):
            return True
    return False


def map_symbols(function: Callable[[KerasTensor], Any], value: Any) -> Any:
    """``value`` with each symbolic tensor replaced by ``function`` of it."""
    if isinstance(value, KerasTensor):
        return function(value)
    if isinstance(value, tuple):
        items = [map_symbols(function, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [map_symbols(function, item) for item in value]
    if isinstance(value, dict):
        return {key: map_symbols(function, item) for key, item in value.items()}
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return slice(*[map_symbols(function, part) for part in parts])
    return value


def _works_in_place(operation: Any, name: str) -> bool:
    """Whether torch's naming says so: a trailing underscore (``and_`` and ``or_`` are Python's)."""
    if isinstance(operation, nn.Module) or getattr(operation, "__module__", "") == "_operator":
        return False
    return name.endswith("_") and not name.endswith("__")


def record(operation: Any, args: tuple, kwargs: dict, outputs: Any = None) -> Any:
    """Record a call and give its symbolic outputs.

    Args:
        operation: A module, a function, or the name of a tensor method.
        args, kwargs: Its arguments.
        outputs: Structure of specs (``KerasTensor``s without history); None finds them out.

    Raises:
        TypeError: the function works in place or on a given output.
    """
    if kwargs.get("out") is not None:
        raise TypeError(
            f"{operation_name(operation)}: out= can't be used with symbolic tensors; take the "
            "result."
        )
    name = operation_name(operation)
    if _works_in_place(operation, name):
        raise TypeError(
            f"{name}: works in place, which a symbolic tensor can't be. Use {name.rstrip('_')} and "
            "its result."
        )
    if outputs is None:
        outputs = shapes.infer(operation, args, kwargs, KerasTensor, map_symbols, symbols_in)
    if not symbols_in(outputs):
        return outputs
    call = Call(operation, args, kwargs, outputs)
    calls = getattr(operation, "_inbound_calls", None)
    if calls is not None:
        call.index = calls.add(call)
    return outputs


def operation_name(operation: Any) -> str:
    """A word for what is called."""
    if isinstance(operation, str):
        return operation
    if isinstance(operation, nn.Module):
        return getattr(operation, "name", None) or naming.to_snake_case(type(operation).__name__)
    name = getattr(operation, "__name__", None) or type(operation).__name__
    return name.strip("_") if name.startswith("__") else name


def traceable(function: Callable | None = None, *, shape: Callable | None = None) -> Callable:
    """Make a function one node of the graph when it is called on symbolic tensors.

    For functions that branch on sizes or values. On plain tensors it costs a check of the
    arguments.

    Args:
        function: The function; None when used with arguments.
        shape: Called with the arguments, symbolic tensors among them, it gives the outputs as
            ``KerasTensor``s; None finds them by running on fake tensors.
    """
    if function is None:
        return functools.partial(traceable, shape=shape)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        symbolic = False
        for arg in args:
            kind = type(arg)
            if kind is Tensor:
                continue
            if kind is KerasTensor or (kind in (list, tuple, dict, slice) and any_symbolic(arg)):
                symbolic = True
                break
            if kind is fx.Proxy:  # under torch.fx.symbolic_trace
                return arg.tracer.create_proxy("call_function", call, args, kwargs)
        try:
            if not symbolic and not (kwargs and any_symbolic(kwargs)):
                return function(*args, **kwargs)
            outputs = None if shape is None else shape(*args, **kwargs)
            return record(call, args, kwargs, outputs)
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            clearer = unfit_arguments(function, args, kwargs, error)
            if clearer is None:
                raise
            raise clearer from error

    call.unwrapped = function
    return call


# Plain torch modules called on symbolic tensors are recorded as one node, too. Torch offers hooks
# around all module calls; they cost time, so they are in place only while a graph is being drawn.

_hooks: list[Any] = []
_pending: list[tuple[nn.Module, tuple, dict, Any, Any]] = []


def _capture_modules() -> None:
    if not _hooks and not torch.compiler.is_compiling():
        module = nn.modules.module
        _hooks.append(module.register_module_forward_pre_hook(_before_module))
        _hooks.append(module.register_module_forward_hook(_after_module, always_call=True))


def release_modules() -> None:
    """Stop watching calls of plain torch modules, until the next symbolic tensor is made."""
    while _hooks:
        _hooks.pop().remove()


def _before_module(module: nn.Module, args: tuple) -> Any:
    if hasattr(module, "_inbound_calls") or not any_symbolic(args):
        return None
    if _pending:
        return None
    run = shapes.FakeRun(symbols_in(args), shapes.FIRST_SIZE)
    fakes = map_symbols(run.fake_of, args)
    run.__enter__()
    _pending.append((module, args, {}, run, fakes))
    return fakes


def _after_module(module: nn.Module, args: tuple, output: Any) -> Any:
    if not _pending or _pending[-1][0] is not module:
        return None
    _, symbolic, kwargs, run, _ = _pending.pop()
    run.__exit__(None, None, None)
    if output is None:  # the call raised; torch hands on its exception
        return None
    return record(module, symbolic, kwargs)


def check_symbolic(owner: Any, argument: str, value: Any) -> None:
    """Raise unless every leaf of ``value`` is a symbolic tensor."""
    for leaf in nested.flatten(value):
        if not is_symbolic(leaf):
            raise argument_error(
                owner, argument, leaf, "symbolic tensors (KerasTensor)", "Make them by keras.Input."
            )
