import numpy as np
import pytest
import tensorflow as tf

TABLE = np.arange(8, dtype="float32").reshape(4, 2)


def test_sparse_and_ragged_numbers_give_the_same():
    ragged = tf.ragged.constant([[0, 2], [3]])
    found = tf.nn.embedding_lookup_sparse(TABLE, ragged)
    np.testing.assert_array_equal(found, [[2, 3], [6, 7]])
    as_sparse = tf.nn.embedding_lookup_sparse(TABLE, ragged.to_sparse(), combiner="sum")
    np.testing.assert_array_equal(as_sparse, [[4, 6], [6, 7]])
    with pytest.raises(ValueError, match="combiner"):
        tf.nn.embedding_lookup_sparse(TABLE, ragged, combiner="max")


def test_empty_rows_are_zeros_or_the_default():
    ids = tf.SparseTensor([[0, 0], [2, 0]], [1, -1], [3, 1])
    found = tf.nn.safe_embedding_lookup_sparse(TABLE, ids)
    np.testing.assert_array_equal(found, [[2, 3], [0, 0], [0, 0]])
    found = tf.nn.safe_embedding_lookup_sparse(TABLE, ids, default_id=3)
    np.testing.assert_array_equal(found, [[2, 3], [6, 7], [6, 7]])
