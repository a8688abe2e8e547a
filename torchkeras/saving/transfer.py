"""Moves numbers between files and arrays, whose axes may lie in another order.

Several threads share the work.
"""

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from torchkeras.saving import file_mapping, page_cache, versions
from torchkeras.saving.checksums import CRC32, Kind
from torchkeras.saving.files import damaged
from torchkeras.saving.turning import SHARE, Turned, pieces, room, turn_in_bands

_PART = 2**20  # bytes that stay in the cache
# Bytes that are written at a time: for more, Linux takes large pages, which are seldom at hand.
_WRITTEN = 2**19
_MOST_BUFFERS = 1024  # that one call takes
_MOST_THREADS = 4
_OF_SUM = 2**26  # bytes of a checksum that is computed beside everything else

IS_POSSIBLE = hasattr(os, "preadv")  # not on Windows


class Place(NamedTuple):
    """Bytes of an open file.

    Attributes:
        descriptor: Of the file.
        start: Where they begin.
        size: How many they are.
        was_read: Whether all of them have been read before, and were found to be sound.
        memory: The bytes themselves, if they needn't be read.
        is_safe: Tells whether they can be looked at now; later on they are read.
        sums: Where the checksum of what is used is noted.
    """

    descriptor: int
    start: int
    size: int
    was_read: bool = False
    memory: memoryview | None = None
    is_safe: Callable[[], bool] = lambda: True
    sums: "Checksums | None" = None

    def part(self, start: int, size: int) -> "Place":
        """Some of the bytes."""
        memory = None if self.memory is None else self.memory[start : start + size]
        return self._replace(start=self.start + start, size=size, memory=memory)

    def at_hand(self) -> memoryview | None:
        """The bytes for what is done with a share of them at once; None if they have to be read."""
        return self.memory if self.memory is not None and self.is_safe() else None


class Crew:
    """Threads that share work; the caller does it alone if there is little, or one processor.

    At the end of the block all is done, or the first error is raised.

    Args:
        size: How many bytes are to be moved; None if that isn't known.
        waiting: How much work may wait for each thread: little if it holds memory.
        most: Threads at most.
    """

    def __init__(
        self, size: int | None = None, waiting: int = 2, most: int = _MOST_THREADS
    ) -> None:
        processors = _processors()
        is_worth_it = processors > 1 and (size is None or size > SHARE)
        self._count = count = min(processors, most) if is_worth_it else 0
        self._threads: list[threading.Thread] = []
        self._work: SimpleQueue[Any] = SimpleQueue()
        self._places = threading.Semaphore(waiting * count)
        self._error: BaseException | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, *exc: object) -> None:
        self._error = self._error or error
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()
        if self._error is not None and error is None:
            raise self._error

    def do(self, work: Callable[..., Any], *args: Any) -> None:
        """Have ``work`` done with these arguments, now or soon; nothing more after an error."""
        if self._count and not self._threads:
            self._start()
        if not self._threads:
            work(*args)
            return
        self._places.acquire()
        self._work.put((work, args))

    def _start(self) -> None:
        try:
            for _ in range(self._count):
                thread = threading.Thread(target=self._take_part, daemon=True)
                thread.start()
                self._threads.append(thread)
        except RuntimeError:  # no more threads, as when the interpreter ends
            self._count = len(self._threads)

    def _take_part(self) -> None:
        while (job := self._work.get()) is not None:
            work, args = job
            try:
                if self._error is None:
                    work(*args)
            except BaseException as error:  # noqa: BLE001 - raised where the block ends
                self._error = error
            finally:
                self._places.release()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- Reading


@contextlib.contextmanager
def mapped(place: Place) -> Iterator[Place]:
    """A place whose bytes are memory, where that is safe.

    Raises:
        DamagedFileError: at the end of the block, the file was written to meanwhile.
    """
    descriptor = place.descriptor
    with (
        file_mapping.unchanging(descriptor, place.start, place.size) as memory,
        versions.unchanged(descriptor),
    ):
        is_safe = functools.partial(file_mapping.is_leased, descriptor)
        yield place._replace(memory=memory, is_safe=is_safe)


def read_once(places: Iterable[Place]) -> None:
    """Read bytes without using them, so that a disk that fails does so now.

    Those that were read, or that the system holds in memory, ask no disk, and are left out.

    Raises:
        DamagedFileError: the file ends before.
        OSError: it can't be read.
    """
    unread = [place for place in places if place.memory is None and not place.was_read]
    with Crew(sum(place.size for place in unread)) as crew:
        for place in unread:
            for start, size in pieces(0, place.size, SHARE):
                crew.do(_read_through, place, start, size)


