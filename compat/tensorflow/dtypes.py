"""``tf.dtypes``: number types.

They are torch's own; ``run`` teaches those ``name``, ``min`` and ``max``.
"""

from typing import Any

import numpy as np
import torch
from torchkeras_shim.composite import over_values
from torchkeras_shim.names import missing

from torchkeras import ops
from torchkeras.core import nested
from torchkeras.core.dtypes import standardize_dtype, torch_dtype
from torchkeras.tracer import traceable

__getattr__ = missing(__name__)

DType = torch.dtype

bfloat16 = torch.bfloat16
bool = torch.bool
complex64 = torch.complex64
complex128 = torch.complex128
double = torch.float64
float16 = torch.float16
float32 = torch.float32
float64 = torch.float64
half = torch.float16
int8 = torch.int8
int16 = torch.int16
int32 = torch.int32
int64 = torch.int64
uint8 = torch.uint8
uint16 = torch.uint16
uint32 = torch.uint32
uint64 = torch.uint64


class StringType:
    """The type of texts, which lie in NumPy object arrays: torch has no such tensors."""

    name = "string"
    is_floating = is_integer = is_bool = False
    as_numpy_dtype = object

    @property
    def base_dtype(self) -> "StringType":
        """This type."""
        return self

    def __eq__(self, other: object) -> bool:
        return other is self or (isinstance(other, np.dtype) and other.kind in "OSU")

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return "tf.string"


string = StringType()


def as_dtype(type_value: Any) -> Any:
    """The type that a name, NumPy type or Python type stands for."""
    if type_value is string or standardize_dtype(type_value) == "string":
        return string
    return torch_dtype(type_value)


@over_values
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """``x`` in another number type; fractions are cut off towards zero."""
    if isinstance(x, (list, tuple)) and all(isinstance(n, (int, float)) for n in nested.flatten(x)):
        x = np.asarray(x)  # numbers outside the wanted type's range wrap around
    x = ops.convert_to_tensor(x)
    is_real = x.dtype not in (torch.complex64, torch.complex128)
    return ops.cast(x if is_real or torch_dtype(dtype).is_complex else x.real, dtype)


@over_values
@traceable
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """``value`` in another number type, what lies outside its range brought to the limits."""
    wanted = torch_dtype(dtype)
    limits = torch.finfo(wanted) if wanted.is_floating_point else torch.iinfo(wanted)
    x = ops.convert_to_tensor(value)
    highest = limits.max
    if x.is_floating_point() and not wanted.is_floating_point:  # the last number below the limit
        nearest = torch.tensor(highest, dtype=x.dtype)
        below = torch.nextafter(nearest, torch.zeros_like(nearest))
        highest = (nearest if int(nearest) <= highest else below).item()
    return ops.cast(ops.clip(x, limits.min, highest), wanted)


def complex(real: Any, imag: Any, name: str | None = None) -> torch.Tensor:
    """Complex numbers from their parts."""
    return torch.complex(ops.convert_to_tensor(real), ops.convert_to_tensor(imag))
