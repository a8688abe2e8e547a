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
