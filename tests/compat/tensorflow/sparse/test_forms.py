import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis.extra import numpy as arrays
from tensorflow import sparse

TABLES = arrays.arrays("int32", (3, 4), elements={"min_value": -2, "max_value": 2})


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


@given(TABLES)
def test_forms_are_those_of_dense_tensors(table):
    x = sparse.from_dense(table)

    def dense(found):
        return sparse.to_dense(found).numpy()

    np.testing.assert_array_equal(dense(sparse.transpose(x)), table.T)
    np.testing.assert_array_equal(dense(sparse.reshape(x, [2, -1])), table.reshape(2, -1))
    np.testing.assert_array_equal(dense(sparse.slice(x, [1, 1], [2, 9])), table[1:3, 1:])
    np.testing.assert_array_equal(dense(sparse.concat(1, [x, x])), np.concatenate([table] * 2, 1))
    np.testing.assert_array_equal(dense(sparse.expand_dims(x, 1)), table[:, None])
    np.testing.assert_array_equal(dense(sparse.concat(0, sparse.split(x, 2, 0))), table)


def test_lengths_that_do_not_fit_are_errors():
    x = tf.SparseTensor([[0, 1]], [1], [2, 3])
    with pytest.raises(ValueError, match="6 elements"):
        sparse.reshape(x, [4])
    with pytest.raises(ValueError, match="new_shape"):
        sparse.reset_shape(x, [1, 3])
    with pytest.raises(ValueError, match="but for axis 0"):
        sparse.concat(0, [x, tf.SparseTensor([[0, 1]], [1], [2, 4])])


def test_indices_are_checked_unless_told_otherwise():
    late = tf.SparseTensor([[1], [0], [1]], [1, 2, 3], [3])
    with pytest.raises(ValueError, match=r"indices is \[0\]; expected indices in order"):
        tf.sparse.to_dense(late)
    assert tf.sparse.to_dense(late, validate_indices=False).tolist() == [2, 3, 0]
    with pytest.raises(ValueError, match=r"indices is \[3\]; expected indices within \(3,\)"):
        tf.sparse.to_dense(tf.SparseTensor([[3]], [1], [3]), validate_indices=False)
    with pytest.raises(ValueError, match="one value"):
        tf.sparse.to_dense(late, default_value=[1, 2], validate_indices=False)


def test_texts_fill_empty_rows_and_nothing_has_no_shape():
    texts = tf.SparseTensor([[1, 0]], ["a"], [2, 1])
    filled, empty = tf.sparse.fill_empty_rows(texts, "z")
    assert (filled.values.tolist(), empty.tolist()) == (["z", "a"], [True, False])
    nothing = tf.SparseTensor(np.zeros((0, 2), int), [], [2, 3])
    assert tuple(tf.sparse.reset_shape(nothing).shape) == (0, 0)


def test_new_axes_stand_within_the_others():
    with pytest.raises(ValueError, match="axis is 3; expected -3 to 2"):
        tf.sparse.expand_dims(tf.SparseTensor([[0, 0]], [1], [1, 1]), 3)
