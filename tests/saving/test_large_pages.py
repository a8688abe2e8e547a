"""Large tensors get large pages, and keep what they hold."""

import re
import sys
from pathlib import Path

import pytest
import torch

from torchkeras.saving import large_pages
from torchkeras.saving.large_pages import ask_for

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


def test_a_small_tensor_is_left_alone():
    assert not ask_for(torch.empty(1000))


def test_what_a_tensor_holds_stays():
    tensor = torch.arange(2_000_001.0)[1:]
    ask_for(tensor)
    assert torch.equal(tensor, torch.arange(1.0, 2_000_001.0))


def test_numpys_variable_turns_it_off(monkeypatch):
    monkeypatch.setenv("NUMPY_MADVISE_HUGEPAGE", "0")
    assert large_pages._advising() is None


def test_other_systems_go_without(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(large_pages, "_advise", large_pages._advising())
    assert not ask_for(torch.empty(2_000_000))
