import json

import pytest

from torchkeras.cli import main

GOOD = "import tensorflow as tf\nm = tf.keras.Sequential([tf.keras.layers.Dense(3)])\nm.fit(x=1)\n"
BAD = "from keras.layers import *\nimport keras\nDense(3, actvation='relu')\nkeras.ops.meen(1)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch, same_answers):
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "old.py").write_text("import keras\nprint 'Python 2'\n")
    cells = ["!pip install keras", "%matplotlib inline\nimport keras\nkeras.lossez"]
    notebook = {"cells": [{"cell_type": "code", "source": text} for text in cells]}
    (tmp_path / "book.ipynb").write_text(json.dumps(notebook))
    monkeypatch.chdir(tmp_path)


def test_a_script_that_is_supported_ends_with_0(folder, capsys):
    assert main(["check", "good.py", "--all"]) == 0
    output = capsys.readouterr().out
    assert "good.py:3:1: keras.models.Sequential.fit (x)" in output
    assert output.endswith("1 file, 4 names, 4 uses: all supported.\n")


def test_problems_are_shown_by_place_and_the_rest_goes_on(folder, capsys):
    assert main(["check", "."]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("old.py:2:1: this is no Python")
    assert lines[1].startswith("bad.py:3:10: keras.layers.Dense has no argument 'actvation'")
    assert lines[2] == 'bad.py:4:1: keras.ops.meen isn\'t there. Did you mean "mean"?'
    assert lines[3].startswith("book.ipynb:cell 2:3:1: keras.lossez isn't there.")
    assert lines[-1].endswith("3 uses not supported (3 names); 1 file can't be read.")


def test_everything_is_there_as_json(folder, capsys):
    assert main(["check", "bad.py", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["summary"]["unsupported"] == 2
    assert {use["name"] for use in result["uses"]} >= {"keras.layers.Dense", "keras.ops.meen"}


def test_a_path_that_is_not_there_ends_with_2(capsys):
    assert main(["check", "nowhere.py"]) == 2
    assert "nowhere.py" in capsys.readouterr().err


def test_a_notebook_that_is_none_is_said_so(tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text("{")
    assert main(["check", str(tmp_path)]) == 1
    assert "this is no notebook" in capsys.readouterr().out
