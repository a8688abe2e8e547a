import numpy as np
import pytest
import tensorflow as tf


def test_gather_takes_parts_along_an_axis():
    x = tf.constant([[1, 2, 3], [4, 5, 6]])
    assert tf.gather(x, [1, 0]).numpy().tolist() == [[4, 5, 6], [1, 2, 3]]
    assert tf.gather(x, [2, 0], axis=1).numpy().tolist() == [[3, 1], [6, 4]]


def test_gather_by_rows_of_a_batch():
    x = tf.constant([[1, 2, 3], [4, 5, 6]])
    assert tf.gather(x, [[0], [2]], batch_dims=1).numpy().tolist() == [[1], [6]]
    y = np.arange(24).reshape(2, 3, 4)
    found = tf.gather(y, [[0, 3], [1, 1]], axis=2, batch_dims=1)
    expected = np.stack([y[0][:, [0, 3]], y[1][:, [1, 1]]])
    np.testing.assert_array_equal(found, expected)


def test_gather_nd_takes_coordinates():
    x = tf.constant([[1, 2], [3, 4]])
    assert tf.gather_nd(x, [[0, 1], [1, 0]]).numpy().tolist() == [2, 3]
    assert tf.gather_nd(x, [[1]]).numpy().tolist() == [[3, 4]]
    assert tf.gather_nd(x, [[1], [0]], batch_dims=1).numpy().tolist() == [2, 3]


def test_where_and_masks():
    x = tf.constant([1.0, -2.0, 3.0])
    assert tf.where(x > 0).numpy().tolist() == [[0], [2]]
    assert tf.where(x > 0, x, 0.0).numpy().tolist() == [1.0, 0.0, 3.0]
    assert tf.boolean_mask(x, x > 0).numpy().tolist() == [1.0, 3.0]
    assert tf.boolean_mask(tf.zeros((2, 3)), [True, False, True], axis=1).shape == (2, 2)


def test_one_hot():
    assert tf.one_hot([0, 2], 3).dtype == tf.float32
    assert tf.one_hot([1], 2, on_value=5, off_value=-1).numpy().tolist() == [[-1, 5]]
    assert tf.one_hot([0, 1], 3, axis=0).shape == (3, 2)


@pytest.mark.parametrize(
    "function, expected",
    [(tf.tensor_scatter_nd_update, [9, 1, 8]), (tf.tensor_scatter_nd_add, [10, 1, 9])],
)
def test_putting_by_coordinates(function, expected):
    x = tf.constant([1, 1, 1])
    assert function(x, [[0], [2]], [9, 8]).numpy().tolist() == expected
    assert x.numpy().tolist() == [1, 1, 1]


def test_scatter_nd_adds_what_falls_together():
    assert tf.scatter_nd([[1], [1], [2]], [1, 2, 3], [4]).numpy().tolist() == [0, 3, 3, 0]
    assert tf.tensor_scatter_nd_sub(tf.constant([5]), [[0]], [2]).numpy().tolist() == [3]
