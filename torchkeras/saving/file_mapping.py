"""Bytes of a file as memory, without a copy, while nobody else can change them.

It serves files that are gone through twice, as archives are for their checksum, and those that
are mapped by others.
"""

import contextlib
import mmap
import signal
from collections.abc import Iterator

from torchkeras.saving import page_cache

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

_LEAST = 2**20  # bytes that are worth it


@contextlib.contextmanager
def unchanging(descriptor: int, start: int, size: int) -> Iterator[memoryview | None]:
    """Bytes of an open file as memory; None where that isn't safe, or where they are few.

    A process ends at once when it looks at mapped bytes that are gone from their file, or that a
    disk doesn't give. So the file is leased: whoever wants to write to it, or to cut it, waits
    until the block ends, or as long as the system says (45 seconds mostly): before each look,
    ``is_leased`` tells whether anybody does. And all bytes are in the system's memory already.

    Args:
        descriptor: The file, open for reading.
        start: Where the bytes begin.
        size: How many they are.

    Source: ``F_SETLEASE`` of Linux; only the owner of a file may lease it, and only while nobody
    has it open for writing.
    """
    if size < _LEAST:
        yield None
        return
    with _leased(descriptor) as is_leased:
        yield _mapped(descriptor, start, size) if is_leased else None


def is_leased(descriptor: int) -> bool:
    """Whether a file that was leased is so still, and nobody waits to write to it.

    Source: ``F_GETLEASE`` of Linux.
    """
    return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK


@contextlib.contextmanager
def without_writers(descriptor: int) -> Iterator[bool]:
    """Others that open a file for writing wait until the block ends, where the system can do that.

    Args:
        descriptor: The file, open for reading.

    Returns:
        Whether it can be mapped: False if somebody has it open for writing already.
    """
    with _leased(descriptor) as is_leased:
        yield is_leased is not None


@contextlib.contextmanager
def _leased(descriptor: int) -> Iterator[bool | None]:
    """Whether others wait before they write to a file; None if somebody has begun to."""
    is_leased = _lease(descriptor)
    try:
        yield is_leased
    finally:
        if is_leased:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _lease(descriptor: int) -> bool | None:
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        # How the system tells that others wait. Its own choice, SIGIO, ends the process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:  # it is open for writing
        return None
    except OSError:
        return False
    return True


def _mapped(descriptor: int, start: int, size: int) -> memoryview | None:
    if not page_cache.holds(descriptor, start, size):
        return None
    first = start // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
    try:  # such that what is written to it, which nothing is, stays here
        pages = mmap.mmap(descriptor, start + size - first, access=mmap.ACCESS_COPY, offset=first)
    except (OSError, ValueError):  # a file system without them, or no room for so many
        return None
    return memoryview(pages)[start - first :]
