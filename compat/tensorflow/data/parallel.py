"""Functions of elements, carried out in worker processes where that pays.

A Python function holds the interpreter while it runs, so threads would take turns. The workers are
those of a ``torch.utils.data.DataLoader``: copies of this process, which have the source's arrays
and the functions without being sent anything. As a batch is joined where its elements were made,
one message carries it.
"""

import gc
import itertools
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tensorflow.data import elements
from tensorflow.data.streams import UNKNOWN, RowStream, Stream, batched_size
from torchkeras.core import nested

# Elements of one message, unless they are joined to a batch.
_PORTION = 16
# Starting workers takes some hundredths of a second; passes with less work than this (in seconds)
# are done before it pays.
_WORTH = 0.3
# Work of one message (in seconds), so that the first doesn't keep others waiting.
_LONG = 0.05
# Bytes of one message, and how many are sent in a second while there is other work to do.
_LARGE = 2**22
_BYTES_A_SECOND = 2**29
# Workers at most; more seldom help, and each is a copy of the process.
_MOST = 8

Work = Callable[[list[Any]], list[Any]]


def mapped(
    stream: Stream, function: Callable[[Any], Any], workers: int, in_order: bool = True
) -> Stream:
    """``function`` of each element, by ``workers`` processes if they pay; -1 takes the cores'."""
    if isinstance(stream, Parallel):
        return stream.followed_by(function, workers)
    return Parallel(stream, _each(function), _number(workers), in_order)


class Parallel(Stream):
    """Portions of a stream's elements, worked on by processes.

    A pass starts in this process. Once the work has taken long enough to be worth it, and longer
    than its messages, workers go on with the rest, and begin with later passes at once. Elements
    that can't be sent, such as datasets and tensors on other devices, stay here; so does everything
    where processes can't be forked safely, and while only deterministic operations are allowed.

    Args:
        source: The elements to work on.
        work: What to do with a portion of them.
        workers: Number of processes.
        in_order: Whether results come in the order of their elements.
        portion: Elements of a portion at most.
        is_joined: Whether a portion becomes one element.
        size: Number of results.
    """

    def __init__(
        self,
        source: Stream,
        work: Work,
        workers: int,
        in_order: bool = True,
        portion: int = _PORTION,
        is_joined: bool = False,
        size: int | None = None,
    ) -> None:
        super().__init__(self._pass, source.size if size is None else size)
        self.source = source
        self.work = work
        self.workers = workers
        self.in_order = in_order
        self.portion = portion
        self.is_joined = is_joined
        self._pays = False

    def followed_by(self, function: Callable[[Any], Any], workers: int) -> "Parallel":
        """``function`` of each result, by the same workers or as many as it asks for."""
        return self._with(_each(function), max(self.workers, _number(workers)))

    def _with(self, work: Work, workers: int, **changes: Any) -> "Parallel":
        first = self.work
        form = {"portion": self.portion, "is_joined": self.is_joined, "size": self.size}
        return Parallel(
            self.source,
            lambda portion: work(first(portion)),
            workers,
            self.in_order,
            **{**form, **changes},
        )

    def batched(self, size: int, drop_remainder: bool, join: Callable[[list[Any]], Any]) -> Stream:
        if self.is_joined:
            return super().batched(size, drop_remainder, join)

        def work(portion: list[Any]) -> list[Any]:
            is_short = drop_remainder and len(portion) < size
            return [] if is_short else [join(portion)]

        number = batched_size(self.source.size, size, drop_remainder)
        return self._with(work, self.workers, portion=size, is_joined=True, size=number)

    def without_errors(
        self, errors: tuple[type[Exception], ...], tell: Callable[[Exception], None]
    ) -> "Parallel":
        """The results that are made without an error; ``tell`` is called with the errors."""

        def work(portion: list[Any]) -> list[Any]:
            results = []
            for part in [portion] if self.is_joined else [[element] for element in portion]:
                try:
                    results += self.work(part)
                except errors as error:
                    tell(error)
            return results

        form = {"portion": self.portion, "is_joined": self.is_joined, "size": UNKNOWN}
        return Parallel(self.source, work, self.workers, self.in_order, **form)

    def _pass(self) -> Iterator[Any]:
        source = self.source
        items = source.indices() if isinstance(source, RowStream) else source.start()
        goes_on = self._pays and _may_fork()
        if not goes_on:
            goes_on = yield from self._here(items)
        if goes_on:
            yield from self._by_workers(items)

    def results(self, portion: list[Any]) -> list[Any]:
        """What becomes of a portion."""
        if isinstance(self.source, RowStream):
            portion = self.source.rows(portion)
        return self.work(portion)

    def _here(self, items: Iterator[Any]) -> Generator[Any, None, bool]:
        """Results in this process; gives back whether workers shall go on."""
        spent = 0.0
        own = _portions(items, self.portion if self.is_joined else 1)
        for number, portion in enumerate(own, start=1):
            begin = time.perf_counter()
            results = self.results(portion)
            spent += time.perf_counter() - begin
            pays = spent > _WORTH and _may_fork() and _can_be_sent(results)
            if pays:
                sent = _bytes(results)
                if not isinstance(self.source, RowStream):
                    sent += _bytes(portion)
                pays = spent / number > sent / _BYTES_A_SECOND
                if not self.is_joined:
                    most = min(_LONG * number / spent, _LARGE / max(1, sent))
                    self.portion = max(1, min(self.portion, int(most)))
            yield from results
            if pays:
                self._pays = True
                return True
        return False

    def _by_workers(self, items: Iterator[Any]) -> Iterator[Any]:
        loader = DataLoader(
            _Portions(self),
            batch_sampler=_Sent(_portions(items, self.portion), isinstance(self.source, RowStream)),
            num_workers=self.workers,
            collate_fn=_Message.of,
            multiprocessing_context="fork",
            in_order=self.in_order,
        )
        for message in _started(loader):
            yield from message.elements()