def checksum(place: Place) -> int:
    """The CRC-32 of bytes in a file; those that ``place.sums`` has noted aren't read again.

    Raises:
        DamagedFileError: the file ends before.
        OSError: it can't be read.
    """
    found = Checksums(place.start) if place.sums is None else place.sums
    with Crew(sum(size for _, size in found.gaps(place.size))) as crew:
        add_up(crew, place._replace(sums=found))
    return found.whole(place.size)


def add_up(crew: Crew, place: Place) -> None:
    """Have a crew compute the checksums that ``place.sums`` lacks."""
    for gap, length in list(place.sums.gaps(place.size)):
        for start, size in pieces(gap - place.start, length, SHARE):
            crew.do(_read_through, place._replace(sums=None), start, size, place.sums)


@contextlib.contextmanager
def summing(place: Place) -> Iterator[Place]:
    """Where to read bytes from whose checksum will be wanted at the end of the block.

    Those that are in memory are gone through by a thread, which seldom asks for Python's lock. Of
    others each part is when it is read.
    """
    place = place._replace(sums=Checksums(place.start))
    parts = list(pieces(0, place.size, _OF_SUM)) if place.memory is not None else []
    with Crew(place.size, len(parts), most=1) as crew:
        for start, size in parts:
            crew.do(_read_through, place, start, size, place.sums)
        yield place


def _read_through(place: Place, start: int, size: int, sums: "Checksums | None" = None) -> None:
    memory = None if sums is None else place.at_hand()
    if memory is not None and sums is not None:
        sums.note(place.start + start, [memory[start : start + size]])
        return
    if sums is None and page_cache.holds(place.descriptor, place.start + start, size):
        return
    found = 0
    whole = memoryview(room(min(size, _PART)))
    for first, length in pieces(start, size, _PART):
        part = whole[:length]
        _read(place, [part], first)
        found = 0 if sums is None else sums.kind.of(part, found)
    if sums is not None:
        sums.add(place.start + start, size, found)


def fill(crew: Crew, array: np.ndarray, place: Place) -> None:
    """Have a crew read the bytes of ``place`` into ``array``, whose elements they are in C order.

    Args:
        crew: Who does it.
        array: Of any strides.
        place: As many bytes as ``array`` has.
    """
    if place.memory is not None:
        place = place._replace(sums=None)  # see ``summing``
    if array.flags.c_contiguous:
        view = memoryview(array.reshape(-1).view(np.uint8))
        for start, size in pieces(0, place.size, SHARE):
            crew.do(_fill, view[start : start + size], place, start)
        return
    turned = Turned(array, is_filled=True)
    if place.memory is not None and turned.is_matrix:
        for rows, columns in turned.bands():
            crew.do(_fill_bands, turned, place, rows, columns)
        return
    for first, count in turned.shares():
        crew.do(_fill_turned, turned, place, first, count)


def _fill(view: memoryview, place: Place, start: int) -> None:
    for first, length in pieces(0, len(view), _PART):
        _read(place, [view[first : first + length]], start + first)


def _fill_bands(turned: Turned, place: Place, rows: slice, columns: slice) -> None:
    memory = place.at_hand()
    if memory is not None:
        turned.fill(memory, rows, columns)
        return
    array, itemsize = turned.array, turned.array.itemsize
    height, width = rows.stop - rows.start, columns.stop - columns.start
    part = room(height * width * itemsize).reshape(height, -1)
    for row, inside in enumerate(part):
        first = (rows.start + row) * array.shape[1] + columns.start
        _read(place, [memoryview(inside)], first * itemsize)
    turn_in_bands(part.view(array.dtype), array[rows, columns].T)


def _fill_turned(turned: Turned, place: Place, first: int, count: int) -> None:
    for part in turned.parts(first, count):
        for buffers, start in part.runs:
            _read(place, buffers, start)
        turned.copy(part.room, part.inside)


def _read(place: Place, buffers: list[memoryview], start: int) -> None:
    """Fill ``buffers`` with what begins at ``start`` within ``place``."""
    _read_bytes(place, buffers, start)
    if place.sums is not None:  # now that the bytes are in the cache
        place.sums.note(place.start + start, buffers)


def _read_bytes(place: Place, buffers: list[memoryview], start: int) -> None:
    wanted = sum([len(buffer) for buffer in buffers])
    offset = place.start + start
    few = len(buffers) <= _MOST_BUFFERS and start + wanted <= place.size
    if few and os.preadv(place.descriptor, buffers, offset) == wanted:
        return
    for buffer in buffers:  # in what portions the system likes
        while len(buffer):
            done = os.preadv(place.descriptor, [buffer], offset)
            if not done or offset + done > place.start + place.size:
                raise damaged("file", "cut off", "one that is as long as it says")
            buffer, offset = buffer[done:], offset + done


# --- Writing


