"""Models and arrays named on a command line."""

import os
import runpy
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest

from torchkeras import Input, Model, Sequential, layers
from torchkeras.cli import main
from torchkeras.cli.models import custom_hint, opened, read_inputs, tell


def two_inputs():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    return Model({"a": a, "b": b}, layers.Dense(1)(a) + layers.Dense(1)(b))


def test_arrays_go_by_name(tmp_path):
    np.savez(tmp_path / "x.npz", b=np.ones((1, 3)), a=np.zeros((1, 2)))
    found = read_inputs(tmp_path / "x.npz", two_inputs())
    assert found["a"].shape == (1, 2)
    assert found["b"].shape == (1, 3)


def test_arrays_of_other_names_go_in_order(tmp_path):
    np.savez(tmp_path / "x.npz", np.zeros((1, 2)), np.ones((1, 3)))
    assert read_inputs(tmp_path / "x.npz", two_inputs())["a"].shape == (1, 2)


def test_too_few_arrays_are_an_error(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros((1, 2)))
    with pytest.raises(ValueError, match="expected"):
        read_inputs(tmp_path / "x.npz", two_inputs())


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([{}], dtype=object), b=np.ones((1, 3)))
    with pytest.raises(ValueError, match="holds objects"):
        read_inputs(tmp_path / "x.npz", two_inputs())


def test_no_file_gives_no_arrays():
    assert read_inputs(None, two_inputs()) is None


def test_a_missing_model_is_an_error():
    with pytest.raises(FileNotFoundError, match="there is no file 'nowhere.keras'"):
        opened("nowhere.keras")


def test_an_array_alone_is_the_only_input(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((5, 2)))
    model = Model(x := Input((2,)), layers.Dense(1)(x))
    assert read_inputs(tmp_path / "x.npy", model).shape == (5, 2)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64"])
def test_arrays_come_in_the_types_of_the_inputs(dtype, tmp_path):
    """NumPy's own numbers are float64. They may be written to, or torch warns of them."""
    np.save(tmp_path / "x.npy", np.ones((5, 2), dtype))
    found = read_inputs(tmp_path / "x.npy", Model(x := Input((2,)), layers.Dense(1)(x)))
    assert found.dtype == "float32"
    assert found.flags.writeable


@pytest.mark.parametrize("content", [b"", b"1,2,3", b"PK\x03\x04"])
def test_a_file_without_arrays_is_an_error(content, tmp_path):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"expected a \.npz file"):
        read_inputs(tmp_path / "x.npz", two_inputs())


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
# What a file holds, and what every command says of it.
WRONG = {
    "": "It is empty",
    "<!DOCTYPE html><html></html>": "It is a web page",
    POINTER: "run git lfs pull",
    "PK\x03\x04\0\0": "has been cut off",
    "\x1f\x8b\x08\0": "compressed by gzip",
    '{"class_name": "Sequential"}': "model_from_json",
    None: "there is no file",
}
COMMANDS = ("inspect", "migrate", "eject", "verify")


def command_line(command, path):
    more = {"migrate": [str(path.parent / "new.keras")], "eject": ["-o", str(path.parent / "out")]}
    return [command, str(path), *more.get(command, [])]


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".safetensors"])
@pytest.mark.parametrize("content", WRONG, ids=list(WRONG.values()))
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_say_in_a_line_what_is_wrong_with_a_file(
    command, content, suffix, tmp_path, capsys
):
    path = tmp_path / f"model{suffix}"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    assert main(command_line(command, path)) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"{command}: ")
    assert WRONG[content] in printed.err
    assert printed.err.count("\n") == 1
    assert not printed.out
    assert {entry.name for entry in tmp_path.iterdir()} <= {path.name}


