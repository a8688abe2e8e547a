"""Arithmetic of rows that lie one after another: where they begin, and which values are theirs."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.text import as_texts

from tensorflow.tensors import convert_to_tensor


def positions(numbers: Any, dtype: Any = None) -> Tensor:
    """Row splits, lengths or numbers as a tensor of int64, or of int32 if they are that already."""
    if dtype is not None:
        return torch.as_tensor(numbers).to(dtype)
    if hasattr(numbers, "dtype"):
        return convert_to_tensor(numbers)
    return torch.as_tensor(numbers, dtype=torch.int64)


def splits_of(lengths: Tensor) -> Tensor:
    """Where rows of these lengths begin, and where the last one ends."""
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0).to(lengths.dtype)])


def owners(lengths: Tensor) -> Tensor:
    """The row of each value."""
    return torch.repeat_interleave(torch.arange(len(lengths)), lengths.long())


def ranges(starts: Tensor, lengths: Tensor, step: int = 1) -> Tensor:
    """For each row ``lengths[i]`` numbers from ``starts[i]`` on, ``step`` apart, row after row."""
    lengths = lengths.long()
    rows = owners(lengths)
    place = torch.arange(len(rows)) - (lengths.cumsum(0) - lengths)[rows]
    return starts.long()[rows] + step * place


def cut(lengths: Tensor, part: slice) -> tuple[Tensor, Tensor, int]:
    """First place, number of places and step of ``part`` in rows of these lengths."""
    lengths, step = lengths.long(), 1 if part.step is None else int(part.step)
    low, high = (0, lengths) if step > 0 else (-1, lengths - 1)
    bounds = []
    ends = (low, high) if step > 0 else (high, low)
    for bound, default in zip((part.start, part.stop), ends, strict=True):
        if bound is None:
            place = torch.zeros_like(lengths) + default
        else:
            place = lengths * (int(bound) < 0) + int(bound)
        floor = torch.zeros_like(lengths) + low
        bounds.append(torch.minimum(torch.maximum(place, floor), torch.zeros_like(lengths) + high))
    start, stop = bounds
    count = torch.div(stop - start + step - (1 if step > 0 else -1), step, rounding_mode="floor")
    return start, count.clamp(min=0), step


def taken(values: Any, places: Tensor) -> Any:
    """The values at these places, whether numbers, texts or rows."""
    if isinstance(values, Tensor):
        return values[places.long()]
    if isinstance(values, np.ndarray):
        return as_texts(np.asarray(values)[places.numpy()])
    return values.rows_at(places)
