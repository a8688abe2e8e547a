import pytest
import tensorflow as tf


def test_comparisons_raise_where_they_fail():
    tf.debugging.assert_equal([1, 2], [1, 2])
    with pytest.raises(ValueError, match="equal to"):
        tf.debugging.assert_equal([1, 2], [1, 3])
    with pytest.raises(ValueError, match=r"greater than.*mine"):
        tf.assert_greater(1, 2, message="mine")
    tf.debugging.assert_less(1, 2)
    tf.debugging.assert_positive([1, 2])
    with pytest.raises(ValueError, match="at least"):
        tf.debugging.assert_non_negative([-1])


def test_closeness():
    tf.debugging.assert_near(1.0, 1.0 + 1e-7)
    with pytest.raises(ValueError, match="near"):
        tf.debugging.assert_near(1.0, 1.1)


def test_ranks_shapes_and_types():
    x = tf.zeros((2, 3))
    tf.debugging.assert_rank(x, 2)
    tf.debugging.assert_shapes([(x, ("n", 3)), (tf.zeros(2), ("n",))])
    with pytest.raises(ValueError, match="axes"):
        tf.debugging.assert_rank(x, 1)
    with pytest.raises(ValueError, match="shape"):
        tf.debugging.assert_shapes({x: ("n", "n")})
    with pytest.raises(TypeError, match="dtype"):
        tf.debugging.assert_type(x, tf.int32)


def test_numbers_that_are_none():
    assert float(tf.debugging.check_numerics(tf.constant(1.0), "ok")) == 1.0
    with pytest.raises(ValueError, match="loss: the tensor has infinite or NaN"):
        tf.debugging.check_numerics(tf.constant(float("nan")), "loss")
    assert tf.debugging.is_numeric_tensor(tf.zeros(1))