@pytest.mark.parametrize(
    ("arrays", "told"), [({"images/train": np.ones(3)}, "'images'"), ({}, "Nothing is in it")]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_hdf5_of_others_is_told_for_what_it_is(command, arrays, told, tmp_path, capsys):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array
    assert main(command_line(command, tmp_path / "data.h5")) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert not printed.out


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_say_what_weights_alone_need(command, tmp_path, capsys):
    Sequential([Input((4,)), layers.Dense(2)]).save_weights(tmp_path / "m.weights.h5")
    status = main(command_line(command, tmp_path / "m.weights.h5"))
    printed = capsys.readouterr()
    if command == "inspect":  # which tells what they are
        assert (status, printed.err) == (0, "")
    else:
        assert status == 2
        assert "It holds weights alone: " in printed.err
    if command == "migrate":
        assert "name with --onto a file of the model" in printed.err


CUSTOM = """
import keras
from beside import THREE

class Thrice(keras.layers.Layer):
    def call(self, x):
        return x * THREE

@keras.saving.register_keras_serializable("own")
class Twice(keras.layers.Layer):
    def call(self, x):
        return x * 2
"""
ALL = """
from torchkeras.cli import main

for words in {lines}:
    assert main([*words, "--custom", "own.py"]) == 0, words
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A file with classes that aren't known, in a folder with the program that defines them."""
    (tmp_path / "beside.py").write_text("THREE = 3")
    (tmp_path / "own.py").write_text(CUSTOM)
    monkeypatch.syspath_prepend(tmp_path)
    classes = runpy.run_path(str(tmp_path / "own.py"))
    monkeypatch.delitem(sys.modules, "beside")
    own = [classes["Twice"](), classes["Thrice"]()]
    keras.Sequential([keras.Input((3,)), *own]).save(tmp_path / "m.keras")
    return tmp_path / "m.keras"


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_name_missing_classes(command, own, capsys):
    assert main(command_line(command, own)) == (1 if command == "inspect" else 2)
    printed = capsys.readouterr()
    told = printed.out + printed.err
    assert "Could not locate class 'own>Twice'" in told
    assert "custom_objects={'own>Twice': ...}" in told
    assert "--custom FILE names a Python file that defines it" in told


def test_commands_take_missing_classes_from_a_file(own):
    lines = [command_line(command, own) for command in COMMANDS]
    done = subprocess.run(
        [sys.executable, "-c", ALL.format(lines=lines)],
        cwd=own.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_numbers_of_the_operating_systems_errors_are_left_out(capsys):
    tell("eject", NotADirectoryError(20, "It is a file; choose another name", "out"), None)
    assert capsys.readouterr().err == "eject: It is a file; choose another name: 'out'\n"


def test_hints_say_what_the_shell_offers():
    assert custom_hint("no custom_objects", "own.py").strip().startswith("'own.py', which --custom")
    assert "may call that" in custom_hint("call enable_unsafe_deserialization().", None)
    assert custom_hint("The file is empty.", None) == ""


def test_a_file_of_classes_must_be_there(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["inspect", "m.keras", "--custom", str(tmp_path / "own.py")])
    assert ended.value.code == 2
    assert "there is no file" in capsys.readouterr().err


def test_arrays_of_other_shapes_are_an_error_that_tells_both(tmp_path, capsys):
    model = Sequential([Input((5,), name="x"), layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    for shape in ((2, 7), (2,), (2, 5, 1)):
        np.save(tmp_path / "x.npy", np.ones(shape, "float32"))
        command = ["eject", str(tmp_path / "m.keras"), "-o", str(tmp_path / "out"), "--inputs"]
        assert main([*command, str(tmp_path / "x.npy")]) == 2
        said = capsys.readouterr().err
        assert f"x.npy' for the input 'x' is {shape}; expected (None, 5)" in said


def test_indices_without_a_row_are_told_in_a_line(tmp_path, capsys):
    model = Sequential([Input((5,), dtype="int32"), layers.Embedding(10, 2)])
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.full((2, 5), 99))
    command = ["eject", str(tmp_path / "m.keras"), "-o", str(tmp_path / "out"), "--inputs"]
    assert main([*command, str(tmp_path / "x.npy")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("are their indices those that it has rows for?")
    assert not (tmp_path / "out").exists()
