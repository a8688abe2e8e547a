"""Products: what the table of parity leaves out."""

import numpy as np
import pytest
import torch

from torchkeras import ops


def test_a_product_keeps_the_precision_of_its_factors():
    x = torch.full((2, 2), 1.0 + 1e-12, dtype=torch.float64)
    assert ops.matmul(x, x).dtype == torch.float64


def test_the_last_axis_meets_the_last_but_one():
    a, b = torch.randn(2, 3), torch.randn(4, 3, 5)
    np.testing.assert_allclose(ops.dot(a, b), np.dot(a.numpy(), b.numpy()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("lengths", [(3, 3), (2, 3), (3, 2), (2, 2)])
def test_vectors_of_two_and_three_cross(lengths):
    a, b = [np.random.default_rng(0).normal(size=(4, n)) for n in lengths]
    three = [np.concatenate([x, np.zeros((4, 3 - x.shape[1]))], 1) for x in (a, b)]
    expected = np.cross(*three)
    expected = expected[:, 2] if lengths == (2, 2) else expected
    np.testing.assert_allclose(ops.cross(a, b), expected, atol=1e-12)


def test_the_axis_of_vectors_is_free():
    a, b = np.random.default_rng(1).normal(size=(2, 3, 4))
    np.testing.assert_allclose(ops.cross(a, b, axis=0), np.cross(a, b, axis=0))
    np.testing.assert_allclose(
        ops.cross(a, b, axisa=0, axisb=0, axisc=1), np.cross(a, b, axisa=0, axisb=0, axisc=1)
    )
    with pytest.raises(ValueError, match="length 2 or 3"):
        ops.cross(a, b)


def test_operands_of_several_types_are_summed():
    x = torch.arange(6).reshape(2, 3)
    assert ops.einsum("ij,j->i", x, torch.ones(3), optimize=True).tolist() == [3.0, 12.0]
    with pytest.raises(TypeError, match="expected none but `optimize`"):
        ops.einsum("ij->i", x, order="C")


def test_integrals_take_points():
    assert ops.trapezoid(torch.ones(3), x=[0.0, 1.0, 4.0]).item() == 4.0


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
@pytest.mark.parametrize("lengths", [(6, 3), (3, 6), (5, 5), (4, 2)])
def test_correlation_is_that_of_numpy(mode, lengths):
    a, b = [np.random.default_rng(0).normal(size=n) for n in lengths]
    np.testing.assert_allclose(ops.correlate(a, b, mode), np.correlate(a, b, mode), atol=1e-9)


def test_an_unknown_mode_is_named():
    with pytest.raises(ValueError, match="expected 'valid', 'same' or 'full'"):
        ops.correlate([1.0], [1.0], "half")


def test_functions_of_scalars_are_spread_over_tensors():
    add = ops.vectorize(lambda a, b: a + 2 * b)
    assert add(torch.arange(3), 1).tolist() == [2, 3, 4]
    assert add(torch.zeros(2, 1), torch.ones(3)).shape == (2, 3)
    dot = ops.vectorize(lambda a, b: (a * b).sum(), signature="(n),(n)->()")
    assert dot(torch.ones(4, 3), torch.ones(3)).tolist() == [3.0] * 4
    scaled = ops.vectorize(lambda a, k: a * k, excluded={1})
    assert scaled(torch.ones(2), 3).tolist() == [3.0, 3.0]
