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
        if func in _MAKERS_BY_SIZE and not scopes.local.shape_run:
            self._count(func, args, kwargs)
        return func(*args, **kwargs)

    def _count(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if str(kwargs.get("device")) == "meta":
            return
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
