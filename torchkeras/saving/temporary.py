"""Temporary folders beside what they become: their locks, what is left of them, and errors."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # a system without these locks
    fcntl = None

LONGEST = 50  # letters of a name that go into a temporary one


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A new temporary folder in the folder of ``target``, which is gone in the end.

    As long as it is in use, it is locked, so that others don't take it for a leftover.
    """
    _remove_leftovers(target)
    while True:
        temporary = target.with_name(f".{target.name[:LONGEST]}.{secrets.token_hex(6)}.tmp")
        temporary.mkdir()
        try:
            lock = locked(temporary)
        except FileNotFoundError:  # taken for a leftover before it was locked
            continue
        if temporary.exists():
            break
        os.close(lock)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(lock)


def locked(path: Path, waits: bool = True) -> int:
    """A descriptor that holds a lock on a file or folder until it is closed.

    Args:
        path: The file or folder.
        waits: Whether to wait while somebody else has one; else nothing more is done about it.
    """
    if fcntl is None:  # without locks, nobody removes leftovers
        return os.open(os.devnull, os.O_RDONLY)
    descriptor = os.open(path, os.O_RDONLY)
    with contextlib.suppress(OSError):  # nor on disks without them
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    return descriptor


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary folders of ``target`` that nobody uses any more.

    A folder that was to be replaced when the process was killed gets its name back.
    """
    start = re.escape(f".{target.name[:LONGEST]}.")
    for name in os.listdir(target.parent) if fcntl is not None else ():
        found = re.fullmatch(rf"{start}[0-9a-f]{{12}}\.(tmp|old)", name)
        if found is None:
            continue
        path = target.with_name(name)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if found[1] == "old" and not target.exists():
                os.replace(path, target)
            else:
                shutil.rmtree(path)


@contextlib.contextmanager
def alone_in(folder: str | os.PathLike) -> Iterator[None]:
    """Others that come to this line for the same folder wait until the block ends.

    For the instant in which several files that belong together are renamed. Disks without locks
    let everybody pass.
    """
    descriptor = locked(Path(folder))
    try:
        yield
    finally:
        os.close(descriptor)


_MENDING = {
    errno.ENOSPC: "Free some space on this disk, or write to another",
    errno.EDQUOT: "Your share of this disk is used up: remove files, or write to another disk",
    errno.EFBIG: "Files may not get as large here (see ulimit -f): allow it, or write elsewhere",
    errno.EIO: "The disk, or the way to it, fails: write to another one",
    errno.EROFS: "This disk may only be read: write to another one",
    errno.EACCES: "Get the right to write into the folder, or write elsewhere",
    errno.EPERM: "Get the right to write into the folder, or write elsewhere",
    errno.ENOENT: "Make its folder first, or check the path",
    errno.ENOTDIR: "A part of the path is a file: check the path",
    errno.EEXIST: "A part of the path is a file: check the path",
    errno.ENAMETOOLONG: "Choose a shorter name",
}


@contextlib.contextmanager
def telling_of(target: Path) -> Iterator[None]:
    """Errors of the disk name ``target``, rather than a temporary file, and say what to do."""
    try:
        yield
    except OSError as error:
        own = f"{target.parent}{os.sep}.{target.name[:LONGEST]}.", f"{target}{os.sep}"
        named = str(error.filename or "")
        is_own = named in ("", str(target), str(target.parent)) or named.startswith(own)
        if is_own and error.errno is not None:
            error.filename = str(target)
            if error.filename2 is not None:
                del error.filename2
            hint = f". {_MENDING[error.errno]}" if error.errno in _MENDING else ""
            error.strerror = f"{os.strerror(error.errno)}; what was there stays as it was{hint}"
        raise
