"""The suffix says the format; both generations' spellings are understood."""

import io
import os

import h5py
import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import saving
from torchkeras.saving import api


@pytest.fixture
def model():
    layers = torchkeras.layers
    return torchkeras.Sequential(
        [torchkeras.Input((3,)), layers.Dense(4, name="body"), layers.Dense(2, name="head")]
    )


def zeroed(model):
    model.set_weights([0 * w for w in model.get_weights()])
    return model


@pytest.mark.parametrize(
    "name, written",
    [
        ("m.weights.h5", "m.weights.h5"),
        ("m.h5", "m.h5"),
        ("m.hdf5", "m.hdf5"),
        ("m.safetensors", "m.safetensors"),
        ("cp.ckpt", "cp.ckpt.index"),
        ("cp.ckpt-1", "cp.ckpt-1.data-00000-of-00001"),
        ("checkpoint", "checkpoint"),
        ("e1-0.25", "e1-0.25.index"),
        ("folder/", "folder/.index"),
        ("folder/deep/m.weights.h5", "folder/deep/m.weights.h5"),
    ],
)
def test_weights_come_back_by_the_same_name(model, tmp_path, name, written):
    before = model.get_weights()
    path = f"{tmp_path}/{name}"
    model.save_weights(path)
    assert (tmp_path / written).is_file()
    zeroed(model).load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_any_h5_holds_what_weights_h5_holds(model, tmp_path):
    model.save_weights(tmp_path / "m.h5")
    (tmp_path / "m.h5").rename(tmp_path / "m.weights.h5")
    layers = keras.layers
    real = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    real.load_weights(tmp_path / "m.weights.h5")
    for a, b in zip(model.get_weights(), real.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_are_taken_from_a_whole_model(model, tmp_path):
    before = model.get_weights()
    model.save(tmp_path / "m.keras")
    zeroed(model).load_weights(tmp_path / "m.keras")
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_tf_keras_spellings_are_accepted(model, tmp_path):
    model.save(tmp_path / "m", save_format="keras")
    model.save(tmp_path / "n.keras", include_optimizer=False, signatures=None, save_traces=True)
    back = saving.load_model(tmp_path / "m", compile=False, options=None)
    model.save_weights(tmp_path / "w.weights.h5", save_format="h5", options=None)
    back.load_weights(tmp_path / "w.weights.h5", by_name=True, skip_mismatch=False)


def test_include_optimizer_false_keeps_the_optimizer_out(model, tmp_path):
    model.compile("adam", "mse")
    model.save(tmp_path / "m.keras", include_optimizer=False)
    assert model.optimizer is not None
    assert not saving.load_model(tmp_path / "m.keras").compiled


def test_layers_are_found_by_name(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    layers = torchkeras.layers
    other = torchkeras.Sequential(
        [torchkeras.Input((4,)), layers.Dense(4, name="new"), layers.Dense(2, name="head")]
    )
    other.load_weights(tmp_path / "m.weights.h5", by_name=True)
    expected = model.get_layer("head").get_weights()
    np.testing.assert_array_equal(other.get_layer("head").get_weights()[0], expected[0])


def test_names_are_missing_in_files_of_old_releases(model, tmp_path):
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros(3)
    with pytest.raises(ValueError, match="the file has no names of layers"):
        model.load_weights(tmp_path / "m.weights.h5", by_name=True)


def test_existing_files_are_kept_without_overwrite(model, tmp_path):
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(tmp_path / "m.keras", overwrite=False)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save_weights(tmp_path / "m.weights.h5", overwrite=False)
    model.save(tmp_path / "m.keras")


def test_nothing_temporary_is_left(model, tmp_path):
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    assert sorted(os.listdir(tmp_path)) == ["m.keras", "m.weights.h5"]


@pytest.mark.parametrize("name", ["m.txt", "m.pt", "m.safetensors"])
def test_unknown_suffix_of_a_model_is_refused(model, tmp_path, name):
    with pytest.raises(ValueError, match=r"expected a path that ends in \.keras"):
        model.save(tmp_path / name)


def test_a_whole_model_may_have_a_name_of_weights(model, tmp_path):
    """As in Keras, of which a ModelCheckpoint without ``save_weights_only`` makes use."""
    path = tmp_path / "m.weights.h5"
    before = model.get_weights()
    model.save(path)
    for back in (saving.load_model(path), keras.models.load_model(path)):
        for a, b in zip(back.get_weights(), before, strict=True):
            np.testing.assert_array_equal(a, b)
    zeroed(model).load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["m", "m.tf", "m-0.25"])
def test_a_folder_of_keras_2_holds_the_archive_beside_what_is_there(model, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "notes.txt").touch()
    before = model.get_weights()
    for _ in range(2):
        model.save(tmp_path / name)
    assert sorted(os.listdir(tmp_path / name)) == ["notes.txt", "saved_model.keras"]
    twin = saving.load_model(tmp_path / name)
    zeroed(model).load_weights(tmp_path / name)
    for own, a, b in zip(before, twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(own, a)
        np.testing.assert_array_equal(own, b)


def test_keras_2_names_the_format_whatever_the_suffix(model, tmp_path):
    model.save(tmp_path / "m.model", save_format="h5")
    assert h5py.is_hdf5(tmp_path / "m.model")
    model.save(tmp_path / "n.h5", save_format="tf")
    assert (tmp_path / "n.h5" / "saved_model.keras").is_file()
    for name in ("m.model", "n.h5"):
        assert len(saving.load_model(tmp_path / name).layers) == 2


def test_keras_2_names_the_format_of_weights(model, tmp_path):
    model.save_weights(tmp_path / "a", save_format="h5")
    assert h5py.is_hdf5(tmp_path / "a")
    model.save_weights(tmp_path / "b.best", save_format="tf")
    assert (tmp_path / "b.best.index").is_file()
    before = model.get_weights()
    for name in ("a", "b.best"):
        zeroed(model).load_weights(tmp_path / name)
        np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.raises(ValueError, match="a path without a suffix"):
        model.save_weights(tmp_path / "c.h5", save_format="tf")


def test_weights_of_earlier_releases_are_found_behind_their_suffix(model, tmp_path):
    model.save_weights(tmp_path / "a.ckpt.weights.h5")
    before = model.get_weights()
    zeroed(model).load_weights(tmp_path / "a.ckpt")
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_unknown_suffix_of_weights_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match=r"must end in `\.weights\.h5`"):
        model.save_weights(tmp_path / "m.txt")
    (tmp_path / "m.txt").touch()
    with pytest.raises(ValueError, match="File format not supported"):
        model.load_weights(tmp_path / "m.txt")


def test_unknown_options_are_refused(model, tmp_path):
    with pytest.raises(TypeError, match="Invalid keyword arguments"):
        model.save(tmp_path / "m.keras", nonsense=1)
    with pytest.raises(ValueError, match=r"save_format is 'zip'; expected one of"):
        model.save(tmp_path / "m.keras", save_format="zip")
    with pytest.raises(TypeError, match="Invalid keyword arguments"):
        saving.load_model(tmp_path / "m.keras", nonsense=1)


def test_shard_size_goes_with_its_suffix(model, tmp_path):
    with pytest.raises(ValueError, match="max_shard_size"):
        model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1)
    with pytest.raises(ValueError, match="max_shard_size"):
        model.save_weights(tmp_path / "m.weights.json")


