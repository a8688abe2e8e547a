"""Where a dataset's elements come from: any iterable, or the rows of arrays in memory."""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from torchkeras.core import nested

INFINITE = -1
UNKNOWN = -2
# Rows gathered in one call, which costs less than a call for each batch.
_GATHER_BYTES = 2**22


class Stream:
    """Elements that a function starts to hand out, anew for each pass.

    Args:
        start: Gives an iterator over the elements.
        size: Number of elements, ``INFINITE`` or ``UNKNOWN``.
    """

    def __init__(self, start: Callable[[], Iterator[Any]], size: int = UNKNOWN) -> None:
        self.start = start
        self.size = size

    def shuffled(self, buffer: int, seed: int | None, again: bool) -> "Stream":
        """Elements drawn from a buffer that is filled in the old order."""
        order = Shuffle(buffer, seed, again)
        return Stream(lambda: order.draw(self.start()), self.size)

    def repeated(self, count: int) -> "Stream":
        """The passes one after another; ``INFINITE`` of them never end."""

        def start() -> Iterator[Any]:
            passes = itertools.count() if count < 0 else range(count)
            for _ in passes:
                nothing = True
                for element in self.start():
                    nothing = False
                    yield element
                if nothing:
                    return

        return Stream(start, times(self.size, count))

    def cut(self, first: int, last: int | None, step: int = 1) -> "Stream":
        """Elements ``first`` up to ``last``, each ``step``-th."""

        def start() -> Iterator[Any]:
            return itertools.islice(self.start(), first, last, step)

        return Stream(start, cut_size(self.size, first, last, step))

    def batched(
        self, size: int, drop_remainder: bool, join: Callable[[list[Any]], Any]
    ) -> "Stream":
        """``size`` elements at a time, joined to one."""

        def start() -> Iterator[Any]:
            elements = self.start()
            while chunk := list(itertools.islice(elements, size)):
                if len(chunk) == size or not drop_remainder:
                    yield join(chunk)

        return Stream(start, batched_size(self.size, size, drop_remainder))


class RowStream(Stream):
    """The rows of arrays in memory, by index, so that no element is touched before it is needed.

    Args:
        columns: Structure of arrays with the same number of rows.
        order: Gives the indices of a pass in portions: ranges or lists.
        size: Number of indices, or ``INFINITE``.
        shuffle: How the rows were shuffled, if that is all that was done to them.
    """

    def __init__(
        self,
        columns: Any,
        order: Callable[[], Iterator[Iterable[int]]] | None = None,
        size: int | None = None,
        shuffle: "Shuffle | None" = None,
    ) -> None:
        self.columns = columns
        self.leaves = nested.flatten(columns)
        self.count = self.leaves[0].shape[0]
        self.is_whole = order is None or shuffle is not None
        self.shuffle = shuffle
        self.order = order or (lambda: iter((range(self.count),)))
        super().__init__(self._rows, self.count if size is None else size)

    def _rows(self) -> Iterator[Any]:
        for index in self._indices():
            yield self.pack([leaf[index] for leaf in self.leaves])

    def _indices(self) -> Iterator[int]:
        return itertools.chain.from_iterable(self.order())

    def pack(self, leaves: list[Any]) -> Any:
        """Leaves in the structure of an element."""
        return nested.pack_sequence_as(self.columns, leaves)

    def shuffled(self, buffer: int, seed: int | None, again: bool) -> "RowStream":
        shuffle = Shuffle(buffer, seed, again)
        whole = self.is_whole and self.shuffle is None and buffer >= self.count

        def order() -> Iterator[Iterable[int]]:
            return (
                iter((shuffle.order(self.count),))
                if whole
                else iter((shuffle.draw(self._indices()),))
            )

        return RowStream(self.columns, order, self.size, shuffle if whole else None)

    def repeated(self, count: int) -> "RowStream":
        def order() -> Iterator[Iterable[int]]:
            for _ in itertools.count() if count < 0 else range(count):
                yield from self.order()

        return RowStream(self.columns, order, times(self.size, count))

    def cut(self, first: int, last: int | None, step: int = 1) -> "RowStream":
        def order() -> Iterator[Iterable[int]]:
            yield itertools.islice(self._indices(), first, last, step)

        return RowStream(self.columns, order, cut_size(self.size, first, last, step))


