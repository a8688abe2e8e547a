"""Data for ``adapt``: one array, or batches from anything that gives some."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import kind_error
from torchkeras.layers.preprocessing.ragged import RaggedTexts


def is_whole(data: Any) -> bool:
    """Whether ``data`` is one array, and not batches of data."""
    if isinstance(data, (np.ndarray, np.generic, Tensor, str, bytes, int, float, RaggedTexts)):
        return True
    if isinstance(data, (list, tuple)):
        return not any(isinstance(item, (np.ndarray, Tensor)) for item in data)
    return hasattr(data, "to_numpy") or hasattr(data, "value")


def batches_of(owner: Any, data: Any, steps: int | None = None) -> Iterator[Any]:
    """The batches in ``data``; of a batch of several parts, its first.

    Args:
        owner: The layer.
        data: An array, tensor or list of numbers or strings, which is one batch; or batches: a list
            of arrays, a tf.data-like dataset, a torch ``DataLoader`` or ``Dataset``, a generator.
        steps: How many batches to take; None takes all.

    Raises:
        TypeError: ``data`` is none of these.
    """
    return itertools.islice(_batches(owner, data), steps)


def _batches(owner: Any, data: Any) -> Iterator[Any]:
    if is_whole(data):
        yield data
    elif hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        for number in range(len(data)):
            yield first_part(data[number])
    elif isinstance(data, Iterable):
        for batch in data:
            yield first_part(batch)
    else:
        raise kind_error(
            owner, "data", data, "an array, a tensor or batches of them", "Unsupported data type."
        )


def first_part(batch: Any) -> Any:
    """The inputs of a batch that also has targets; a list of plain values is data itself."""
    if isinstance(batch, (tuple, list)) and batch:
        is_part = isinstance(batch[0], (np.ndarray, Tensor)) or nested.is_nested(batch[0])
        if is_part and not (isinstance(batch, list) and isinstance(batch[0], (list, tuple))):
            return batch[0]
        if isinstance(batch, tuple) and len(batch) in (2, 3) and _differ(batch):
            return batch[0]
    return batch


def _differ(parts: tuple) -> bool:
    """Whether a sample's parts are of different kinds: a text and a number, say."""
    return isinstance(parts[0], (str, bytes)) != isinstance(parts[1], (str, bytes))


def as_numbers(data: Any) -> np.ndarray:
    """Numbers of any kind as a NumPy array."""
    if isinstance(data, Tensor):
        return data.detach().cpu().numpy()
    return np.asarray(data)
