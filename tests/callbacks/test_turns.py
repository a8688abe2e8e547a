import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.callbacks.turns import CountsSteps


def counting(save_freq):
    counter = CountsSteps()
    counter._take_save_freq(save_freq)
    return counter


@given(st.integers(1, 7), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_its_turn_comes_every_so_many_steps_whatever_the_epochs(save_freq, epochs):
    counter = counting(save_freq)
    turns = [counter._is_turn(batch) for length in epochs for batch in range(length)]
    assert turns == [(step + 1) % save_freq == 0 for step in range(sum(epochs))]


def test_steps_that_nobody_told_of_are_counted():
    counter = counting(4)
    assert [counter._is_turn(batch) for batch in (2, 5, 2, 3)] == [False, True, False, True]


def test_another_frequency_is_refused():
    assert counting("epoch").save_freq == "epoch"
    with pytest.raises(ValueError, match="save_freq is 1.5; expected .*epoch"):
        counting(1.5)
