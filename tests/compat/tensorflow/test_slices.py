"""Changing parts of a variable, as recorded from TensorFlow 2.21."""

import numpy as np
import tensorflow as tf

c = tf.constant


def slices(values, indices):
    return tf.IndexedSlices(c(values), c(indices))


def test_rows_change():
    v = tf.Variable([2.0, 9.0, 3.0, 8.0])
    v.scatter_update(slices([7.0], [2]))
    v.scatter_add(slices([1.0, 1.0], [2, 2]))
    v.scatter_mul(slices([2.0], [0]))
    v.scatter_max(slices([100.0], [3]))
    v.scatter_min(slices([-1.0], [1]))
    v.scatter_div(slices([2.0], [3]))
    assert v.scatter_sub(slices([2.0], [3])) is v
    assert v.numpy().tolist() == [4.0, -1.0, 9.0, 48.0]
    table = tf.Variable(np.ones((3, 2), "float32"))
    table.scatter_max(slices([[2.0, 0.0]], [1]))
    assert table.numpy().tolist() == [[1, 1], [2, 1], [1, 1]]


def test_elements_change():
    v = tf.Variable([1.0, 2.0, 3.0, 4.0])
    v.scatter_nd_update([[1], [3]], [9.0, 8.0])
    v.scatter_nd_add([[0], [0]], [1.0, 1.0])
    v.scatter_nd_sub([[0]], [5.0])
    assert v.numpy().tolist() == [-2.0, 9.0, 3.0, 8.0]
    assert v.gather_nd([[1]]).numpy().tolist() == [9.0]
    assert v.sparse_read([0, 1]).numpy().tolist() == [-2.0, 9.0]


def test_a_part_can_be_assigned_to_and_computed_with():
    v = tf.Variable([1.0, 2.0, 3.0])
    v[1].assign(9.0)
    v[0:1].assign([5.0])
    v[2].assign_add(1.0)
    v[2].assign_sub(2.0)
    assert v.numpy().tolist() == [5.0, 9.0, 2.0]
    with tf.GradientTape() as tape:
        y = v[1] * v[1] + tf.reduce_sum(v[:2])
    assert tape.gradient(y, v).numpy().tolist() == [1.0, 19.0, 0.0]


def test_values_are_there_from_the_start():
    v = tf.Variable(2.0)
    assert float(v.initialized_value()) == 2.0
    assert bool(v.is_initialized())
