import inspect

import numpy as np
import pytest
import tensorflow as tf

POINTS = np.linspace(0.1, 0.9, 5).astype("float32")


def test_inverses_undo():
    np.testing.assert_allclose(tf.math.erf(tf.math.erfinv(POINTS)), POINTS, rtol=1e-4)
    np.testing.assert_allclose(tf.math.erfc(tf.math.erfcinv(POINTS)), POINTS, rtol=1e-4)
    order = tf.constant([2, 0, 1])
    assert tf.gather(order, tf.math.invert_permutation(order)).numpy().tolist() == [0, 1, 2]


def test_nothing_times_anything_is_nothing():
    assert tf.math.xdivy(0.0, 0.0) == 0
    assert tf.math.xlogy(0.0, 0.0) == 0
    assert tf.math.reciprocal_no_nan(0.0) == 0


def test_arguments_have_tensorflows_names():
    assert float(tf.math.igamma(a=1.0, x=1.0)) > 0.6
    assert float(tf.math.zeta(x=2.0, q=1.0)) > 1.6


def test_order():
    assert bool(tf.math.is_non_decreasing([1, 1, 2]))
    assert not bool(tf.math.is_strictly_increasing([1, 1, 2]))
    assert tf.searchsorted([1, 3], [3], side="right").numpy().tolist() == [2]


def test_functions_of_two_know_their_arguments():
    assert list(inspect.signature(tf.math.igamma).parameters) == ["a", "x", "name"]
    assert tf.math.xlogy(x=0.0, y=0.0, name="zero") == 0
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        tf.math.xlogy(1.0, 1.0, z=2.0)
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        tf.math.xlogy(1.0)
