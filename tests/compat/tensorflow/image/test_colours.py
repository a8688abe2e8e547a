import numpy as np
import pytest
import tensorflow as tf

PIXELS = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)
COLOURS = np.random.default_rng(0).uniform(size=(2, 4, 5, 3)).astype("float32")


def test_gray_has_one_channel_and_comes_back_as_three():
    gray = tf.image.rgb_to_grayscale(PIXELS)
    assert gray.dtype == tf.uint8
    assert tf.image.grayscale_to_rgb(gray).shape == (2, 3, 3)


@pytest.mark.parametrize("model", ["hsv", "yuv", "yiq"])
def test_models_of_colour_come_back(model):
    there = getattr(tf.image, f"rgb_to_{model}")(COLOURS)
    back = getattr(tf.image, f"{model}_to_rgb")(there)
    np.testing.assert_allclose(back, COLOURS, atol=1e-4)


def test_adjusting_by_nothing_changes_nothing():
    for changed in (
        tf.image.adjust_contrast(COLOURS, 1.0),
        tf.image.adjust_saturation(COLOURS, 1.0),
        tf.image.adjust_hue(COLOURS, 1.0),
        tf.image.adjust_gamma(COLOURS),
    ):
        np.testing.assert_allclose(changed, COLOURS, atol=1e-4)
    assert (tf.image.adjust_brightness(PIXELS, 0.5).numpy() > PIXELS).all()


def test_jpeg_loses_little_at_high_quality():
    picture = tf.image.adjust_jpeg_quality(np.full((8, 8, 3), 0.5, "float32"), 95)
    np.testing.assert_allclose(picture, np.full((8, 8, 3), 0.5), atol=0.02)


def test_standardized_images_have_mean_0_and_variance_1():
    standard = tf.image.per_image_standardization(PIXELS).numpy()
    assert abs(standard.mean()) < 1e-5
    assert abs(standard.std() - 1) < 1e-5


def test_settings_of_jpeg_files_are_checked():
    with pytest.raises(ValueError, match="jpeg_quality is 101"):
        tf.image.adjust_jpeg_quality(PIXELS, 101)
    with pytest.raises(ValueError, match="dct_method is 'SLOW'"):
        tf.image.adjust_jpeg_quality(PIXELS, 50, dct_method="SLOW")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.image.adjust_gamma(COLOURS, -1), "gamma is -1"),
        (lambda: tf.image.adjust_hue(COLOURS, 1.5), "delta is 1.5"),
        (lambda: tf.image.grayscale_to_rgb(COLOURS), "one channel"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bytes_have_hues_too():
    found = tf.image.rgb_to_hsv(PIXELS)
    np.testing.assert_allclose(found, tf.image.rgb_to_hsv(PIXELS.astype("float32")))
