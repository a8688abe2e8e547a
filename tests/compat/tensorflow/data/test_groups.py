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
