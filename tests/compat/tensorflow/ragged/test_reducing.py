import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=4)


@given(ROWS)
def test_reductions_of_rows_are_those_of_lists(rows):
    ragged = tf.ragged.constant(rows, tf.int64, ragged_rank=1)
    assert tf.reduce_sum(ragged, axis=1).numpy().tolist() == [sum(row) for row in rows]
    assert tf.reduce_sum(ragged).numpy() == sum(map(sum, rows))
    longest = max(map(len, rows))
    columns = [sum(row[place] for row in rows if place < len(row)) for place in range(longest)]
    assert tf.reduce_sum(ragged, axis=0).numpy().tolist() == columns
    top = tf.reduce_max(ragged, axis=1).numpy().tolist()
    assert [t for t, row in zip(top, rows, strict=True) if row] == [max(r) for r in rows if r]


def test_spread_of_rows():
    ragged = tf.ragged.constant([[1.0, 3.0], [5.0]])
    assert tf.math.reduce_variance(ragged, axis=1).numpy().tolist() == [1.0, 0.0]
    assert tf.math.reduce_std(ragged, axis=1).numpy().tolist() == [1.0, 0.0]
    assert tf.reduce_mean(ragged, axis=[0, 1]).numpy() == 3.0


DEEP = tf.ragged.constant([[[1, 2], [3]], [], [[4], [], [5, 6]]])


@pytest.mark.parametrize(
    "axis, expected",
    [
        (0, [[5, 2], [3], [5, 6]]),
        (1, [[4, 2], [], [9, 6]]),
        (2, [[3, 3], [], [4, 0, 11]]),
        ([0, 1], [13, 8]),
        ([0, 2], [7, 3, 11]),
        ([1, 2], [6, 0, 15]),
    ],
)
def test_rows_of_rows_are_reduced_along_any_axes(axis, expected):
    found = tf.reduce_sum(DEEP, axis)
    assert (found.to_list() if hasattr(found, "to_list") else found.tolist()) == expected


def test_means_of_whole_numbers_are_floating():
    ragged = tf.ragged.constant([[3, 1, 4], [], [5, 9]])
    for axis in (None, [0, 1]):
        assert tf.reduce_mean(ragged, axis).item() == 4.4
        assert tf.math.reduce_variance(ragged, axis).item() == pytest.approx(7.04)


def test_logarithms_of_sums_of_rows():
    ragged = tf.ragged.constant([[0.0, 0.0], [], [1e4]])
    found = tf.reduce_logsumexp(ragged, axis=1).tolist()
    assert found == [pytest.approx(0.6931472), float("-inf"), 1e4]


def test_axes_that_are_not_there_are_said():
    with pytest.raises(ValueError, match="axis is 3; expected -3 to 2"):
        tf.reduce_sum(DEEP, 3)
