"""Shapes of symbolic calls: rules for common operators, else a run on fake tensors."""

import contextlib
import logging
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
    unset_fake_temporarily,
)
from torch.nn.modules.lazy import LazyModuleMixin

from torchkeras.core import nested
from torchkeras.core.dtypes import NAMES, torch_dtype
from torchkeras.core.scopes import local, shape_run_scope
from torchkeras.core.typing import Shape

# Unknown sizes are tried as two numbers; what differs between the runs is unknown too. Both divide
# by 64 = 2 ** 6, so that networks that halve and double sizes fit.
FIRST_SIZE, SECOND_SIZE = 192, 320
_FIRST_SIZE_IN_WORDS = re.compile(rf"\b{FIRST_SIZE}\b")
# Sizes of the last resort, a run on real zeros.
SMALL_SIZES = (32, 64)
# For what holds no more, such as a table of positions.
_SMALLER_SIZES = ((24, 32), (4, 6), (2, 3))

# Torch logs each failure of a run, though another way may work or an exception tell it.
_TORCH_LOG = logging.getLogger("torch._subclasses.fake_tensor")
_LOOKS_AT_VALUES = (DataDependentOutputException, DynamicOutputShapeException)

__all__ = [
    "FIRST_SIZE",
    "FakeRun",
    "broadcast",
    "infer",
    "sizes_known",
    "torch_dtype",
    "without_fakes",
]


def sizes_known(shape: Shape) -> bool:
    """Whether no size of ``shape`` is unknown."""
    return None not in shape


@contextlib.contextmanager
def without_fakes() -> Iterator[None]:
    """A context in which tensors are real and are kept, also inside a run on fake ones."""
    previous, local.shape_run = local.shape_run, False
    try:
        with unset_fake_temporarily():
            yield
    finally:
        local.shape_run = previous


class FakeRun:
    """A context in which symbolic tensors are stood for by fake ones.

    Args:
        symbols: The symbolic tensors.
        size: What unknown sizes are taken to be.
    """

    def __init__(self, symbols: list[Any], size: int) -> None:
        self.size = size
        self.mode = FakeTensorMode(allow_non_fake_inputs=True)
        self.fakes: dict[int, Tensor] = {}

    def fake_of(self, symbol: Any) -> Any:
        """The fake tensor that stands for ``symbol``; of a symbolic size, the integer."""
        fake = self.fakes.get(id(symbol))
        if fake is None:
            length = size_value(symbol, self.fake_of)
            if length is not None:
                return length
            sizes = [self.size if size is None else size for size in symbol.shape]
            if symbol.dtype == "string":
                return empty_texts(sizes)
            with self.mode:
                fake = torch.empty(sizes, dtype=torch_dtype(symbol.dtype), device=_device(symbol))
            self.fakes[id(symbol)] = fake
        return fake

    def __enter__(self) -> "FakeRun":
        self.no_grad = torch.no_grad()
        self.scope = shape_run_scope()
        self.was_silent, _TORCH_LOG.disabled = _TORCH_LOG.disabled, True
        self.no_grad.__enter__()
        self.scope.__enter__()
        self.mode.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.mode.__exit__(*exc)
        self.scope.__exit__(*exc)
        self.no_grad.__exit__(*exc)
        _TORCH_LOG.disabled = self.was_silent


def empty_texts(sizes: list[int]) -> np.ndarray:
    """Empty strings in a shape, to stand for any."""
    return np.broadcast_to(np.array("", dtype=object), sizes)


def size_value(symbol: Any, stand_in: Callable[[Any], Any]) -> int | None:
    """The integer that a symbolic size, or arithmetic on such, is in a run; None for others.

    Args:
        symbol: A symbolic tensor.
        stand_in: Gives what stands for another symbolic tensor in the run.
    """
    if not is_size(symbol):
        return None
    function = getattr(symbol.call.operation, "unwrapped", symbol.call.operation)
    args = [stand_in(a) if hasattr(a, "_keras_history") else a for a in symbol.call.args]
    value = function(*args)
    return value if isinstance(value, int) else None


def is_size(symbol: Any) -> bool:
    """Whether ``symbol`` is a symbolic size, or arithmetic on such and on numbers."""
    call = getattr(symbol, "call", None)
    if call is None or symbol.shape != () or call.kwargs:
        return False
    if getattr(call.operation, "gives_size", False):
        return True
    return call.operation in _SIZE_ARITHMETIC and all(
        isinstance(arg, int) or is_size(arg) for arg in call.args
    )


