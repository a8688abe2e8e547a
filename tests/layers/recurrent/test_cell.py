"""Cells called step by step, and their dropout masks."""

import pytest
import torch
from parity import fill, make_both, numbers

from torchkeras import layers

CELLS = ["SimpleRNNCell", "LSTMCell", "GRUCell"]


@pytest.mark.parametrize("kind", CELLS)
def test_one_step_is_what_keras_computes(kind):
    ours, theirs = make_both(kind, {"units": 3})
    x = torch.tensor(numbers((2, 4)))
    states = [torch.tensor(numbers((2, 3), seed)) for seed in range(ours.states)]
    for cell in (ours, theirs):
        cell.build((2, 4))
    fill(ours, theirs)
    mine, true = ours(x, states), theirs(x, states)
    torch.testing.assert_close(mine[0], true[0])
    torch.testing.assert_close(list(mine[1]), list(true[1]))
    assert ours.state_size == theirs.state_size
    assert ours.output_size == theirs.output_size
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


@pytest.mark.parametrize("kind", CELLS)
def test_initial_states_are_zeros(kind):
    cell = getattr(layers, kind)(3)
    assert all(s.shape == (5, 3) and s.abs().max() == 0 for s in cell.get_initial_state(5))


@pytest.mark.parametrize("kind", CELLS)
def test_dropout_masks_stay_until_they_are_reset(kind):
    cell = getattr(layers, kind)(30, dropout=0.5, recurrent_dropout=0.5)
    x, h = torch.ones(2, 20), torch.ones(2, 30)
    first = cell.get_dropout_mask(x)
    assert cell.get_dropout_mask(x) is first
    assert cell.get_recurrent_dropout_mask(h) is not None
    count = cell.dropout_mask_count
    assert count is None or len(first) == count
    cell.reset_dropout_mask()
    cell.reset_recurrent_dropout_mask()
    assert cell.get_dropout_mask(x) is not first
    states = [h] * cell.states
    y, _ = cell(x, states, training=True)
    torch.testing.assert_close(cell(x, states, training=True)[0], y)


def test_a_cell_without_dropout_has_no_masks():
    cell = layers.GRUCell(3)
    assert cell.get_dropout_mask(torch.ones(1, 2)) is None
    assert cell.get_recurrent_dropout_mask(torch.ones(1, 3)) is None


def test_implementation_is_taken_for_older_scripts():
    assert "implementation" not in layers.LSTMCell(3, implementation=1).get_config()
    assert "implementation" not in layers.LSTM(3, implementation=2).get_config()
