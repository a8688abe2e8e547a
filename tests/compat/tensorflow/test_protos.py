import numpy as np
import pytest
import tensorflow as tf


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (3, "int32"),
        ([1.5, 2.0], "float32"),
        (np.arange(4.0).reshape(2, 2), "float64"),
        (tf.constant([1, 2]), "int32"),
    ],
)
def test_tensors_go_into_protos_and_come_back(values, dtype):
    array = tf.make_ndarray(tf.make_tensor_proto(values))
    np.testing.assert_array_equal(array, np.asarray(values))
    assert array.dtype == dtype


def test_shapes_are_filled_or_checked():
    assert tf.make_ndarray(tf.make_tensor_proto(1.0, shape=(2, 3))).tolist() == [[1.0] * 3] * 2
    assert tf.make_ndarray(tf.make_tensor_proto(1, tf.float64)).dtype == np.float64
    with pytest.raises(TypeError, match="expected"):
        tf.make_tensor_proto([1.0], shape=(2,), verify_shape=True)
