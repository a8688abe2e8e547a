"""Models taken elsewhere, by their methods."""

import torch

from torchkeras import Input, Sequential, layers


def test_a_model_ejects_itself(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(2)])
    assert (model.eject(tmp_path) / "model.py").exists()


def test_a_model_exports_itself(tmp_path, capsys):
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.export(tmp_path / "model.pt2", format="torch")
    assert "Saved artifact" in capsys.readouterr().out
    x = torch.ones(4, 3)
    torch.testing.assert_close(torch.export.load(tmp_path / "model.pt2").module()(x), model(x))
