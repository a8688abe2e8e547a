import numpy as np
import pytest
import tensorflow as tf


def test_reductions_keep_the_type():
    x = tf.constant([[1, 2], [3, 5]])
    assert tf.reduce_sum(x).dtype == tf.int32
    assert int(tf.reduce_mean(x)) == 2
    assert tf.reduce_max(x, axis=0).numpy().tolist() == [3, 5]
    assert tf.reduce_sum(x, axis=-1, keepdims=True).shape == (2, 1)
    assert float(tf.math.reduce_std(tf.constant([1.0, 3.0]))) == 1.0


def test_argmax_goes_along_the_first_axis_and_gives_int64():
    x = tf.constant([[1, 9], [5, 2]])
    assert tf.argmax(x).numpy().tolist() == [1, 0]
    assert tf.argmax(x, axis=1).dtype == tf.int64
    assert tf.argmin(x, axis=1, output_type=tf.int32).dtype == tf.int32


def test_numbers_take_the_type_of_the_tensor():
    assert tf.add(tf.constant([1.0]), 2).dtype == tf.float32
    assert tf.multiply(2, tf.constant([1], tf.int64)).dtype == tf.int64
    assert tf.pow(tf.constant(2.0), 3).numpy() == 8.0


@pytest.mark.parametrize(
    "exclusive, reverse, expected",
    [
        (False, False, [1, 3, 6]),
        (True, False, [0, 1, 3]),
        (False, True, [6, 5, 3]),
        (True, True, [5, 3, 0]),
    ],
)
def test_running_sums(exclusive, reverse, expected):
    found = tf.cumsum(tf.constant([1, 2, 3]), exclusive=exclusive, reverse=reverse)
    assert found.numpy().tolist() == expected


def test_running_products():
    x = tf.constant([2.0, 3.0, 4.0])
    assert tf.math.cumprod(x, exclusive=True).numpy().tolist() == [1.0, 2.0, 6.0]
    assert tf.math.cumprod(x, exclusive=True, reverse=True).numpy().tolist() == [12.0, 4.0, 1.0]


def test_divisions():
    assert float(tf.math.divide_no_nan(1.0, 0.0)) == 0.0
    assert int(tf.math.floordiv(tf.constant(-3), 2)) == -2
    assert int(tf.math.floormod(tf.constant(-3), 2)) == 1
    assert float(tf.divide(3, 2)) == 1.5


def test_counts():
    assert tf.math.bincount([0, 2, 2]).numpy().tolist() == [1, 0, 2]
    assert tf.math.confusion_matrix([0, 1, 1], [0, 1, 0]).numpy().tolist() == [[1, 0], [1, 1]]
    assert int(tf.math.count_nonzero([0, 3, 4])) == 2
    values, indices = tf.math.top_k(tf.constant([1.0, 5.0, 3.0]), k=2)
    assert tf.math.top_k(tf.constant([1.0, 5.0, 3.0]), k=2).indices.tolist() == [1, 2]
    assert values.numpy().tolist() == [5.0, 3.0]
    assert indices.numpy().tolist() == [1, 2]


def test_normalizing_and_norms():
    x = tf.constant([3.0, 4.0])
    np.testing.assert_allclose(tf.math.l2_normalize(x), [0.6, 0.8], rtol=1e-6)
    assert float(tf.math.reduce_euclidean_norm(x)) == 5.0
    np.testing.assert_allclose(tf.math.polyval([1.0, 2.0, 3.0], 2.0), 11.0)


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


def test_places_of_the_largest_have_the_type_asked_for():
    assert tf.math.top_k([1, 2], index_type=tf.int16).indices.dtype == tf.int16
    with pytest.raises(ValueError, match="index_type"):
        tf.math.top_k([1, 2], index_type=tf.uint8)
    assert tf.math.top_k([2, 1, 2, 2], 2).indices.tolist() == [0, 2]
    x = tf.keras.Input((5,))
    assert tf.math.top_k(x, 2).indices.shape == (None, 2)


def test_the_axis_of_lengths_has_two_names():
    x = tf.constant([[3.0, 4.0]])
    assert tf.math.l2_normalize(x, dim=1).tolist() == tf.math.l2_normalize(x, 1).tolist()
    with pytest.raises(ValueError, match="only one of it and axis"):
        tf.math.l2_normalize(x, 1, dim=1)
