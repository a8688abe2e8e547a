"""Shapes and axes: what the table of parity leaves out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchkeras
from torchkeras import ops


@given(
    mode=st.sampled_from(["constant", "reflect", "symmetric", "edge", "wrap"]),
    widths=st.tuples(*[st.tuples(st.integers(0, 4), st.integers(0, 4))] * 2),
)
def test_padding_is_that_of_numpy(mode, widths):
    x = np.arange(20.0).reshape(4, 5)
    np.testing.assert_array_equal(ops.pad(x, widths, mode), np.pad(x, widths, mode))


def test_widths_may_be_short():
    x = torch.ones(2, 2)
    assert ops.pad(x, 1).shape == (4, 4)
    assert ops.pad(x, (1, 2)).shape == (5, 5)
    assert ops.pad(x, ((1, 0),)).shape == (3, 3)
    assert ops.pad(x, ((0, 1), (0, 0)), constant_values=7)[2].tolist() == [7.0, 7.0]


def test_padding_names_what_does_not_fit():
    x = torch.ones(2, 2)
    with pytest.raises(ValueError, match="`constant_values` can only be provided"):
        ops.pad(x, 1, "reflect", constant_values=1)
    with pytest.raises(ValueError, match="mode is 'mirror'"):
        ops.pad(x, 1, "mirror")
    with pytest.raises(ValueError, match="must have the same length"):
        ops.pad(x, ((1, 1), (1, 1), (1, 1)))


def test_axes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="the dimension is not 1"):
        ops.squeeze(torch.ones(2, 1), axis=0)
    with pytest.raises(ValueError, match="not divisible"):
        ops.split(torch.ones(5), 2)
    with pytest.raises(ValueError, match="must be 1-D or 2-D"):
        ops.diag(torch.ones(1, 1, 1))
    with pytest.raises(ValueError, match="at least 2 dimensions"):
        ops.rot90(torch.ones(2))
    with pytest.raises(ValueError, match="Invalid axes"):
        ops.rot90(torch.ones(2, 2), axes=(0, 0))
    with pytest.raises(ValueError, match="Invalid axes"):
        ops.rot90(torch.ones(2, 2), axes=(0, 5))
    with pytest.raises(ValueError, match="num is 3"):
        ops.unstack(torch.ones(2), num=3)


def test_elements_may_be_repeated_each_its_own_number():
    x = torch.tensor([[1, 2], [3, 4]])
    assert ops.repeat(x, [1, 2], axis=0).tolist() == [[1, 2], [3, 4], [3, 4]]
    assert ops.repeat(x, 2).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]


def test_several_axes_may_be_rolled():
    x = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(ops.roll(x, (1, 2), (0, 1)), np.roll(x, (1, 2), (0, 1)))
    np.testing.assert_array_equal(ops.roll(x, 4), np.roll(x, 4))


def test_tensors_may_be_flattened_to_be_joined():
    assert ops.concatenate([torch.ones(2, 2), torch.ones(1)], axis=None).shape == (5,)


def test_shapes_may_be_tensors():
    x = torch.ones(6)
    assert ops.reshape(x, torch.tensor([2, 3])).shape == (2, 3)
    assert ops.tile(x, torch.tensor([2])).shape == (12,)


def test_elements_are_counted():
    assert ops.size(torch.ones(2, 3)) == 6
    assert ops.ndim([[1]]) == 2


def test_unknown_sizes_stay_unknown():
    x = torchkeras.Input((4, 6))
    assert ops.reshape(x, (-1, 6)).shape == (None, 6)
    assert ops.transpose(x, (0, 2, 1)).shape == (None, 6, 4)
    assert ops.concatenate([x, x], axis=0).shape == (None, 4, 6)
    assert [part.shape for part in ops.split(x, 2, axis=-1)] == [(None, 4, 3)] * 2
    assert ops.expand_dims(x, 1).shape == (None, 1, 4, 6)
    assert ops.tile(x, (1, 2, 1)).shape == (None, 8, 6)
