"""``get_file`` as an entry point: what it fetches is in the cache already, or nothing."""

import errno
import os
import unittest.mock
from pathlib import Path

from security.entries import entry

import torchkeras as keras
from torchkeras.utils import files


def _in_cache(write, work):
    folder = work / "cache" / "datasets"
    folder.mkdir(parents=True)
    write(folder / "x_archive")
    return work / "cache"


def unpacked(work, **options):
    """What ``get_file`` unpacks.

    Raises:
        RuntimeError: files appeared beside the cache.
    """
    inside = work.parent
    before = set(inside.rglob("*"))
    try:
        path = keras.utils.get_file(
            "x", "http://127.0.0.1:9/x", cache_dir=work / "cache", **options
        )
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise ValueError("The archive is larger than the disk") from error
    new = {file for file in set(inside.rglob("*")) - before if "cache" not in file.parts}
    if new:
        raise RuntimeError(f"appeared: {new}")
    return [file.read_bytes() for file in Path(path).rglob("*") if file.is_file()]


@entry("get_file extract", "download")
def get_and_extract(write, work):
    _in_cache(write, work)
    return lambda: unpacked(work, extract=True)


@entry("get_file untar", "download")
def get_and_untar(write, work):
    _in_cache(write, work)
    return lambda: unpacked(work, untar=True)


@entry("get_file extract from the root folder", "download")
def get_and_extract_from_root(write, work):
    _in_cache(write, work)

    def call():
        before = os.getcwd()
        os.chdir("/")
        try:
            return unpacked(work, extract=True)
        finally:
            os.chdir(before)

    return call


def downloaded(work, name, origin):
    """Where ``get_file`` puts a file; nothing is fetched.

    Raises:
        RuntimeError: beside the cache.
    """
    cache = work / "cache"
    try:
        with unittest.mock.patch.object(files, "_download", lambda origin, file: file.write(b"x")):
            path = keras.utils.get_file(name, origin, cache_dir=cache)
    except OSError as error:  # a file of that name can't be
        raise ValueError(str(error)) from error
    if Path(path).parent.resolve() != (cache / "datasets").resolve():
        raise RuntimeError(f"put into {path!r}")


@entry("get_file of a name", "text")
def get_named(text, work):
    return lambda: downloaded(work, text, "http://127.0.0.1:9/x")


@entry("get_file of an address", "text")
def get_from(text, work):
    return lambda: downloaded(work, None, f"http://127.0.0.1:9/{text}")
