"""Cells on top of each other."""

import pytest
import torch

from torchkeras import layers


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
