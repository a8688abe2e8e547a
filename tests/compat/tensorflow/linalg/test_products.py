import numpy as np
import pytest
import tensorflow as tf

A = np.array([[4.0, 1.0], [2.0, 3.0]], dtype="float32")


def test_products_turn_their_factors():
    np.testing.assert_allclose(tf.matmul(A, A, transpose_a=True), A.T @ A)
    np.testing.assert_allclose(tf.linalg.matmul(A, A, transpose_b=True), A @ A.T)
    np.testing.assert_allclose(tf.linalg.matvec(A, A[0]), A @ A[0])
    np.testing.assert_allclose(tf.einsum("ij,kj->ik", A, A), A @ A.T)
    np.testing.assert_allclose(tf.tensordot(A, A, axes=1), A @ A)


def test_contradictions_are_told():
    with pytest.raises(ValueError, match="transpose_b is True"):
        tf.matmul(A, A, transpose_b=True, adjoint_b=True)
    with pytest.raises(TypeError, match="unheard_of"):
        tf.einsum("ij,jk->ik", A, A, unheard_of=True)
    np.testing.assert_allclose(tf.einsum("ij,jk->ik", A, A, optimize="optimal"), A @ A)


def test_norms():
    assert float(tf.norm(tf.constant([3.0, 4.0]))) == 5.0
    assert float(tf.norm(tf.constant([3.0, -4.0]), ord=1)) == 7.0
    np.testing.assert_allclose(tf.norm(A, axis=1), np.linalg.norm(A, axis=1), rtol=1e-6)
    np.testing.assert_allclose(tf.norm(A, ord=2, axis=(0, 1)), np.linalg.norm(A, 2), rtol=1e-5)
    vector, length = tf.linalg.normalize(tf.constant([3.0, 4.0]))
    np.testing.assert_allclose(vector, [0.6, 0.8], rtol=1e-6)
    assert float(length) == 5.0


def test_bands_and_diagonals():
    ones = tf.ones((3, 3))
    assert tf.linalg.band_part(ones, -1, 0).numpy().tolist() == np.tril(np.ones((3, 3))).tolist()
    assert tf.linalg.band_part(ones, 0, 1).numpy().sum() == 5
    assert tf.linalg.diag([1.0, 2.0]).numpy().tolist() == [[1.0, 0.0], [0.0, 2.0]]
    assert tf.linalg.diag_part(A).numpy().tolist() == [4.0, 3.0]
    assert tf.linalg.set_diag(A, [0.0, 0.0]).numpy().tolist() == [[0.0, 1.0], [2.0, 0.0]]
    assert float(tf.linalg.trace(A)) == 7.0


def test_solving():
    b = np.array([[1.0], [2.0]], dtype="float32")
    np.testing.assert_allclose(A @ tf.linalg.solve(A, b).numpy(), b, atol=1e-6)
    np.testing.assert_allclose(tf.linalg.inv(A), np.linalg.inv(A), rtol=1e-5)
    np.testing.assert_allclose(tf.linalg.pinv(A), np.linalg.inv(A), rtol=1e-4)
    np.testing.assert_allclose(tf.linalg.det(A), 10.0, rtol=1e-5)
    np.testing.assert_allclose(A @ tf.linalg.lstsq(A, b).numpy(), b, atol=1e-5)
    regularized = np.linalg.solve(A.T @ A + 0.5 * np.eye(2), A.T @ b)
    np.testing.assert_allclose(tf.linalg.lstsq(A, b, l2_regularizer=0.5), regularized, rtol=1e-4)
    lower = np.tril(A)
    np.testing.assert_allclose(lower @ tf.linalg.triangular_solve(lower, b).numpy(), b, atol=1e-6)


def test_decompositions():
    s, u, v = tf.linalg.svd(A)
    np.testing.assert_allclose((u * s) @ v.T, A, atol=1e-5)
    np.testing.assert_allclose(tf.linalg.svd(A, compute_uv=False), s, rtol=1e-5)
    symmetric = A @ A.T
    values, vectors = tf.linalg.eigh(symmetric)
    np.testing.assert_allclose((vectors * values) @ vectors.T, symmetric, rtol=1e-4)
    np.testing.assert_allclose(tf.linalg.eigvalsh(symmetric), values, rtol=1e-4)
    factor = tf.linalg.cholesky(symmetric)
    np.testing.assert_allclose(factor @ factor.T, symmetric, rtol=1e-5)
    q, r = tf.linalg.qr(A)
    np.testing.assert_allclose(q @ r, A, atol=1e-5)
    np.testing.assert_allclose(tf.linalg.expm(np.zeros((2, 2), "float32")), np.eye(2))
