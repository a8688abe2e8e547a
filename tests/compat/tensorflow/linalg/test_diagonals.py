import numpy as np
import pytest
import tensorflow as tf

MATRIX = np.arange(12).reshape(3, 4)


@pytest.mark.parametrize("align", ["LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"])
def test_bands_come_back(align):
    band = tf.linalg.diag_part(MATRIX, k=(-1, 2), align=align)
    again = tf.linalg.set_diag(np.zeros_like(MATRIX), band, k=(-1, 2), align=align)
    np.testing.assert_array_equal(again, np.triu(np.tril(MATRIX, 2), -1))


def test_whole_tensors_have_diagonals():
    inner = np.arange(4).reshape(2, 2)
    np.testing.assert_array_equal(tf.linalg.tensor_diag_part(tf.linalg.tensor_diag(inner)), inner)
