"""Parts of variables, which can be assigned to as in TensorFlow."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras.core.variable import Variable


def assignable(variable: Variable, index: Any, part: Tensor) -> Tensor:
    """``part``, which is ``variable[index]``, with methods that change the variable.

    Source: ``tf.Variable.__getitem__``.
    """
    if not torch.compiler.is_compiling():
        part.assign = functools.partial(_assign, variable, index, _replaced)
        part.assign_add = functools.partial(_assign, variable, index, torch.add)
        part.assign_sub = functools.partial(_assign, variable, index, torch.sub)
    return part


def _replaced(old: Tensor, new: Tensor) -> Tensor:
    return new


def _assign(
    variable: Variable,
    index: Any,
    combine: Callable[[Tensor, Tensor], Tensor],
    value: Any,
    use_locking: bool = False,
    name: str | None = None,
) -> Any:
    """The variable, changed; ``use_locking`` changes nothing here, where it changes as a whole."""
    whole = variable.value.detach().clone()
    new = torch.as_tensor(value, dtype=whole.dtype, device=whole.device)
    whole[index] = combine(whole[index], new)
    return variable.assign(whole)
