"""Places and values: what the table of parity leaves out."""

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import ops


def test_slices_are_taken_along_any_axis_from_either_end():
    x = torch.arange(24).reshape(2, 3, 4)
    places = [[0, -1], [1, 2]]
    for axis in (0, 1, -1, None):
        indices = [[0, -1]] if axis == 0 else places
        ours = ops.take(x, indices, axis=axis)
        np.testing.assert_array_equal(ours, np.take(x.numpy(), indices, axis=axis))


def test_variables_may_be_taken_from_and_by():
    table = torchkeras.Variable([[1.0, 2.0], [3.0, 4.0]])
    assert ops.take(table, [1], axis=0).tolist() == [[3.0, 4.0]]
    index = torchkeras.Variable([1], dtype="int64", trainable=False)
    assert ops.get_item(torch.arange(3), index).tolist() == [1]


def test_the_order_is_searched_on_either_side():
    sequence = [1, 2, 2, 3]
    assert ops.searchsorted(sequence, [2], side="left").tolist() == [1]
    assert ops.searchsorted(sequence, [2], side="right").tolist() == [3]
    with pytest.raises(ValueError, match="only supports 1-D sorted sequences"):
        ops.searchsorted(torch.zeros(2, 2), [1.0])


def test_different_slices_are_found_along_an_axis():
    x = torch.tensor([[1, 2], [1, 2], [0, 2]])
    values, index = ops.unique(x, axis=0, return_index=True)
    assert (values.tolist(), index.tolist()) == ([[0, 2], [1, 2]], [2, 0])
    assert ops.unique(torch.tensor([3, 1, 3]), size=3, fill_value=9).tolist() == [1, 3, 9]


def test_bounds_may_be_tensors():
    x = torch.tensor([1.0, 5.0, 9.0])
    assert ops.clip(x, torch.tensor([2.0, 2.0, 2.0]), 6).tolist() == [2.0, 5.0, 6.0]
