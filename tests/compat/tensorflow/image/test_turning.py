import numpy as np
import pytest
import tensorflow as tf

PIXELS = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)


def test_flips_and_turns():
    np.testing.assert_array_equal(tf.image.flip_left_right(PIXELS), PIXELS[:, ::-1])
    np.testing.assert_array_equal(tf.image.flip_up_down(PIXELS), PIXELS[::-1])
    np.testing.assert_array_equal(tf.image.rot90(PIXELS), np.rot90(PIXELS))
    np.testing.assert_array_equal(tf.image.transpose(PIXELS), PIXELS.transpose(1, 0, 2))


@pytest.mark.parametrize("name", ["flip_left_right", "flip_up_down", "rot90", "transpose"])
def test_images_have_three_axes_or_four(name):
    with pytest.raises(ValueError, match=f"{name}: image.shape"):
        getattr(tf.image, name)(PIXELS[0])
