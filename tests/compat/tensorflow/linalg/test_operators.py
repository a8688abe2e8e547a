"""Linear operators, beside TensorFlow 2.21."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

RECORDED = json.loads(Path(__file__).with_name("operators.json").read_text())
A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 1.0]], "float32")
X = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]], "float32")
V = np.array([1.0, 2.0, 3.0], "float32")
L = tf.linalg
OPERATORS = {
    "full": lambda: L.LinearOperatorFullMatrix(A, is_self_adjoint=True, is_positive_definite=True),
    "tril": lambda: L.LinearOperatorLowerTriangular(A),
    "diag": lambda: L.LinearOperatorDiag(V),
    "eye": lambda: L.LinearOperatorIdentity(3),
    "scaled": lambda: L.LinearOperatorScaledIdentity(3, 2.0),
    "comp": lambda: L.LinearOperatorFullMatrix(A).matmul(L.LinearOperatorDiag(V)),
    "kron": lambda: L.LinearOperatorKronecker(
        [L.LinearOperatorIdentity(1), L.LinearOperatorFullMatrix(A)]
    ),
    "block": lambda: L.LinearOperatorBlockDiag(
        [L.LinearOperatorDiag(V[:2]), L.LinearOperatorIdentity(1)]
    ),
    "adj": lambda: L.LinearOperatorFullMatrix(A).adjoint(),
    "inv": lambda: L.LinearOperatorFullMatrix(A).inverse(),
    "low": lambda: L.LinearOperatorLowRankUpdate(L.LinearOperatorDiag(V), X),
    "house": lambda: L.LinearOperatorHouseholder(V / np.sqrt(14).astype("float32")),
    "perm": lambda: L.LinearOperatorPermutation([2, 0, 1]),
    "toep": lambda: L.LinearOperatorToeplitz(V, [1.0, 5.0, 6.0]),
    "zeros": lambda: L.LinearOperatorZeros(3),
}
QUESTIONS = {
    "dense": lambda one: one.to_dense(),
    "matmul": lambda one: one.matmul(X),
    "adj": lambda one: one.matmul(X, adjoint=True),
    "argadj": lambda one: one.matmul(X.T, adjoint_arg=True),
    "at": lambda one: one @ X,
    "matvec": lambda one: one.matvec(V),
    "solve": lambda one: one.solve(X),
    "solvevec": lambda one: one.solvevec(V),
    "det": lambda one: one.determinant(),
    "lad": lambda one: one.log_abs_determinant(),
    "diag": lambda one: one.diag_part(),
    "trace": lambda one: one.trace(),
    "add": lambda one: one.add_to_tensor(A),
    "inverse": lambda one: one.inverse().to_dense(),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_answers_are_those_of_tensorflow(name):
    operator, expected = OPERATORS[name](), RECORDED[name]
    for question, ask in QUESTIONS.items():
        if expected[question] == "error":
            with pytest.raises((RuntimeError, ValueError)):
                ask(operator)
        else:
            np.testing.assert_allclose(ask(operator), expected[question], atol=2e-4)
    assert operator.shape.as_list() == expected["shape"]
    assert (operator.is_square, operator.is_self_adjoint) == (expected["square"], expected["sa"])


def test_triangles_of_positive_definite_operators():
    for name in ("full", "eye"):
        found = OPERATORS[name]().cholesky().to_dense()
        np.testing.assert_allclose(found, RECORDED[name]["chol"], atol=1e-4)
    for name in ("diag", "tril"):
        with pytest.raises(ValueError, match="is_positive_definite"):
            OPERATORS[name]().cholesky()
    known = L.LinearOperatorDiag(V, is_positive_definite=True)
    assert known.is_non_singular
    np.testing.assert_allclose(known.cholesky().diag ** 2, V, rtol=1e-6)


def test_batches_and_sizes():
    batch = L.LinearOperatorIdentity(3, batch_shape=[2], dtype=tf.float64)
    assert (batch.batch_shape.as_list(), batch.tensor_rank, batch.dtype) == ([2], 3, tf.float64)
    wide = L.LinearOperatorFullMatrix(X.T)
    assert (wide.range_dimension, wide.domain_dimension) == (2, 3)
    assert wide.shape_tensor().tolist() == [2, 3]
    for ask in (wide.determinant, wide.inverse, lambda: wide.solve(X)):
        with pytest.raises(ValueError, match="as many rows"):
            ask()
    with pytest.raises(ValueError, match="without a batch"):
        L.LinearOperatorBlockDiag([batch, batch])
    with pytest.raises(ValueError, match="two axes"):
        L.LinearOperatorFullMatrix(V)


def test_eigenvalues_need_a_self_adjoint_matrix():
    np.testing.assert_allclose(OPERATORS["full"]().eigvals(), np.linalg.eigvalsh(A), rtol=1e-5)
    assert float(OPERATORS["diag"]().cond()) == pytest.approx(3.0)
    with pytest.raises(ValueError, match="is_self_adjoint"):
        OPERATORS["tril"]().eigvals()


def test_operators_of_variables_are_trained():
    scale = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(L.LinearOperatorDiag(scale * 1.0).matvec([3.0, 4.0]))
    assert tape.gradient(loss, scale).tolist() == [3.0, 4.0]


def test_an_operator_of_ones_own():
    class Twice(L.LinearOperator):
        def _dense(self):
            return 2.0 * tf.eye(2)

    assert Twice().matvec([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert (Twice().H @ Twice()).to_dense().tolist() == [[4.0, 0.0], [0.0, 4.0]]
    assert repr(Twice()) == "<tf.linalg.Twice shape=(2, 2)>"
    with pytest.raises(TypeError, match="_dense"):
        L.LinearOperator().to_dense()
