import numpy as np
import pytest
import tensorflow as tf

MATRIX = np.array([[4.0, 1, 0], [1, 3, 1], [0, 1, 2]], "float32")


def test_factors_make_the_matrix():
    np.testing.assert_allclose(tf.linalg.lu_reconstruct(*tf.linalg.lu(MATRIX)), MATRIX, atol=1e-5)
    root = tf.linalg.sqrtm(MATRIX)
    np.testing.assert_allclose(root @ root, MATRIX, atol=1e-4)
    np.testing.assert_allclose(tf.linalg.expm(tf.linalg.logm(MATRIX)), MATRIX, atol=1e-4)
    inverse = tf.linalg.lu_matrix_inverse(*tf.linalg.lu(MATRIX))
    np.testing.assert_allclose(inverse, np.linalg.inv(MATRIX), atol=1e-5)


def test_three_diagonals_in_every_form():
    right = tf.constant([[1.0], [2.0], [3.0]])
    above, main, below = [1.0, 1.0, 0.0], [4.0, 3.0, 2.0], [0.0, 1.0, 1.0]
    forms = {"compact": [above, main, below], "sequence": (above, main, below), "matrix": MATRIX}
    for form, diagonals in forms.items():
        x = tf.linalg.tridiagonal_solve(diagonals, right, form)
        np.testing.assert_allclose(
            tf.linalg.tridiagonal_matmul(diagonals, x, form), right, atol=1e-5
        )
    with pytest.raises(ValueError, match="diagonals_format"):
        tf.linalg.tridiagonal_matmul(MATRIX, right, "rows")
