import warnings
import zipfile

import h5py
import numpy as np
import pytest
import tensorflow_files

import torchkeras as keras
from torchkeras.saving import generations, hdf5


@pytest.fixture
def expected(of_tensorflow):
    """Weights of the masked model, and of its optimizer."""
    whole = keras.models.load_model(of_tensorflow / "masked.keras")
    return [np.asarray(v) for v in (*whole.weights, *whole.optimizer.variables)]


@pytest.fixture
def weights_file(of_tensorflow, tmp_path):
    """What ``save_weights("trained.weights.h5")`` of tf.keras 2.21 writes."""
    path = tmp_path / "trained.weights.h5"
    path.write_bytes(zipfile.ZipFile(of_tensorflow / "masked.keras").read("model.weights.h5"))
    return path


def without(path, *groups):
    """The file without these groups."""
    with h5py.File(path, "r+") as file:
        for name in groups:
            del file[name]
    return path


def compiled():
    model = tensorflow_files.masked(keras)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def values(model):
    return [np.asarray(v) for v in (*model.weights, *model.optimizer.variables)]


@pytest.mark.parametrize("kind", ["archive", "weights"])
def test_layers_and_slots_of_a_trained_model_of_keras_2_find_their_places(
    of_tensorflow, weights_file, expected, kind
):
    model = compiled()
    model.load_weights(of_tensorflow / "masked.keras" if kind == "archive" else weights_file)
    for ours, theirs in zip(values(model), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_name_that_older_releases_have_for_layers_tells(weights_file, expected):
    without(weights_file, "metrics", "optimizer")
    with h5py.File(weights_file, "r+") as file:
        layers = file["layers"]
        for name in list(layers):  # each layer with weights is counted twice
            word, _, number = name.rpartition("_")
            if number.isdigit() and any(key != "vars" or layers[name][key] for key in layers[name]):
                layers.move(name, f"{word}_{2 * int(number)}_")
        for name in [name for name in layers if name.endswith("_")]:
            layers.move(name, name[:-1])
        file.move("layers", "_layer_checkpoint_dependencies")
    model = tensorflow_files.masked(keras)
    model.load_weights(weights_file)
    for ours, theirs in zip(model.weights, expected, strict=False):
        np.testing.assert_array_equal(np.asarray(ours), theirs)


def test_a_file_that_does_not_tell_is_read_as_of_keras_3_with_a_warning(weights_file, expected):
    without(weights_file, "metrics", "optimizer")
    model = tensorflow_files.masked(keras)
    with pytest.warns(UserWarning, match="whether Keras 3 or tf.keras 2 wrote it"):
        model.load_weights(weights_file)
    rows = {0: 1, 1: 0}  # the first two of the embeddings changed places
    for place, ours in enumerate(model.weights):
        found = [k for k, v in enumerate(expected[:8]) if np.array_equal(np.asarray(ours), v)]
        assert found == [rows.get(place, place)]


def test_where_shapes_allow_one_order_alone_it_is_taken(weights_file, expected):
    without(weights_file, "metrics", "optimizer")
    with h5py.File(weights_file, "r+") as file:
        group = file["layers/embedding/vars"]  # the one without a mask, as tf.keras 2 counts
        smaller = group["0"][:5]
        del group["0"]
        group["0"] = smaller
    layers = keras.layers
    first, second = keras.Input((5,)), keras.Input((5,))
    words, others = (layers.Embedding(6, 3, mask_zero=True)(x) for x in (first, second))
    kinds = layers.Embedding(5, 3)(second)
    outputs = [layers.LSTM(2)(layers.Concatenate()([kinds, words]))]
    for merge in (layers.Add, layers.Multiply, layers.Maximum):
        for pair in ([words, others], [words, kinds]):
            outputs.append(layers.GlobalAveragePooling1D()(merge()(pair)))
    model = keras.Model([first, second], layers.Dense(2)(layers.concatenate(outputs)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.load_weights(weights_file)
    shapes = [tuple(layer.weights[0].shape) for layer in model.layers if "embedding" in layer.name]
    assert sorted(shapes) == [(5, 3), (6, 3), (6, 3)]
    kinds = next(w for w in model.weights if tuple(w.shape) == (5, 3))
    np.testing.assert_array_equal(np.asarray(kinds), smaller)


def test_one_who_has_no_masks_is_not_warned(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(3)])
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["vars"].attrs["name"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.load_weights(path)


def test_releases_are_told_by_their_groups(weights_file, tmp_path):
    model = compiled()
    model.save_weights(tmp_path / "ours.weights.h5")
    told = {}
    for path in (weights_file, tmp_path / "ours.weights.h5"):
        with hdf5.open_group(path) as root:
            told[path.stem] = generations.release_of(root)
    assert told == {"trained.weights": "2.12.0", "ours.weights": None}
    with hdf5.open_group(without(weights_file, "metrics")) as root:
        assert generations.release_of(root) is None


def test_reports_tell_it_and_find_the_same_places(weights_file, of_tensorflow):
    for path in (weights_file, of_tensorflow / "masked.keras"):
        model = tensorflow_files.masked(keras)
        found = keras.saving.report(path, model)
        if path == weights_file:
            assert found.format == "weights of tf.keras 2.12 or later"
        model.load_weights(path)
        with h5py.File(weights_file) as file:
            for name, place, _ in found.mapped:
                weight = next((w for w in model.weights if w.path == name), None)
                if weight is not None:
                    np.testing.assert_array_equal(np.asarray(weight), file[place][...])
