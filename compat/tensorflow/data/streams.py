"""Where a dataset's elements come from: any iterable, or the rows of arrays in memory."""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
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
        shuffles: Everything that draws orders for these rows.
    """

    def __init__(
        self,
        columns: Any,
        order: Callable[[], Iterator[Iterable[int]]] | None = None,
        size: int | None = None,
        shuffle: "Shuffle | None" = None,
        shuffles: "tuple[Shuffle, ...]" = (),
    ) -> None:
        self.columns = columns
        self.shuffles = shuffles
        self.leaves = nested.flatten(columns)
        self.count = self.leaves[0].shape[0]
        self._is_one = not nested.is_nested(columns)
        self._is_flat = type(columns) is tuple and not any(map(nested.is_nested, columns))
        self.is_whole = order is None or shuffle is not None
        self.shuffle = shuffle
        self.order = order or (lambda: iter((range(self.count),)))
        super().__init__(self._rows, self.count if size is None else size)

    def _rows(self) -> Iterator[Any]:
        return map(self.row, self.indices())

    def row(self, index: int) -> Any:
        """The element of this number."""
        return self.pack([leaf[index] for leaf in self.leaves])

    def indices(self) -> Iterator[int]:
        """The rows' numbers in the order of a new pass."""
        return itertools.chain.from_iterable(self.order())

    def rows(self, indices: list[int]) -> list[Any]:
        """The elements of these numbers; one gathering costs less than an access for each."""
        chosen = torch.tensor(indices)
        columns = [_parts(take(leaf, chosen)) for leaf in self.leaves]
        if self._is_one:
            return list(columns[0])
        rows = zip(*columns, strict=True)
        return list(rows) if self._is_flat else list(map(self.pack, rows))

    def pack(self, leaves: Sequence[Any]) -> Any:
        """Leaves in the structure of an element."""
        if self._is_one:
            return leaves[0]
        return tuple(leaves) if self._is_flat else nested.pack_sequence_as(self.columns, leaves)

    def shuffled(self, buffer: int, seed: int | None, again: bool) -> "RowStream":
        shuffle = Shuffle(buffer, seed, again)
        whole = self.is_whole and self.shuffle is None and buffer >= self.count

        def order() -> Iterator[Iterable[int]]:
            return (
                iter((shuffle.order(self.count),))
                if whole
                else iter((shuffle.draw(self.indices()),))
            )

        shuffles = (*self.shuffles, shuffle)
        return RowStream(self.columns, order, self.size, shuffle if whole else None, shuffles)

    def repeated(self, count: int) -> "RowStream":
        def order() -> Iterator[Iterable[int]]:
            passes = itertools.count() if count < 0 and self.size else range(count)
            for _ in passes:
                yield from self.order()

        return RowStream(self.columns, order, times(self.size, count), None, self.shuffles)

    def cut(self, first: int, last: int | None, step: int = 1) -> "RowStream":
        def order() -> Iterator[Iterable[int]]:
            yield itertools.islice(self.indices(), first, last, step)

        size = cut_size(self.size, first, last, step)
        return RowStream(self.columns, order, size, None, self.shuffles)


class RowBatches(Stream):
    """Batches cut from rows, without making an element for each row.

    Args:
        source: The rows.
        batch_size: Rows of a batch.
        drop_remainder: Whether a last batch that isn't full is left out.
        passes: How often all this is handed out; -1 never ends.
    """

    def __init__(
        self, source: RowStream, batch_size: int, drop_remainder: bool, passes: int = 1
    ) -> None:
        self.source = source
        self.batch_size = batch_size
        self.drop_remainder = drop_remainder
        self.passes = passes
        once = batched_size(source.size, batch_size, drop_remainder)
        super().__init__(self._batches, times(once, passes))

    def repeated(self, count: int) -> Stream:
        endless = min(count, self.passes) < 0 and 0 not in (count, self.passes)
        passes = -1 if endless else count * self.passes
        return RowBatches(self.source, self.batch_size, self.drop_remainder, passes)

    def _batches(self) -> Iterator[Any]:
        source, size = self.source, self.batch_size
        row = sum(leaf[:1].nbytes for leaf in source.leaves)
        for indices in self.portions(max(1, _GATHER_BYTES // max(1, row * size))):
            taken = [take(leaf, indices) for leaf in source.leaves]
            for start in range(0, len(indices), size):
                yield source.pack([leaf[start : start + size] for leaf in taken])

    def portions(self, together: int) -> Iterator[torch.Tensor]:
        """Indices of the rows of ``together`` batches at a time."""
        for _ in itertools.count() if self.passes < 0 else range(self.passes):
            indices, nothing = self.source.indices(), True
            while portion := list(itertools.islice(indices, self.batch_size * together)):
                nothing = False
                if self.drop_remainder:
                    portion = portion[: len(portion) // self.batch_size * self.batch_size]
                if portion:
                    yield torch.tensor(portion)
            if nothing:
                return


class Shuffle:
    """An order drawn anew for each pass.

    Args:
        buffer: How many elements wait to be drawn from.
        seed: Integer that the orders follow from; None draws it from torch's generator before
            the first pass.
        again: Whether each pass has an order of its own.
    """

    def __init__(self, buffer: int, seed: int | None, again: bool) -> None:
        self.buffer = buffer
        self.seed = seed
        self.again = again
        self._passes = 0

    def get_state(self) -> tuple[int, int | None]:
        """What the orders of the next passes follow from."""
        self._settle()
        return self._passes, self.seed

    def set_state(self, state: tuple[int, int | None]) -> None:
        """Take over what ``get_state`` gave."""
        self._passes, self.seed = state

    def _settle(self) -> None:
        if self.seed is None:
            self.seed = int(torch.randint(2**62, ()))

    def _next_seed(self) -> int:
        self._settle()
        number, self._passes = self._passes, self._passes + 1
        return self.seed + (number if self.again else 0)

    def order(self, count: int) -> list[int]:
        """All of ``count`` indices in one new order."""
        generator = torch.Generator().manual_seed(self._next_seed() % 2**63)
        return torch.randperm(count, generator=generator).tolist()

    def draw(self, elements: Iterator[Any]) -> Iterator[Any]:
        """The elements, each drawn from a full buffer."""
        generator = random.Random(self._next_seed())
        waiting = list(itertools.islice(elements, self.buffer))
        below = generator.randrange
        for element in elements:
            index = below(len(waiting))
            yield waiting[index]
            waiting[index] = element
        generator.shuffle(waiting)
        yield from waiting


def _parts(leaf: Any) -> Iterable[Any]:
    return leaf.unbind(0) if isinstance(leaf, torch.Tensor) else iter(leaf)


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
