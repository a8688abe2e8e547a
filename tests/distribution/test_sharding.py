import copy

import pytest
import torch

from torchkeras import layers
from torchkeras.core.layout import IDENTITY, Permuted, Reshaped
from torchkeras.distribution import Sharding, is_divided, stored_axis


def test_axes_of_what_keras_shows_are_found_in_what_is_stored():
    assert stored_axis(IDENTITY, (3, 4), 1) == 1
    turned = Permuted((1, 0))
    assert [stored_axis(turned, (3, 4), axis) for axis in (0, 1)] == [1, 0]
    # (features, heads, size), stored as (heads * size, features)
    kernel = Reshaped((5, 2, 3), (6, 5), (1, 0))
    assert [stored_axis(kernel, (6, 5), axis) for axis in (0, 1, 2)] == [1, 0, 0]


def test_blocks_of_gates_are_divided_by_the_axis_they_are_stored_in():
    lstm = layers.LSTM(3)
    lstm(torch.zeros(2, 4, 5))
    kernel = lstm.cell.kernel
    shape = tuple(kernel.parameter.shape)
    found = [stored_axis(kernel.layout, shape, axis) for axis in (0, 1)]
    assert [shape[axis] for axis in found] == list(kernel.shape)


def test_whole_weights_are_left_alone():
    sharding, weight = Sharding(None, 0), torch.ones(3)
    assert not is_divided(weight)
    assert sharding.gathered(weight) is weight
    assert sharding.scattered(weight, weight) is weight
    assert copy.deepcopy(sharding) is sharding


@pytest.mark.parametrize("length", [1, 2])
def test_axes_of_one_element_are_found_too(length):
    assert stored_axis(Permuted((1, 0)), (4, length), 1) == 0
