import zipfile
from pathlib import Path

import pytest

import torchkeras
from torchkeras.cli import main


def saved(folder, name, units=2):
    layers = [torchkeras.Input((4,)), torchkeras.layers.Dense(units, name="head")]
    model = torchkeras.Sequential(layers)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    (model.save_weights if ".weights" in name else model.save)(folder / name)
    return str(folder / name)


def test_an_old_file_becomes_one_of_today(tmp_path, capsys):
    old, new = saved(tmp_path, "a.h5"), str(tmp_path / "b.keras")
    assert main(["migrate", old, new]) == 0
    assert "2 arrays of weights and 6 of the optimizer from" in capsys.readouterr().out
    assert torchkeras.models.load_model(new).layers[0].name == "head"
    assert main(["migrate", old, new]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["migrate", "--overwrite", old, new]) == 0


def test_weights_go_onto_a_model(tmp_path, capsys):
    old, model = saved(tmp_path, "a.weights.h5"), saved(tmp_path, "m.keras")
    assert main(["migrate", old, str(tmp_path / "b.keras")]) == 2
    assert "weights alone: name with --onto a file of the model" in capsys.readouterr().err
    assert main(["migrate", "--onto", model, old, str(tmp_path / "b.safetensors")]) == 0
    printed = capsys.readouterr().out
    assert "2 arrays of weights from" in printed
    assert "left over: 6 arrays of the optimizer" in printed
    assert "the optimizer is that of" not in printed


def test_a_vocabulary_that_the_old_file_lacks_is_told(tmp_path, capsys):
    inputs = torchkeras.Input((1,), dtype="string")
    outputs = torchkeras.layers.StringLookup(name="tokens")(inputs)
    torchkeras.Model(inputs, outputs).save(tmp_path / "a.h5")
    assert main(["migrate", str(tmp_path / "a.h5"), str(tmp_path / "b.keras")]) == 0
    assert 'StringLookup "tokens": its vocabulary isn\'t in' in capsys.readouterr().out


def test_what_reading_warns_of_is_told_once(tmp_path):
    old = saved(tmp_path, "a.weights.h5")
    plain = torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(2)])
    plain.compile("sgd", "mse")
    plain.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, content in {**members, "model.weights.h5": Path(old).read_bytes()}.items():
            archive.writestr(name, content)
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer") as caught:
        assert main(["migrate", str(tmp_path / "m.keras"), str(tmp_path / "b.keras")]) == 0
    assert len(caught) == 1
