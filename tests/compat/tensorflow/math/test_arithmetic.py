import numpy as np
import pytest
import tensorflow as tf


def test_numbers_take_the_type_of_the_tensor():
    assert tf.add(tf.constant([1.0]), 2).dtype == tf.float32
    assert tf.multiply(2, tf.constant([1], tf.int64)).dtype == tf.int64
    assert tf.pow(tf.constant(2.0), 3).numpy() == 8.0


def test_divisions():
    assert float(tf.math.divide_no_nan(1.0, 0.0)) == 0.0
    assert int(tf.math.floordiv(tf.constant(-3), 2)) == -2
    assert int(tf.math.floormod(tf.constant(-3), 2)) == 1
    assert float(tf.divide(3, 2)) == 1.5


def test_symbolic_tensors_are_recorded():
    x = tf.keras.Input((3,))
    y = tf.reduce_mean(tf.square(x) + tf.exp(x), axis=-1, keepdims=True)
    model = tf.keras.Model(x, y)
    given = np.ones((2, 3), "float32")
    np.testing.assert_allclose(model(given), np.full((2, 1), 1 + np.e), rtol=1e-6)


def test_a_missing_name_offers_the_nearest():
    with pytest.raises(AttributeError, match=r"tf\.math has no 'reduce_summ'.*reduce_sum"):
        tf.math.reduce_summ  # noqa: B018


def test_texts_are_compared_by_their_bytes():
    texts = tf.constant(["a", "b"])
    assert tf.equal(texts, "a").tolist() == [True, False]
    assert tf.math.not_equal(b"a", texts).tolist() == [False, True]
    assert tf.not_equal(tf.constant("#"), "#").item() is False


def test_sums_of_several_are_of_one_kind():
    ones = tf.ones((2, 2))
    with pytest.raises(ValueError, match="one tensor or more"):
        tf.add_n([])
    with pytest.raises(ValueError, match="like the first"):
        tf.add_n([ones, tf.ones(2)])
    with pytest.raises(ValueError, match=r"shape is \(2, 3\)"):
        tf.math.accumulate_n([ones], shape=[2, 3])
    with pytest.raises(TypeError, match="tensor_dtype"):
        tf.math.accumulate_n([ones], tensor_dtype=tf.int32)
    with pytest.raises(TypeError, match="a list of tensors"):
        tf.math.accumulate_n(ones)
