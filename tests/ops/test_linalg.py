"""Linear algebra: what the table of parity leaves out."""

import pytest
import torch

from torchkeras import ops


def test_factors_multiply_to_the_matrix():
    x = torch.randn(2, 4, 3)
    u, s, v = ops.svd(x, full_matrices=False)
    torch.testing.assert_close(u @ torch.diag_embed(s) @ v, x, rtol=1e-4, atol=1e-5)
    values, vectors = ops.eig(torch.tensor([[2.0, 1.0], [1.0, 3.0]]))
    assert values.is_complex()
    torch.testing.assert_close(
        (vectors * values) @ torch.linalg.inv(vectors),
        torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.complex64),
    )


def test_a_vector_is_solved_for_row_by_row():
    a, b = torch.eye(3).repeat(2, 1, 1) * 2, torch.ones(2, 3)
    assert ops.solve(a, b).tolist() == [[0.5] * 3] * 2
    assert ops.solve_triangular(a, b, lower=True).tolist() == [[0.5] * 3] * 2


@pytest.mark.parametrize("name", ["cholesky", "det", "eig", "eigh", "inv"])
def test_matrices_must_be_square(name):
    with pytest.raises(ValueError, match="Expected a square matrix"):
        getattr(ops, name)(torch.ones(2, 3))
    with pytest.raises(ValueError, match="rank >= 2"):
        getattr(ops, name)(torch.ones(3))


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="`mode` argument value not supported"):
        ops.qr(torch.eye(2), "full")
    with pytest.raises(ValueError, match="Expected a to have rank 2"):
        ops.lstsq(torch.ones(3), torch.ones(3))


def test_a_norm_without_an_order_takes_any_number_of_axes():
    x = torch.randn(2, 3, 4)
    torch.testing.assert_close(ops.norm(x), x.square().sum().sqrt())
    torch.testing.assert_close(ops.norm(x, "fro", (0, 1)), x.square().sum((0, 1)).sqrt())


@pytest.mark.filterwarnings("ignore:`torch.jit.script`")  # torch's own
def test_a_change_is_pushed_through_a_function():
    value, change = ops.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    assert (float(value), float(change)) == (0.0, 2.0)
