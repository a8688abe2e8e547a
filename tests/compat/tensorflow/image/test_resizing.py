import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

PIXELS = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)
LENGTHS = st.integers(1, 9)


def test_resizing_gives_floats_unless_it_picks_pixels():
    assert tf.image.resize(PIXELS, [4, 6]).dtype == tf.float32
    nearest = tf.image.resize(PIXELS, (4, 6), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
    assert nearest.dtype == tf.uint8
    assert tf.image.resize(PIXELS, [8, 6], preserve_aspect_ratio=True).shape == (4, 6, 3)


@pytest.mark.parametrize("method", tf.image.ResizeMethod)
def test_a_plain_image_stays_plain(method):
    for antialias in (False, True):
        found = tf.image.resize(np.full((5, 4, 1), 3.0), [7, 2], method, antialias=antialias)
        np.testing.assert_allclose(found, np.full((7, 2, 1), 3.0), rtol=1e-5)


@given(LENGTHS, LENGTHS)
def test_cropping_or_padding_gives_the_size_and_keeps_the_middle(height, width):
    found = tf.image.resize_with_crop_or_pad(PIXELS, height, width)
    assert found.shape == (height, width, 3)
    again = tf.image.resize_with_crop_or_pad(found, 2, 3)
    if height >= 2 and width >= 3:
        np.testing.assert_array_equal(again, PIXELS)


def test_crops_lie_within_the_image():
    assert tf.image.crop_to_bounding_box(PIXELS, 1, 1, 1, 2).shape == (1, 2, 3)
    assert tf.image.central_crop(np.zeros((8, 8, 1)), 0.5).shape == (4, 4, 1)
    with pytest.raises(ValueError, match="block"):
        tf.image.crop_to_bounding_box(PIXELS, 1, 1, 2, 2)
    with pytest.raises(ValueError, match="room for the image"):
        tf.image.pad_to_bounding_box(PIXELS, 1, 1, 2, 3)
    with pytest.raises(ValueError, match="height and width"):
        tf.image.resize(PIXELS, 5)


def test_patches_side_by_side_are_the_image():
    images = np.arange(2 * 4 * 6, dtype="float32").reshape(2, 4, 6, 1)
    patches = tf.image.extract_patches(images, [1, 2, 3, 1], [1, 2, 3, 1], [1, 1, 1, 1], "VALID")
    assert patches.shape == (2, 2, 2, 6)
    np.testing.assert_array_equal(patches[:, 0, 0], images[:, :2, :3].reshape(2, 6))


def test_a_glimpse_is_a_window_around_a_place():
    images = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    middle = tf.image.extract_glimpse(images, [2, 2], [[0.0, 0.0]])
    np.testing.assert_array_equal(middle, images[:, 1:3, 1:3])
    corner = tf.image.extract_glimpse(images, [2, 2], [[0, 0]], centered=False, normalized=False)
    np.testing.assert_array_equal(corner, images[:, :2, :2])


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
def test_noise_beyond_a_glimpse_lies_within_the_image(noise):
    image = np.linspace(2, 7, 12, dtype="float32").reshape(1, 3, 4, 1)
    glimpse = tf.image.extract_glimpse(image, [30, 40], [[0.0, 0.0]], noise=noise).numpy()
    assert 2 <= glimpse.min() < glimpse.max() <= 7
    assert len(np.unique(glimpse)) > 100
    blank = tf.image.extract_glimpse(image, [30, 40], [[0.0, 0.0]], noise="zero").numpy()
    assert (glimpse[blank > 0] == blank[blank > 0]).all()


def test_kinds_of_noise_are_known():
    with pytest.raises(ValueError, match="noise is 'pink'"):
        tf.image.extract_glimpse(np.zeros((1, 2, 2, 1)), [1, 1], [[0.0, 0.0]], noise="pink")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: tf.image.central_crop(x, 0.0), "central_fraction is 0.0"),
        (lambda x: tf.image.central_crop(x[0], 0.5), "central_crop: image.shape"),
        (lambda x: tf.image.crop_to_bounding_box(x, 0, 0, 0, 1), "one within the image"),
        (lambda x: tf.image.crop_and_resize(x[None], [[0, 0, 1, 1]], [1], [2, 2]), "box_indices"),
        (lambda x: tf.image.crop_and_resize(x[None], [[0, 0, 1, 1]], [], [2, 2]), "one for each"),
        (lambda x: tf.image.crop_and_resize(x[None], [[0, 0, 1, 1]], [0], [0, 2]), "1 or more"),
        (
            lambda x: tf.image.crop_and_resize(x[None], [[0, 0, 1, 1]], [0], [2, 2], "cubic"),
            "method is 'cubic'",
        ),
        (
            lambda x: tf.image.extract_patches(x[None], *[[1, 1, 1, 1]] * 3, padding="ALL"),
            "padding is 'ALL'",
        ),
        (
            lambda x: tf.image.extract_patches(x[None], [2, 1, 1, 1], *[[1] * 4] * 2, "SAME"),
            r"sizes is \(2, 1, 1, 1\)",
        ),
        (lambda x: tf.image.pad_to_bounding_box(x[0], 0, 0, 9, 9), "pad_to_bounding_box: image"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call(PIXELS)
