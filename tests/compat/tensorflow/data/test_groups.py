import numpy as np
import pytest
import tensorflow as tf

Dataset = tf.data.Dataset


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset]


def test_batches_of_rows_and_of_elements_agree():
    x = np.arange(10)
    by_index = Dataset.from_tensor_slices(x).batch(4)
    by_element = Dataset.from_tensor_slices(x).map(lambda v: v).batch(4)
    assert values(by_index) == values(by_element) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert values(Dataset.range(10).batch(4, drop_remainder=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(by_index) == 3
    with pytest.raises(ValueError, match="batch_size"):
        Dataset.range(3).batch(0)


def test_batches_go_over_the_end_of_a_repetition():
    assert values(Dataset.range(3).repeat(2).batch(4)) == [[0, 1, 2, 0], [1, 2]]
    assert values(Dataset.range(3).batch(2).repeat(2)) == [[0, 1], [2], [0, 1], [2]]


def test_windows_are_datasets():
    windows = Dataset.range(6).window(3, shift=2, drop_remainder=True)
    assert [values(w) for w in windows] == [[0, 1, 2], [2, 3, 4]]
    series = Dataset.range(5).window(3, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(3))
    assert values(series) == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    spaced = Dataset.range(10).window(2, shift=4, stride=3)
    assert [values(w) for w in spaced] == [[0, 3], [4, 7], [8]]


def test_padded_batches_and_unbatching():
    ragged = Dataset.from_generator(
        lambda: ([1] * n for n in (1, 3, 2)), output_signature=tf.TensorSpec((None,), tf.int32)
    )
    assert values(ragged.padded_batch(2)) == [[[1, 0, 0], [1, 1, 1]], [[1, 1]]]
    assert values(Dataset.range(4).batch(2).unbatch()) == [0, 1, 2, 3]
    assert values(Dataset.range(4).batch(2).rebatch(3)) == [[0, 1, 2], [3]]


def test_ragged_batches_are_ragged_as_far_as_lengths_are_unknown():
    def rows():
        for number in (1, 2, 3):
            yield np.ones((number, 2), "float32")

    signature = tf.TensorSpec([None, 2], tf.float32)
    dataset = tf.data.Dataset.from_generator(rows, output_signature=signature).ragged_batch(2)
    assert dataset.element_spec == tf.RaggedTensorSpec([None, None, 2], tf.float32, ragged_rank=1)
    first, last = dataset
    assert (first.ragged_rank, tuple(first.shape)) == (1, (2, None, 2))
    assert first.to_list() == [[[1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]
    assert tuple(last.shape) == (1, None, 2)


def test_rows_of_ragged_tensors_are_described_as_such():
    rows = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1, 2], [], [3]]))
    assert rows.element_spec == tf.RaggedTensorSpec([None], tf.int32, ragged_rank=0)
    assert rows.batch(2).element_spec == tf.RaggedTensorSpec([None, None], tf.int32, ragged_rank=1)
    assert [batch.to_list() for batch in rows.batch(2)] == [[[1, 2], []], [[3]]]


def test_groups_of_what_never_ends_never_end():
    endless = tf.data.Dataset.range(3).repeat()
    grouped = endless.group_by_window(lambda x: x % 2, lambda key, group: group.batch(2), 2)
    assert int(grouped.cardinality()) == tf.data.INFINITE_CARDINALITY
