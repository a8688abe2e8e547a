"""Functions of two tensors: what the table of parity leaves out."""

import pytest
import torch

from torchkeras import ops


def test_division_by_zero_gives_zero_and_finite_gradients():
    x, y = torch.ones(3, requires_grad=True), torch.tensor([0.0, 2.0, 0.0], requires_grad=True)
    z = ops.divide_no_nan(x, y)
    assert z.tolist() == [0.0, 0.5, 0.0]
    z.sum().backward()
    assert x.grad.tolist() == [0.0, 0.5, 0.0]
    assert torch.isfinite(y.grad).all()


def test_truth_values_can_be_subtracted_and_divided():
    x = torch.tensor([True, False])
    assert ops.subtract(x, 1).tolist() == [0, -1]
    assert ops.mod(x, torch.tensor([True, True])).tolist() == [0, 0]
    assert ops.floor_divide(torch.tensor([7, 8]), 2).tolist() == [3, 4]


def test_an_exponent_must_be_an_integer():
    with pytest.raises(TypeError, match="expected an integer type"):
        ops.ldexp(torch.ones(2), torch.ones(2))


def test_at_ties_both_sides_share_the_gradient():
    x = torch.zeros(2, requires_grad=True)
    ops.maximum(x, 0.0).sum().backward()
    assert x.grad.tolist() == [0.5, 0.5]


def test_a_number_may_come_first():
    x = torch.tensor([1.0, 2.0])
    assert ops.subtract(3, x).tolist() == [2.0, 1.0]
    assert ops.divide(2, x).tolist() == [2.0, 1.0]
    assert ops.power(2, x).tolist() == [2.0, 4.0]
