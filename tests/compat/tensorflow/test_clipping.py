import numpy as np
import tensorflow as tf


def test_values_stay_between_the_bounds():
    assert tf.clip_by_value(tf.constant([-2, 0, 5]), -1, 3).numpy().tolist() == [-1, 0, 3]


def test_only_long_vectors_are_shortened():
    np.testing.assert_allclose(tf.clip_by_norm(tf.constant([3.0, 4.0]), 1.0), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(tf.clip_by_norm(tf.constant([0.3, 0.4]), 1.0), [0.3, 0.4], rtol=1e-6)


def test_all_tensors_are_shortened_alike():
    clipped, length = tf.clip_by_global_norm([tf.constant([3.0]), None, tf.constant([4.0])], 1.0)
    assert float(length) == 5.0
    assert clipped[1] is None
    np.testing.assert_allclose([clipped[0][0], clipped[2][0]], [0.6, 0.8], rtol=1e-6)


def test_infinite_lengths_give_nan():
    clipped, _ = tf.clip_by_global_norm([tf.constant([np.inf, 1.0])], 1.0)
    assert np.isnan(clipped[0]).all()
