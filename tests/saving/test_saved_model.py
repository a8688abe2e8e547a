import json
import shutil

import numpy as np
import pytest
import tensorflow_files

import torchkeras as keras
from torchkeras.saving import wire


def test_a_model_is_read_with_its_training(of_tensorflow):
    model = keras.models.load_model(of_tensorflow / "saved")
    assert isinstance(model, keras.Sequential)
    with np.load(of_tensorflow / "adam.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["before"], atol=1e-5)
        history = model.fit(
            known["x"], known["y"], epochs=2, batch_size=4, shuffle=False, verbose=0
        ).history
        np.testing.assert_allclose(history["loss"], known["losses"], rtol=1e-5)
    assert "mae" in history


@pytest.mark.parametrize("name", ["linear", "wide"])
def test_slots_of_weights_of_one_name_are_told_by_their_order(of_tensorflow, name):
    model = keras.models.load_model(of_tensorflow / name)
    with np.load(of_tensorflow / f"{name}.npz") as known:
        pair, y = [known["x0"], known["x1"]], known["y"]
        x = pair if name == "linear" else [pair, pair[0]]
        np.testing.assert_allclose(model.predict(x, verbose=0), known["before"], atol=1e-6)
        history = model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history
        np.testing.assert_allclose(history["loss"], known["losses"], rtol=1e-5)


def test_without_compile_there_is_no_optimizer(of_tensorflow):
    model = keras.models.load_model(of_tensorflow / "saved", compile=False)
    assert getattr(model, "optimizer", None) is None


def test_custom_layers_are_found_by_their_names(of_tensorflow):
    _, block = tensorflow_files.subclass(keras)
    model = keras.models.load_model(of_tensorflow / "custom", custom_objects={"Block": block})
    with np.load(of_tensorflow / "custom.npz") as known:
        np.testing.assert_allclose(model(known["x"]).detach(), known["y"], atol=1e-6)
    with pytest.raises(TypeError, match="Could not locate class 'Block'"):
        keras.models.load_model(of_tensorflow / "custom")


def changed(of_tensorflow, tmp_path, change):
    folder = tmp_path / "saved"
    shutil.copytree(of_tensorflow / "saved", folder)
    change(folder)
    return folder


def test_functions_without_a_model_are_refused(of_tensorflow, tmp_path):
    folder = changed(of_tensorflow, tmp_path, lambda f: (f / "keras_metadata.pb").unlink())
    with pytest.raises(ValueError, match="functions of TensorFlow alone"):
        keras.models.load_model(folder)


def test_a_folder_without_variables_is_incomplete(of_tensorflow, tmp_path):
    folder = changed(of_tensorflow, tmp_path, lambda f: shutil.rmtree(f / "variables"))
    with pytest.raises(ValueError, match="SavedModel is incomplete"):
        keras.models.load_model(folder)


@pytest.mark.parametrize("name", ["keras_metadata.pb", "saved_model.pb"])
def test_damaged_files_are_refused(of_tensorflow, tmp_path, name):
    folder = changed(of_tensorflow, tmp_path, lambda f: (f / name).write_bytes(b"\xff" * 50))
    if name == "saved_model.pb":
        assert keras.models.load_model(folder).built  # there are no vocabularies to look for
        return
    with pytest.raises(ValueError, match=r"keras_metadata\.pb"):
        keras.models.load_model(folder)


def test_notes_that_are_nested_too_deep_are_refused(of_tensorflow, tmp_path):
    text = '{"class_name": "Sequential", "config": ' + "[" * 900 + "]" * 900 + "}"
    note = wire.write_field(3, b"root") + wire.write_field(5, text.encode())

    def change(folder):
        (folder / "keras_metadata.pb").write_bytes(wire.write_field(1, note))

    with pytest.raises(ValueError, match="nested too deep|functions of TensorFlow alone"):
        keras.models.load_model(changed(of_tensorflow, tmp_path, change))


def test_graphs_of_functions_are_read(of_tensorflow):
    text = (of_tensorflow / "graph.json").read_text()
    assert json.loads(text)["keras_version"].startswith("2.")
    model = keras.models.model_from_json(text)
    with np.load(of_tensorflow / "graph.npz") as known:
        results = model([known["x0"], known["x1"]])
        for number, result in enumerate(results):
            expected = known[f"y{number}"]
            np.testing.assert_allclose(result.numpy(), expected, atol=1e-5, err_msg=str(number))


def test_functions_of_every_kind_do_as_in_tensorflow(of_tensorflow):
    model = keras.models.model_from_json((of_tensorflow / "functions.json").read_text())
    with np.load(of_tensorflow / "functions.npz") as known:
        results = model([known[f"x{number}"] for number in range(5)])
        for number, result in enumerate(results):
            found, expected = np.asarray(result.resolve_neg()), known[f"y{number}"]
            assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
            np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5, err_msg=str(number))


@pytest.mark.parametrize("name", ["exported2", "exported3"])
def test_what_was_exported_gives_its_weights(of_tensorflow, name):
    model = tensorflow_files.noisy(keras)
    model.load_weights(of_tensorflow / name)
    with np.load(of_tensorflow / f"{name}.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["y"], atol=1e-5)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="Nothing in it belongs to the model"):
        other.load_weights(of_tensorflow / name)
    with pytest.raises(ValueError, match="functions of TensorFlow alone"):
        keras.models.load_model(of_tensorflow / name)


def test_states_of_random_layers_shift_no_weights(of_tensorflow):
    model = keras.models.load_model(of_tensorflow / "augmented")
    with np.load(of_tensorflow / "exported2.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["y"], atol=1e-5)
