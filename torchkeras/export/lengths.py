"""Recurrent kernels in programs whose sequences may have any length."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._decomp import decomposition_table

aten = torch.ops.aten
KERNELS = (aten.lstm.input, aten.gru.input, aten.rnn_tanh.input, aten.rnn_relu.input)


@contextmanager
def left_open() -> Iterator[None]:
    """A context in which programs keep recurrent kernels whole.

    To learn the shape of what a kernel gives, torch runs it step by step, which settles the number
    of steps. Here shapes are worked out from shapes.
    """
    known = {kernel: (decomposition_table[kernel], dict(kernel.py_kernels)) for kernel in KERNELS}
    try:
        for kernel in KERNELS:
            decomposition_table[kernel] = _shapes
            _set(kernel, dict.fromkeys(kernel.py_kernels, _shapes))
        yield
    finally:
        for kernel, (decomposition, functions) in known.items():
            decomposition_table[kernel] = decomposition
            _set(kernel, functions)


def _set(kernel: Any, functions: dict[Any, Any]) -> None:
    kernel.py_kernels.clear()
    kernel.py_kernels.update(functions)
    kernel._dispatch_cache.clear()


def _shapes(
    x: Tensor,
    state: Tensor | list[Tensor],
    weights: list[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, ...]:
    """Tensors without values, shaped as outputs and final states."""
    states = [state] if isinstance(state, Tensor) else list(state)
    units = states[0].shape[-1]  # of what is put out: a projection of an LSTM is shorter
    outputs = x.new_empty((*x.shape[:2], units * (2 if bidirectional else 1)))
    return outputs, *(part.new_empty(part.shape) for part in states)
