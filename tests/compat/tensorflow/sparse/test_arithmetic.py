import numpy as np
import pytest
import tensorflow as tf
import torch
from hypothesis import given
from hypothesis.extra import numpy as arrays
from tensorflow import sparse

TABLES = arrays.arrays("float32", (3, 4), elements={"min_value": -2, "max_value": 2})


@given(TABLES, TABLES)
def test_results_are_those_of_dense_tensors(a, b):
    x, y = sparse.from_dense(a), sparse.from_dense(b)
    np.testing.assert_allclose(sparse.to_dense(sparse.add(x, y)).numpy(), a + b, atol=1e-6)
    np.testing.assert_allclose(sparse.to_dense(sparse.maximum(x, y)).numpy(), np.maximum(a, b))
    np.testing.assert_allclose(sparse.reduce_sum(x, axis=1).numpy(), a.sum(1), atol=1e-5)
    product = sparse.sparse_dense_matmul(x, b, adjoint_b=True)
    np.testing.assert_allclose(product.numpy(), a @ b.T, atol=1e-4)


def test_softmax_is_of_what_is_there():
    x = tf.SparseTensor([[0, 0], [0, 3], [2, 1]], [1.0, 1.0, 5.0], [3, 4])
    assert sparse.softmax(x).values.tolist() == [0.5, 0.5, 1.0]


def test_shapes_must_agree():
    x = tf.SparseTensor([[0, 0]], [1.0], [1, 2])
    with pytest.raises(ValueError, match="shape"):
        sparse.add(x, tf.SparseTensor([[0, 0]], [1.0], [1, 3]))


def test_slices_of_rows_add_up():
    slices = tf.IndexedSlices([[1.0], [2.0]], [1, 1], [3, 1])
    assert tf.convert_to_tensor(slices).tolist() == [[0.0], [3.0], [0.0]]
    with pytest.raises(ValueError, match="dense_shape"):
        tf.IndexedSlices([[1.0]], [1]).to_dense()


def test_dense_layers_take_sparse_rows_and_other_functions_of_torch_say_no():
    table = np.array([[1.0, 0.0], [0.0, 2.0]], "float32")
    layer = tf.keras.layers.Dense(3)
    found = layer(sparse.from_dense(table))
    np.testing.assert_allclose(found.numpy(), layer(table).numpy(), atol=1e-6)
    with pytest.raises(TypeError, match="to_dense"):
        torch.softmax(sparse.from_dense(table), dim=0)
