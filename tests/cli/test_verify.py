"""``verify`` on the command line."""

import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
import traceback
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from oracle import VARIABLE, output_of

import torchkeras
from torchkeras.cli import main, oracle
from torchkeras.cli import verify as room
from torchkeras.cli.verify import verify
from torchkeras.core.layout import Layout


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="conv")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    inner = keras.Sequential([keras.layers.Dense(5, name="inside"), keras.layers.ReLU()], name="in")
    x = inner(keras.layers.GlobalAveragePooling2D(name="mean")(x))
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="out")(x))
    path = tmp_path_factory.mktemp("verify") / "model.keras"
    model.save(path)
    return path


class Started:
    """``subprocess.run`` in this process, which has imported Keras already."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(room.subprocess, "run", self)

    def __call__(self, command, **options):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            try:
                oracle.main(command[3:])
            except (ValueError, TypeError):
                traceback.print_exc()
        failed = "Traceback" in errors.getvalue()
        return SimpleNamespace(returncode=int(failed), stderr=errors.getvalue())


def test_each_layer_is_compared_with_keras(file, tmp_path, capsys):
    assert main(["verify", str(file), "--json", str(tmp_path / "result.json")]) == 0
    output = capsys.readouterr().out
    assert "all within" in output
    found = json.loads((tmp_path / "result.json").read_text())
    assert found["passed"] is True
    assert found["oracle"].startswith("Keras 3")
    names = [row["layer"] for row in found["rows"]]
    assert {"conv", "norm", "mean", "in/inside", "in", "out"} <= set(names)
    assert names[-1] == ""
    assert (found["unmatched"], found["rtol"], found["atol"]) == ([], 1e-4, 1e-5)
    assert all(row["difference"] < 1e-5 for row in found["rows"])


def test_a_layer_that_differs_ends_with_1(file, tmp_path, capsys, monkeypatch):
    Started(monkeypatch)

    def shifted(model, arrays):
        found = found_here(model, arrays)
        return {key: [array + 1e-2 for array in outputs] for key, outputs in found.items()}

    found_here = room._in_torchkeras
    monkeypatch.setattr(room, "_in_torchkeras", shifted)
    np.savez(tmp_path / "x.npz", image=np.ones((2, 8, 8, 3), "float32"))
    assert main(["verify", str(file), "--inputs", str(tmp_path / "x.npz")]) == 1
    assert "beyond atol=1e-05, rtol=0.0001" in capsys.readouterr().out


def test_what_keras_cant_read_ends_with_2(tmp_path, capsys):
    assert main(["verify", str(tmp_path / "none.keras")]) == 2
    assert "there is no file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--python", "/no/such", "there is no program '/no/such'"),
        ("--backend", "nonsense", "invalid choice: 'nonsense'"),
        ("--rtol", "-1", "it is '-1'; expected a number, 0 or more"),
        ("--atol", "nan", "it is 'nan'; expected a number, 0 or more"),
        ("--atol", "abc", "it is 'abc'; expected a number, 0 or more"),
    ],
)
def test_options_that_mean_nothing_end_with_2(option, value, told, capsys):
    with pytest.raises(SystemExit) as end:
        main(["verify", "m.keras", option, value])
    assert end.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ("ModuleNotFoundError: No module named 'tensorflow'", "install it there: pip install ten"),
        ("ModuleNotFoundError: No module named 'keras'", "install it there: pip install keras."),
        (f"{oracle.STARTED}\nTypeError: no 'groups'", "of Keras 2.15.0: compare it with --oracle"),
    ],
)
def test_failures_say_what_to_do(errors, told, monkeypatch):
    noted = SimpleNamespace(versions={"keras_version": "2.15.0"})
    monkeypatch.setattr(room, "report", lambda path: noted)
    done = SimpleNamespace(stderr=errors, returncode=1)
    assert told in room._failure({"oracle": "keras", "model": "m.h5"}, "tensorflow", done)


def test_an_interpreter_without_keras_is_an_error(file):
    with pytest.raises(RuntimeError, match=r"Keras on nonsense can't be imported: .*--python"):
        verify(str(file), backend="nonsense")


def test_gradients_by_weights_and_inputs_are_compared(file, monkeypatch):
    Started(monkeypatch)
    found = verify(str(file), gradients=True)
    gradients = {row.layer: row for row in found.rows if row.kind == "gradient"}
    assert {"conv/kernel", "norm/gamma", "inside/bias", "input 0"} <= set(gradients)
    assert found.passed
    assert gradients["conv/kernel"].shape == (3, 3, 3, 4)
    assert not found.unmatched

    to_keras = Layout.to_keras
    monkeypatch.setattr(Layout, "to_keras", lambda self, stored: to_keras(self, stored) + 1)
    found = verify(str(file), gradients=True)
    assert {row.layer for row in found.rows if not row.within} >= {"norm/gamma", "inside/bias"}


def several(path):
    a, b = keras.Input((5,), dtype="int32", name="b"), keras.Input((5, 3), name="a")
    x = keras.layers.Embedding(7, 3, mask_zero=True, name="table")(a)
    x = keras.layers.Bidirectional(keras.layers.GRU(4), name="both")(x)
    steps = keras.layers.TimeDistributed(keras.layers.Dense(2), name="each")(b)
    first = keras.layers.MultiHeadAttention(2, 2, name="one")(steps, b)
    second = keras.layers.MultiHeadAttention(2, 3, name="two")(b, b)
    outputs = {"z": keras.layers.Dense(2, name="head")(x), "y": first, "x": second}
    keras.Model({"b": a, "a": b}, outputs).save(path)


def test_calls_are_known_by_what_they_are_within(tmp_path, monkeypatch):
    Started(monkeypatch)
    several(tmp_path / "model.keras")
    found = verify(str(tmp_path / "model.keras"), gradients=True)
    names = [row.layer for row in found.rows]
    assert {"one/query", "two/query", "each", "both", "head", "input 0"} <= set(names)
    assert "each/dense" not in names  # which is called on all steps at once here
    assert found.passed


def test_inputs_of_a_file_are_taken_by_name(tmp_path, monkeypatch):
    Started(monkeypatch)
    several(tmp_path / "model.keras")
    tokens = np.array([[1, 2, 0, 0, 0]], "int32")
    np.savez(tmp_path / "x.npz", a=np.full((1, 5, 3), 2.0, "float32"), b=tokens)
    found = verify(str(tmp_path / "model.keras"), inputs=str(tmp_path / "x.npz"))
    assert found.passed
    assert {row.shape[0] for row in found.rows} == {1}
    np.savez(tmp_path / "x.npz", b=tokens)
    with pytest.raises(ValueError, match="has the arrays"):
        verify(str(tmp_path / "model.keras"), inputs=str(tmp_path / "x.npz"))


def test_stateful_layers_begin_each_time_as_in_the_file(tmp_path, monkeypatch):
    Started(monkeypatch)
    inputs = keras.Input(batch_shape=(2, 4, 3))
    keras.Model(inputs, keras.layers.LSTM(3, stateful=True)(inputs)).save(tmp_path / "m.keras")
    assert verify(str(tmp_path / "m.keras")).passed


def test_other_automatic_names_are_paired_by_order():
    one, two = [np.zeros((2, 3))], [np.zeros((2, 4))]
    theirs = {("a", False, 1): one, ("dense_3", False, 1): two, ("n/dense_3/kernel", True, 1): one}
    mine = {("a", False, 1): one, ("dense", False, 1): two, ("n/dense/kernel", True, 1): one}
    assert list(room._paired(theirs, mine).values()) == list(mine)
    mine[("dense", False, 1)] = one  # of another shape
    assert list(room._paired(theirs, mine)) == [("a", False, 1), ("n/dense_3/kernel", True, 1)]


def test_calls_of_a_shared_layer_come_in_any_order(tmp_path):
    """Where masks are computed, Keras calls it on the second input first."""
    words, others = torchkeras.Input((5,)), torchkeras.Input((5,))
    shared = torchkeras.layers.Embedding(9, 3, mask_zero=True)
    joined = torchkeras.layers.Concatenate(axis=1)([shared(words), shared(others)])
    torchkeras.Model([words, others], torchkeras.layers.LSTM(2)(joined)).save(tmp_path / "m.keras")
    assert room.verify(str(tmp_path / "m.keras")).passed


def test_the_tolerance_follows_the_number_type(tmp_path, monkeypatch):
    Started(monkeypatch)
    for policy, wanted in (("mixed_bfloat16", (5e-2, 5e-2)), ("float32", (1e-4, 1e-5))):
        layers = [keras.Input((4,)), keras.layers.Dense(3, dtype=policy), keras.layers.Dense(2)]
        keras.Sequential(layers).save(tmp_path / "model.keras")
        found = verify(str(tmp_path / "model.keras"))
        assert (found.rtol, found.atol) == wanted
        assert found.passed
    assert verify(str(tmp_path / "model.keras"), atol=1.0).atol == 1.0


def test_what_keras_says_of_a_file_it_cant_open_is_told_in_a_line(tmp_path, monkeypatch, capsys):
    Started(monkeypatch)
    model = torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.ThresholdedReLU()])
    model.save(tmp_path / "model.keras")
    assert main(["verify", str(tmp_path / "model.keras")]) == 2
    message = capsys.readouterr().err.strip()
    assert message.startswith("verify: Keras on torch can't open the file: ")
    assert "ThresholdedReLU" in message
    assert "\n" not in message


CUSTOM = """
import keras

