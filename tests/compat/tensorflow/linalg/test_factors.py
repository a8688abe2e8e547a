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


def test_least_squares_as_tensorflow_finds_them():
    wide, rhs = tf.constant([[1.0, 2, 3], [3, 4, 1]]), tf.constant([[1.0], [2.0]])
    recorded = [[0.2310757], [0.30278885], [0.05577688]]
    np.testing.assert_allclose(tf.linalg.lstsq(wide, rhs, 0.5), recorded, rtol=1e-6)
    shortest = [[0.23809525], [0.30952385], [0.04761904]]
    for penalty in (0.0, 0.5):  # which only the fast way takes
        found = tf.linalg.lstsq(wide, rhs, penalty, fast=False)
        np.testing.assert_allclose(found, shortest, rtol=1e-5)
    dependent = tf.constant([[1.0, 2], [2, 4], [3, 6]])
    found = tf.linalg.lstsq(dependent, tf.constant([[1.0], [2], [3]]), fast=False)
    np.testing.assert_allclose(found, [[0.2], [0.4]], rtol=1e-5)


def test_tiny_singular_values_count_as_none():
    flat = tf.constant([[1.0, 0.0], [0.0, 1e-6]])
    np.testing.assert_allclose(tf.linalg.pinv(flat), [[1, 0], [0, 0]])
    np.testing.assert_allclose(tf.linalg.pinv(flat, rcond=1e-7), [[1, 0], [0, 1e6]], rtol=1e-5)


def test_orders_of_rows_are_checked_if_wanted():
    packed, _ = tf.linalg.lu(MATRIX)
    for use in (tf.linalg.lu_reconstruct, tf.linalg.lu_matrix_inverse):
        with pytest.raises(ValueError, match="perm"):
            use(packed, [0, 0, 1], validate_args=True)
    with pytest.raises(ValueError, match="perm"):
        tf.linalg.lu_solve(packed, [0, 0, 1], tf.ones([3, 1]), validate_args=True)


def test_singular_matrices_of_three_diagonals():
    diagonals, right = tf.constant([[0.0, 0, 0], [0, 3, 4], [0, 0, 0]]), tf.constant([1.0, 2, 3])
    assert not np.isfinite(tf.linalg.tridiagonal_solve(diagonals, right)).all()
    found = tf.linalg.tridiagonal_solve(diagonals, right, perturb_singular=True)
    np.testing.assert_allclose(found, [2.097152e06, 2 / 3, 0.75], rtol=1e-6)
    with pytest.raises(ValueError, match="partial_pivoting"):
        tf.linalg.tridiagonal_solve(diagonals, right, partial_pivoting=False, perturb_singular=True)
