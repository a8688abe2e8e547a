import json

import numpy as np
import pytest

import torchkeras as keras
from torchkeras.callbacks import OrbaxCheckpoint

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def trained(callback, epochs=3, weight=None):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :2], batch_size=5, epochs=epochs, verbose=0, callbacks=[callback])
    return model


@pytest.mark.parametrize("background", [True, False])
def test_the_newest_epoch_comes_back_with_its_optimizer(tmp_path, background):
    model = trained(OrbaxCheckpoint(tmp_path, save_on_background=background))
    assert [path.name for path in tmp_path.iterdir()] == ["2"]
    loaded = keras.saving.load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert keras.saving.load_model(tmp_path / "2", compile=False).optimizer is None


def test_weights_alone_go_into_a_model_that_is_there(tmp_path):
    model = trained(OrbaxCheckpoint(tmp_path, save_weights_only=True, max_to_keep=None))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2"]
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    other.load_weights(tmp_path)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    with pytest.raises(ValueError, match="weights alone"):
        keras.saving.load_model(tmp_path)
    narrower = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="names and shapes"):
        narrower.load_weights(tmp_path)


def test_steps_number_the_folders(tmp_path):
    trained(OrbaxCheckpoint(tmp_path, save_freq=5, max_to_keep=None, save_on_background=False))
    assert sorted(int(path.name) for path in tmp_path.iterdir()) == [5, 10]


def test_only_better_epochs_are_saved(tmp_path, stand_in, monkeypatch):
    saved = []
    monkeypatch.setattr(OrbaxCheckpoint, "_save", lambda self, number: saved.append(number))
    callback = OrbaxCheckpoint(tmp_path, "loss", save_best_only=True, initial_value_threshold=2.0)
    losses = [3.0, 1.0, float("nan"), 1.5, 0.5]
    stand_in().run(callback, [{"loss": loss} for loss in losses])
    assert saved == [1, 4]
    callback = OrbaxCheckpoint(tmp_path, "other", save_best_only=True, mode="min")
    with pytest.warns(UserWarning, match="only with other available"):
        stand_in().run(callback, [{"loss": 1.0}])


def test_nothing_of_a_checkpoint_names_code_beyond_the_registry(tmp_path):
    trained(OrbaxCheckpoint(tmp_path), epochs=1)
    names = {path.name for path in (tmp_path / "0").rglob("*") if path.is_file()}
    assert all(name.endswith((".json", ".safetensors")) for name in names)
    assert json.loads((tmp_path / "0" / "config.json").read_text())["class_name"] == "Sequential"


def test_a_wrong_frequency_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Unrecognized save_freq"):
        OrbaxCheckpoint(tmp_path, save_freq="batch")


def test_one_process_is_its_own_primary_host(tmp_path):
    callback = OrbaxCheckpoint(tmp_path)
    assert callback.is_primary_host()
    assert not callback.is_multihost_enabled()
