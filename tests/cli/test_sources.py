import json

import pytest

from torchkeras.cli.sources import Place, decoded, files_under, read_source


def test_folders_are_searched_for_scripts_and_notebooks(tmp_path):
    for name in ("b.py", "a.ipynb", "c.txt", "sub/d.py", ".git/e.py", "env/lib/f.py", "build/g.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    found = [path.relative_to(tmp_path).as_posix() for path in files_under([tmp_path])]
    assert found == ["a.ipynb", "b.py", "sub/d.py"]
    assert list(files_under([tmp_path / "c.txt"])) == [tmp_path / "c.txt"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list(files_under([tmp_path / "nowhere"]))


def test_places_in_a_notebook_name_the_cell(tmp_path):
    path = tmp_path / "a.ipynb"
    cells = [{"cell_type": "code", "source": text} for text in ("x\ny", "!ls\nz\nw", "%time q()")]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    source = read_source(path)
    assert source.text == "x\ny\npass\nz\nw\nq()"
    assert source.place(2, 1) == Place(path, 2, 1, 1)
    assert str(source.place(4, 3)) == f"{path}:cell 2:2:3"
    assert source.place(6, 1).cell == 3


def test_a_script_has_lines_and_columns(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\r\ny = 2\r\n")
    source = read_source(path)
    assert source.text == "x = 1\ny = 2\n"
    assert str(source.place(2, 5)) == f"{path}:2:5"


def test_a_script_is_read_in_its_own_encoding(tmp_path):
    path = tmp_path / "a.py"
    assert decoded("# coding: latin-1\nx = 'é'".encode("latin-1"), path).endswith("'é'")
    with pytest.raises(ValueError, match="this is no text of Python"):
        decoded(b"x = '\xff'", path)
