"""Large tensors get large pages, and keep what they hold."""

import mmap
import re
import sys
from pathlib import Path

import pytest
import torch

from torchkeras.saving import large_pages
from torchkeras.saving.large_pages import ask_for, take

pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
on_linux = pytest.mark.skipif(
    not pages.exists() or "[never]" in pages.read_text(), reason="no large pages here"
)


def notes_of(address, title):
    """What the system notes of the memory at an address."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if found := re.match("([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(found[1], 16) <= address < int(found[2], 16)
        elif inside and line.startswith(title):
            return line.split()[1:]
    return []


@on_linux
def test_a_large_tensor_gets_large_pages():
    tensor = torch.empty(10_000_000)
    assert ask_for(tensor)
    middle = tensor.data_ptr() + tensor.nbytes // 2
    assert "hg" in notes_of(middle, "VmFlags:")


@on_linux
def test_it_has_its_memory_before_it_is_used():
    tensor = torch.frombuffer(mmap.mmap(-1, 40_000_000), dtype=torch.float32)  # which is new
    ask_for(tensor)
    middle = tensor.data_ptr() + tensor.nbytes // 2
    before = int(notes_of(middle, "Rss:")[0])
    take(tensor)
    page = large_pages._advise(middle // 4096 * 4096, 4096, large_pages._NOW)
    if page == 0:  # the system knows how, since Linux 5.14
        assert int(notes_of(middle, "Rss:")[0]) > before + 20


def test_a_small_tensor_is_left_alone():
    assert not ask_for(torch.empty(1000))


def test_what_a_tensor_holds_stays():
    tensor = torch.arange(2_000_001.0)[1:]
    ask_for(tensor)
    take(tensor)
    assert torch.equal(tensor, torch.arange(1.0, 2_000_001.0))


def test_numpys_variable_turns_it_off(monkeypatch):
    monkeypatch.setenv("NUMPY_MADVISE_HUGEPAGE", "0")
    assert large_pages._advising() is None


def test_other_systems_go_without(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(large_pages, "_advise", large_pages._advising())
    assert not ask_for(torch.empty(2_000_000))
    take(torch.empty(2_000_000))
