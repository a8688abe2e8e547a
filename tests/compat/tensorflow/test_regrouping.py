import numpy as np
import pytest
import tensorflow as tf


def test_parts_come_together_again():
    data, numbers = tf.range(6), tf.constant([0, 1, 0, 1, 1, 0])
    parts = tf.dynamic_partition(data, numbers, 2)
    places = tf.dynamic_partition(tf.range(6), numbers, 2)
    assert tf.dynamic_stitch(places, parts).numpy().tolist() == list(range(6))


def test_blocks_come_back():
    images = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)
    blocks = tf.space_to_batch(images, [2, 3], [[1, 1], [0, 0]])
    assert blocks.shape == (12, 3, 2, 3)
    np.testing.assert_array_equal(tf.batch_to_space(blocks, [2, 3], [[1, 1], [0, 0]]), images)


def test_sequences_turn_up_to_their_length():
    found = tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1)
    assert found.numpy().tolist() == [[2, 1, 3], [6, 5, 4]]


def test_bytes_stay():
    x = tf.constant([1.5, -2.0])
    assert tf.bitcast(tf.bitcast(x, tf.int32), tf.float32).numpy().tolist() == [1.5, -2.0]


def test_ragged_rows_and_texts_are_parted():
    rows = tf.ragged.constant([[1], [], [2, 3]])
    first, second = tf.dynamic_partition(rows, [0, 1, 0], 2)
    assert (first.to_list(), second.to_list()) == ([[1], [2, 3]], [[]])
    texts = tf.dynamic_partition(["a", "b"], [1, 0], 2)
    assert [part.tolist() for part in texts] == [["b"], ["a"]]
    with pytest.raises(ValueError, match="numbers from 0 to 1"):
        tf.dynamic_partition([1, 2], [0, 2], 2)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.unravel_index([6], [2, 3]), "numbers from 0 to 5"),
        (lambda: tf.bitcast(tf.constant([1, 2], tf.uint8), tf.int32), "a last axis of 4"),
        (lambda: tf.reverse_sequence([[1, 2]], [3], seq_axis=1), "1 numbers up to 2"),
        (lambda: tf.reverse_sequence([[1, 2]], [1, 1], seq_axis=1), "1 numbers up to 2"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bytes_of_numbers_and_reversed_texts():
    assert tf.bitcast([1.0], tf.uint8).tolist() == [[0, 0, 128, 63]]
    assert tf.bitcast(tf.bitcast([1.0], tf.uint8), tf.float32).tolist() == [1.0]
    assert tf.reverse_sequence([["a", "b", "c"]], [2], seq_axis=1).tolist() == [["b", "a", "c"]]
