"""New tensors: what the table of parity leaves out."""

import numpy as np
import pytest
import torch

from torchkeras import ops


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_ranges_between_tensors_stand_along_any_axis(axis):
    start, stop = np.array([0.0, 1.0]), np.array([4.0, 9.0])
    for name in ("linspace", "logspace"):
        ours = getattr(ops, name)(start, stop, 5, axis=axis)
        np.testing.assert_allclose(ours, getattr(np, name)(start, stop, 5, axis=axis), rtol=1e-6)
    ours = ops.geomspace(start + 1, stop, 5, axis=axis)
    np.testing.assert_allclose(ours, np.geomspace(start + 1, stop, 5, axis=axis), rtol=1e-6)


def test_a_range_may_tell_its_step():
    values, step = ops.linspace(0, 1, 5, retstep=True)
    assert (values[-1].item(), step.item()) == (1.0, 0.25)
    assert ops.linspace(0, 10, 4, dtype="int32").tolist() == [0, 3, 6, 10]


def test_one_number_is_where_a_range_of_integers_ends():
    assert ops.arange(3).tolist() == [0, 1, 2]
    assert ops.arange(0, 1, 0.25).dtype == torch.float32


def test_what_fills_may_be_a_tensor():
    assert ops.full((2, 2), torch.tensor([1.0, 2.0])).tolist() == [[1.0, 2.0]] * 2
    assert ops.full_like(torch.zeros(2, 2), [3, 4]).tolist() == [[3.0, 4.0]] * 2


def test_empty_tensors_have_the_shape_alone():
    assert ops.empty((2, 3)).shape == (2, 3)
    assert ops.empty_like(torch.ones(2), "int32").dtype == torch.int32


def test_a_grid_has_the_shape_of_all_coordinates():
    ours = ops.meshgrid([1, 2], [1, 2, 3], [5])
    theirs = np.meshgrid([1, 2], [1, 2, 3], [5])
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(our, their)
    with pytest.raises(ValueError, match="expected 'xy' or 'ij'"):
        ops.meshgrid([1], indexing="yx")


def test_places_below_zero_count_from_the_end():
    rows, columns = ops.unravel_index(torch.tensor([-1, 0]), (2, 3))
    assert (rows.tolist(), columns.tolist()) == ([1, 0], [2, 0])
