"""Symbolic calls: recording them, finding their shapes, turning them into ``torch.fx`` graphs."""

from torchkeras.tracer.calls import Calls
from torchkeras.tracer.graph import Graph
from torchkeras.tracer.operation import Function, Operation
from torchkeras.tracer.shapes import infer, sizes_known
from torchkeras.tracer.symbolic import (
    Call,
    KerasTensor,
    any_symbolic,
    is_symbolic,
    record,
    symbols_in,
    traceable,
)

__all__ = [
    "Call",
    "Calls",
    "Function",
    "Graph",
    "KerasTensor",
    "Operation",
    "any_symbolic",
    "infer",
    "is_symbolic",
    "record",
    "sizes_known",
    "symbols_in",
    "traceable",
]
