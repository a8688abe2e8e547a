"""Comparisons and choices: what the table of parity leaves out."""

import numpy as np
import torch

from torchkeras import ops


def test_places_are_given_where_there_is_nothing_to_choose_from():
    condition = torch.tensor([[True, False], [False, True]])
    np.testing.assert_array_equal(ops.where(condition), np.stack(np.where(condition.numpy())))


def test_either_side_may_be_a_number():
    x = torch.tensor([1.0, 2.0, 3.0])
    assert ops.less(2, x).tolist() == [False, False, True]
    assert ops.greater(x, 2).tolist() == [False, False, True]
    assert ops.equal(2, 2).item()
    assert ops.where(x > 1, x, 0).tolist() == [0.0, 2.0, 3.0]
    assert ops.where(x > 1, 1.0, 0.0).tolist() == [0.0, 1.0, 1.0]


def test_no_axis_means_every_element_by_itself():
    assert ops.any(torch.tensor([0, 2]), axis=()).tolist() == [False, True]


def test_nan_may_count_as_close():
    nan = torch.tensor([float("nan")])
    assert not ops.allclose(nan, nan)
    assert ops.allclose(nan, nan, equal_nan=True)


def test_membership_may_be_inverted():
    x = torch.tensor([1, 2, 3])
    assert ops.isin(x, [2], invert=True).tolist() == [True, False, True]
