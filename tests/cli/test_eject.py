"""``eject`` on the command line."""

import numpy as np
import pytest

from torchkeras import Input, Model, Sequential, layers
from torchkeras.cli import main
from torchkeras.export import texts


@pytest.fixture
def file(tmp_path):
    model = Sequential([Input((4,), name="x"), layers.Dense(2, name="out")])
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_file_becomes_a_folder_of_source(file, tmp_path, capsys):
    assert main(["eject", str(file), "-o", str(tmp_path / "out"), "--check"]) == 0
    assert "model.py" in capsys.readouterr().out
    assert "self.out = nn.Linear(4, 2)" in (tmp_path / "out" / "model.py").read_text()


def test_files_are_replaced_by_force_alone(file, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["eject", str(file), "-o", out]) == 0
    assert main(["eject", str(file), "-o", out]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["eject", str(file), "-o", out, "--force"]) == 0


def test_inputs_may_be_given(file, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.ones((5, 4), "float32"))
    options = ["--inputs", str(tmp_path / "x.npz"), "--check"]
    assert main(["eject", str(file), "-o", str(tmp_path / "out"), *options]) == 0


def test_a_test_that_fails_isn_t_what_can_t_be_done(file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(texts, "RUN_TEST", "raise SystemExit('other numbers')")
    assert main(["eject", str(file), "-o", str(tmp_path / "out"), "--check"]) == 1
    assert "other numbers" in capsys.readouterr().err
    picky = Sequential([Input((None, 1)), layers.Reshape((997,))])
    picky.save(tmp_path / "picky.keras")
    out = str(tmp_path / "picky")
    assert main(["eject", str(tmp_path / "picky.keras"), "-o", out, "--check"]) == 2
    assert "inputs of your own: --inputs FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("import torch; torch.ones(2) @ torch.ones(3)", "RuntimeError: "),
        ("import os; os.kill(os.getpid(), 9)", "The test was ended by signal 9."),
    ],
)
def test_any_end_of_the_test_but_a_good_one_is_told(
    test, told, file, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(texts, "RUN_TEST", test)
    assert main(["eject", str(file), "-o", str(tmp_path / "out"), "--check"]) == 1
    assert told in capsys.readouterr().err


def test_a_missing_file_is_an_error(tmp_path, capsys):
    assert main(["eject", str(tmp_path / "none.keras"), "-o", str(tmp_path / "out")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_classes_of_the_authors_are_an_error_that_says_what_to_do(tmp_path, capsys):
    class Own(Model):
        def call(self, x):
            return x

    model = Own()
    model(np.ones((1, 2), "float32"))
    model.save(tmp_path / "own.keras")
    assert main(["eject", str(tmp_path / "own.keras"), "-o", str(tmp_path / "out")]) == 2
    assert "--custom FILE names a Python file" in capsys.readouterr().err
