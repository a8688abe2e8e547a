"""Reductions: what the table of parity leaves out."""

import numpy as np
import pytest
import torch

from torchkeras import ops


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "var", "std", "all", "any"])
def test_all_axes_may_stay_with_length_one(name):
    x = torch.ones(2, 3)
    assert getattr(ops, name)(x, keepdims=True).shape == (1, 1)
    assert getattr(ops, name)(x, axis=(0, 1)).shape == ()
    assert getattr(ops, name)(x, axis=[0]).shape == (3,)


def test_no_axis_leaves_every_element():
    x = torch.tensor([1.0, 2.0])
    for name in ("sum", "mean", "max", "min"):
        assert getattr(ops, name)(x, axis=()).tolist() == [1.0, 2.0]
    assert ops.var(x, axis=()).tolist() == [0.0, 0.0]


def test_an_extreme_may_start_from_a_number():
    x = torch.tensor([1.0, 2.0])
    assert ops.max(x, initial=5.0).item() == 5.0
    assert ops.min(x, initial=0.0).item() == 0.0
    assert ops.max(torch.zeros(0, 2), axis=0, initial=3.0).tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match="Cannot compute the max of an empty tensor"):
        ops.max(torch.zeros(0))


def test_weights_stand_along_one_axis_or_everywhere():
    x, w = torch.arange(6.0).reshape(2, 3), torch.tensor([1.0, 2.0, 3.0])
    np.testing.assert_allclose(ops.average(x, 1, w), np.average(x.numpy(), 1, w.numpy()))
    full = torch.rand(2, 3)
    np.testing.assert_allclose(
        ops.average(x, 0, full), np.average(x.numpy(), 0, full.numpy()), rtol=1e-6
    )


def test_elements_other_than_zero_are_counted():
    x = torch.tensor([[0, 1, 2], [0, 0, 3]])
    assert ops.count_nonzero(x).item() == 3
    assert ops.count_nonzero(x, axis=0).tolist() == [0, 1, 2]
    assert ops.count_nonzero(x, axis=0).dtype == torch.int32


def test_several_quantiles_stand_in_front():
    x = torch.randn(4, 5, 3)
    q = [0.1, 0.5, 0.9]
    for axis in (None, 1, (0, 2)):
        for keepdims in (True, False):
            ours = ops.quantile(x, q, axis=axis, keepdims=keepdims)
            theirs = np.quantile(x.numpy(), q, axis=axis, keepdims=keepdims)
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


NAN = float("nan")


@pytest.mark.parametrize(
    "name", ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian"]
)
def test_nan_is_left_out(name):
    x = np.array([[1.0, NAN, 3.0], [4.0, 5.0, NAN]], "float32")
    for axis in (None, 0, 1):
        ours = getattr(ops, name)(x, axis=axis)
        np.testing.assert_allclose(ours, getattr(np, name)(x, axis=axis), rtol=1e-6)


def test_where_there_is_only_nan_nothing_else_is_given():
    x = torch.tensor([[NAN, NAN], [1.0, NAN]])
    assert torch.isnan(ops.nanmax(x, axis=1)).tolist() == [True, False]
    assert ops.nanargmax(x, axis=1).tolist() == [-1, 0]
    assert ops.nanargmin(x, axis=1).tolist() == [-1, 0]
    assert ops.nancumsum(torch.tensor([1.0, NAN, 2.0])).tolist() == [1.0, 1.0, 3.0]
    assert ops.nancumprod(torch.tensor([2.0, NAN, 2.0])).tolist() == [2.0, 2.0, 4.0]


def test_the_smallest_come_first_in_a_partition():
    x = torch.tensor([5.0, 1.0, 4.0, 2.0])
    assert sorted(ops.argpartition(x, 1)[:2].tolist()) == [1, 3]


def test_weights_are_counted_row_by_row():
    x, w = torch.tensor([[0, 1, 1], [2, 2, 2]]), torch.tensor([[1.0, 2, 3], [1, 1, 1]])
    assert ops.bincount(x, w).tolist() == [[1.0, 5.0, 0.0], [0.0, 0.0, 3.0]]
    with pytest.raises(ValueError, match="sparse is True"):
        ops.bincount(x, sparse=True)


@pytest.mark.parametrize("bins", [5, [-1.0, 0.0, 0.5, 2.0]])
def test_histograms_are_those_of_numpy(bins):
    x = torch.randn(100)
    counts, edges = ops.histogram(x, bins)
    expected = np.histogram(x.numpy(), bins)
    np.testing.assert_allclose(counts, expected[0])
    np.testing.assert_allclose(edges, expected[1], rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expected a non-negative integer"):
        ops.histogram(x, 0)


def test_a_partition_is_at_a_place_of_the_axis():
    x = torch.tensor([[3, 1, 2], [6, 5, 4]])
    assert ops.argpartition(x, -3).tolist() == [[1, 2, 0], [2, 1, 0]]
    with pytest.raises(ValueError, match=r"kth is 3; expected one in \[-3, 3\)"):
        ops.argpartition(x, 3)