class RowBatches(Stream):
    """Batches cut from rows, without making an element for each row."""

    def __init__(self, source: RowStream, batch_size: int, drop_remainder: bool) -> None:
        self.source = source
        self.batch_size = batch_size
        self.drop_remainder = drop_remainder
        super().__init__(self._batches, batched_size(source.size, batch_size, drop_remainder))

    def _batches(self) -> Iterator[Any]:
        source, size = self.source, self.batch_size
        for indices in self._portions():
            taken = [take(leaf, indices) for leaf in source.leaves]
            for start in range(0, len(indices), size):
                if self.drop_remainder and start + size > len(indices):
                    return
                yield source.pack([leaf[start : start + size] for leaf in taken])

    def _portions(self) -> Iterator[torch.Tensor]:
        """Indices of some batches at a time."""
        row = sum(leaf[:1].nbytes for leaf in self.source.leaves)
        together = max(1, _GATHER_BYTES // max(1, row * self.batch_size))
        indices = self.source._indices()
        while portion := list(itertools.islice(indices, self.batch_size * together)):
            yield torch.tensor(portion)


class Shuffle:
    """An order drawn anew for each pass.

    Args:
        buffer: How many elements wait to be drawn from.
        seed: Integer that the orders follow from; None draws it from torch's generator.
        again: Whether each pass has an order of its own.
    """

    def __init__(self, buffer: int, seed: int | None, again: bool) -> None:
        self.buffer = buffer
        self.seed = seed
        self.again = again
        self._passes = 0
        self._first: int | None = None

    def get_state(self) -> tuple[int, int | None]:
        """What the next order follows from, unless from torch's generator."""
        return self._passes, self._first

    def set_state(self, state: tuple[int, int | None]) -> None:
        """Take over what ``get_state`` gave."""
        self._passes, self._first = state

    def _next_seed(self) -> int:
        if self._first is None or (self.seed is None and self.again):
            self._first = int(torch.randint(2**62, ())) if self.seed is None else int(self.seed)
        number, self._passes = self._passes, self._passes + 1
        return self._first + (number if self.again else 0)

    def order(self, count: int) -> list[int]:
        """All of ``count`` indices in one new order."""
        generator = torch.Generator().manual_seed(self._next_seed() % 2**63)
        return torch.randperm(count, generator=generator).tolist()

    def draw(self, elements: Iterator[Any]) -> Iterator[Any]:
        """The elements, each drawn from a full buffer."""
        generator = random.Random(self._next_seed())
        waiting = list(itertools.islice(elements, self.buffer))
        for element in elements:
            index = generator.randrange(len(waiting))
            yield waiting[index]
            waiting[index] = element
        generator.shuffle(waiting)
        yield from waiting


def take(leaf: Any, indices: torch.Tensor) -> Any:
    """The rows of an array that ``indices`` name."""
    return (
        leaf.index_select(0, indices) if isinstance(leaf, torch.Tensor) else leaf[indices.numpy()]
    )


def times(size: int, count: int) -> int:
    """Number of elements of ``count`` passes."""
    if count < 0:
        return INFINITE if size != 0 else 0
    return size * count if size >= 0 else (size if count else 0)


def cut_size(size: int, first: int, last: int | None, step: int) -> int:
    """Number of elements of a cut; of an unknown number, unknown."""
    if size == INFINITE:
        return INFINITE if last is None else len(range(first, last, step))
    if size == UNKNOWN:
        return UNKNOWN
    return len(range(size)[first:last:step])


def batched_size(size: int, batch: int, drop_remainder: bool) -> int:
    """Number of batches."""
    if size < 0:
        return size
    return size // batch if drop_remainder else -(-size // batch)
