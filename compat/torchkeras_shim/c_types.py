"""Members for types written in C, which take none by assignment."""

import ctypes
import gc
from collections.abc import Callable
from typing import Any

_IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE


def extend(kind: type, members: dict[str, Any]) -> None:
    """Add ``members`` to a type written in C. Members it has already stay as they are."""
    namespace = gc.get_referents(vars(kind))[0]
    for name, member in members.items():
        namespace.setdefault(name, member)
    _forget_cached(kind)


def set_equality(kind: type, equal: Callable[[Any, Any], Any]) -> None:
    """Let ``==`` and ``!=`` of a type written in C ask ``equal``; its hash stays.

    Python fills the slot of ``==`` when the member is assigned, which it refuses for such types by
    a flag. The flags' place is found by their value, so that nothing else can be written to.
    """
    place = _place_of_flags(kind)
    if place is None:
        return
    before = place.value
    place.value = before & ~_IMMUTABLE
    try:
        kind.__eq__ = equal  # type: ignore[method-assign, assignment]
    finally:
        place.value = before
    _forget_cached(kind)


def _place_of_flags(kind: type) -> ctypes.c_ulong | None:
    words = type.__basicsize__ // ctypes.sizeof(ctypes.c_ulong)
    places = (ctypes.c_ulong * words).from_address(id(kind))
    found = [index for index, word in enumerate(places) if word == kind.__flags__]
    if len(found) != 1:
        return None
    return ctypes.c_ulong.from_address(id(kind) + found[0] * ctypes.sizeof(ctypes.c_ulong))


def _forget_cached(kind: type) -> None:
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
