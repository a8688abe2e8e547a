import numpy as np
import tensorflow as tf

IMAGES = np.random.default_rng(0).uniform(size=(2, 12, 13, 3)).astype("float32")


def test_an_image_is_like_itself():
    np.testing.assert_allclose(tf.image.ssim(IMAGES, IMAGES, 1.0), [1, 1], atol=1e-5)
    assert np.isinf(np.asarray(tf.image.psnr(IMAGES, IMAGES, 1.0))).all()


def test_plain_images_change_nowhere():
    plain = tf.fill([1, 5, 6, 2], 3.0)
    assert float(tf.image.total_variation(plain)[0]) == 0
    assert float(tf.reduce_max(tf.abs(tf.image.sobel_edges(plain)))) == 0
    down, right = tf.image.image_gradients(plain)
    assert down.shape == right.shape == plain.shape


def test_sobel_finds_a_step_to_the_right():
    step = np.zeros((1, 4, 6, 1), "float32")
    step[:, :, 3:] = 1
    edges = tf.image.sobel_edges(tf.constant(step)).numpy()[0, 1, :, 0]
    np.testing.assert_array_equal(edges[:, 0], np.zeros(6))
    np.testing.assert_array_equal(edges[:, 1], [0, 0, 4, 4, 0, 0])