def test_missing_files_are_named(model, tmp_path):
    for read in (saving.load_model, model.load_weights):
        with pytest.raises(FileNotFoundError, match=r"none\.keras"):
            read(tmp_path / "none.keras")


def test_files_that_are_no_models_say_what_they_are(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="build the model and call load_weights"):
        saving.load_model(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match=r"It holds 'm\.weights\.h5'"):
        saving.load_model(tmp_path)
    (tmp_path / "x.keras").write_bytes(bytes(range(40)))
    with pytest.raises(ValueError, match="File not in a known format"):
        saving.load_model(tmp_path / "x.keras")


def test_models_without_weights_are_told_to_build(tmp_path):
    model = torchkeras.Sequential([torchkeras.layers.Dense(2)])
    with pytest.raises(ValueError, match="has no weights yet"):
        model.save_weights(tmp_path / "m.weights.h5")
    torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(2)]).save_weights(
        tmp_path / "m.weights.h5"
    )
    with pytest.raises(ValueError, match="not yet been built"):
        model.load_weights(tmp_path / "m.weights.h5")
    model.build((None, 3))
    model.load_weights(tmp_path / "m.weights.h5")


def test_a_model_whose_call_never_ran_keeps_the_weights_of_its_parts(tmp_path):
    class Pair(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.first = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(2)])
            self.second = torchkeras.Sequential(
                [torchkeras.Input((2,)), torchkeras.layers.Dense(1)]
            )

    model, twin = Pair(), Pair()
    assert not model.built
    model.save_weights(tmp_path / "m.weights.h5")
    twin.load_weights(tmp_path / "m.weights.h5")
    for own, read in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(own, read)


def test_only_the_chief_writes(model, tmp_path, monkeypatch):
    monkeypatch.setattr(api.processes, "is_chief", lambda: False)
    model.save(tmp_path / "m.keras")
    for name in ("m.weights.h5", "m.safetensors"):
        model.save_weights(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_json_gives_a_fresh_model(model):
    back = api.model_from_json(api.model_to_json(model, indent=1))
    assert [w.shape for w in back.weights] == [w.shape for w in model.weights]
    x = torch.ones(1, 3)
    assert not torch.equal(back(x), model(x))
    with pytest.raises(ValueError, match="not JSON"):
        api.model_from_json("{")
    with pytest.raises(ValueError, match="a class name alone"):
        api.model_from_json('{"class_name": "Sequential"}')


def test_models_are_written_to_and_read_from_open_files(model):
    model.compile("adam", "mse")
    file = io.BytesIO()
    saving.save_model(model, file)
    loaded = saving.load_model(io.BytesIO(file.getvalue()))
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    assert loaded.compiled
