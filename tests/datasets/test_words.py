import numpy as np
import pytest

from torchkeras.datasets import words


def test_start_and_offset():
    assert words.with_start([[1, 2]], 1, 3) == [[1, 4, 5]]
    assert words.with_start([[1, 2]], None, None) == [[1, 2]]


def test_long_sequences_are_left_out():
    x, y = words.not_longer_than(2, [[1], [1, 2], []], np.array([1, 2, 3]))
    assert x == [[1], []]
    assert y.tolist() == [1, 3]
    with pytest.raises(ValueError, match="no sequence was kept"):
        words.not_longer_than(1, [[1]], np.array([1]))


def test_words_out_of_range_are_replaced_or_left_out():
    assert words.within([[1, 5, 9]], 9, 2, 0).tolist() == [[0, 5, 0]]
    assert words.within([[1, 5, 9]], 9, 2, None).tolist() == [[5]]