def store(crew: Crew, array: np.ndarray, place: Place, sums: "Checksums | None" = None) -> None:
    """Have a crew write the elements of ``array`` in C order to ``place``.

    Args:
        crew: Who does it; ``array`` must stay as it is until it is done.
        array: Of any strides.
        place: As many bytes as ``array`` has.
        sums: Where the checksums of what is written are noted.
    """
    if array.flags.c_contiguous:
        view = memoryview(array.reshape(-1).view(np.uint8))
        for start, size in pieces(0, place.size, SHARE):
            crew.do(_write_through, view[start : start + size], place, start, sums)
    else:
        turned = Turned(array, is_filled=False)
        for first, count in turned.shares():
            crew.do(_store_turned, turned, place, first, count, sums)
    crew.do(_begin_to_keep, place)


def _write_through(view: memoryview, place: Place, start: int, sums: "Checksums | None") -> None:
    for first, length in pieces(0, len(view), _PART):
        _write(place, [view[first : first + length]], start + first, sums)


def _store_turned(
    turned: Turned, place: Place, first: int, count: int, sums: "Checksums | None"
) -> None:
    for part in turned.parts(first, count):
        turned.copy(part.inside, part.room)
        for buffers, start in part.runs:
            _write(place, buffers, start, sums)


def _write(place: Place, buffers: list[memoryview], start: int, sums: "Checksums | None") -> None:
    """Write ``buffers``, which are equally long, to where ``start`` is within ``place``."""
    offset = place.start + start
    if sums is not None:
        sums.note(offset, buffers)
    for group in _groups(buffers, len(buffers[0])):
        wanted = sum([len(buffer) for buffer in group])
        few = IS_POSSIBLE and len(group) <= _MOST_BUFFERS
        if not few or os.pwritev(place.descriptor, group, offset) != wanted:
            _write_on(place.descriptor, group, offset)
        offset += wanted


def _groups(buffers: list[memoryview], size: int) -> Iterator[list[memoryview]]:
    """What is written at a time: several buffers of a size, or pieces of one."""
    if size < _WRITTEN:
        for first, count in pieces(0, len(buffers), _WRITTEN // size):
            yield buffers[first : first + count]
        return
    for buffer in buffers:
        for first, length in pieces(0, size, _WRITTEN):
            yield [buffer[first : first + length]]


def _write_on(descriptor: int, buffers: list[memoryview], offset: int) -> None:
    """Write in what portions the system likes."""
    for buffer in buffers:
        while len(buffer):
            done = _write_at(descriptor, buffer, offset)
            buffer, offset = buffer[done:], offset + done


_moving = threading.Lock()


def _write_at(descriptor: int, buffer: memoryview, offset: int) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, buffer, offset)
    with _moving:  # on Windows, where a file has one position
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, buffer)


def _begin_to_keep(place: Place) -> None:
    """Have the system begin to put what was written on the disk, while the rest is prepared."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(place.descriptor, place.start, place.size, os.POSIX_FADV_DONTNEED)


# --- What is noted of it


class Checksums:
    """Checksums of pieces, in any order, that make one of the whole.

    Args:
        start: Where the whole begins in its file.
        kind: Of the checksums.
    """

    def __init__(self, start: int, kind: Kind = CRC32) -> None:
        self.kind = kind
        self._start = start
        self._pieces: list[tuple[int, int, int]] = []

    def add(self, start: int, size: int, crc: int) -> None:
        """Note that of the piece from ``start`` of the file."""
        self._pieces.append((start, size, crc))

    def note(self, start: int, buffers: list[memoryview]) -> None:
        """Note that of bytes that begin at ``start`` of the file."""
        if len(buffers) > 1 and not self.kind.is_quick:
            buffers = [memoryview(b"".join(buffers))]
        size, found = 0, 0
        for buffer in buffers:
            size, found = size + buffer.nbytes, self.kind.of(buffer, found)
        self.add(start, size, found)

    def gaps(self, size: int) -> Iterator[tuple[int, int]]:
        """Beginnings, in the file, and sizes of what isn't noted of ``size`` bytes.

        Example:
            >>> sums = Checksums(100)
            >>> sums.add(110, 20, 0)
            >>> list(sums.gaps(50))
            [(100, 10), (130, 20)]
        """
        position = self._start
        for start, length, _ in (*self._in_a_row(), (self._start + size, 0, 0)):
            if start > position:
                yield position, start - position
            position = start + length

    def whole(self, size: int) -> int:
        """The checksum of ``size`` bytes, of which every piece was noted."""
        found, position = 0, self._start
        for start, length, crc in self._in_a_row():
            assert start == position, "a gap between pieces"
            found = self.kind.of_both(found, crc, length)
            position += length
        assert position == self._start + size, "pieces are missing"
        return found

    def _in_a_row(self) -> Iterator[tuple[int, int, int]]:
        """The pieces in their order, but those that reach into the one before."""
        position = self._start
        for piece in sorted(self._pieces):
            if piece[0] >= position:
                position = piece[0] + piece[1]
                yield piece
