"""``.safetensors``: torch's names and layout, readable without torchkeras."""

import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import torchkeras
from torchkeras.saving import safetensors

HAS_LEASES = sys.platform == "linux"


def make(units=3):
    layers = torchkeras.layers
    return torchkeras.Sequential(
        [torchkeras.Input((4,)), layers.Dense(units), layers.BatchNormalization(), layers.Dense(2)]
    )


def test_weights_come_back(tmp_path):
    ours, other = make(), make()
    ours.save_weights(tmp_path / "a.safetensors")
    other.load_weights(tmp_path / "a.safetensors")
    for a, b in zip(ours.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_file_is_the_state_dict(tmp_path):
    model = make()
    model.save_weights(tmp_path / "a.safetensors")
    tensors = load_file(tmp_path / "a.safetensors")
    assert tensors.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensors[name], tensor)


def test_tied_tensors_are_written_once(tmp_path):
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Linear(3, 3)
            self.b = torch.nn.Linear(3, 3)
            self.b.weight = self.a.weight

    ours, other = Tied(), Tied()
    safetensors.save(ours, tmp_path / "a.safetensors")
    assert sorted(load_file(tmp_path / "a.safetensors")) == ["a.bias", "a.weight", "b.bias"]
    safetensors.load(other, tmp_path / "a.safetensors")
    assert torch.equal(other.b.weight, ours.a.weight)
    assert other.b.weight is other.a.weight


def test_differences_are_named_or_skipped(tmp_path):
    make().save_weights(tmp_path / "a.safetensors")
    other = make(units=5)
    before = other.layers[2].get_weights()
    with pytest.raises(ValueError, match=r"has shape \(3, 4\), expected \(5, 4\)"):
        other.load_weights(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(other.layers[2].get_weights()[1], before[1])
    with pytest.warns(UserWarning, match="left as they were"):
        other.load_weights(tmp_path / "a.safetensors", skip_mismatch=True)


def test_missing_and_surplus_names_are_told(tmp_path):
    torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(3)]).save_weights(
        tmp_path / "a.safetensors"
    )
    with pytest.raises(ValueError, match="is missing"):
        make().load_weights(tmp_path / "a.safetensors")


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x10" + b"\0" * 7 + b"{" * 16])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="expected a safetensors file"):
        make().load_weights(tmp_path / "a.safetensors")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        safetensors.load(make(), tmp_path / "none.safetensors")


def test_what_somebody_has_open_for_writing_is_not_mapped(tmp_path, monkeypatch):
    path, opened = tmp_path / "a.safetensors", []
    ours, other = make(), make()
    ours.save_weights(path)
    package = safetensors._package()
    real = package.safe_open
    monkeypatch.setattr(
        package, "safe_open", lambda path, framework: opened.append(path) or real(path, framework)
    )
    other.load_weights(path)
    with open(path, "r+b"):
        other.load_weights(path)
        assert len(safetensors.contents(path)) == len(ours.state_dict())
    for a, b in zip(ours.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert opened[0] == str(path)
    assert [one == str(path) for one in opened[1:]] == [not HAS_LEASES] * 2
