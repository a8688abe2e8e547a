import subprocess
import sys

import pytest

from torchkeras.cli import main


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    assert "run" in capsys.readouterr().out


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
