"""Conditions, loops and scans, beside real Keras."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchkeras
from torchkeras import ops


def test_a_condition_chooses_a_function():
    assert ops.cond(torch.tensor(True), lambda: 1, lambda: 2) == 1
    assert ops.cond(False, lambda: 1, lambda: 2) == 2


def test_a_symbolic_condition_chooses_when_it_runs():
    x = torchkeras.Input((2,))
    y = ops.cond(ops.sum(x) > 0, lambda: x * 2, lambda: x - 1)
    model = torchkeras.Model(x, y)
    assert model(torch.ones(1, 2)).tolist() == [[2.0, 2.0]]
    assert model(-torch.ones(1, 2)).tolist() == [[-2.0, -2.0]]


def test_a_switch_stays_within_its_branches():
    branches = [lambda x: x, lambda x: x * 10]
    assert [ops.switch(i, branches, 3) for i in (-1, 0, 1, 5)] == [3, 3, 30, 30]


def test_a_while_loop_gives_back_the_form_it_got():
    i, total = ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (0, 0))
    assert (int(i), int(total)) == (5, 10)
    assert int(ops.while_loop(lambda i: i < 9, lambda i: i + 2, 0, maximum_iterations=3)) == 6


def test_a_counted_loop_hands_on_its_value():
    assert ops.fori_loop(1, 4, lambda i, v: v * i, 1) == 6


def test_mapping_goes_along_the_first_axis():
    x = torch.arange(6.0).reshape(3, 2)
    assert torch.equal(ops.map(lambda row: row * 2, x), x * 2)
    assert torch.equal(ops.vectorized_map(torch.sum, x), x.sum(1))


@given(length=st.integers(1, 6), reverse=st.booleans())
def test_a_scan_is_that_of_keras(length, reverse):
    xs = torch.randn(length, 3)

    def step(carry, x):
        carry = carry * 0.5 + x
        return carry, {"doubled": carry * 2}

    ours = ops.scan(step, torch.zeros(3), xs, reverse=reverse)
    theirs = keras.ops.scan(step, torch.zeros(3), xs, reverse=reverse)
    torch.testing.assert_close(ours, theirs)


def test_a_scan_without_inputs_counts_steps():
    carry, ys = ops.scan(lambda c, _: (c + 1, c), torch.tensor(0), length=3)
    assert (int(carry), ys.tolist()) == (3, [0, 1, 2])


def test_a_scan_says_what_it_lacks():
    with pytest.raises(TypeError, match="should be a callable"):
        ops.scan(3, 0, [1])
    with pytest.raises(ValueError, match="Got no `xs`"):
        ops.scan(lambda c, x: (c, x), 0)
    with pytest.raises(ValueError, match="`unroll` must be"):
        ops.scan(lambda c, x: (c, x), 0, [1], unroll=0)


@given(length=st.integers(1, 9), reverse=st.booleans(), axis=st.sampled_from([0, 1]))
def test_an_associative_scan_is_that_of_keras(length, reverse, axis):
    shape = (length, 2) if axis == 0 else (2, length)
    x = torch.randn(shape)
    ours = ops.associative_scan(torch.add, x, reverse=reverse, axis=axis)
    theirs = keras.ops.associative_scan(torch.add, x, reverse=reverse, axis=axis)
    torch.testing.assert_close(ours, theirs)


def test_an_associative_scan_needs_one_length():
    with pytest.raises(ValueError, match="same first dimension"):
        ops.associative_scan(lambda a, b: a, [torch.ones(2), torch.ones(3)])


def test_loops_are_one_node_of_a_graph():
    x = torchkeras.Input((4,))
    total, steps = ops.scan(lambda c, row: (c + row, c), ops.zeros((4,)), x)
    model = torchkeras.Model(x, total)
    assert steps.shape == (None, 4)
    np.testing.assert_allclose(model(torch.ones(3, 4)), [3.0] * 4)
