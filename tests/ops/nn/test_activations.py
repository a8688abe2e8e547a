"""Activations as ops: what the table of parity leaves out."""

import torch

from torchkeras import ops


def test_sparsemax_leaves_out_what_is_far_behind():
    x = torch.tensor([[3.0, 2.8, -1.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(
        ops.sparsemax(x), torch.tensor([[0.6, 0.4, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    )


def test_sparsemax_lets_gradients_through_where_it_is_not_zero():
    x = torch.tensor([3.0, 2.8, -1.0], requires_grad=True)
    ops.sparsemax(x)[0].backward()
    torch.testing.assert_close(x.grad, torch.tensor([0.5, -0.5, 0.0]))


def test_integers_become_floats_where_the_function_has_fractions():
    x = torch.tensor([1, 2])
    assert ops.sigmoid(x).dtype == torch.float32
    assert ops.relu(x).dtype == torch.int64


def test_several_axes_share_one_softmax():
    x = torch.randn(2, 3, 4)
    y = ops.softmax(x, axis=(0, 2))
    torch.testing.assert_close(y.sum((0, 2)), torch.ones(3))
    torch.testing.assert_close(ops.log_softmax(x, axis=(0, 2)).exp(), y)
