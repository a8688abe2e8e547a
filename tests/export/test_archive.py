"""Folders of programs."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from torchkeras import Input, InputSpec, Sequential, layers
from torchkeras.export import ExportArchive


def network():
    return Sequential([Input((4,)), layers.Dense(3, "relu"), layers.Dropout(0.5), layers.Dense(2)])


SIGNATURE = [InputSpec(shape=(None, 4), dtype="float32")]


def opened(path):
    return torch.export.load(path).module()


def test_each_endpoint_is_a_program(tmp_path):
    model = network()
    archive = ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", model.call, SIGNATURE)
    archive.add_endpoint("doubled", lambda x: model(x, training=False) * 2.0, SIGNATURE)
    archive.write_out(tmp_path, verbose=False)
    x = torch.randn(5, 4)
    torch.testing.assert_close(opened(tmp_path / "serve.pt2")(x), model(x))
    torch.testing.assert_close(opened(tmp_path / "doubled.pt2")(x), model(x) * 2.0)


def test_a_model_says_what_it_takes(tmp_path, capsys):
    model = network()
    archive = ExportArchive()
    archive.add_endpoint("serve", model)
    archive.write_out(tmp_path)
    assert "serve.pt2" in capsys.readouterr().out
    assert opened(tmp_path / "serve.pt2")(torch.zeros(2, 4)).shape == (2, 2)


def test_a_layer_is_tracked_and_added_at_once(tmp_path):
    model = network()
    archive = ExportArchive()
    archive.track_and_add_endpoint("call", model, SIGNATURE)
    assert len(archive.trainable_variables) == 4
    assert [v.name for v in archive.non_trainable_variables] == ["seed_generator_state"]
    assert len(archive.variables) == 5
    archive.write_out(tmp_path, verbose=False)
    assert (tmp_path / "call.pt2").exists()


def test_collections_are_tensors_of_their_own(tmp_path):
    model = network()
    archive = ExportArchive()
    archive.add_endpoint("serve", model)
    archive.add_variable_collection("kernels", [model.layers[0].kernel])
    archive.write_out(tmp_path, verbose=False)
    found = load_file(tmp_path / "variables.safetensors")
    np.testing.assert_array_equal(found["kernels/0"], model.layers[0].kernel.numpy())


def test_slips_are_errors(tmp_path):
    archive = ExportArchive()
    with pytest.raises(RuntimeError, match="has no endpoint"):
        archive.write_out(tmp_path)
    with pytest.raises(ValueError, match="a layer, a model or a torch module"):
        archive.track(3)
    with pytest.raises(ValueError, match="a built layer"):
        archive.track(layers.Dense(2))
    with pytest.raises(ValueError, match="arguments' shapes and types"):
        archive.add_endpoint("serve", lambda x: x)
    archive.add_endpoint("serve", network())
    with pytest.raises(ValueError, match="isn't taken yet"):
        archive.add_endpoint("serve", network())
    with pytest.raises(ValueError, match="name"):
        archive.add_endpoint("../serve", network())
    with pytest.raises(ValueError, match="variables alone"):
        archive.add_variable_collection("numbers", [1.0])
    with pytest.raises(ValueError, match="no SavedModel is written"):
        archive.write_out(tmp_path, options=3)
    with pytest.raises(ValueError, match="format"):
        ExportArchive("onnx")
