import io

import keras
import numpy as np
import pytest
import torch
from PIL import Image

from torchkeras.utils import array_to_img, images, img_to_array, load_img, save_img


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype("uint8")


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.filterwarnings("ignore:.*mode.*:DeprecationWarning")
def test_images_equal_those_of_keras(channels, scale, data_format):
    shape = (5, 4, channels) if data_format == "channels_last" else (channels, 5, 4)
    x = np.random.default_rng(1).integers(10, 200, shape).astype("float32")
    ours = array_to_img(x, data_format, scale)
    theirs = keras.utils.array_to_img(x, data_format, scale)
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    assert np.abs(np.asarray(ours, "int32") - np.asarray(theirs, "int32")).max() <= 1
    back = img_to_array(theirs, data_format)
    assert back.dtype == np.float32
    assert np.array_equal(back, keras.utils.img_to_array(theirs, data_format))


def test_wide_gray_images_keep_their_range():
    image = array_to_img(np.full((2, 2, 1), 1000.0), scale=False)
    assert image.mode == "I"
    assert np.asarray(image).max() == 1000


def test_files_round_trip(tmp_path, pixels):
    save_img(tmp_path / "a.png", pixels, scale=False)
    assert np.array_equal(img_to_array(load_img(tmp_path / "a.png")), pixels)
    assert load_img(str(tmp_path / "a.png"), "grayscale").mode == "L"
    assert load_img(tmp_path / "a.png", grayscale=True).mode == "L"
    assert load_img(io.BytesIO((tmp_path / "a.png").read_bytes()), "rgba").mode == "RGBA"


@pytest.mark.parametrize("interpolation", images.RESAMPLING)
@pytest.mark.parametrize("keep_aspect_ratio", [True, False])
def test_resizing_equals_that_of_keras(tmp_path, pixels, interpolation, keep_aspect_ratio):
    Image.fromarray(pixels).save(tmp_path / "a.png")
    arguments = {
        "target_size": (4, 3),
        "interpolation": interpolation,
        "keep_aspect_ratio": keep_aspect_ratio,
    }
    ours = load_img(tmp_path / "a.png", **arguments)
    theirs = keras.utils.load_img(tmp_path / "a.png", **arguments)
    assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_jpeg_has_no_alpha(tmp_path):
    with pytest.warns(UserWarning, match="converting to RGB"):
        save_img(tmp_path / "a.jpg", np.zeros((2, 2, 4)))
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("size", [(3, 3), (4, 8), (12, 9)])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_smart_resize_equals_that_of_keras(size, interpolation):
    x = np.random.default_rng(0).uniform(0, 255, (7, 10, 3)).astype("float32")
    ours = images.smart_resize(x, size, interpolation)
    theirs = keras.preprocessing.image.smart_resize(x, size, interpolation)
    assert np.allclose(ours, theirs, atol=1e-3)
    batch = images.smart_resize(
        torch.as_tensor(x).movedim(-1, 0)[None], size, interpolation, "channels_first"
    )
    assert np.allclose(batch[0].movedim(0, -1).numpy(), ours, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: array_to_img(np.zeros((2, 2))), ValueError, "Expected image array to have rank 3"),
        (lambda: array_to_img(np.zeros((2, 2, 5))), ValueError, "Unsupported channel number"),
        (lambda: img_to_array(np.zeros(2)), ValueError, "Unsupported image shape"),
        (lambda: load_img("x", "cmyk"), ValueError, '"grayscale", "rgb", or "rgba"'),
        (lambda: load_img(3), TypeError, "path-like or io.BytesIO"),
        (lambda: images.smart_resize(np.zeros((2, 2)), (1, 1)), ValueError, "incorrect rank"),
        (lambda: images.smart_resize(np.zeros((2, 2, 1)), (1,)), ValueError, "Expected `size`"),
    ],
)
def test_bad_input_is_explained(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_an_unknown_interpolation_is_an_error(tmp_path, pixels):
    save_img(tmp_path / "a.png", pixels)
    with pytest.raises(ValueError, match="Invalid interpolation method"):
        load_img(tmp_path / "a.png", target_size=(2, 2), interpolation="cubic")