_SIZE_ARITHMETIC = (
    *(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.neg),
    *(operator.pow,),
)


def _device(symbol: Any) -> Any:
    return getattr(symbol, "device_hint", None)


def infer(
    operation: Any,
    args: tuple,
    kwargs: dict,
    make: Callable[..., Any],
    map_symbols: Callable[[Callable, Any], Any],
    symbols_in: Callable[[Any], list[Any]],
) -> Any:
    """Symbolic outputs of calling ``operation``.

    Args:
        operation: A module, a function or the name of a tensor method.
        args, kwargs: Arguments with symbolic tensors in them.
        make: Makes a symbolic tensor of a shape and a dtype.
        map_symbols, symbols_in: Replace and list symbolic tensors in a structure.
    """
    rule = _RULES.get(operation)
    if rule is not None and not kwargs:
        spec = rule(*args)
        if spec is not None:
            return make(*spec)
    symbols = symbols_in(args) + symbols_in(kwargs)
    function = callable_of(operation)

    def run(size: int) -> Any:
        with FakeRun(symbols, size) as fake:
            with fake.mode:
                fake_args = map_symbols(fake.fake_of, args)
                fake_kwargs = map_symbols(fake.fake_of, kwargs)
            return function(*fake_args, **fake_kwargs)

    def run_real(size: int) -> Any:
        def zeros(symbol: Any) -> Any:
            length = size_value(symbol, zeros)
            if length is not None:
                return length
            sizes = [size if n is None else n for n in symbol.shape]
            if symbol.dtype == "string":
                return empty_texts(sizes)
            return torch.zeros(sizes, dtype=torch_dtype(symbol.dtype))

        with torch.no_grad(), shape_run_scope(), torch.random.fork_rng(devices=[]):
            return function(*map_symbols(zeros, args), **map_symbols(zeros, kwargs))

    unknown = any(is_size(symbol) or not sizes_known(symbol.shape) for symbol in symbols)

    def twice(run: Callable[[int], Any], sizes: tuple[int, int]) -> tuple[Any, Any]:
        first = run(sizes[0])
        return first, (run(sizes[1]) if unknown else first)

    try:
        both = twice(run, (FIRST_SIZE, SECOND_SIZE))
    except _LOOKS_AT_VALUES:
        both = twice(run_real, SMALL_SIZES)
    except (ValueError, RuntimeError) as error:
        if not unknown:
            raise
        for sizes in _SMALLER_SIZES:
            with contextlib.suppress(ValueError, RuntimeError, *_LOOKS_AT_VALUES):
                both = twice(run, sizes)
                break
        else:
            _tell_unknown(error, symbols)
            raise
    return _join(*both, make)


def _tell_unknown(error: Exception, symbols: list[Any]) -> None:
    """Let ``error`` say None for an unknown size, unless a known one is the number in its place."""
    known = {size for symbol in symbols for size in symbol.shape}
    if FIRST_SIZE not in known and len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (_FIRST_SIZE_IN_WORDS.sub("None", error.args[0]),)


def callable_of(operation: Any) -> Callable:
    """What to call for ``operation``: a method's name becomes the method."""
    if isinstance(operation, str):
        return lambda tensor, *args, **kwargs: getattr(tensor, operation)(*args, **kwargs)
    return getattr(operation, "unwrapped", operation)


def _join(first: Any, second: Any, make: Callable[..., Any]) -> Any:
    """One structure of symbolic tensors from two runs; sizes that differ are unknown."""
    if isinstance(first, Tensor) or (isinstance(first, np.ndarray) and first.dtype.kind == "O"):
        if first.ndim != second.ndim:
            raise ValueError(
                "The rank of a symbolic result depends on an unknown size: "
                f"{tuple(first.shape)} or {tuple(second.shape)}."
            )
        pairs = zip(first.shape, second.shape, strict=True)
        shape = tuple(a if a == b else None for a, b in pairs)
        return make(shape, NAMES[first.dtype] if isinstance(first, Tensor) else "string")
    if nested.is_nested(first):
        rows = zip(nested.children(first), nested.children(second), strict=True)
        return nested.rebuild(first, [_join(a, b, make) for (_, a), (_, b) in rows])
    if isinstance(first, (int, torch.SymInt)) and first != second:
        return make((), "int32")
    return first


