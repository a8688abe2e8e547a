import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=4)


@given(ROWS, ROWS)
def test_joining_is_that_of_lists(first, second):
    ragged = [tf.ragged.constant(rows, tf.int64, ragged_rank=1) for rows in (first, second)]
    assert tf.concat(ragged, axis=0).to_list() == first + second
    assert tf.stack(ragged).to_list() == [first, second]
    same = tf.concat([ragged[0], ragged[0]], axis=1)
    assert same.to_list() == [row + row for row in first]
    if len(first) != len(second):
        with pytest.raises(ValueError, match="number of rows"):
            tf.concat(ragged, axis=1)


@given(ROWS)
def test_masks_keep_what_is_true(rows):
    ragged = tf.ragged.constant(rows, tf.int64, ragged_rank=1)
    kept = tf.ragged.boolean_mask(ragged, ragged > 0)
    assert kept.to_list() == [[value for value in row if value > 0] for row in rows]


def test_new_axes():
    ragged = tf.ragged.constant([[1], [2, 3]])
    assert tf.expand_dims(ragged, 0).to_list() == [[[1], [2, 3]]]
    assert tf.expand_dims(ragged, 1).to_list() == [[[1]], [[2, 3]]]
    assert tf.expand_dims(ragged, -1).to_list() == [[[1]], [[2], [3]]]
    assert ragged[:, tf.newaxis].to_list() == [[[1]], [[2, 3]]]


def test_masks_have_the_rows_of_the_data():
    with pytest.raises(ValueError, match="mask"):
        tf.ragged.boolean_mask(tf.ragged.constant([[1]]), tf.ragged.constant([[True, False]]))


def test_rows_of_rows_are_parted_and_numbers_stay_numbers():
    rows = tf.ragged.constant([[1], [], [2, 3]])
    found = tf.ragged.stack_dynamic_partitions(rows, [1, 0, 1], 2)
    assert found.to_list() == [[[]], [[1], [2, 3]]]
    assert tf.ragged.constant(5).shape == ()
    assert tf.RaggedTensor.from_tensor([[1, 2]], lengths=[9]).to_list() == [[1, 2]]
