import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9))
def test_counts_are_numpys(numbers):
    found = tf.math.bincount(numbers)
    assert found.numpy().tolist() == np.bincount(numbers).tolist()
    assert found.dtype == tf.int32
    ragged = tf.RaggedTensor.from_row_lengths(numbers, [len(numbers)])
    assert tf.math.bincount(ragged, axis=-1).numpy()[0].tolist() == np.bincount(numbers).tolist()


def test_rows_with_one_number_go_together():
    rows = tf.constant([[1.0], [2.0], [6.0]])
    assert tf.math.segment_mean(rows, [0, 0, 2]).numpy().tolist() == [[1.5], [0.0], [6.0]]
    assert tf.math.unsorted_segment_max(rows, [1, 0, 1], 2).numpy().tolist() == [[2.0], [6.0]]
    assert tf.math.unsorted_segment_sum(rows, [-1, 0, 0], 1).numpy().tolist() == [[8.0]]


def test_histograms_put_what_lies_beyond_at_the_ends():
    assert tf.histogram_fixed_width([-1.0, 0.5, 9.0], [0.0, 1.0], 2).numpy().tolist() == [1, 2]
