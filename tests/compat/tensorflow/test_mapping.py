import warnings

import numpy as np
import pytest
import tensorflow as tf


def test_rows_one_after_another():
    squares = tf.map_fn(lambda x: x * x, tf.constant([1.0, 2.0, 3.0]))
    assert squares.numpy().tolist() == [1.0, 4.0, 9.0]
    products = tf.map_fn(lambda p: p[0] * p[1], (tf.range(3), tf.range(3)), tf.int64)
    assert products.dtype == tf.int64
    assert products.numpy().tolist() == [0, 1, 4]
    assert tf.map_fn(lambda x: x, tf.zeros((0, 2))).shape == (0,)


def test_rows_may_be_texts_or_of_several_lengths():
    lengths = tf.map_fn(tf.strings.length, tf.constant(["a", "bc"]), fn_output_signature=tf.int32)
    assert lengths.numpy().tolist() == [1, 2]
    marked = tf.map_fn(lambda text: text + "!", tf.constant(["a", "bc"]))
    assert marked.numpy().tolist() == [b"a!", b"bc!"]
    rows = tf.ragged.constant([[1, 2], [], [3]])
    sums = tf.map_fn(tf.reduce_sum, rows, fn_output_signature=tf.int32)
    assert sums.numpy().tolist() == [3, 0, 3]
    assert tf.map_fn(lambda row: row * 2, rows).to_list() == [[2, 4], [], [6]]
    spec = tf.RaggedTensorSpec(shape=[None], dtype=tf.int32)
    ranges = tf.map_fn(tf.range, tf.constant([3, 0, 2]), fn_output_signature=spec)
    assert ranges.to_list() == [[0, 1, 2], [], [0, 1]]


def test_all_rows_at_once():
    calls = []

    def double(row):
        calls.append(row)
        return row * 2, {"sum": tf.reduce_sum(row)}, None, 7

    x = tf.constant([[1, 2], [3, 4], [5, 6]])
    twice, sums, nothing, constant = tf.vectorized_map(double, x)
    assert len(calls) == 1
    assert twice.numpy().tolist() == [[2, 4], [6, 8], [10, 12]]
    assert sums["sum"].numpy().tolist() == [3, 7, 11]
    assert nothing is None
    assert constant.numpy().tolist() == [7, 7, 7]
    assert tf.vectorized_map(lambda row: row + 1, tf.zeros((0, 2))).shape == (0, 2)


def test_one_row_goes_with_all():
    both = tf.vectorized_map(lambda p: p[0] + p[1], (tf.range(3), tf.constant([10])))
    assert both.numpy().tolist() == [10, 11, 12]
    with pytest.raises(ValueError, match=r"\(3,\), \(2,\)"):
        tf.vectorized_map(lambda p: p[0] + p[1], (tf.range(3), tf.constant([10, 20])))
    with pytest.raises(ValueError, match=r"\(3,\), \(\)"):
        tf.vectorized_map(lambda p: p[0] + p[1], (tf.range(3), tf.constant(10)))


def test_gradients_reach_what_all_rows_share():
    weights = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.vectorized_map(
            lambda x: tf.linalg.matvec(weights, x), tf.constant([[1.0, 0], [0, 1]])
        )
    assert tape.gradient(y, weights).numpy().tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_each_row_draws_numbers_of_its_own_unless_the_seed_is_all():
    drawn = tf.vectorized_map(lambda row: tf.random.normal([]), tf.range(3))
    assert len(set(drawn.numpy().tolist())) == 3
    with pytest.warns(UserWarning, match="stateless"):
        drawn = tf.vectorized_map(lambda row: tf.random.stateless_normal([], [1, 2]), tf.range(3))
    assert len(set(drawn.numpy().tolist())) == 1


def _by_value(row):
    return row if row > 1 else -row


def _by_tape(row):
    weights = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(weights * tf.cast(row, tf.float32))
    return tape.gradient(y, weights)


@pytest.mark.parametrize(
    ("function", "expected"),
    [(_by_value, [0, -1, 2]), (_by_tape, [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])],
)
def test_what_needs_single_rows_gets_them(function, expected):
    with pytest.warns(UserWarning, match="one after another"):
        found = tf.vectorized_map(function, tf.range(3))
    assert found.numpy().tolist() == expected
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tf.vectorized_map(function, tf.range(3), warn=False)
    with pytest.raises(ValueError, match="all rows at once"):
        tf.vectorized_map(function, tf.range(3), fallback_to_while_loop=False)


def test_variables_are_assigned_to_for_each_row():
    count = tf.Variable(0)
    tf.vectorized_map(lambda row: count.assign_add(1), tf.range(3), warn=False)
    assert int(count) == 3


def test_errors_of_the_function_are_its_own():
    with pytest.raises(KeyError, match="mine"):
        tf.vectorized_map(lambda row: {}["mine"], tf.range(3))
    with pytest.raises(ValueError, match="mine"):
        tf.vectorized_map(lambda row: int("mine"), tf.range(3))


def test_states_one_after_another():
    sums = tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3]), infer_shape=False)
    assert sums.numpy().tolist() == [1, 3, 6]
    pair = tf.scan(lambda a, x: (a[0] + x, a[1] * 2), tf.range(3), (10, 1.5), reverse=True)
    assert [part.numpy().tolist() for part in pair] == [[13, 13, 12], [12.0, 6.0, 3.0]]
    assert int(tf.foldl(lambda a, x: a - x, tf.constant([1, 2, 3]), back_prop=False)) == -4
    assert int(tf.foldr(lambda a, x: a - x, tf.constant([1, 2, 3]))) == 0
    assert int(tf.foldl(lambda a, x: a + x["k"], {"k": tf.range(4)}, initializer=0)) == 6
    with pytest.raises(TypeError, match="unheard_of"):
        tf.foldl(np.add, tf.range(3), unheard_of=1)
