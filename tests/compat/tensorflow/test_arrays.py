import numpy as np
import pytest
import tensorflow as tf


def test_reshape_takes_sizes_made_of_tensors_and_numbers():
    x = tf.zeros((2, 6))
    assert tf.reshape(x, [tf.shape(x)[0], 3, -1]).shape == (2, 3, 2)
    assert tf.reshape(x, tf.constant([4, 3])).shape == (4, 3)


def test_transpose_without_perm_reverses_the_axes():
    assert tf.transpose(tf.zeros((2, 3, 4))).shape == (4, 3, 2)
    assert tf.transpose(tf.zeros((2, 3, 4)), perm=[0, 2, 1]).shape == (2, 4, 3)


def test_split_takes_a_number_or_lengths():
    x = tf.range(10)
    assert [p.numpy().tolist() for p in tf.split(x, 2)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert [len(p) for p in tf.split(x, [3, -1, 2])] == [3, 5, 2]


def test_joining_and_parting():
    x = tf.constant([[1, 2], [3, 4]])
    assert tf.concat([x, x], axis=1).shape == (2, 4)
    assert tf.stack([1, 2, 3]).numpy().tolist() == [1, 2, 3]
    assert [row.numpy().tolist() for row in tf.unstack(x)] == [[1, 2], [3, 4]]


def test_pad_knows_three_modes():
    x = tf.constant([[1, 2, 3]])
    assert tf.pad(x, [[0, 0], [1, 1]], constant_values=9).numpy().tolist() == [[9, 1, 2, 3, 9]]
    assert tf.pad(x, [[0, 0], [1, 1]], "REFLECT").numpy().tolist() == [[2, 1, 2, 3, 2]]
    assert tf.pad(x, [[0, 0], [1, 1]], "SYMMETRIC").numpy().tolist() == [[1, 1, 2, 3, 3]]


def test_slices_by_begin_and_size():
    x = tf.constant(np.arange(12).reshape(3, 4))
    assert tf.slice(x, [1, 0], [-1, 2]).numpy().tolist() == [[4, 5], [8, 9]]
    assert tf.strided_slice(x, [0, 0], [3, 4], [2, 3]).numpy().tolist() == [[0, 3], [8, 11]]
    back = tf.strided_slice(x, [-1, 0], [-4, 1], [-1, 1])
    assert back.numpy().tolist() == [[8], [4], [0]]
    with pytest.raises(ValueError, match="var"):
        tf.strided_slice(x, [0], [1], var=x)


def test_order():
    x = tf.constant([3, 1, 2, 1])
    assert tf.sort(x, direction="DESCENDING").numpy().tolist() == [3, 2, 1, 1]
    assert tf.argsort(x).numpy().tolist() == [1, 3, 2, 0]
    with pytest.raises(ValueError, match="direction"):
        tf.sort(x, direction="down")


def test_unique_keeps_the_order_of_first_appearance():
    values, indices, counts = tf.unique_with_counts(tf.constant([7, 2, 7, 5, 2]))
    assert values.numpy().tolist() == [7, 2, 5]
    assert indices.numpy().tolist() == [0, 1, 0, 2, 1]
    assert counts.numpy().tolist() == [2, 2, 1]


def test_repeating_and_moving():
    x = tf.constant([[1, 2]])
    assert tf.tile(x, [2, 2]).numpy().tolist() == [[1, 2, 1, 2]] * 2
    assert tf.repeat(x, 2, axis=1).numpy().tolist() == [[1, 1, 2, 2]]
    assert tf.broadcast_to(x, [3, 2]).shape == (3, 2)
    assert tf.reverse(x, axis=[1]).numpy().tolist() == [[2, 1]]
    assert tf.roll(tf.range(4), 1, 0).numpy().tolist() == [3, 0, 1, 2]
    assert tf.squeeze(tf.expand_dims(x, -1)).shape == (2,)


def test_sequence_mask_and_meshgrid():
    assert tf.sequence_mask([1, 3]).numpy().tolist() == [[True, False, False], [True] * 3]
    first, second = tf.meshgrid(tf.range(2), tf.range(3))
    assert first.shape == second.shape == (3, 2)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.split([1, 2, 3], [1, 1]), r"num_or_size_splits is \(1, 1\); expected 3 in all"),
        (lambda: tf.split([1, 2], [1, 1], num=3), "num is 3; expected the number of lengths, 2"),
        (lambda: tf.split(tf.ragged.constant([[1], [2, 3]]), 3), "a divisor of 2 rows"),
        (lambda: tf.tile([1, 2], [1, 2]), "one for each of 1 axes"),
        (lambda: tf.pad([1, 2], [[0, 0], [0, 0]]), "for each of 1 axes"),
        (lambda: tf.pad([1, 2], [[-1, 0]]), "0 or more"),
        (lambda: tf.pad([1, 2], [[2, 0]], "REFLECT"), r"paddings is \(2, 0\); expected at most 1"),
        (lambda: tf.slice([1, 2], [1], [2]), "a block within"),
        (lambda: tf.slice([1, 2], [0, 0], [1, 1]), "one number for each of 1 axes"),
        (lambda: tf.squeeze(tf.ragged.constant([[1], [2, 3]])), "0, of length 1"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_texts_are_moved_like_numbers():
    texts = tf.constant([["a", "b", "c"]])
    assert tf.reshape(texts, [3]).tolist() == ["a", "b", "c"]
    assert tf.transpose(texts).tolist() == [["a"], ["b"], ["c"]]
    assert [part.tolist() for part in tf.split(texts, [1, 2], axis=1)] == [[["a"]], [["b", "c"]]]
    assert tf.pad(texts, [[0, 0], [2, 0]], "REFLECT").tolist() == [["c", "b", "a", "b", "c"]]
    assert tf.expand_dims(input=texts, axis=0).shape == (1, 1, 3)


def test_ragged_tensors_are_flattened():
    rows = tf.ragged.constant([[1], [], [2, 3]])
    assert tf.reshape(rows, [-1]).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="shape of a ragged tensor"):
        tf.reshape(rows, [3, 1])
