"""Where masked steps go, and the loop over steps."""

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

    x = torch.tensor([[1.0, 2.0, 3.0]]).unbind(1)
    mask = torch.tensor([[False, True, False]]).unbind(1)
    outputs, state = sequences.scan(step, x, (torch.ones(1),), mask)
    assert [float(y) for y in outputs] == [0, 30, 30]
    assert float(state[0]) == 3
