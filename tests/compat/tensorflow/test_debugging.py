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


def test_errors_show_where_the_elements_differ():
    x = tf.range(4)
    with pytest.raises(
        ValueError, match=r"x is 1, 2, \.\.\. at \[1\], \[2\], \.\.\.; .*than 1, 2, \.\.\."
    ):
        tf.debugging.assert_less(x, [1, 1, 2, 3], summarize=2)
    with pytest.raises(ValueError, match="x is 1.0; expected near 2.0. mine"):
        tf.debugging.assert_near(1.0, 2.0, message="mine")
    with pytest.raises(ValueError, match=r"x is -1, -2, -3 at"):
        tf.debugging.assert_positive([-1, -2, -3], summarize=-1)
    with pytest.raises(ValueError, match="0, 1, ..."):
        tf.debugging.assert_shapes([(x, (5,))], data=[x], summarize=2)


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


def test_none_equal_takes_its_message_fourth():
    with pytest.raises(ValueError, match="too alike"):
        tf.debugging.assert_none_equal([1, 2], [3, 2], None, "too alike")
