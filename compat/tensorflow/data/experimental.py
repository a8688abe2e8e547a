"""``tf.data.experimental``: older places of what ``tf.data`` has."""

import enum
import itertools
from collections.abc import Callable
from typing import Any

import torch
from torchkeras_shim.names import missing

from tensorflow.data.dataset import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
    Options,
)
from tensorflow.data.streams import Stream

__getattr__ = missing(__name__)


class AutoShardPolicy(enum.IntEnum):
    """How a dataset is cut over processes. Every policy means the same here: each batch is cut."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


def cardinality(dataset: Dataset) -> torch.Tensor:
    """Number of elements; -1 if there is no end, -2 if it is unknown."""
    return dataset.cardinality()


def assert_cardinality(expected: int) -> Callable[[Dataset], Dataset]:
    """For ``Dataset.apply``: the number of elements the dataset is known to have."""
    return lambda dataset: Dataset(Stream(dataset._stream.start, int(expected)))


def Counter(start: int = 0, step: int = 1, dtype: Any = torch.int64) -> Dataset:
    """``start``, ``start + step`` and so on without end."""

    def count() -> Any:
        return (torch.tensor(value, dtype=dtype) for value in itertools.count(start, step))

    return Dataset(Stream(count, INFINITE_CARDINALITY))
