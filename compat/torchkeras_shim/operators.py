"""Operators of tensors as in TensorFlow: ``x += y``, ``x[::-1]``, lists beside tensors, ``3 / 2``.

Modules of torch and torchkeras, and those that import torch, go on in torch's way where a script
that knows torch could tell.
"""

import operator
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import torch

from torchkeras.core.indexing import forwards, goes_backwards
from torchkeras.core.variable import as_operand

# Functions of ``operator`` that ``+=`` and kin stand for.
ASSIGNMENTS = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"),
    *("and_", "or_", "xor", "lshift", "rshift"),
)
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
LOGIC = ("and", "or", "xor")
_TORCHS = ("torch", "torchkeras")
_SEQUENCES = (list, tuple)
_LONG = (torch.int32, torch.int64)


def extend_tensors() -> None:
    """Give torch's tensors these operators."""
    tensor = torch.Tensor
    if isinstance(tensor.__add__, FunctionType):
        return
    for name in ASSIGNMENTS:
        own = f"__i{name.strip('_')}__"
        _replace(own, _assignment(getattr(tensor, own), getattr(operator, name)))
    reflected = [f"r{name}" for name in (*ARITHMETIC, *LOGIC)]
    for name in (*COMPARISONS, *ARITHMETIC, *LOGIC, *reflected):
        own = f"__{name}__"
        method = _divided if name in ("truediv", "rtruediv") else _beside_lists
        _replace(own, method(getattr(tensor, own)))
    _replace("__getitem__", _indexed(tensor.__getitem__))


def _replace(name: str, method: FunctionType) -> None:
    """Give tensors a method under the name that tells what it is where calls are recorded."""
    method.__name__ = name
    setattr(torch.Tensor, name, method)


def is_torchs(names: dict[str, Any]) -> bool:
    """Whether the module with these globals works with torch itself."""
    return "torch" in names or names.get("__name__", "").partition(".")[0] in _TORCHS


def _assignment(in_place: Callable, compute: Callable) -> Callable:
    def assign(self: torch.Tensor, other: Any) -> Any:
        if is_torchs(sys._getframe(1).f_globals):
            return in_place(self, other)
        return compute(self, other)

    return assign


def _beside_lists(method: Callable) -> Callable:
    def operate(self: torch.Tensor, other: Any) -> Any:
        if type(other) in _SEQUENCES:
            other = as_operand(other, self.dtype, self.device)
        return method(self, other)

    return operate


def _divided(method: Callable) -> Callable:
    """Whole numbers of 32 and 64 bits divide to float64, shorter ones to float32."""

    def divide(self: torch.Tensor, other: Any) -> Any:
        if type(other) in _SEQUENCES:
            other = as_operand(other, self.dtype, self.device)
        if self.dtype in _LONG and not is_torchs(sys._getframe(1).f_globals):
            kind = other.dtype if isinstance(other, torch.Tensor) else type(other)
            if kind is int or kind in _LONG:
                self = self.double()
        return method(self, other)

    return divide


def _indexed(get: Callable) -> Callable:
    """Slices may go backwards."""

    def item(self: torch.Tensor, index: Any) -> torch.Tensor:
        if goes_backwards(index):
            axes, index = forwards(index, self.dim())
            self = self.flip(axes)
        return get(self, index)

    return item