def _started(loader: DataLoader) -> Iterator[Any]:
    """The messages of a loader whose workers are running."""
    with warnings.catch_warnings():
        # The workers do without the threads that Python warns of, as a loader's always have.
        warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
        # A worker that collected this process's garbage, such as a loader that an exception has
        # left behind, would wait for ever for threads it has no copy of.
        own = not gc.get_freeze_count()
        gc.freeze()
        try:
            return iter(loader)
        finally:
            if own:
                gc.unfreeze()


class _Portions(Dataset):
    """What workers do with the portions they are sent."""

    def __init__(self, stream: Parallel) -> None:
        self.stream = stream

    def __getitems__(self, portion: list[Any]) -> list[Any]:
        if not isinstance(self.stream.source, RowStream):
            portion = [nested.map_structure(_unpacked, element) for element in portion]
        with torch.no_grad():
            return self.stream.results(portion)


class _Sent:
    """Portions on their way to workers: numbers of rows, or elements."""

    def __init__(self, portions: Iterator[list[Any]], are_numbers: bool) -> None:
        self.portions = portions
        self.are_numbers = are_numbers

    def __iter__(self) -> Iterator[Any]:
        if self.are_numbers:
            return self.portions
        return (
            [nested.map_structure(_packed, element) for element in portion]
            for portion in self.portions
        )


class _Message:
    """Results on their way from a worker.

    A tensor travels in shared memory, which takes a file of its own; several elements of one shape
    are stacked for the journey, and those of different shapes are written out as arrays.
    """

    def __init__(self, content: Any, form: str) -> None:
        self.content = content
        self.form = form

    @classmethod
    def of(cls, results: list[Any]) -> "_Message":
        """A message of some elements."""
        if len(results) == 1:
            return cls(results, "plain")
        rows = [nested.flatten(element) for element in results]
        if _are_alike(rows):
            columns = [elements.stack(column) for column in zip(*rows, strict=True)]
            return cls((results[0], columns), "stacked")
        return cls([nested.map_structure(_packed, element) for element in results], "packed")

    def elements(self) -> Iterator[Any]:
        """The elements."""
        if self.form == "plain":
            return iter(self.content)
        if self.form == "packed":
            return (nested.map_structure(_unpacked, element) for element in self.content)
        like, columns = self.content
        return (nested.pack_sequence_as(like, row) for row in zip(*columns, strict=True))


class _Leaf:
    """A tensor's values on their way."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values


def _packed(leaf: Any) -> Any:
    return _Leaf(np.asarray(leaf)) if isinstance(leaf, Tensor) else leaf


def _unpacked(leaf: Any) -> Any:
    return torch.as_tensor(leaf.values) if isinstance(leaf, _Leaf) else leaf


def _are_alike(rows: list[list[Any]]) -> bool:
    """Whether all elements consist of tensors of the same shapes and types."""
    return bool(rows) and all(
        len(row) == len(rows[0])
        and all(
            isinstance(leaf, Tensor) and leaf.shape == first.shape and leaf.dtype == first.dtype
            for leaf, first in zip(row, rows[0], strict=True)
        )
        for row in rows
    )


def _can_be_sent(results: list[Any]) -> bool:
    """Whether elements are values that lie on the CPU."""
    return all(
        not elements.is_dataset(leaf)
        and (not isinstance(leaf, Tensor) or leaf.device.type == "cpu")
        for leaf in nested.leaves(results)
    )


def _bytes(results: list[Any]) -> int:
    """What tensors among elements take."""
    leaves = nested.leaves(results)
    return sum(leaf.nbytes for leaf in leaves if isinstance(leaf, Tensor))


def _may_fork() -> bool:
    """Whether this process may make copies of itself as workers."""
    return (
        sys.platform == "linux"
        and _cores() > 1
        and torch.utils.data.get_worker_info() is None
        and not multiprocessing.current_process().daemon
        and not torch.are_deterministic_algorithms_enabled()
    )


def _number(workers: int) -> int:
    """How many processes: no more than there are cores, nor than are of use."""
    most = min(_MOST, _cores())
    return min(workers, most) if workers > 0 else most


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _portions(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """``size`` items at a time."""
    while portion := list(itertools.islice(items, size)):
        yield portion


def _each(function: Callable[[Any], Any]) -> Work:
    return lambda portion: [function(element) for element in portion]
