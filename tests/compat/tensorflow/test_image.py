import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

PIXELS = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)


def test_resizing_gives_floats_unless_it_picks_pixels():
    assert tf.image.resize(PIXELS, [4, 6]).dtype == tf.float32
    nearest = tf.image.resize(PIXELS, (4, 6), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
    assert nearest.dtype == tf.uint8
    assert tf.image.resize(PIXELS, [8, 6], preserve_aspect_ratio=True).shape == (4, 6, 3)


def test_decoding(tmp_path):
    path = tmp_path / "image.png"
    Image.fromarray(PIXELS).save(path)
    data = tf.io.read_file(str(path))
    np.testing.assert_array_equal(tf.image.decode_png(data), PIXELS)
    assert tf.io.decode_image(data, channels=1).shape == (2, 3, 1)
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "JPEG")
    assert tf.image.decode_jpeg(buffer.getvalue(), channels=3).shape == (2, 3, 3)
    with pytest.raises(ValueError, match="channels"):
        tf.image.decode_image(data, channels=2)


def test_types_span_their_range():
    as_float = tf.image.convert_image_dtype(PIXELS, tf.float32)
    np.testing.assert_allclose(as_float, PIXELS / 255.0, rtol=1e-6)
    np.testing.assert_array_equal(tf.image.convert_image_dtype(as_float, tf.uint8), PIXELS)


def test_flips_and_turns():
    np.testing.assert_array_equal(tf.image.flip_left_right(PIXELS), PIXELS[:, ::-1])
    np.testing.assert_array_equal(tf.image.flip_up_down(PIXELS), PIXELS[::-1])
    np.testing.assert_array_equal(tf.image.rot90(PIXELS), np.rot90(PIXELS))
    tf.random.set_seed(0)
    batch = np.stack([PIXELS] * 50)
    flipped = tf.image.random_flip_left_right(batch).numpy()
    turned = [np.array_equal(image, PIXELS[:, ::-1]) for image in flipped]
    assert 10 < sum(turned) < 40


def test_crops():
    assert tf.image.random_crop(PIXELS, [1, 2, 3]).shape == (1, 2, 3)
    assert tf.image.crop_to_bounding_box(PIXELS, 1, 1, 1, 2).shape == (1, 2, 3)
    assert tf.image.central_crop(np.zeros((8, 8, 1)), 0.5).shape == (4, 4, 1)
    with pytest.raises(ValueError, match="size"):
        tf.image.random_crop(PIXELS, [9, 9, 3])


def test_colours():
    gray = tf.image.rgb_to_grayscale(PIXELS)
    assert gray.dtype == tf.uint8
    assert tf.image.grayscale_to_rgb(gray).shape == (2, 3, 3)
    brighter = tf.image.adjust_brightness(PIXELS, 0.5).numpy()
    assert (brighter > PIXELS).all()
    np.testing.assert_allclose(
        tf.image.adjust_contrast(PIXELS / 255.0, 1.0), PIXELS / 255.0, atol=1e-6
    )
    standard = tf.image.per_image_standardization(PIXELS).numpy()
    assert abs(standard.mean()) < 1e-5
    assert abs(standard.std() - 1) < 1e-5
