"""Where masked steps go, and the loop over steps."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.nn import sequences


def test_scattered_steps_are_moved_to_the_end_and_back():
    order = sequences.Scattered(torch.tensor([[False, True, False, True]]))
    x = torch.arange(4.0).reshape(1, 4, 1)
    assert order.compact(x).flatten().tolist() == [1, 3, 0, 2]
    assert order.spread(order.compact(x)).flatten().tolist() == [0, 1, 1, 3]
    assert order.last(order.compact(x)).tolist() == [[3.0]]
    assert order.padded.tolist() == [[False, False, True, True]]


def test_padding_at_the_end_is_recognized():
    recognized = [
        type(sequences.arrangement(torch.tensor([row]))).__name__
        for row in ([True, False, False], [False] * 3, [True] * 3, [False, True, True])
    ]
    assert recognized == ["PaddedAtEnd"] * 3 + ["Scattered"]
    assert isinstance(sequences.arrangement(torch.ones(2, 0).bool()), sequences.PaddedAtEnd)


@given(lengths=st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_both_arrangements_of_padding_agree(lengths):
    mask = torch.arange(4) < torch.tensor(lengths).unsqueeze(1)
    y = torch.randn(len(lengths), 4, 3)
    one, other = sequences.PaddedAtEnd(mask), sequences.Scattered(mask)
    torch.testing.assert_close(one.padded, other.padded)
    torch.testing.assert_close(one.compact(y), other.compact(y))
    torch.testing.assert_close(one.spread(y), other.spread(y))
    torch.testing.assert_close(one.last(y), other.last(y))


def test_a_loop_leaves_masked_steps_out():
    def step(x, state):
        total = state[0] + x
        return 10 * total, (total,)

    x, mask = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[False, True, False]])
    outputs, last, state = sequences.scan(step, x, (torch.ones(1),), mask)
    assert outputs.tolist() == [[0, 30, 30]]
    assert float(last) == 30
    assert float(state[0]) == 3
    assert sequences.scan(step, x, (torch.ones(1),), mask, sequences=False)[0] is None


class Sums(torch.nn.Module):
    def __init__(self, is_masked):
        super().__init__()
        self.is_masked = is_masked
        self.scale = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        def step(x_t, state):
            total, count = state
            total = total * self.scale + x_t
            return total, (total, count)

        mask = x.sum(-1) > 0 if self.is_masked else None
        zero = torch.zeros_like(x[:, 0])
        return sequences.scan(step, x, (zero, zero), mask)


@pytest.mark.parametrize("is_masked", [False, True])
def test_a_program_takes_any_number_of_steps(is_masked):
    module = Sums(is_masked)
    free = torch.export.Dim.DYNAMIC
    with torch.no_grad():
        program = torch.export.export(
            module, (torch.zeros(3, 5, 2),), dynamic_shapes=({0: free, 1: free},), strict=False
        ).module()
        for shape in ((2, 7, 2), (1, 3, 2), (4, 1, 2)):
            x = torch.randn(shape)
            torch.testing.assert_close(program(x), module(x))


def test_steps_that_torch_cannot_write_as_one_settle_the_length():
    class Mixed(Sums):
        def forward(self, x):
            with torch.autocast("cpu", torch.bfloat16):
                return super().forward(x)[1]

    with torch.no_grad():
        program = torch.export.export(
            Mixed(False), (torch.ones(3, 5, 2),), dynamic_shapes=({1: torch.export.Dim.AUTO},)
        )
    (used,) = program.graph_signature.user_inputs
    (node,) = (node for node in program.graph.nodes if node.name == used)
    assert node.meta["val"].shape == (3, 5, 2)
