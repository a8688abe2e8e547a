import ast
import json

import pytest

from torchkeras.cli.notebooks import cells_of, make_cell, read_notebook, timed_statement


def python_of(text: str) -> str:
    return make_cell(1, text).python()


def test_lines_of_a_shell_and_magics_become_statements_without_effect():
    text = "%matplotlib inline\n!pip install x\nif a:\n    !ls\nfiles = !ls *.csv\nb?\nx = 3 % 2"
    assert python_of(text).split("\n") == [
        "pass",
        "pass",
        "if a:",
        "    pass",
        "files = []",
        "pass",
        "x = 3 % 2",
    ]


def test_a_command_over_several_lines_is_one():
    assert python_of("!wget \\\n  http://x \\\n  -O y\nz = 1") == "pass\npass\npass\nz = 1"


def test_what_python_reads_as_it_stands_has_no_magics():
    text = "s = '''\n!pip\n%time\n'''\nx = (7\n% 3)\n# is it?"
    assert make_cell(1, text).magics == ()


@pytest.mark.parametrize("first", ["%%bash", "%%html", "%%writefile a.py", "%%javascript"])
def test_a_cell_in_another_language_is_a_magic_as_a_whole(first):
    assert python_of(f"{first}\necho 1\n<b>") == "pass\npass\npass"


@pytest.mark.parametrize("first", ["%%time", "%%capture out", "%%timeit -n 1"])
def test_a_measured_cell_is_python(first):
    assert python_of(f"{first}\nx = 1") == "pass\nx = 1"


def test_the_measured_statement_is_found():
    def statement(text):
        (magic,) = make_cell(1, text).magics
        return timed_statement(magic)

    assert statement("%time model.fit(x)") == "model.fit(x)"
    assert statement("  %timeit -n 10 f()".lstrip()) == "f()"
    assert statement("%matplotlib inline") is None
    assert statement("!ls") is None


def test_cells_are_read_from_either_form_of_text_and_older_notebooks(tmp_path):
    path = tmp_path / "a.ipynb"
    cells = [
        {"cell_type": "markdown", "source": "# text"},
        {"cell_type": "code", "source": ["x = 1\n", "y = 2"]},
        {"cell_type": "code", "source": "z = 3"},
    ]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert [(cell.number, cell.lines) for cell in cells_of(path)] == [
        (1, ("x = 1", "y = 2")),
        (2, ("z = 3",)),
    ]
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]}
    path.write_text(json.dumps(old), encoding="utf-8")
    assert cells_of(path)[0].lines == ("x = 1",)


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', "{}"])
def test_what_is_no_notebook_is_said_so(text, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="this is no notebook"):
        read_notebook(path)


def test_a_cell_that_is_wrong_stays_wrong():
    with pytest.raises(SyntaxError):
        ast.parse(python_of("%time x\nprint 'a'"))
