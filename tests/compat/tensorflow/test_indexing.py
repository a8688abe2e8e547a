import numpy as np
import pytest
import tensorflow as tf
import torch


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


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.gather([1, 2], [-1]), "indices is -1; expected numbers from 0 to 1"),
        (lambda: tf.gather([1, 2], [0.0]), "expected whole numbers"),
        (lambda: tf.gather_nd([1, 2], [[2]]), r"indices is \[2\].*from 0 within \(2,\)"),
        (lambda: tf.gather_nd([1, 2], [[0, 0]]), "a last axis of at most 1"),
        (lambda: tf.gather_nd([1, 2], [[0]], bad_indices_policy="X"), "bad_indices_policy is 'X'"),
        (lambda: tf.scatter_nd([[0]], [1, 2], [3]), r"updates.shape is \(2,\).*\(1,\)"),
        (lambda: tf.tensor_scatter_nd_max(["a"], [[0]], ["b"]), "tensor_scatter_nd_max"),
        (lambda: tf.where([True], 1), "y is None"),
        (lambda: tf.one_hot([0.0], 2), "indices is 'of type torch.float32'"),
        (lambda: tf.one_hot([0], 2, axis=-2), "axis is -2"),
        (lambda: tf.one_hot([0], 2, on_value=1.5, dtype=tf.int32), "on_value is 1.5"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_places_that_cannot_be_looked_at_are_left_out():
    compiled = tf.function(lambda x, at: tf.tensor_scatter_nd_add(x, at, tf.ones_like(at[:, 0])))
    x, at = tf.constant([1, 2]), tf.constant([[1], [5]])
    together = torch.vmap(lambda row: tf.tensor_scatter_nd_add(x, row[None], row * 0 + 1))
    assert together(at).tolist() == [[1, 3], [1, 2]]
    with pytest.raises(ValueError, match="from 0 within"):
        compiled(x, at)


def test_parts_of_symbols():
    x, at = tf.keras.Input((4, 3)), tf.keras.Input((2,), dtype="int32")
    chosen = tf.gather_nd(x, at[:, :, None], batch_dims=1)
    model = tf.keras.Model([x, at], [chosen, tf.gather(x, at, axis=1, batch_dims=1)])
    values = np.arange(24, dtype="float32").reshape(2, 4, 3)
    first, second = model([values, np.array([[0, 3], [1, 1]])])
    np.testing.assert_array_equal(first, second)
    assert first[0].tolist() == values[0, [0, 3]].tolist()
