"""Arithmetic as single precision has it."""

import struct
from typing import Any

import torch
from torch import Tensor

_SINGLE = struct.Struct("f")
# As many elements as torch's code generator reduces in a kernel apart from what uses the result.
_REDUCED_APART = 16


def single(number: float) -> float:
    """``number`` rounded to float32."""
    return _SINGLE.unpack(_SINGLE.pack(number))[0]


def power(base: float, exponent: Any) -> Any:
    """``base ** exponent`` rounded as in Keras's formulas, which compute it in float32.

    The rounding matters where the power is close to 1 and is subtracted from it.
    """
    if isinstance(exponent, Tensor):
        return base**exponent
    return single(single(base) ** exponent)


def settled(number: Tensor) -> Tensor:
    """``number``, computed once where a compiled kernel would compute it anew for each element."""
    if torch.compiler.is_compiling() and number.device.type == "cpu":
        return number.expand(_REDUCED_APART).amax()
    return number


def lowest(one: Any, other: Any) -> Any:
    """The smaller of two numbers, as a tensor if either is one."""
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        return torch.minimum(torch.as_tensor(one), torch.as_tensor(other))
    return min(float(one), float(other))
