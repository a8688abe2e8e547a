import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from torchkeras.cli import main, run

SCRIPTS = Path(__file__).resolve().parents[2] / "examples" / "scripts"
OLD = "import tensorflow as tf\n\nm = tf.keras.Model  # a class\n"
NEW = "import torchkeras as keras\n\nm = keras.Model  # a class\n"
STAYS = "import tensorflow as tf\nds = tf.data.Dataset\n"


@pytest.fixture
def folder(tmp_path, monkeypatch, same_answers):
    (tmp_path / "work" / "sub").mkdir(parents=True)
    (tmp_path / "work" / "a.py").write_text(OLD)
    (tmp_path / "work" / "sub" / "b.py").write_text(STAYS)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "work"


def test_changes_are_only_shown_unless_asked_for(folder, capsys):
    assert main(["port", "work/a.py"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "--- work/a.py",
        "+++ work/a.py (ported)",
        "@@ -1,3 +1,3 @@",
        "-import tensorflow as tf",
        "+import torchkeras as keras",
        " ",
        "-m = tf.keras.Model  # a class",
        "+m = keras.Model  # a class",
        "1 of 1 files rewritten; 0 places left to do.",
    ]
    assert (folder / "a.py").read_text() == OLD


def test_files_are_replaced_on_request_and_what_is_left_is_listed(folder, capsys):
    (folder / "a.py").chmod(0o750)
    assert main(["port", "work", "--in-place"]) == 1
    assert (folder / "a.py").read_text() == NEW
    assert (folder / "a.py").stat().st_mode & 0o777 == 0o750
    assert (folder / "sub" / "b.py").read_text() == STAYS
    output = capsys.readouterr().out
    assert "work/sub/b.py:2:6: tf.data.Dataset stays. In torch: torch.utils.data" in output
    assert output.endswith("1 of 2 files rewritten; 1 places left to do.\n")
    assert sorted(path.name for path in folder.iterdir()) == ["a.py", "sub"]


def test_another_folder_gets_the_files_and_none_is_overwritten(folder, capsys):
    assert main(["port", "work", "--output", "new"]) == 1
    new = folder.parent / "new"
    assert (new / "a.py").read_text() == NEW
    assert (new / "sub" / "b.py").read_text() == STAYS
    assert (folder / "a.py").read_text() == OLD
    capsys.readouterr()
    assert main(["port", "work", "--output", "new"]) == 2
    assert "exists; give another folder" in capsys.readouterr().err


def test_line_ends_encodings_and_files_that_are_no_python(folder, capsys):
    text = "# coding: latin-1\nimport tensorflow as tf\nx = 'é', tf.keras.Model\n"
    (folder / "a.py").write_bytes(text.replace("\n", "\r\n").encode("latin-1"))
    (folder / "old.py").write_text("print 'a'")
    assert main(["port", "work/a.py", "work/old.py", "--in-place"]) == 1
    assert "work/old.py:1:1: this is no Python" in capsys.readouterr().out
    data = (folder / "a.py").read_bytes()
    assert data.decode("latin-1").splitlines() == [
        "# coding: latin-1",
        "import torchkeras as keras",
        "x = 'é', keras.Model",
    ]
    assert data.count(b"\r\n") == 3


def test_notebooks_keep_their_magics_and_other_cells(folder):
    texts = [
        "!pip install tensorflow\n%matplotlib inline\nimport tensorflow as tf\nif x:\n    !ls",
        "%%bash\nimport tensorflow",
        "m = tf.keras.Model  # a class\n%time m.fit()",
    ]
    cells = [{"cell_type": "markdown", "source": ["import tensorflow"]}]
    cells += [{"cell_type": "code", "source": t, "outputs": [], "metadata": {}} for t in texts]
    cells[3]["source"] = cells[3]["source"].splitlines(keepends=True)
    path = folder / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {"é": 1}}))
    assert main(["port", str(path), "--in-place"]) == 0
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert [cell["source"] for cell in notebook["cells"]] == [
        ["import tensorflow"],
        texts[0].replace("tensorflow as tf", "torchkeras as keras"),
        texts[1],
        ["m = keras.Model  # a class\n", "%time m.fit()"],
    ]
    assert notebook["metadata"] == {"é": 1}


