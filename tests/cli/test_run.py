import json
import subprocess
import sys

import pytest
from started import ENVIRONMENT

from torchkeras.cli import run


@pytest.fixture
def script(tmp_path, carry_out):
    """Writes a script and runs it."""

    def write_and_run(text: str, *words: object) -> subprocess.CompletedProcess:
        path = tmp_path / "work" / "train.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return carry_out("run", "work/train.py", *words, folder=tmp_path)

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


def test_a_module_is_run_by_name(tmp_path, carry_out):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "__init__.py").touch()
    (tmp_path / "project" / "train.py").write_text("import sys, keras\nprint(sys.argv[1:])")
    assert carry_out("run", "-m", "project.train", "-x", folder=tmp_path).stdout == "['-x']\n"


def test_files_beside_the_script_can_be_imported(script, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "helper.py").write_text("from tensorflow import keras\nname = keras.Model")
    assert "Model" in script("import helper\nprint(helper.name)").stdout


def test_gradients_are_off_unless_the_script_uses_torch(script):
    text = "import sys, tensorflow\nprint(sys.modules['torch'].is_grad_enabled())\n"
    assert script(text).stdout == "False\n"
    assert script(text + "import torch\n").stdout == "True\n"


def test_exits_pass_through_and_files_are_relative_to_where_it_is_started(script, tmp_path):
    (tmp_path / "data.txt").write_text("here")
    done = script(
        "import os\nprint(open('data.txt').read(), os.path.isabs(__file__))\n"
        "get_ipython().run_line_magic('matplotlib', 'inline')  # exported from a notebook\n"
        "raise SystemExit(7)"
    )
    assert done.stdout == "here True\n"
    assert done.returncode == 7


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


@pytest.mark.slow
def test_the_whole_traceback_is_shown_on_request(tmp_path, carry_out):
    (tmp_path / "train.py").write_text("from tensorflow import keras\nkeras.layers.Dense(-3)\n")
    done = carry_out("run", "--full-traceback", "train.py", folder=tmp_path)
    assert "torchkeras/layers" in done.stderr


def test_a_folder_is_run_by_its_main_file(tmp_path, carry_out):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "part.py").write_text("name = 'part'\n")
    (tmp_path / "app" / "__main__.py").write_text("import sys, part\nprint(sys.argv, part.name)\n")
    assert carry_out("run", "app", "1", folder=tmp_path).stdout == "['app', '1'] part\n"


def test_standard_input_is_run(tmp_path, carry_out):
    text = "import sys, keras\nprint(sys.argv, __name__, repr(sys.path[0]))\nkeras.Modle\n"
    done = carry_out("run", "-", "a", folder=tmp_path, given=text)
    assert done.stdout == "['-', 'a'] __main__ ''\n"
    assert 'File "<stdin>", line 3, in <module>\n    keras.Modle' in done.stderr
    assert done.returncode == 1


def test_a_package_is_run_by_its_main_module(tmp_path, carry_out):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "__init__.py").touch()
    (tmp_path / "project" / "__main__.py").write_text(
        "import sys, tensorflow, torch\nfrom project import other\n"
        "print(sys.argv[1:], __name__, torch.is_grad_enabled())"
    )
    (tmp_path / "project" / "other.py").touch()
    assert carry_out("run", "-m", "project", "x", folder=tmp_path).stdout == "['x'] __main__ True\n"


def test_worker_processes_are_as_the_script(script):
    done = script(
        "import multiprocessing, sys\n"
        "import tensorflow as tf\n"
        "def work(n):\n"
        "    w = tf.Variable([2.0 * n])\n"
        "    return (w * w).numpy().tolist(), tf.zeros([2, n]).shape.as_list()\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(work, [1, 2]))\n"
    )
    assert done.stdout == "[([4.0], [2, 1]), ([16.0], [2, 2])]\n", done.stderr


def test_an_interrupt_ends_as_in_python(script):
    done = script("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('on')\n")
    assert done.returncode in (130, -2)  # a shell shows 130 for both
    assert "on" not in done.stdout


@pytest.mark.slow
def test_each_process_under_torchrun_runs_the_script(tmp_path):
    (tmp_path / "train.py").write_text(
        "import os, tensorflow as tf\nprint('rank', os.environ['RANK'], tf.zeros(2).shape)\n"
    )
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m"]
    done = subprocess.run(
        [sys.executable, *words, "torchkeras", "run", "train.py"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["rank 0 (2,)", "rank 1 (2,)"]


NOTEBOOK = [
    "!pip install -q tensorflow\n%matplotlib inline\nimport os, sys\nimport tensorflow as tf",
    "%%html\n<b>text</b>",
    "%%time\nx = tf.constant([1.0, 2.0])\n%time y = x * 2",
    "from IPython.display import clear_output, Image\nclear_output(wait=True)\nfiles = !ls\n"
    "if files == []:\n    %env SHADE=dark",
    "display(y.numpy())\nprint(sys.argv[1:], __name__, os.environ['SHADE'], open('a.txt').read())",
    "def wrong():\n    return tf.lgo(y)\n\nwrong()",
]


def test_a_notebook_is_run_cell_by_cell(tmp_path, carry_out):
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "a.txt").write_text("beside")
    cells = [{"cell_type": "code", "source": text} for text in NOTEBOOK]
    (folder / "book.ipynb").write_text(json.dumps({"cells": cells}))
    done = carry_out("run", "books/book.ipynb", "word", folder=tmp_path)
    assert done.stdout.splitlines() == ["[2. 4.]", "['word'] __main__ dark beside"]
    lines = done.stderr.splitlines()
    assert lines[:3] == [
        "run: left out: !pip install -q tensorflow",
        "run: left out: %%html",
        "run: left out: !ls",
    ]
    assert 'book.ipynb, cell 6", line 2, in wrong' in done.stderr
    assert "return tf.lgo(y)" in done.stderr
    assert done.returncode == 1