@keras.saving.register_keras_serializable("own")
class Twice(keras.layers.Layer):
    def call(self, x):
        return x * 2
"""


def test_classes_of_ones_own_come_from_a_file(tmp_path, capsys):
    (tmp_path / "own.py").write_text(CUSTOM)
    own = runpy.run_path(str(tmp_path / "own.py"))
    keras.Sequential([keras.Input((3,)), own["Twice"]()]).save(tmp_path / "m.keras")
    assert main(["verify", str(tmp_path / "m.keras")]) == 2
    assert "--custom FILE names a Python file that defines it" in capsys.readouterr().err
    command = ["-m", "torchkeras", "verify", "m.keras", "--custom", "own.py"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "twice" in done.stdout


@pytest.mark.tensorflow
@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_keras_on_tensorflow_is_an_oracle_too(package, tmp_path):
    program = (
        f"import {package} as keras; inputs = keras.Input(batch_shape=(2, 2), dtype='string');"
        "x = keras.layers.StringLookup(vocabulary=['a', 'b'])(inputs);"
        "x = keras.layers.LSTM(3, stateful=True)(keras.layers.Embedding(4, 3)(x));"
        f"keras.Model(inputs, x).save({str(tmp_path / 'model.keras')!r})"
    )
    output_of("-c", program, KERAS_BACKEND="tensorflow")
    options = {"python": os.environ[VARIABLE], "backend": "tensorflow", "oracle": package}
    found = verify(str(tmp_path / "model.keras"), gradients=True, **options)
    assert found.passed
    assert {"string_lookup", "embedding", "lstm"} <= {row.layer for row in found.rows}
    assert sum(row.kind == "gradient" for row in found.rows) == 4
