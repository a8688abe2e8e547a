import shutil

import numpy as np
import pytest
import tensorflow_files
import torch

import torchkeras as keras
from torchkeras.saving import object_graph, page_cache
from torchkeras.saving.files import DamagedFileError
from torchkeras.saving.tensorflow_checkpoint import prefix_of


@pytest.fixture
def recorded(of_tensorflow):
    with np.load(of_tensorflow / "subclass.npz") as known:
        return known["x"], known["y"]


def test_a_prefix_a_file_or_a_folder_leads_to_a_checkpoint(of_tensorflow, tmp_path):
    prefix = str(of_tensorflow / "adam" / "w")
    assert prefix_of(prefix) == prefix_of(prefix + ".index") == prefix
    saved = of_tensorflow / "saved"
    assert prefix_of(saved) == str(saved / "variables" / "variables")
    assert prefix_of(tmp_path) is None


def test_a_subclass_finds_its_weights_by_attributes(of_tensorflow, recorded):
    network, _ = tensorflow_files.subclass(keras)
    model = network()
    model(recorded[0])
    model.load_weights(of_tensorflow / "subclass" / "w").assert_existing_objects_matched()
    np.testing.assert_allclose(model(recorded[0]).detach(), recorded[1], atol=1e-6)


def test_what_is_not_built_is_served_when_it_is(of_tensorflow, recorded):
    network, _ = tensorflow_files.subclass(keras)
    model = network()
    status = model.load_weights(of_tensorflow / "subclass" / "w")
    assert status._restoration.waiting
    np.testing.assert_allclose(model(recorded[0]).detach(), recorded[1], atol=1e-6)
    assert not status._restoration.unused()


def test_a_saved_model_gives_its_weights_too(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.load_weights(of_tensorflow / "saved")
    with np.load(of_tensorflow / "adam.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["before"], atol=1e-5)


def test_weights_of_another_shape_change_nothing(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.pop()
    model.add(keras.layers.Dense(5))
    before = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(ValueError, match=r"dense_2/kernel is \(3, 5\); expected \(3, 2\), as"):
        model.load_weights(of_tensorflow / "adam" / "w")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    with pytest.warns(UserWarning, match="2 weights don't fit"):
        model.load_weights(of_tensorflow / "adam" / "w", skip_mismatch=True)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_weights_that_the_file_lacks_are_named(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.add(keras.layers.Dense(2, name="head"))
    with pytest.warns(UserWarning, match="2 weights aren't in .*head/kernel"):
        status = model.load_weights(of_tensorflow / "adam" / "w")
    with pytest.raises(AssertionError, match="not bound"):
        status.assert_existing_objects_matched()
    assert status.expect_partial() is status
    assert status.assert_nontrivial_match() is status


def test_a_file_of_something_else_is_refused(of_tensorflow):
    with pytest.raises(ValueError, match="Nothing in it belongs to the model"):
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="other")]).load_weights(
            of_tensorflow / "bundle"
        )


def test_a_model_among_other_objects_is_told_by_its_name(of_tensorflow):
    with pytest.raises(ValueError, match=r"tf\.train\.Checkpoint\(model=model\)\.restore\(path\)"):
        tensorflow_files.network(keras).load_weights(of_tensorflow / "keras3" / "c-1")


def test_a_name_that_is_too_long_for_a_checkpoint_is_none(tmp_path):
    assert prefix_of(tmp_path / ("n" * 255)) is None


def test_warnings_point_at_the_line_that_loads(of_tensorflow):
    model = tensorflow_files.network(keras)
    model.add(keras.layers.Dense(2, name="head"))
    with pytest.warns(UserWarning, match="aren't in the checkpoint") as caught:
        model.load_weights(of_tensorflow / "adam" / "w")
    assert caught[0].filename == __file__


def test_tensors_by_name_serve_weights_of_these_names(of_tensorflow):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    model.load_weights(of_tensorflow / "bundle").assert_existing_objects_matched()
    np.testing.assert_array_equal(model.get_weights()[0], np.ones((4, 3)))
    np.testing.assert_array_equal(model.get_weights()[1], np.full(3, 2))


def test_damaged_data_change_nothing(of_tensorflow, tmp_path):
    shutil.copytree(of_tensorflow / "adam", tmp_path / "adam")
    path = tmp_path / "adam" / "w.data-00000-of-00001"
    data = bytearray(path.read_bytes())
    data[200] ^= 1  # of a slot, far behind the first weights
    path.write_bytes(data)
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.Adam(), "mse")
    model.optimizer.build(model.trainable_variables)
    before = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(DamagedFileError, match="of another checksum"):
        model.load_weights(tmp_path / "adam" / "w")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def large_network(dtype):
    layers = [
        keras.layers.Conv2D(400, 3, padding="same", dtype=dtype),
        keras.layers.GlobalAveragePooling2D(dtype=dtype),
        keras.layers.Dense(300, dtype=dtype),
    ]
    return keras.Sequential([keras.Input((4, 4, 130)), *layers])


@pytest.mark.parametrize("written", ["float32", "bfloat16"])
@pytest.mark.parametrize("read", ["float32", "bfloat16"])
def test_large_weights_come_in_any_layout_and_type(tmp_path, monkeypatch, written, read):
    monkeypatch.setattr(page_cache, "holds", lambda *place: True)
    source, target = large_network(written), large_network(read)
    source.save_weights(tmp_path / "w.ckpt")
    target.load_weights(tmp_path / "w.ckpt").assert_consumed()
    for old, new in zip(source.weights, target.weights, strict=True):
        assert new.dtype == read
        assert torch.equal(old.value.to(new.value.dtype), new.value)


def test_a_damaged_large_weight_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(page_cache, "holds", lambda *place: True)
    large_network("float32").save_weights(tmp_path / "w.ckpt")
    path = tmp_path / "w.ckpt.data-00000-of-00001"
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    model = large_network("float32")
    before = model.get_weights()
    with pytest.raises(DamagedFileError, match="of another checksum"):
        model.load_weights(tmp_path / "w.ckpt")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_slots_without_a_value_are_left_as_they_are(of_tensorflow, monkeypatch):
    def read(bundle, read=object_graph.read):
        found, stack = [], [read(bundle)]
        while stack:
            node = stack.pop()
            if node not in found:
                found.append(node)
                stack += node.children.values()
        for node in found:
            for _, _, slot in node.slots:
                slot.values.clear()
        return found[0]

    monkeypatch.setattr(object_graph, "read", read)
    model = tensorflow_files.network(keras)
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    model.load_weights(of_tensorflow / "older_sgd" / "w")
    assert all(not slot.numpy().any() for slot in model.optimizer.variables[2:])


def test_a_model_without_weights_takes_any_checkpoint(of_tensorflow):
    model = keras.Sequential([keras.Input((4,)), keras.layers.ReLU()])
    model.load_weights(of_tensorflow / "bundle")
