"""Tensors beside NumPy arrays: operators give tensors, and NumPy's functions give arrays."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

# Of an array and a tensor, these make a tensor that gradients can flow through.
_OPERATORS: dict[Any, Callable] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.power: operator.pow,
    np.matmul: operator.matmul,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
}


def install() -> None:
    """Let NumPy hand on to here what it finds tensors in."""
    torch.Tensor.__array_ufunc__ = _elementwise
    torch.Tensor.__array_function__ = _function


def _elementwise(
    self: torch.Tensor, function: Any, method: str, *operands: Any, **options: Any
) -> Any:
    """An operator between an array and a tensor; else NumPy's own function on arrays."""
    compute = _OPERATORS.get(function)
    if compute and method == "__call__" and not options and len(operands) == 2:
        first, second = operands
        if isinstance(first, torch.Tensor) and _has_numbers(second):
            return compute(first, _like(first, second))
        if isinstance(second, torch.Tensor) and _has_numbers(first):
            return compute(_like(second, first), second)
    return getattr(function, method)(*_arrays(operands), **_arrays(options))


def _has_numbers(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufc"


def _like(tensor: torch.Tensor, array: Any) -> torch.Tensor:
    """``array`` as a tensor of the other's type; fractions stay fractions beside whole numbers."""
    is_wider = array.dtype.kind in "fc" and not (tensor.is_floating_point() or tensor.is_complex())
    wanted = None if is_wider else tensor.dtype
    return torch.tensor(array, dtype=wanted, device=tensor.device)


def _function(
    self: torch.Tensor, function: Callable, types: Any, args: tuple, options: dict[str, Any]
) -> Any:
    """``np.mean`` and the like, which would ask a tensor for methods with NumPy's arguments."""
    return function(*_arrays(args), **_arrays(options))


def _arrays(value: Any) -> Any:
    """``value`` with arrays in place of the tensors in it."""
    if isinstance(value, torch.Tensor):
        return np.asarray(value)
    if type(value) in (list, tuple):
        return type(value)(map(_arrays, value))
    if isinstance(value, Mapping):
        return {key: _arrays(item) for key, item in value.items()}
    return value
