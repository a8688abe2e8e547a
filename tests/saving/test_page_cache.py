"""Whether reading bytes of a file asks a disk."""

import ctypes
import os
import sys

import pytest

from torchkeras.saving import page_cache
from torchkeras.saving.page_cache import holds

SIZE = 10 * 2**16


def is_told():
    """Whether the system answers at all: Linux before 6.5 doesn't, nor where it isn't allowed."""
    if page_cache._call is None:
        return False
    with open(__file__, "rb") as file:
        arguments = page_cache._Range(0, 1), page_cache._Counts()
        number = page_cache._CACHESTAT
        return page_cache._call(number, file.fileno(), *map(ctypes.byref, arguments), 0) == 0


on_linux = pytest.mark.skipif(not is_told(), reason="the system doesn't tell")


@pytest.fixture
def file(tmp_path):
    """Some pages that were just written, and as many that nobody has written or read."""
    path = tmp_path / "pages"
    path.write_bytes(bytes(range(256)) * (SIZE // 256))
    os.truncate(path, 2 * SIZE)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@on_linux
@pytest.mark.parametrize(("start", "size"), [(0, SIZE), (1, 1), (4097, 9000), (SIZE - 1, 1)])
def test_what_was_just_written_is_held(file, start, size):
    assert holds(file, start, size)


@on_linux
@pytest.mark.parametrize(("start", "size"), [(SIZE, SIZE), (0, 2 * SIZE), (SIZE - 1, 2)])
def test_what_was_never_read_is_not_held(file, start, size):
    assert not holds(file, start, size)


@pytest.mark.parametrize(("start", "size"), [(0, 2 * SIZE + 1), (3 * SIZE, 1), (0, 0)])
def test_what_is_not_in_the_file_is_not_held(file, start, size):
    assert not holds(file, start, size)


@pytest.mark.parametrize("answer", [-1, 0])
def test_what_the_system_does_not_tell_is_not_held(file, monkeypatch, answer):
    monkeypatch.setattr(page_cache, "_call", lambda *arguments: answer)
    assert not holds(file, 0, 1)


def test_other_systems_go_without(file, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(page_cache, "_call", page_cache._asking())
    assert not holds(file, 0, 1)
