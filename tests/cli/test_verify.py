"""``verify`` on the command line."""

import json

import keras
import numpy as np
import pytest

from torchkeras.cli import main
from torchkeras.cli import verify as room
from torchkeras.cli.verify import _compared, verify


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


def test_each_layer_is_compared_with_keras(file, tmp_path, capsys):
    assert main(["verify", str(file), "--json", str(tmp_path / "result.json")]) == 0
    output = capsys.readouterr().out
    assert "all within" in output
    found = json.loads((tmp_path / "result.json").read_text())
    assert found["passed"] is True
    assert found["oracle"].startswith("Keras 3")
    names = [row["layer"] for row in found["rows"]]
    assert {"conv", "norm", "mean", "inside", "in", "out"} <= set(names)
    assert names[-1] == ""
    assert all(row["difference"] < 1e-5 for row in found["rows"])


def test_a_layer_that_differs_ends_with_1(file, tmp_path, capsys, monkeypatch):
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
    assert "isn't there" in capsys.readouterr().err


def test_an_interpreter_without_keras_is_an_error(file):
    with pytest.raises(RuntimeError, match="Keras can't run the model"):
        verify(str(file), backend="nonsense")


def test_shapes_and_numbers_decide():
    ones = [np.ones((2, 3))]
    assert _compared("a", "A", ones, ones, 0, 0).within
    assert not _compared("a", "A", ones, [np.ones((3, 2))], 1, 1).within
    assert not _compared("a", "A", ones, [np.full((2, 3), 1.1)], 1e-3, 0).within
    assert not _compared("a", "A", ones, [np.full((2, 3), np.nan)], 1, 1).within
    both_nan = [np.full(2, np.nan)]
    assert _compared("a", "A", both_nan, both_nan, 0, 0).within
