"""Folders of programs."""

import functools

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from torchkeras import Input, InputSpec, Model, Sequential, layers
from torchkeras.export import ExportArchive
from torchkeras.export.archive import modules_of


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


def test_endpoints_have_shapes_and_modes_of_their_own(tmp_path):
    model = network()
    archive = ExportArchive()
    fixed = [InputSpec(shape=(7, 4), dtype="float32")]
    archive.add_endpoint("seven", lambda x: model.call(x, training=False), fixed)
    archive.add_endpoint("training", lambda x: model.call(x, training=True), SIGNATURE)
    archive.write_out(tmp_path, verbose=False)
    x = torch.randn(7, 4)
    torch.testing.assert_close(opened(tmp_path / "seven.pt2")(x), model(x, training=False))
    with pytest.raises(AssertionError, match="7"):
        opened(tmp_path / "seven.pt2")(x[:3])
    dropped = opened(tmp_path / "training.pt2")
    assert not torch.equal(dropped(x), dropped(x))


def test_inputs_are_structured_as_the_signature(tmp_path):
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model({"a": a, "b": b}, [a + 1.0, b + 2.0])
    spec = {name: InputSpec(shape=(None, n), dtype="float32") for name, n in (("a", 2), ("b", 3))}
    archive = ExportArchive()
    archive.add_endpoint("keys", model.call, [spec])
    archive.add_endpoint("alone", lambda data: model(data)[0], spec)
    archive.add_endpoint("two", lambda x, y: x @ y.mT, [spec["a"], spec["a"]])
    archive.write_out(tmp_path, verbose=False)
    data = {"a": torch.ones(4, 2), "b": torch.ones(4, 3)}
    torch.testing.assert_close(opened(tmp_path / "keys.pt2")(data), model(data))
    torch.testing.assert_close(opened(tmp_path / "alone.pt2")(data), model(data)[0])
    assert opened(tmp_path / "two.pt2")(data["a"], torch.ones(6, 2)).shape == (4, 6)


def test_open_images_are_as_large_as_the_model_needs(tmp_path):
    pools = [layers.MaxPooling2D(4), layers.MaxPooling2D(4), layers.GlobalMaxPooling2D()]
    model = Sequential([Input((None, None, 1)), *pools])
    archive = ExportArchive()
    signature = [InputSpec(shape=(None, None, None, 1), dtype="float32")]
    archive.track_and_add_endpoint("serve", model, signature)
    archive.write_out(tmp_path, verbose=False)
    x = torch.randn(2, 40, 36, 1)
    torch.testing.assert_close(opened(tmp_path / "serve.pt2")(x), model(x))


def test_modules_are_found_in_helpers_partials_and_lists():
    first, second, third = layers.Dense(1), layers.Dense(1), torch.nn.Linear(1, 1)
    first.build((None, 1))

    def helper(x):
        return [layer(x) for layer in held]

    held = [first, second]  # the second isn't built
    assert modules_of(functools.partial(lambda x, other: helper(x), other=third)) == [third, first]
    assert modules_of(first.call) == [first]
    assert modules_of(np.sin) == []


def test_an_old_folder_stays_whole_when_an_endpoint_fails(tmp_path):
    archive = ExportArchive()
    archive.add_endpoint("serve", network())
    archive.write_out(tmp_path, verbose=False)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    archive.add_endpoint("looks", lambda x: x if x.sum() > 0 else -x, SIGNATURE)
    with pytest.raises(ValueError, match="depends on the values"):
        archive.write_out(tmp_path, verbose=False)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_layer_is_tracked_and_added_at_once(tmp_path):
    model = network()
    archive = ExportArchive()
    call = archive.track_and_add_endpoint("call", model, SIGNATURE)
    torch.testing.assert_close(call(torch.ones(2, 4)), model(torch.ones(2, 4)))
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
    archive.add_variable_collection("both", set(model.layers[0].trainable_variables))
    archive.write_out(tmp_path, verbose=False)
    found = load_file(tmp_path / "variables.safetensors")
    np.testing.assert_array_equal(found["kernels/0"], model.layers[0].kernel.numpy())
    np.testing.assert_array_equal(found["both/0"], model.layers[0].bias.numpy())


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
    with pytest.raises(ValueError, match="is_static is False.*Keras on JAX"):
        archive.add_endpoint("static", network(), is_static=False)
    with pytest.raises(ValueError, match="format"):
        ExportArchive("onnx")
