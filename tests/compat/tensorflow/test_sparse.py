import pytest
import tensorflow as tf
from tensorflow import sparse


def test_dense_and_sparse_tensors_are_each_other():
    dense = tf.constant([[0, 5, 0], [7, 0, 0]])
    found = sparse.from_dense(dense)
    assert found.indices.tolist() == [[0, 1], [1, 0]]
    assert found.values.tolist() == [5, 7]
    assert sparse.to_dense(found).tolist() == dense.tolist()
    assert sparse.to_dense(found, default_value=9).tolist() == [[9, 5, 9], [7, 9, 9]]
    texts = sparse.from_dense([["", "a"]])
    assert texts.dtype == tf.string
    assert sparse.to_dense(texts, "-").numpy().tolist() == [[b"-", b"a"]]


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
