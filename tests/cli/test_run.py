import os
import subprocess
import sys
from pathlib import Path

import pytest

from torchkeras.cli import run

ROOT = Path(__file__).resolve().parents[2]


def carry_out(*words: object, folder: Path) -> subprocess.CompletedProcess:
    """``python -m torchkeras run`` with these words, in ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "torchkeras", "run", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def script(tmp_path):
    """Writes a script and runs it."""

    def write_and_run(text: str, *words: object) -> subprocess.CompletedProcess:
        path = tmp_path / "work" / "train.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return carry_out("work/train.py", *words, folder=tmp_path)

    return write_and_run


def test_the_drop_ins_are_found():
    assert (run.drop_in_folder() / "tensorflow" / "__init__.py").is_file()


def test_a_script_gets_its_arguments_and_is_the_main_module(script):
    done = script(
        "import sys, os\n"
        "print(sys.argv, __name__, os.path.basename(sys.path[0]))\n"
        "print(sys.modules['__main__'].__file__ == __file__)\n",
        "--epochs",
        5,
        "--help",
    )
    assert done.stdout.splitlines() == [
        "['work/train.py', '--epochs', '5', '--help'] __main__ work",
        "True",
    ]
    assert done.returncode == 0


def test_a_module_is_run_by_name(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "__init__.py").touch()
    (tmp_path / "project" / "train.py").write_text("import sys, keras\nprint(sys.argv[1:])")
    assert carry_out("-m", "project.train", "-x", folder=tmp_path).stdout == "['-x']\n"


def test_files_beside_the_script_can_be_imported(script, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "helper.py").write_text("from tensorflow import keras\nname = keras.Model")
    assert "Model" in script("import helper\nprint(helper.name)").stdout


def test_gradients_are_off_unless_the_script_uses_torch(script):
    text = "import sys, tensorflow\nprint(sys.modules['torch'].is_grad_enabled())\n"
    assert script(text).stdout == "False\n"
    assert script(text + "import torch\n").stdout == "True\n"


def test_exits_pass_through(script):
    assert script("raise SystemExit(7)").returncode == 7


def test_tracebacks_end_in_the_users_code(script):
    text = "from tensorflow import keras\n\ndef build():\n    keras.layers.Dense(-3)\n\nbuild()\n"
    done = script(text)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "train.py" in lines[1]
    assert "torchkeras/layers" not in done.stderr
    assert "run.py" not in done.stderr
    assert "ValueError: Dense" in done.stderr
    assert "--full-traceback" in lines[-1]


def test_a_missing_name_is_shown_at_the_line_that_uses_it(script):
    done = script("import tensorflow as tf\n\ntf.reduce_summ([1.0])\n")
    assert "line 3, in <module>" in done.stderr
    assert "tf has no 'reduce_summ'" in done.stderr
    assert '"reduce_sum"' in done.stderr


def test_the_whole_traceback_is_shown_on_request(tmp_path):
    (tmp_path / "train.py").write_text("from tensorflow import keras\nkeras.layers.Dense(-3)\n")
    done = carry_out("--full-traceback", "train.py", folder=tmp_path)
    assert "torchkeras/layers" in done.stderr
