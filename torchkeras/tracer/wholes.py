"""Functions of ``torchkeras.nn`` that are written down whole, as modules are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torchkeras.nn import hashing, sampling

# Layers call these by their module, so that they can be noted.
_WHOLE = {
    hashing: ("fingerprint64", "siphash64", "decimals", "bucket", "combined"),
    sampling: ("project", "homography"),
}


@contextmanager
def noted_functions(note: Callable[[Callable, tuple, dict[str, Any]], Any]) -> Iterator[None]:
    """A context in which ``note`` is given each call of these functions, and gives its result."""
    known = [(room, name, getattr(room, name)) for room, names in _WHOLE.items() for name in names]
    for room, name, function in known:
        setattr(room, name, partial(_handed, note, function))
    try:
        yield
    finally:
        for room, name, function in known:
            setattr(room, name, function)


def _handed(note: Callable, function: Callable, *args: Any, **kwargs: Any) -> Any:
    return note(function, args, kwargs)
