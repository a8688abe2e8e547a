import numpy as np
import tensorflow as tf

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def test_moments_follow_from_sums():
    mean, variance = tf.nn.normalize_moments(*tf.nn.sufficient_statistics(X, [0]))
    np.testing.assert_allclose(mean, X.mean(0), atol=1e-6)
    np.testing.assert_allclose(variance, X.var(0), atol=1e-5)
    weighted = tf.nn.weighted_moments(X, [0], np.ones_like(X), keepdims=True)
    np.testing.assert_allclose(weighted[1], X.var(0, keepdims=True), atol=1e-5)


def test_the_full_loss_is_stirlings():
    short = tf.nn.log_poisson_loss([3.0], [1.0])
    full = tf.nn.log_poisson_loss([3.0], [1.0], compute_full_loss=True)
    np.testing.assert_allclose(full - short, np.log([6.0]), atol=0.03)
