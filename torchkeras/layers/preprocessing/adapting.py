"""Data for ``adapt``: one array, or batches from anything that gives some."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import kind_error
from torchkeras.layers.preprocessing.ragged import RaggedTexts
from torchkeras.layers.preprocessing.texts import is_text


def is_whole(data: Any) -> bool:
    """Whether ``data`` is one array, and not batches of data."""
    if isinstance(data, (np.ndarray, np.generic, Tensor, str, bytes, RaggedTexts)):
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
    if not isinstance(batch, (tuple, list)) or not batch:
        return batch
    if isinstance(batch[0], (np.ndarray, Tensor, RaggedTexts)):
        return batch[0]
    if isinstance(batch, tuple) and nested.is_nested(batch[0]):
        return batch[0]
    return batch[0] if len(batch) in (2, 3) and _differ(batch) else batch


def _differ(parts: Sequence[Any]) -> bool:
    """Whether parts are of different kinds: texts and numbers, say."""
    return is_text(parts[0]) != is_text(parts[1])


def as_numbers(data: Any) -> np.ndarray:
    """Numbers of any kind as a NumPy array."""
    if isinstance(data, Tensor):
        return data.detach().cpu().numpy()
    return np.asarray(data)
