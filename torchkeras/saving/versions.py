"""Reading one version of files that somebody else may replace meanwhile."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from torchkeras.saving.files import damaged, naming

Found = TypeVar("Found")
_TRIES = 20
_IN_FOLDERS = "config.json"


def of_one(path: str | os.PathLike, read: Callable[[], Found]) -> Found:
    """What ``read`` gives of files at ``path``, all of one version.

    If they have been replaced before it ends, and it failed, or they are several files, of which
    it may have met old ones and new ones, it begins anew.

    Args:
        path: A file, a folder, or the index that names others and is replaced with them.
        read: Reads; it may be called several times.

    Raises:
        OSError: they were replaced each time.
        Exception: what ``read`` raises.
    """
    is_one_file = os.path.isfile(path) and not os.fspath(path).endswith((".json", ".index"))
    for _ in range(_TRIES):
        before = _version(path)
        try:
            with naming(path):
                found = read()
        except (OSError, ValueError, LookupError):
            if _version(path) == before:
                raise
            continue
        if is_one_file or _version(path) == before:
            return found
    raise OSError(
        f"load: {str(path)!r} was replaced {_TRIES} times while it was read; expected files that "
        "stay for a while. Save less often, or read a copy."
    )


@contextlib.contextmanager
def unchanged(descriptor: int) -> Iterator[None]:
    """Within it, an open file is read; at its end, that nobody wrote to it meanwhile is seen.

    Keras writes its files in place: a reader could get the beginning of one and the end of another.

    Raises:
        DamagedFileError: somebody did.
    """
    before = _stamp(os.fstat(descriptor))
    yield
    if _stamp(os.fstat(descriptor)) != before:
        raise damaged(
            "file", "one that was written to while it was read", "one that stays as it is"
        )


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _version(path: str | os.PathLike) -> tuple[int, ...] | None:
    """What differs when something else bears this name; None while nothing does.

    Files that come to others in a folder don't matter.
    """
    try:
        found = os.stat(path)
        if os.path.isdir(path):
            return found.st_dev, found.st_ino, *(_version(Path(path, _IN_FOLDERS)) or ())
    except OSError:
        return None
    return _stamp(found)
