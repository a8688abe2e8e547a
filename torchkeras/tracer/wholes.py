"""Functions of ``torchkeras.nn`` that are written down whole, as modules are."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torchkeras.nn import hashing, sampling

Note = Callable[[Callable, tuple, dict[str, Any]], Any]

# Layers call these by their module, so that they can be noted.
_WHOLE = {
    hashing: ("fingerprint64", "siphash64", "decimals", "bucket", "combined"),
    sampling: ("project", "homography"),
}
_FUNCTIONS = [(room, name, getattr(room, name)) for room, names in _WHOLE.items() for name in names]

_own = threading.local()  # whom a thread's calls are handed to
_lock = threading.Lock()
_waiting = 0  # for calls, in all threads


@contextmanager
def noted_functions(note: Note) -> Iterator[None]:
    """A context in which ``note`` is given each call of these functions by this thread, and gives
    its result."""
    before, _own.note = getattr(_own, "note", None), note
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        _own.note = before


def _count(more: int) -> None:
    """Hand calls on as long as somebody waits for some."""
    global _waiting
    with _lock:
        _waiting += more
        for room, name, function in _FUNCTIONS:
            setattr(room, name, partial(_handed, function) if _waiting else function)


def _handed(function: Callable, *args: Any, **kwargs: Any) -> Any:
    note = getattr(_own, "note", None)
    return function(*args, **kwargs) if note is None else note(function, args, kwargs)
