"""Cells called step by step, and their dropout masks."""

import copy
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import fill, make_both, numbers, projected, shown_gradient, stored

from torchkeras import Input, layers

CELLS = ["SimpleRNNCell", "LSTMCell", "GRUCell"]


@pytest.mark.parametrize("kind", CELLS)
@given(data=st.data())
def test_one_step_is_what_keras_computes(kind, data):
    arguments = {
        "units": data.draw(st.integers(1, 4)),
        "use_bias": data.draw(st.booleans()),
        "activation": data.draw(st.sampled_from(["tanh", "relu", "softsign"])),
    }
    if kind == "GRUCell":
        arguments["reset_after"] = data.draw(st.booleans())
    if kind != "SimpleRNNCell":
        arguments["recurrent_activation"] = data.draw(st.sampled_from(["sigmoid", "hard_sigmoid"]))
    ours, theirs = make_both(kind, arguments)
    x = torch.tensor(numbers((2, 4)), requires_grad=True)
    units = arguments["units"]
    states = [
        torch.tensor(numbers((2, units), seed), requires_grad=True) for seed in range(ours.states)
    ]
    for cell in (ours, theirs):
        cell.build((2, 4))
    fill(ours, theirs)
    found = []
    for cell in (ours, theirs):
        y, new = cell(x, states)
        leaves = [x, *states, *(stored(w) for w in cell.trainable_weights)]
        gradients = torch.autograd.grad(projected([y, *new]), leaves)
        of_weights = zip(cell.trainable_weights, gradients[1 + len(states) :], strict=True)
        shown = [shown_gradient(w, g) for w, g in of_weights]
        found.append([y, *new, *gradients[: 1 + len(states)], *shown])
    for mine, true in zip(*found, strict=True):
        torch.testing.assert_close(mine, true, rtol=1e-5, atol=2e-6)
    assert ours.state_size == theirs.state_size
    assert ours.output_size == theirs.output_size
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_keeps_the_contract(kind):
    cell = getattr(layers, kind)(3, name="it")
    x, states = torch.randn(3, 4), [torch.randn(3, 3) for _ in range(cell.states)]
    y = cell(x, states)[0]
    assert type(cell).from_config(cell.get_config()).get_config() == cell.get_config()
    for twin in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        torch.testing.assert_close(twin(x, states)[0], y)
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes = {"inputs": {0: batch}, "states": [{0: batch}] * len(states)}
    program = torch.export.export(cell, (x, states), dynamic_shapes=shapes).module()
    more, both = torch.cat([x, x]), [torch.cat([s, s]) for s in states]
    torch.testing.assert_close(program(more, both)[0], cell(more, both)[0])
    torch.compiler.reset()
    compiled = torch.compile(lambda x, s: cell(x, s)[0], fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, states), y)
    symbols = cell(Input((4,)), [Input((3,)) for _ in states])
    assert symbols[0].shape == (None, 3)
    assert cell(x[:0], [s[:0] for s in states])[0].shape == (0, 3)
    half = getattr(layers, kind)(3, dtype="mixed_bfloat16")
    assert half(x, states)[0].dtype is torch.bfloat16


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
