"""``tf.experimental.numpy.random``: random numbers as NumPy spells them."""

from typing import Any

import torch
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import as_sizes

__getattr__ = missing(__name__)


def seed(s: int) -> None:
    """Make all random numbers from here on follow from ``s``."""
    torch.manual_seed(int(s))


def randn(*args: int) -> torch.Tensor:
    """Normally distributed numbers."""
    return torch.randn(args, dtype=torch.float64)


def rand(*size: int) -> torch.Tensor:
    """Numbers from 0 up to 1."""
    return torch.rand(size, dtype=torch.float64)


random = rand


def uniform(low: float = 0.0, high: float = 1.0, size: Any = None) -> torch.Tensor:
    """Numbers from ``low`` up to ``high``."""
    return rand(*(() if size is None else as_sizes(size))) * (high - low) + low


def normal(loc: float = 0.0, scale: float = 1.0, size: Any = None) -> torch.Tensor:
    """Normally distributed numbers."""
    return randn(*(() if size is None else as_sizes(size))) * scale + loc


def standard_normal(size: Any = None) -> torch.Tensor:
    """Normally distributed numbers."""
    return normal(size=size)


def randint(
    low: int, high: int | None = None, size: Any = None, dtype: Any = torch.int64
) -> torch.Tensor:
    """Integers from ``low`` up to ``high``, excluded; with one argument, from 0."""
    low, high = (0, low) if high is None else (low, high)
    return torch.randint(low, high, () if size is None else as_sizes(size), dtype=dtype)
