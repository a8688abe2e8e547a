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


def test_no_elements_have_a_largest_and_a_mean():
    assert tf.reduce_max(tf.zeros((2, 0)), 1).tolist() == [-np.inf, -np.inf]
    assert tf.reduce_min(tf.zeros((2, 0), tf.int32), 1).tolist() == [2**31 - 1] * 2
    assert tf.reduce_mean(tf.zeros((2, 0), tf.int32), 1).tolist() == [0, 0]
    assert tf.reduce_max(tf.zeros((0, 3)), []).shape == (0, 3)


def test_rows_have_probabilities():
    rows = tf.ragged.constant([[1.0, 2.0], [], [1e4]])
    assert tf.nn.softmax(rows).to_list()[1:] == [[], [1.0]]
    with pytest.raises(ValueError, match="the last one, -1"):
        tf.nn.softmax(rows, axis=0)
