"""Tensors print as TensorFlow's do, in modules that don't import torch."""

import sys
from typing import Any

import numpy as np
import torch

from torchkeras.core.dtypes import NAMES
from torchkeras_shim.operators import is_torchs


def extend_tensors() -> None:
    """Give torch's tensors TensorFlow's text."""
    tensor = torch.Tensor
    if "__str__" in vars(tensor):
        return
    torchs_text, torchs_form = tensor.__repr__, tensor.__format__

    def text(self: torch.Tensor, **options: Any) -> str:
        if not _prints_here(self) or is_torchs(sys._getframe(1).f_globals):
            return torchs_text(self, **options)
        return representation(self)

    def printed(self: torch.Tensor) -> str:
        if not _prints_here(self) or is_torchs(sys._getframe(1).f_globals):
            return torchs_text(self)
        return sentence(self)

    def form(self: torch.Tensor, specification: str) -> str:
        if not _prints_here(self) or is_torchs(sys._getframe(1).f_globals):
            return torchs_form(self, specification)
        return format(_values(self), specification)

    tensor.__repr__ = text
    tensor.__str__ = printed
    tensor.__format__ = form


def representation(tensor: torch.Tensor) -> str:
    """``<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>``."""
    return f"<tf.Tensor: {_kind(tensor)}, numpy={described(tensor)}>"


def sentence(tensor: torch.Tensor) -> str:
    """``tf.Tensor([1. 2.], shape=(2,), dtype=float32)``."""
    return f"tf.Tensor({_apart(str(_values(tensor)))}, {_kind(tensor)})"


def described(tensor: torch.Tensor) -> str:
    """The values as NumPy shows an array's, in lines of their own where there are several."""
    values = _values(tensor)
    if not tensor.ndim:
        return repr(values.item())
    text = repr(values)
    if tensor.dtype is torch.bfloat16:
        text = text.replace("dtype=float32", "dtype=bfloat16")
    return _apart(text)


def _apart(text: str) -> str:
    return f"\n{text}" if "\n" in text else text


def _kind(tensor: torch.Tensor) -> str:
    return f"shape={tuple(tensor.shape)}, dtype={NAMES[tensor.dtype]}"


def _values(tensor: torch.Tensor) -> Any:
    tensor = tensor.detach()
    tensor = tensor.float() if tensor.dtype is torch.bfloat16 else tensor
    return np.asarray(tensor.cpu().resolve_conj().resolve_neg())[()]


def _prints_here(tensor: torch.Tensor) -> bool:
    """Whether it is a plain tensor whose values can be had."""
    return (
        type(tensor) is torch.Tensor
        and tensor.layout is torch.strided
        and tensor.device.type != "meta"
        and tensor.dtype in NAMES
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        and not torch.compiler.is_compiling()
    )
