"""``tf.io.gfile``: files and folders of this machine."""

import glob as _glob
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from torchkeras_shim.names import missing
from torchkeras_shim.text import as_path

from torchkeras.saving.files import replacing

__getattr__ = missing(__name__)


class GFile:
    """A file, opened when it is first used.

    Args:
        name: The file's name.
        mode: As for Python's ``open``: "r", "w" or "a", with "+" and "b".

    Source: ``tf.io.gfile.GFile``.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        self.name = as_path(name)
        self.mode = mode
        self._opened: Any = None

    @property
    def _file(self) -> Any:
        if self._opened is None:
            encoding = None if "b" in self.mode else "utf-8"
            self._opened = open(self.name, self.mode, encoding=encoding)  # noqa: SIM115
        return self._opened

    def read(self, n: int = -1) -> Any:
        """``n`` characters or bytes, or all that are left."""
        return self._file.read(n)

    def readline(self) -> Any:
        """A line with its end."""
        return self._file.readline()

    def readlines(self) -> list[Any]:
        """All lines that are left."""
        return self._file.readlines()

    def write(self, file_content: Any) -> None:
        """Add text, or bytes."""
        self._file.write(file_content)

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Go on from another place; ``position`` is an older name of ``offset``."""
        self._file.seek(position if offset is None else offset, whence)

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Where reading or writing goes on."""
        return self._file.tell()

    def size(self) -> int:
        """Number of bytes."""
        if self._opened is not None and self.mode != "r":
            self.flush()
        return os.path.getsize(self.name)

    def flush(self) -> None:
        """Let the file hold all that was written."""
        self._file.flush()

    def close(self) -> None:
        """End it; a file to be written is made even if nothing was."""
        if self._opened is None and self.mode[0] == "w":
            self._file.flush()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def next(self) -> Any:
        """The next line."""
        return next(self)

    def __iter__(self) -> "GFile":
        return self

    def __next__(self) -> Any:
        return next(self._file)

    def __enter__(self) -> "GFile":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_opened", None) is not None:
            self.close()


class FileStatistics(NamedTuple):
    """What is known of a file.

    Attributes:
        length: Number of bytes.
        mtime_nsec: When it was last changed, in nanoseconds.
        is_directory: Whether it is a folder.
    """

    length: int
    mtime_nsec: int
    is_directory: bool


def stat(path: Any) -> FileStatistics:
    """What is known of a file."""
    found = os.stat(as_path(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, isdir(path))


def exists(path: Any) -> bool:
    """Whether there is such a file or folder."""
    return os.path.exists(as_path(path))


def isdir(path: Any) -> bool:
    """Whether it is a folder."""
    return os.path.isdir(as_path(path))


def glob(pattern: Any) -> list[str]:
    """Names that fit a pattern or several, in order."""
    patterns = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return sorted(name for one in patterns for name in _glob.glob(as_path(one)))


def listdir(path: Any) -> list[str]:
    """Names in a folder."""
    return os.listdir(as_path(path))


def mkdir(path: Any) -> None:
    """Make a folder in one that exists; nothing if it is there."""
    os.makedirs(as_path(path), exist_ok=True) if exists(path) else os.mkdir(as_path(path))


def makedirs(path: Any) -> None:
    """Make a folder and those it lies in; nothing if it exists."""
    os.makedirs(as_path(path), exist_ok=True)


def remove(path: Any) -> None:
    """Delete a file."""
    os.remove(as_path(path))


def rmtree(path: Any) -> None:
    """Delete a folder and all in it."""
    shutil.rmtree(as_path(path))


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file; onto another only if told to, which stays as it is until the copy is whole."""
    if exists(dst) and not overwrite:
        raise FileExistsError(f"tf.io.gfile.copy: {as_path(dst)} exists; pass overwrite=True.")
    with replacing(as_path(dst)) as temporary:
        shutil.copyfile(as_path(src), temporary)


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Give a file another name; that of another only if told to."""
    if exists(dst) and not overwrite:
        raise FileExistsError(f"tf.io.gfile.rename: {as_path(dst)} exists; pass overwrite=True.")
    os.replace(as_path(src), as_path(dst))


def join(path: Any, *paths: Any) -> str:
    """Parts of a path as one."""
    return os.path.join(as_path(path), *map(as_path, paths))


def walk(
    top: Any, topdown: bool = True, onerror: Callable[[OSError], Any] | None = None
) -> Iterator[Any]:
    """Each folder below ``top`` with the folders and files in it."""
    return os.walk(as_path(top), topdown, onerror)


def get_registered_schemes() -> list[str]:
    """Kinds of places that files can be in: this machine's folders."""
    return ["", "file"]
