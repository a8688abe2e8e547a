import json

import pytest

import torchkeras
from torchkeras.cli import main


@pytest.fixture
def folder(tmp_path):
    """Files of one model, and one of another."""
    for name, units in (("m", 2), ("other", 3)):
        layers = [torchkeras.Input((4,)), torchkeras.layers.Dense(units, name="head")]
        model = torchkeras.Sequential(layers)
        model.save(tmp_path / f"{name}.keras")
        model.save_weights(tmp_path / f"{name}.weights.h5")
    return tmp_path


def test_a_file_is_told(folder, capsys):
    assert main(["inspect", str(folder / "m.keras")]) == 0
    assert "/layers/dense/vars/0 (4, 2) float32 -> head/kernel" in capsys.readouterr().out


def test_a_file_is_told_in_json(folder, capsys):
    assert main(["inspect", "--json", str(folder / "m.weights.h5")]) == 0
    assert len(json.loads(capsys.readouterr().out)["arrays"]) == 2


def test_a_file_is_held_against_another_model(folder, capsys):
    onto = ["--onto", str(folder / "m.keras")]
    assert main(["inspect", *onto, str(folder / "m.weights.h5")]) == 0
    assert main(["inspect", *onto, str(folder / "other.weights.h5")]) == 1
    assert "problem" in capsys.readouterr().out


def test_an_optimizer_s_arrays_go_onto_a_compiled_model(folder, capsys):
    layers = [torchkeras.Input((4,)), torchkeras.layers.Dense(2, name="head")]
    model = torchkeras.Sequential(layers)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(folder / "compiled.keras")
    model.save_weights(folder / "compiled.weights.h5")
    weights = str(folder / "compiled.weights.h5")
    assert main(["inspect", weights, "--onto", str(folder / "compiled.keras")]) == 0
    assert "2 arrays of weights and 6 of the optimizer have a place" in capsys.readouterr().out
    assert main(["inspect", weights, "--onto", str(folder / "m.keras")]) == 0
    assert "left over: 6 arrays of the optimizer" in capsys.readouterr().out


def test_what_can_t_be_read_is_told(folder, capsys):
    (folder / "bad.keras").write_bytes(b"x")
    assert main(["inspect", str(folder / "bad.keras")]) == 2
    assert main(["inspect", str(folder / "nothing.keras")]) == 2
    assert "there is no file" in capsys.readouterr().err
