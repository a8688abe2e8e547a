"""Whether the system holds bytes of a file in memory, so that reading them asks no disk."""

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

_CACHESTAT = 451  # the number of the call, on every processor


class _Range(ctypes.Structure):
    _fields_ = (("start", ctypes.c_uint64), ("size", ctypes.c_uint64))


class _Counts(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("cached", "dirty", "being_written", "evicted", "evicted_lately")
    )


def _asking() -> Callable[..., int] | None:
    """The system's function for calls by number; None if it isn't Linux."""
    return ctypes.CDLL(None).syscall if sys.platform == "linux" else None


_call = _asking()  # now, since nothing is looked up in libraries while a file is read


def holds(descriptor: int, start: int, size: int) -> bool:
    """Whether the system's cache of files has all of these bytes now.

    False also where that can't be told: by other systems than Linux 6.5 and later, and of files
    that belong to others.

    Args:
        descriptor: An open file.
        start: Where the bytes begin.
        size: How many they are.

    Source: ``cachestat`` of Linux.

    Example:
        >>> holds(os.open(os.devnull, os.O_RDONLY), 0, 1)
        False
    """
    end = start + size
    if _call is None or size <= 0 or os.fstat(descriptor).st_size < end:
        return False
    page = os.sysconf("SC_PAGESIZE")
    wanted, found = _Range(start, size), _Counts()
    arguments: tuple[Any, ...] = (ctypes.byref(wanted), ctypes.byref(found))
    is_done = _call(_CACHESTAT, descriptor, *arguments, 0) == 0
    return is_done and found.cached >= (end - 1) // page - start // page + 1
