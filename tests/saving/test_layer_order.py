import keras as real
import numpy as np
import pytest
import tensorflow_files

import torchkeras as keras
from torchkeras.core import scopes
from torchkeras.saving import layer_order

WHOLE = ["masked.keras", "masked.h5", "masked"]
OPTIONS = {"epochs": 2, "batch_size": 4, "verbose": 0, "shuffle": False}


@pytest.fixture
def known(of_tensorflow):
    with np.load(of_tensorflow / "masked.npz") as file:
        return dict(file)


@pytest.mark.parametrize("name", WHOLE)
def test_a_model_whose_masks_keras_2_merged_predicts_and_trains_on_as_it_did(
    of_tensorflow, known, name
):
    model = keras.models.load_model(of_tensorflow / name)
    pair = [known["x0"], known["x1"]]
    np.testing.assert_allclose(model.predict(pair, verbose=0), known["before"], atol=1e-6)
    losses = model.fit(pair, known["y"], **OPTIONS).history["loss"]
    np.testing.assert_allclose(losses, known["losses"], rtol=1e-5)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_copies_of_such_a_model_predict_alike(of_tensorflow, known, tmp_path, suffix):
    model = keras.models.load_model(of_tensorflow / "masked.h5")
    pair = [known["x0"], known["x1"]]
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    model.save(tmp_path / f"m.{suffix}")
    for copied in (clone, keras.models.load_model(tmp_path / f"m.{suffix}")):
        np.testing.assert_allclose(copied.predict(pair, verbose=0), known["before"], atol=1e-6)


@pytest.mark.parametrize("name", ["masked_weights.h5", "masked_weights/w"])
def test_weights_find_their_layers_in_a_model_made_anew(of_tensorflow, name):
    model = tensorflow_files.masked(keras)
    model.load_weights(of_tensorflow / name)
    whole = keras.models.load_model(of_tensorflow / "masked.h5")
    for weight, other in zip(model.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), other.numpy())


def test_layers_are_in_the_order_of_keras_3_but_for_files_of_keras_2():
    ours, theirs = tensorflow_files.masked(keras), tensorflow_files.masked(real)
    kinds = [type(layer).__name__ for layer in ours.layers]
    assert kinds == [type(layer).__name__ for layer in theirs.layers]
    masked = [layer.mask_zero for layer in ours.layers if hasattr(layer, "mask_zero")]
    assert masked == [layer.mask_zero for layer in theirs.layers if hasattr(layer, "mask_zero")]
    assert layer_order.layers_of(ours) == ours.layers
    with scopes.keras_2_scope("2.15.0"):
        older = layer_order.layers_of(ours)
    of_tensorflow = [False, True, True]
    assert [layer.mask_zero for layer in older if hasattr(layer, "mask_zero")] == of_tensorflow
    assert sorted(map(id, older)) == sorted(map(id, ours.layers))


@pytest.mark.parametrize("generation", [2, 3])
def test_real_keras_reads_such_a_model_with_its_masks(of_tensorflow, known, tmp_path, generation):
    if generation == 2:
        model = keras.models.load_model(of_tensorflow / "masked.h5")
    else:
        model = tensorflow_files.masked(keras)
    model.save(tmp_path / "m.keras")
    real.backend.clear_session()  # as when it is the first that a script does
    theirs = real.models.load_model(tmp_path / "m.keras")
    pair = [known["x0"], known["x1"]]
    expected = model.predict(pair, verbose=0)
    np.testing.assert_allclose(theirs.predict(pair, verbose=0), expected, atol=1e-6)


def test_slots_are_back_in_place_after_reading(of_tensorflow):
    model = keras.models.load_model(of_tensorflow / "masked.h5")
    slots, variables = list(model.optimizer._slots), list(model.optimizer.variables)
    with scopes.keras_2_scope("2.15.0"), layer_order.slots_of(model):
        assert model.optimizer._slots != slots
    assert model.optimizer._slots == slots
    assert all(a is b for a, b in zip(model.optimizer.variables, variables, strict=True))
