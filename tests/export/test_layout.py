"""Source laid out as ruff does."""

import importlib.util

import pytest

from torchkeras.export.layout import laid_out


def test_long_lines_are_broken():
    pytest.importorskip("ruff")
    text = f"x = function({', '.join(['argument'] * 15)})\n"
    assert max(map(len, laid_out(text).splitlines())) <= 100


def test_what_cant_be_read_stays():
    assert laid_out("x = (\n") == "x = (\n"


def test_without_ruff_source_stays(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert laid_out("x=1\n") == "x=1\n"
