import numpy as np
import pytest
import tensorflow as tf

IMAGES = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")


@pytest.mark.parametrize("padding, size", [("SAME", [2, 8, 12, 2]), ("VALID", [2, 9, 13, 2])])
def test_turned_convolutions_are_gradients(padding, size):
    kernel = np.random.default_rng(1).normal(size=(3, 3, 2, 3)).astype("float32")
    x = tf.Variable(np.zeros(size, "float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.nn.conv2d(x, kernel, 2, padding) * IMAGES)
    expected = tape.gradient(y, x)
    found = tf.nn.conv2d_transpose(IMAGES, kernel, size, 2, padding)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_sizes_must_be_those_of_a_convolution():
    with pytest.raises(ValueError, match="output_shape"):
        tf.nn.conv2d_transpose(IMAGES, np.ones((3, 3, 2, 3), "float32"), [2, 20, 12, 2], 2)
    with pytest.raises(ValueError, match="pooling_type"):
        tf.nn.pool(IMAGES, 2, "MIN")
    with pytest.raises(ValueError, match="dilations"):
        tf.nn.pool(IMAGES, 2, "MAX", dilations=2)


def test_places_of_the_largest_lead_to_them():
    found, places = tf.nn.max_pool_with_argmax(IMAGES, 2, 2, "SAME", include_batch_in_index=True)
    np.testing.assert_array_equal(tf.gather(IMAGES.reshape(-1), places), found)


def test_blocks_come_back():
    blocks = tf.nn.space_to_depth(IMAGES, 2)
    np.testing.assert_array_equal(tf.nn.depth_to_space(blocks, 2), IMAGES)


def test_windows_that_know_one_layout_say_so():
    ones, filters = [1, 1, 1, 1], np.zeros((2, 2, 3))
    with pytest.raises(ValueError, match="max_pool_with_argmax: data_format is 'NCHW'"):
        tf.nn.max_pool_with_argmax(IMAGES, 2, 2, "VALID", data_format="NCHW")
    with pytest.raises(ValueError, match="output_dtype"):
        tf.nn.max_pool_with_argmax(IMAGES, 2, 2, "VALID", output_dtype=tf.float32)
    for function in (tf.nn.dilation2d, tf.nn.erosion2d):
        with pytest.raises(ValueError, match="data_format is 'NCHW'"):
            function(IMAGES, filters, ones, "VALID", "NCHW", ones)


def test_blocks_and_channels_are_checked():
    for function in (tf.nn.space_to_depth, tf.nn.depth_to_space):
        with pytest.raises(ValueError, match="block_size is 1"):
            function(IMAGES, 1)
    filters = np.zeros((2, 2, 5, 3), "float32")
    with pytest.raises(ValueError, match="5 channels"):
        tf.nn.conv2d_transpose(IMAGES, filters, [2, 8, 12, 4], 2)
    with pytest.raises(ValueError, match="padding is 'FULL'"):
        tf.nn.conv2d_transpose(IMAGES, filters, [2, 8, 12, 5], 2, "FULL")
