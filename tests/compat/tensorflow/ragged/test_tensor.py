import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.ragged import joined

LISTS = st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=5)


@given(LISTS, st.slices(5))
def test_rows_are_those_of_lists(rows, part):
    flat = [value for row in rows for value in row]
    ragged = tf.RaggedTensor.from_row_lengths(np.array(flat, np.int64), list(map(len, rows)))
    assert ragged.to_list() == rows
    assert ragged[part].to_list() == rows[part]
    assert [row.tolist() for row in ragged] == rows
    width = max(map(len, rows))
    assert ragged.to_tensor(-10).tolist() == [row + [-10] * (width - len(row)) for row in rows]
    assert joined([ragged, ragged]).to_list() == rows + rows
    again = tf.RaggedTensor.from_row_splits(ragged.values, ragged.row_splits)
    assert again.to_list() == rows


def test_rows_of_rows_and_of_texts():
    inner = tf.RaggedTensor.from_row_lengths(["a", "b", "c"], [1, 0, 2])
    outer = tf.RaggedTensor.from_row_lengths(inner, [2, 1])
    assert outer.to_list() == [[[b"a"], []], [[b"b", b"c"]]]
    assert outer.ragged_rank == 2
    assert outer.flat_values.numpy().tolist() == [b"a", b"b", b"c"]
    assert [splits.tolist() for splits in outer.nested_row_splits] == [[0, 2, 3], [0, 1, 1, 3]]
    assert outer.shape.as_list() == [2, None, None]
    assert inner.to_tensor("-").numpy().tolist() == [[b"a", b"-"], [b"-"] * 2, [b"b", b"c"]]
    assert outer[1, 0, 1].numpy() == b"c"
    assert inner.numpy()[2].tolist() == [b"b", b"c"]


def test_shapes_cut_off_and_fill_up():
    ragged = tf.RaggedTensor.from_row_lengths([1, 2, 3], [1, 2])
    assert ragged.to_tensor(shape=[3, 1]).tolist() == [[1], [2], [0]]
    assert ragged.row_lengths().tolist() == [1, 2]
    assert int(ragged.nrows()) == 2


def test_wrong_splits_and_rows_are_errors():
    with pytest.raises(ValueError, match="row_splits"):
        tf.RaggedTensor.from_row_splits([1, 2], [0, 3])
    with pytest.raises(IndexError, match="row 2 of 2"):
        tf.RaggedTensor.from_row_splits([1, 2], [0, 1, 2])[2]
