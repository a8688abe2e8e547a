import pytest

from torchkeras.cli import support
from torchkeras.cli.support import ask


def test_the_drop_ins_answer_and_nothing_of_the_folder_is_imported(tmp_path, monkeypatch):
    (tmp_path / "tensorflow.py").write_text("raise SystemExit('imported')")
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    answers = ask(["tensorflow.cast", "tensorflow.csat"])
    assert answers["tensorflow.cast"]["is_there"]
    assert not answers["tensorflow.csat"]["is_there"]


def test_no_question_needs_no_process(monkeypatch):
    monkeypatch.setattr(support.subprocess, "run", None)
    assert ask([]) == {}


def test_a_failure_is_shown(monkeypatch, tmp_path):
    monkeypatch.setattr(support.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="can't be asked"):
        ask(["tensorflow"])
