"""TensorFlow's ways for the process that ``python -m torchkeras run`` starts, and for no other.

Outside tapes and ``fit`` nothing is recorded for gradients; a tensor turns into an array whether or
not it carries a gradient; its shape is a ``TensorShape``; number types know their name and limits.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from torchkeras.core.dtypes import NAMES
from torchkeras.core.settings import settings
from torchkeras.core.variable import Variable
from torchkeras.tracer import KerasTensor
from torchkeras_shim import c_types, numpy_functions, operators, printing
from torchkeras_shim.parts import assignable
from torchkeras_shim.shapes import TensorShape

# Tells processes that ``run``'s process starts what to take on; its value says whether torch's
# recording is left on.
_HANDED_ON = "TORCHKERAS_RUN"


def hand_on(gradients: bool) -> None:
    """Let processes started from here take on the same when they import a drop-in."""
    os.environ[_HANDED_ON] = "gradients" if gradients else "no gradients"


def inherit() -> None:
    """Take on what the process that started this one handed on, if it did."""
    if _HANDED_ON in os.environ and not isinstance(torch.Tensor.shape, property):
        install(gradients=os.environ[_HANDED_ON] == "gradients")


def install(gradients: bool = False) -> None:
    """Give this process TensorFlow's semantics.

    Args:
        gradients: True leaves torch's recording as it is, for scripts that use torch themselves.
    """
    extend_tensors()
    operators.extend_tensors()
    printing.extend_tensors()
    numpy_functions.install()
    extend_handles()
    extend_dtypes()
    extend_devices()
    settings.any_logits = True
    if not gradients:
        torch.set_grad_enabled(False)
        inherit_gradient_mode()


def extend_tensors() -> None:
    """``.numpy()``, ``np.asarray`` and ``.shape`` of tensors as in TensorFlow."""
    tensor = torch.Tensor
    if isinstance(tensor.shape, property):
        return
    to_array, size = tensor.numpy, tensor.shape.__get__

    def numpy(self: torch.Tensor, *, force: bool = True) -> np.ndarray | np.generic:
        """The values; a NumPy scalar for a tensor without axes, as in TensorFlow."""
        if self.dtype is torch.bfloat16:
            self = self.float()
        array = to_array(self, force=force)
        return array if array.ndim else array[()]

    def as_array(self: torch.Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = np.asarray(numpy(self), dtype=dtype)
        return array.copy() if copy else array

    def wrapped(
        self: torch.Tensor, array: np.ndarray, context: Any = None, return_scalar: bool = False
    ) -> Any:
        """What a NumPy function gives stays NumPy's."""
        return array[()] if return_scalar else array

    tensor.numpy = numpy
    tensor.__array__ = as_array
    tensor.__array_wrap__ = wrapped
    make = tuple.__new__  # sizes of a graph that is being exported stay symbols
    tensor.shape = property(lambda self: make(TensorShape, size(self)), doc="Lengths of the axes.")
    tensor.get_shape = lambda self: self.shape
    tensor.ref = lambda self: Reference(self)
    tensor.set_shape = lambda self, shape: self.shape.assert_is_compatible_with(shape)
    # Under torch.compile a shape is a torch.Size, which then knows the same words.
    names = ("as_list", "num_elements", "is_fully_defined", "rank", "ndims", "dims")
    c_types.extend(torch.Size, {name: vars(TensorShape)[name] for name in names})


class Reference:
    """A tensor or variable as a key of dictionaries and sets: equal if it is the same object.

    Source: ``tf.Tensor.ref``.
    """

    def __init__(self, referred: Any) -> None:
        self._referred = referred

    def deref(self) -> Any:
        """What is referred to."""
        return self._referred

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._referred is other._referred

    def __hash__(self) -> int:
        return id(self._referred)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._referred!r}>"


def extend_handles() -> None:
    """``.shape`` and parts of symbolic tensors and variables as in TensorFlow."""
    make = tuple.__new__
    for kind in (KerasTensor, Variable):
        shape = kind.shape.fget
        kind.shape = property(
            lambda self, shape=shape: make(TensorShape, shape(self)), doc="Lengths of the axes."
        )
        kind.get_shape = lambda self: self.shape
        kind.ref = lambda self: Reference(self)
    KerasTensor.set_shape = lambda self, shape: self.shape.assert_is_compatible_with(shape)
    read = Variable.__getitem__
    Variable.__getitem__ = lambda self, index: assignable(self, index, read(self, index))


def extend_dtypes() -> None:
    """``name``, ``as_numpy_dtype``, ``min``, ``max`` and kin on ``torch.dtype``."""

    def limits(dtype: torch.dtype) -> Any:
        return torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)

    c_types.extend(
        torch.dtype,
        {
            "name": property(lambda self: NAMES[self]),
            "base_dtype": property(lambda self: self),
            "as_numpy_dtype": property(lambda self: np.dtype(NAMES[self]).type),
            "as_datatype_enum": property(lambda self: NAMES[self]),
            "is_floating": property(lambda self: self.is_floating_point),
            "is_integer": property(
                lambda self: not (self.is_floating_point or self.is_complex or self is torch.bool)
            ),
            "is_bool": property(lambda self: self is torch.bool),
            "size": property(lambda self: self.itemsize),
            "min": property(lambda self: limits(self).min),
            "max": property(lambda self: limits(self).max),
        },
    )
    c_types.set_equality(torch.dtype, _is_same_dtype)


_OTHER_NAMES = {"float": "float32", "double": "float64", "half": "float16"}


def _is_same_dtype(dtype: torch.dtype, other: Any) -> bool:
    """``==`` of a number type and its name, or NumPy's or Python's type, as in TensorFlow."""
    if isinstance(other, torch.dtype) or other is None:
        return dtype is other
    if isinstance(other, str):
        return NAMES.get(dtype) == _OTHER_NAMES.get(other, other)
    if other is float:
        return dtype is torch.float32
    if isinstance(other, np.dtype) or (isinstance(other, type) and issubclass(other, np.generic)):
        return NAMES.get(dtype) == np.dtype(other).name
    return other is bool and dtype is torch.bool


def extend_devices() -> None:
    """The questions that scripts ask of TensorFlow's texts for devices, on ``torch.device``."""

    def name(device: torch.device) -> str:
        kind = "GPU" if device.type == "cuda" else device.type.upper()
        return f"/job:localhost/replica:0/task:0/device:{kind}:{device.index or 0}"

    words = ("endswith", "startswith", "find", "lower", "upper", "split")
    c_types.extend(
        torch.device,
        {word: lambda self, *args, _word=word: getattr(name(self), _word)(*args) for word in words},
    )


def inherit_gradient_mode() -> None:
    """A thread records gradients if the one that starts it does."""
    start = threading.Thread.start
    if start.__module__ == __name__:
        return

    def start_in_mode(thread: threading.Thread) -> None:
        if not torch.is_grad_enabled():
            thread.run = _without_gradients(thread.run)  # type: ignore[method-assign]
        start(thread)

    threading.Thread.start = start_in_mode  # type: ignore[method-assign]


def _without_gradients(run: Callable[[], None]) -> Callable[[], None]:
    def wrapped() -> None:
        torch.set_grad_enabled(False)
        run()

    return wrapped
