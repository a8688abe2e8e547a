"""``tf.io.gfile``: files and folders of this machine."""

import glob as _glob
import os
import shutil
from collections.abc import Iterator
from typing import Any

from torchkeras_shim.names import missing
from torchkeras_shim.text import as_path

__getattr__ = missing(__name__)


def GFile(name: Any, mode: str = "r") -> Any:
    """An open file."""
    return open(as_path(name), mode, encoding=None if "b" in mode else "utf-8")


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
    """Make a folder in one that exists."""
    os.mkdir(as_path(path))


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
    """Copy a file; onto another only if told to."""
    if exists(dst) and not overwrite:
        raise FileExistsError(f"tf.io.gfile.copy: {as_path(dst)} exists; pass overwrite=True.")
    shutil.copyfile(as_path(src), as_path(dst))


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Give a file another name; that of another only if told to."""
    if exists(dst) and not overwrite:
        raise FileExistsError(f"tf.io.gfile.rename: {as_path(dst)} exists; pass overwrite=True.")
    os.replace(as_path(src), as_path(dst))


def join(path: Any, *paths: Any) -> str:
    """Parts of a path as one."""
    return os.path.join(as_path(path), *map(as_path, paths))


def walk(top: Any, topdown: bool = True) -> Iterator[Any]:
    """Each folder below ``top`` with the folders and files in it."""
    return os.walk(as_path(top), topdown)
