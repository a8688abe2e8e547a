import importlib
import subprocess
import sys

import pytest

from torchkeras.cli import main


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    output = capsys.readouterr().out
    assert "run" in output
    assert "check" in output
    assert "port" in output


def test_a_reader_of_the_output_may_stop_reading(tmp_path):
    (tmp_path / "a.py").write_text("import keras\n" * 3000)
    command = f"{sys.executable} -m torchkeras check --all {tmp_path} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("a.py:1:8: keras\n")
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("words", [[], ["fly"], ["run"]])
def test_a_command_line_that_means_nothing_ends_with_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "torchkeras", "run", "no_such_script.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no_such_script.py" in done.stderr


@pytest.mark.parametrize("command", ["inspect", "verify", "eject", "migrate"])
def test_errors_in_a_file_of_classes_are_shown_and_end_with_2(command, monkeypatch, capsys):
    def fail(path):
        raise ZeroDivisionError("in own.py")

    monkeypatch.setattr(importlib.import_module(f"torchkeras.cli.{command}"), "run_custom", fail)
    more = {"eject": ["-o", "out"], "migrate": ["new.keras"]}.get(command, [])
    assert main([command, "m.keras", *more]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.endswith("ZeroDivisionError: in own.py\n")