def broadcast(*shapes_: Shape) -> Shape | None:
    """The shape that ``shapes_`` broadcast to; None (no shape) if they don't fit.

    An unknown size fits any: next to a size over 1 it is that size, next to 1 it stays unknown.
    """
    rank = max(len(shape) for shape in shapes_)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        sizes = {shape[axis] for shape in shapes_ if -axis <= len(shape)} - {1}
        known = sizes - {None}
        if len(known) > 1:
            return None
        result.append(known.pop() if known else (None if sizes else 1))
    return tuple(result)


def _elementwise(result_dtype: str | None = None) -> Callable[..., Any]:
    def rule(*operands: Any) -> tuple[Shape, Any] | None:
        tensors, dtypes = [], []
        for operand in operands:
            if hasattr(operand, "_keras_history") or isinstance(operand, Tensor):
                tensors.append(tuple(operand.shape))
                dtypes.append(torch.empty(_stand_in(operand), dtype=_dtype_of(operand)))
            elif isinstance(operand, (bool, int, float)):
                dtypes.append(operand)
            else:
                return None
        shape = broadcast(*tensors)
        if shape is None:
            return None
        return shape, result_dtype or _promote(dtypes)

    return rule


def _stand_in(operand: Any) -> tuple[int, ...]:
    return (1,) * min(1, len(operand.shape))  # torch promotes scalars and others differently


def _dtype_of(operand: Any) -> torch.dtype:
    return torch_dtype(operand.dtype)


def _promote(values: list[Any]) -> str:
    result = values[0]
    for value in values[1:]:
        dtype = torch.result_type(result, value)
        result = torch.empty((1,), dtype=dtype)
    return NAMES[result.dtype]


def _matmul(a: Any, b: Any) -> tuple[Shape, Any] | None:
    if not hasattr(a, "shape") or not hasattr(b, "shape") or len(a.shape) < 2 or len(b.shape) < 2:
        return None
    inner = (a.shape[-1], b.shape[-2])
    if None not in inner and inner[0] != inner[1]:
        return None
    batch = (
        broadcast(tuple(a.shape[:-2]), tuple(b.shape[:-2])) if a.shape[:-2] or b.shape[:-2] else ()
    )
    if batch is None:
        return None
    dtype = NAMES[torch.promote_types(_dtype_of(a), _dtype_of(b))]
    return (*batch, a.shape[-2], b.shape[-1]), dtype


_same = _elementwise()
_truth = _elementwise("bool")
_RULES: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys(
        (operator.add, operator.sub, operator.mul, torch.add, torch.sub, torch.mul), _same
    ),
    **dict.fromkeys((operator.lt, operator.le, operator.gt, operator.ge, operator.eq), _truth),
    operator.ne: _truth,
    operator.matmul: _matmul,
    torch.matmul: _matmul,
}


@contextlib.contextmanager
def lazy_ones_real(module: nn.Module) -> Iterator[None]:
    """A context in which lazy modules of torch that meet fake tensors make real parameters."""
    parts = [part for part in module.modules() if isinstance(part, LazyModuleMixin)]
    parts = [part for part in parts if part.has_uninitialized_params()]
    for part in parts:
        part.initialize_parameters = without_fakes()(part.initialize_parameters)
    try:
        yield
    finally:
        for part in parts:
            del part.initialize_parameters


def undo_fakes(modules: list[nn.Module], before: list[dict[str, Any]]) -> None:
    """Put back attributes that a run on fake tensors left on ``modules``.

    Args:
        modules: The modules that took part.
        before: Copies of their ``__dict__`` from before the run.

    Raises:
        RuntimeError: a fake tensor was put into a list or dict, where it can't be undone.
    """
    for module, attributes in zip(modules, before, strict=True):
        for name, value in list(module.__dict__.items()):
            if value is attributes.get(name):
                if isinstance(value, (list, dict)) and _holds_fake(value):
                    raise RuntimeError(
                        f"{type(module).__name__}.{name}: call() keeps a tensor in this container. "
                        "Shapes are found by running call() on stand-in tensors, which must not be "
                        "kept: return the tensor, or keep it only outside of symbolic calls."
                    )
            elif isinstance(value, FakeTensor) or _holds_fake(value):
                if name in attributes:
                    module.__dict__[name] = attributes[name]
                else:
                    del module.__dict__[name]


def _holds_fake(value: Any) -> bool:
    if not isinstance(value, (list, tuple, dict)) or len(value) > 64:
        return False
    return any(isinstance(leaf, FakeTensor) for leaf in nested.flatten(value))
