import linecache

import pytest

from torchkeras.cli import programs
from torchkeras.cli.programs import Folder, Module, Notebook, Program, program_of


def test_the_kind_of_program_follows_from_its_name(tmp_path):
    assert type(program_of(str(tmp_path), False)) is Folder
    assert type(program_of("a.ipynb", False)) is Notebook
    assert type(program_of("a.py", False)) is Program
    assert type(program_of("a.py", True)) is Module


def test_what_is_missing_is_said(tmp_path):
    assert program_of("nowhere.py", False).missing() == "there is no file 'nowhere.py'"
    assert "has no __main__.py" in program_of(str(tmp_path), False).missing()


@pytest.mark.parametrize("text, expected", [("import torch", True), ("import tensorflow", False)])
def test_whether_a_program_uses_torch(text, expected, tmp_path, monkeypatch):
    path = tmp_path / "__main__.py"
    path.write_text(text)
    assert program_of(str(path), False).uses_torch() == expected
    assert program_of(str(tmp_path), False).uses_torch() == expected
    monkeypatch.setattr("sys.stdin.read", lambda: text, raising=False)
    assert program_of("-", False).uses_torch() == expected


def test_tracebacks_find_the_lines_of_what_is_no_file():
    programs.remember_lines("a test's text", "x = 1\ny = 2\n")
    assert linecache.getline("a test's text", 2) == "y = 2\n"
    linecache.cache.pop("a test's text")
