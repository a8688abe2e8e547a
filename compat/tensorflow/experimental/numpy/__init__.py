"""``tf.experimental.numpy``: NumPy's functions, with its types, on tensors."""

import math
from typing import Any

import numpy as _np
import torch
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import as_sizes

from tensorflow.experimental.numpy import random
from torchkeras import ops

_report_missing = missing(__name__)

ndarray = torch.Tensor
newaxis = None
pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
bool_, float16, float32, float64 = torch.bool, torch.float16, torch.float32, torch.float64
int8, int16, int32, int64 = torch.int8, torch.int16, torch.int32, torch.int64
uint8, complex64, complex128 = torch.uint8, torch.complex64, torch.complex128


def experimental_enable_numpy_behavior(
    prefer_float32: bool = False, dtype_conversion_mode: str = "legacy"
) -> None:
    """Nothing: torch's tensors index, reshape and promote much as NumPy's arrays do."""


def array(val: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0) -> torch.Tensor:
    """``val`` as a tensor of the type that NumPy gives it."""
    if not isinstance(val, torch.Tensor):
        val = torch.from_numpy(_np.array(val))
    result = ops.convert_to_tensor(val, dtype=dtype)
    result = result.clone() if copy else result
    return result.reshape((1,) * max(0, ndmin - result.dim()) + tuple(result.shape))


def asarray(a: Any, dtype: Any = None) -> torch.Tensor:
    """``a`` as a tensor of the type that NumPy gives it."""
    return array(a, dtype, copy=False)


asanyarray = ascontiguousarray = asarray


def copy(a: Any) -> torch.Tensor:
    """Another tensor of the same values."""
    return array(a)


def ones(shape: Any, dtype: Any = torch.float64) -> torch.Tensor:
    """Ones."""
    return ops.ones(as_sizes(shape), dtype=dtype)


def zeros(shape: Any, dtype: Any = torch.float64) -> torch.Tensor:
    """Zeros."""
    return ops.zeros(as_sizes(shape), dtype=dtype)


empty = zeros


def full(shape: Any, fill_value: Any, dtype: Any = None) -> torch.Tensor:
    """One value everywhere."""
    value = array(fill_value, dtype)
    return value.expand(as_sizes(shape)).clone()


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = torch.float64) -> torch.Tensor:
    """Ones on a diagonal."""
    return ops.eye(N, M, k=k, dtype=dtype)


def identity(n: int, dtype: Any = torch.float64) -> torch.Tensor:
    """Ones on the diagonal."""
    return eye(n, dtype=dtype)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> torch.Tensor:
    """Numbers from ``start`` up to ``stop``, ``step`` apart; with one argument, from 0."""
    low, high = (0, start) if stop is None else (start, stop)
    return array(_np.arange(low, high, step), dtype)


def linspace(
    start: Any, stop: Any, num: int = 50, dtype: Any = None, axis: int = 0
) -> torch.Tensor:
    """``num`` numbers from ``start`` to ``stop``, both included."""
    return array(_np.linspace(_np.asarray(start), _np.asarray(stop), num, axis=axis), dtype)


def __getattr__(name: str) -> Any:
    found = getattr(ops, name, None)
    if found is None or not hasattr(_np, name):
        return _report_missing(name)
    return _of_arrays(found)


def _of_arrays(function: Any) -> Any:
    """A function that also takes lists and arrays, as NumPy's do."""

    def compute(*args: Any, **kwargs: Any) -> Any:
        is_data = (list, _np.ndarray, float)
        first = [asarray(a) if isinstance(a, is_data) and _is_numeric(a) else a for a in args[:1]]
        return function(*first, *args[1:], **kwargs)

    compute.__name__, compute.__doc__ = function.__name__, function.__doc__
    return compute


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list) and any(isinstance(item, torch.Tensor) for item in value):
        return False
    return _np.asarray(value).dtype.kind in "biufc"
