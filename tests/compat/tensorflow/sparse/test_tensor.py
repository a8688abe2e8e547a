import pytest
import tensorflow as tf
from tensorflow import sparse


def test_rows_are_parts_of_the_whole():
    found = tf.SparseTensor([[0, 1], [2, 0]], [1, 2], [3, 2])
    assert [sparse.to_dense(row).tolist() for row in found.rows()] == [[0, 1], [0, 0], [2, 0]]
    again = sparse.stacked(found.rows())
    assert sparse.to_dense(again).tolist() == sparse.to_dense(found).tolist()
    assert found.get_shape().as_list() == found.dense_shape.tolist() == [3, 2]


def test_each_place_has_a_value():
    with pytest.raises(ValueError, match="one for each"):
        tf.SparseTensor([[0, 1]], [1, 2], [3, 2])


def test_descriptions_compare_by_what_they_say():
    spec = tf.SparseTensorSpec.from_value(tf.SparseTensor([[0]], [1], [3]))
    assert spec == tf.SparseTensorSpec([3], tf.int32)
    assert spec.batched(2) == tf.SparseTensorSpec([2, 3], tf.int32)


def test_operators_change_the_values_alone():
    found = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    assert (found * 2.0).values.tolist() == [2.0, 4.0]
    assert (found / tf.constant([[1.0, 4.0]])).values.tolist() == [0.25, 2.0]
    assert (-found).values.tolist() == [-1.0, -2.0]
    assert tf.abs(-found).indices.tolist() == found.indices.tolist()


def test_values_with_the_three_parts_become_sparse():
    x = tf.SparseTensor([[0, 1]], [2.0], [1, 3])
    assert tf.SparseTensor.from_value(x).values.tolist() == [2.0]
    with pytest.raises(TypeError, match="dense_shape"):
        tf.SparseTensor.from_value([1])
    x.set_shape([None, 3])
    with pytest.raises(ValueError, match="2, 3"):
        x.set_shape([2, 3])
