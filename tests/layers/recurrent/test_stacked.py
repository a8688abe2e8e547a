"""Cells on top of each other."""

import pytest
import torch
from parity import fill, make_both, numbers, recipe

from torchkeras import layers


@recipe
def cells(package):
    return [package.layers.LSTMCell(3), package.layers.GRUCell(2), package.layers.SimpleRNNCell(4)]


def test_one_step_is_what_keras_computes():
    ours, theirs = make_both("StackedRNNCells", {"cells": cells})
    x = torch.tensor(numbers((2, 4)))
    states = [
        [torch.tensor(numbers((2, 3), 0)), torch.tensor(numbers((2, 3), 1))],
        [torch.tensor(numbers((2, 2), 2))],
        torch.tensor(numbers((2, 4), 3)),
    ]
    for stack in (ours, theirs):
        stack.build((2, 4))
    fill(ours, theirs)
    mine, true = ours(x, states), theirs(x, states)
    torch.testing.assert_close(mine[0], true[0])
    for own, other in zip(mine[1], true[1], strict=True):
        assert type(own) is type(other)
        torch.testing.assert_close(own, other)
    assert ours.state_size == theirs.state_size
    single = [layers.StackedRNNCells([layers.GRUCell(3)])(x, [[torch.zeros(2, 3)]])[1]]
    assert len(single[0]) == 1


def test_sizes_are_those_of_the_cells():
    stack = layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)])
    assert stack.state_size == [[3, 3], 2]
    assert stack.output_size == 2
    stack.build((None, 4))
    assert [w.shape[0] for w in stack.weights if w.name == "kernel"] == [4, 3]


def test_configuration_holds_the_cells():
    stack = layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)])
    config = stack.get_config()
    assert [cell["class_name"] for cell in config["cells"]] == ["LSTMCell", "GRUCell"]
    assert layers.StackedRNNCells.from_config(config).state_size == [[3, 3], 2]


def test_a_list_of_cells_makes_a_stack():
    layer = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True)
    y, first, second = layer(torch.zeros(2, 5, 4))
    assert isinstance(layer.cell, layers.StackedRNNCells)
    assert y.shape == (2, 2)
    assert [s.shape for s in first] == [(2, 3), (2, 3)]
    assert len(second) == 1


def test_a_cell_needs_a_call_and_a_state_size():
    with pytest.raises(ValueError, match=r"cells is .* expected cells with a `state_size`"):
        layers.StackedRNNCells([layers.Dense(2)])