def test_without_libcst_the_extra_is_named(folder, capsys, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "libcst" else find(name)
    )
    assert main(["port", "work"]) == 2
    assert "pip install torchkeras-compat[port]" in capsys.readouterr().err
    assert main(["port", "nowhere"]) == 2


def numbers(script: Path, *words: str) -> list[str]:
    """The numbers that a script prints, but for the progress of its epochs."""
    done = subprocess.run(
        [sys.executable, *words, str(script)],
        cwd=run.PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = re.sub(r"\d+(\.\d+)?m?s(/step|/epoch)?\b", "", done.stdout)
    return re.findall(r"\d+\.\d+(?:e-?\d+)?", text)


UNDER_RUN = ("-m", "torchkeras", "run")
OWN = """
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential
from keras.utils import np_utils

print(f"TF {tf.__version__}"[:2])
tf.random.set_seed(3)
np.random.seed(3)
x = np.random.rand(200, 8, 8, 1).astype("float32")
y = np_utils.to_categorical((x.mean(axis=(1, 2, 3)) > 0.5).astype(int), 2)

@tf.function
def loss(y_true, y_pred):
    logs = tf.math.log(tf.maximum(y_pred, 1e-6))
    return -tf.reduce_mean(tf.reduce_sum(tf.cast(y_true, tf.float32) * logs, axis=-1))

class Scale(Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), initializer=tf.ones_initializer())
    def call(self, x):
        return tf.nn.relu(x * self.w)

model = Sequential()
model.add(Conv2D(4, (3, 3), activation=tf.nn.relu, input_shape=(8, 8, 1)))
model.add(BatchNormalization())
model.add(Flatten())
model.add(Scale())
model.add(Dropout(0.2))
model.add(Dense(2, activation="softmax"))
model.compile(optimizer=tf.optimizers.Adam(learning_rate=1e-2), loss=loss, metrics=["accuracy"])
history = model.fit(x, y, epochs=3, batch_size=20, verbose=2)
scores = tf.constant(model.predict(x, verbose=0))
best = tf.argmax(scores, axis=1)
print(tf.reduce_max(scores).numpy(), best.numpy().mean(), scores.shape.as_list())
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own", "lstm_text", "transfer_learning", "wide_and_deep"])
def test_a_ported_script_gives_the_same_numbers_without_run_too(name, tmp_path):
    old = tmp_path / f"{name}.py"
    old.write_text(OWN if name == "own" else (SCRIPTS / f"{name}.py").read_text())
    assert main(["port", str(old), "--output", str(tmp_path / "new")]) == 0
    new = tmp_path / "new" / old.name
    assert "tensorflow" not in re.sub(r'""".*?"""', "", new.read_text(), flags=re.DOTALL)
    wanted = numbers(old, *UNDER_RUN)
    assert len(wanted) >= 3
    assert numbers(new, *UNDER_RUN) == wanted
    assert numbers(new) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("name", ["custom_parts", "gradient_tape"])
def test_a_script_ported_in_part_gives_the_same_numbers_under_run(name, tmp_path):
    old = SCRIPTS / f"{name}.py"
    assert main(["port", str(old), "--output", str(tmp_path)]) == 1
    assert numbers(tmp_path / old.name, *UNDER_RUN) == numbers(old, *UNDER_RUN)


def test_a_folder_that_can_t_be_made_is_told_in_a_line(tmp_path, capsys):
    (tmp_path / "a.py").write_text("import tensorflow as tf\n")
    (tmp_path / "taken").write_text("mine")
    assert main(["port", str(tmp_path / "a.py"), "--output", str(tmp_path / "taken")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("port: It is a file; expected the path of a folder.")


def test_arguments_that_torchkeras_lacks_are_left_to_do(tmp_path, capsys):
    (tmp_path / "a.py").write_text(
        "from tensorflow.keras import layers\n"
        "one = layers.Dense(2, kernal_initializer='zeros')\n"
        "two = layers.Dense(2, use_bias=False)\n"
    )
    assert main(["port", str(tmp_path / "a.py")]) == 1
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if "a.py:2:23: keras.layers.Dense stays. " in line]
    assert (
        "stays. It has no argument 'kernal_initializer'. Did you mean \"kernel_initializer\"?"
        in line
    )
    assert lines[-1] == "1 of 1 files rewritten; 1 places left to do."
