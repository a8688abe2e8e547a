import json

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.applications import imagenet_utils

NAMES = {str(number): [f"n{number:08}", f"thing_{number}"] for number in range(1000)}


@pytest.fixture
def named(monkeypatch, tmp_path):
    """A file of names in place of the one on the net."""
    path = tmp_path / "names.json"
    path.write_text(json.dumps(NAMES))
    monkeypatch.setattr(imagenet_utils, "get_file", lambda *args, **kwargs: str(path))
    imagenet_utils._names.cache_clear()
    yield
    imagenet_utils._names.cache_clear()


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("ndim", [3, 4])
def test_images_are_prepared_as_in_keras(mode, data_format, dtype, ndim):
    shape = (2, 5, 6, 3) if data_format == "channels_last" else (2, 3, 5, 6)
    x = np.random.default_rng(0).uniform(0, 255, shape[4 - ndim :]).astype(dtype)
    kept = x.copy()
    expected = real.applications.imagenet_utils.preprocess_input(x.copy(), data_format, mode)
    found = imagenet_utils.preprocess_input(x, data_format, mode)
    np.testing.assert_array_equal(x, kept)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    tensor = imagenet_utils.preprocess_input(torch.from_numpy(x), data_format, mode)
    np.testing.assert_allclose(tensor, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_symbols_are_prepared_within_a_model(mode):
    inputs = keras.Input((4, 4, 3), dtype="uint8")
    model = keras.Model(inputs, imagenet_utils.preprocess_input(inputs, mode=mode))
    x = np.random.default_rng(0).integers(0, 255, (2, 4, 4, 3), dtype="uint8")
    expected = imagenet_utils.preprocess_input(x, mode=mode)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


def test_the_likeliest_classes_are_named(named):
    preds = np.random.default_rng(0).uniform(size=(3, 1000)).astype("float32")
    for row, found in zip(preds, imagenet_utils.decode_predictions(preds, top=4), strict=True):
        numbers = np.argsort(row)[::-1][:4]
        assert found == [(*NAMES[str(number)], row[number]) for number in numbers]
    assert len(imagenet_utils.decode_predictions(torch.from_numpy(preds))[0]) == 5


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="mode"):
        imagenet_utils.preprocess_input(np.zeros((4, 4, 3)), mode="theano")
    with pytest.raises(ValueError, match="data_format"):
        imagenet_utils.preprocess_input(np.zeros((4, 4, 3)), data_format="last")
    with pytest.raises(ValueError, match="batch of predictions"):
        imagenet_utils.decode_predictions(np.zeros((2, 10)))
