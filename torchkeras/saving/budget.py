"""How much memory a model from a file may ask for."""

import math
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from torchkeras.core import scopes
from torchkeras.core.checks import argument_error

# Beside its weights a model makes initial values, slots, tables and buffers that aren't in files.
FREE_BYTES = 2**28
TIMES_STORED = 16

_MAKERS_BY_SIZE = (
    torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.full,
    torch.empty_strided,
)  # fmt: skip


def _count_of_range(start: Any = 0, end: Any = None, step: Any = 1) -> int | None:
    """How many numbers ``torch.arange`` makes; None if its arguments aren't plain numbers."""
    start, end = (0, start) if end is None else (start, end)
    if not all(isinstance(number, (int, float)) for number in (start, end, step)) or not step:
        return None
    count = (end - start) / step
    return max(math.ceil(count), 0) if math.isfinite(count) else None


_NUMBERS = ("start", "end", "step", "steps", "n", "m")
_MAKERS_BY_NUMBERS = {
    torch.arange: _count_of_range,
    torch.linspace: lambda start, end, steps: steps,
    torch.eye: lambda n, m=None: n * (n if m is None else m),
}


def _known(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: kwargs[name] for name in _NUMBERS if name in kwargs}


class MemoryBudget(TorchFunctionMode):
    """Refuses tensors that are out of all proportion to the file that is read inside.

    A configuration of a few bytes can ask for a layer of any size. What is made while a model is
    rebuilt is counted before it is allocated.

    Args:
        stored: Bytes of weights that the file holds, unpacked.

    Raises:
        ValueError: more is asked for than such a file can need.
    """

    def __init__(self, stored: int) -> None:
        super().__init__()
        self.limit = FREE_BYTES + TIMES_STORED * stored
        self.used = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        is_maker = func in _MAKERS_BY_SIZE or func in _MAKERS_BY_NUMBERS
        if is_maker and not scopes.local.shape_run:
            self._count(func, args, kwargs)
        return func(*args, **kwargs)

    def _count(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if str(kwargs.get("device")) == "meta":
            return
        if func in _MAKERS_BY_NUMBERS:
            sizes = (_MAKERS_BY_NUMBERS[func](*args, **_known(kwargs)),)
        else:
            size = kwargs.get("size", args[0] if args else ())
            sizes = size if isinstance(size, (tuple, list, torch.Size)) else args
        if not all(isinstance(n, int) for n in sizes):
            return
        dtype = kwargs.get("dtype") or torch.get_default_dtype()
        self.used += math.prod(sizes) * dtype.itemsize
        if self.used > self.limit:
            raise argument_error(
                "load", "configuration", f"a model with tensors of shape {tuple(sizes)}",
                "one in proportion to the weights in the file",
                "It is damaged or was made to exhaust memory.",
            )  # fmt: skip
