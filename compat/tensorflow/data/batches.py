"""The batches that ``fit`` and kin read from a dataset."""

import itertools
from collections.abc import Iterator
from typing import Any

import torch

from tensorflow.data.streams import RowBatches, Shuffle, Stream
from torchkeras.data import ArrayBatches, Batches, ClassWeights, IterableBatches
from torchkeras.data import rows as row_arrays
from torchkeras.data.streams import Share


def batches_of(
    dataset: Any,
    stream: Stream,
    device: torch.device | None,
    class_weights: ClassWeights | None,
) -> Batches:
    """The stream of batches for training; rows in memory go the way of plain arrays.

    Args:
        dataset: The dataset.
        stream: Where its elements come from.
        device: Where the batches shall lie.
        class_weights: Gives each sample the weight of its class.
    """
    if isinstance(stream, RowBatches) and stream.source.size:
        x, y, weights = three_parts(stream.source.columns)
        source, size = stream.source, stream.batch_size
        options = {"device": device, "class_weights": class_weights, "batch_size": size}
        shuffle = source.shuffle
        is_plain = source.is_whole and (shuffle is None or shuffle.again)
        cuts_nothing = not stream.drop_remainder or source.count % size == 0
        if is_plain and cuts_nothing and stream.passes == 1:
            seed = None if shuffle is None else shuffle.seed
            return ArrayBatches(x, y, weights, shuffle=shuffle is not None, seed=seed, **options)
        return RowsInOrder(stream, x, y, weights, **options)
    return IterableBatches(Passes(dataset), device, class_weights)


class RowsInOrder(ArrayBatches):
    """Batches of rows in the order that a stream tells, on the device where that is possible."""

    def __init__(self, stream: RowBatches, *data: Any, **options: Any) -> None:
        super().__init__(*data, **options)
        self.stream = stream
        self.steps = stream.size if stream.size >= 0 else None
        self._states: list[Any] = []

    @property
    def _shuffles(self) -> tuple[Shuffle, ...]:
        return self.stream.source.shuffles

    def peek(self) -> Any:
        return Batches.peek(self)

    def _rest(self, number: int) -> Iterator[Any]:
        self._states = [shuffle.get_state() for shuffle in self._shuffles]
        return itertools.islice(self._in_order(), number, None)

    def _in_order(self) -> Iterator[Any]:
        for indices in self.stream.portions(self._together):
            place = self.device if self.device is not None and not self._moves else None
            chosen = indices.to(place)
            columns = [self._split(row_arrays.take(leaf, chosen)) for leaf in self._rows]
            yield from self._assembled(columns)

    def _rest_of_shares(self, first: int, index: int, number: int) -> Iterator[Share]:
        return itertools.islice(Batches.shares(self, index, number), first, None)

    def get_state(self, in_pass: bool) -> dict[str, Any]:
        now = [shuffle.get_state() for shuffle in self._shuffles]
        return {"shuffles": self._states if in_pass else now}

    def set_state(self, state: dict[str, Any]) -> None:
        self._ahead = None
        for shuffle, known in zip(self._shuffles, state["shuffles"], strict=True):
            shuffle.set_state(known)


class Passes:
    """A dataset as something iterable that knows its length, if there is one."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __iter__(self) -> Iterator[Any]:
        return self.dataset._pass()

    def __len__(self) -> int:
        return len(self.dataset)


def three_parts(columns: Any) -> tuple[Any, Any, Any]:
    """Inputs, targets and weights of an element."""
    if not isinstance(columns, tuple):
        return columns, None, None
    return (*columns, None, None)[:3]
