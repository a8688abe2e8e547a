import numpy as np
import pytest
import tensorflow as tf

Dataset = tf.data.Dataset


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset]


def test_lengths_are_known_unknown_or_endless():
    assert int(Dataset.range(5).cardinality()) == 5
    with pytest.raises(TypeError, match="infinite"):
        len(Dataset.range(5).repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(Dataset.range(5).filter(lambda x: x > 2))


def test_elements_are_described():
    dataset = Dataset.from_tensor_slices((np.zeros((4, 2), "float32"), [1, 2, 3, 4]))
    assert dataset.element_spec == (tf.TensorSpec((2,)), tf.TensorSpec((), tf.int32))
    assert dataset.shuffle(4).batch(2).element_spec[0] == tf.TensorSpec((None, 2))
    assert dataset.batch(2, drop_remainder=True).element_spec[0] == tf.TensorSpec((2, 2))


def test_iterators_and_numpy():
    dataset = Dataset.range(2)
    iterator = iter(dataset)
    assert (int(next(iterator)), int(iterator.get_next())) == (0, 1)
    assert list(dataset.as_numpy_iterator()) == [0, 1]
    assert int(dataset.take(1).get_single_element()) == 0
    with pytest.raises(ValueError, match="exactly one"):
        dataset.get_single_element()


def test_lengths_that_differ_between_elements_are_unknown():
    lengths = tf.data.Dataset.range(5).map(tf.range)
    assert lengths.element_spec == tf.TensorSpec([None], tf.int64)
    assert lengths.padded_batch(2).element_spec == tf.TensorSpec([None, None], tf.int64)
    parts = lengths.flat_map(lambda x: tf.data.Dataset.from_tensors(x).repeat(2))
    assert parts.element_spec == tf.TensorSpec([None], tf.int64)


def test_empty_datasets_know_their_form():
    nothing = tf.data.Dataset.range(0)
    halves = nothing.map(lambda x: {"half": tf.cast(x, tf.float32) / 2})
    assert halves.element_spec == {"half": tf.TensorSpec([], tf.float32)}
    pairs = halves.filter(lambda x: True).scan(1, lambda state, x: (state, (state, x["half"])))
    assert pairs.element_spec == (tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float32))
    texts = tf.data.Dataset.from_tensor_slices(["a"]).skip(1).map(lambda t: t + "!")
    assert texts.element_spec == tf.TensorSpec([], tf.string)
    windows = nothing.window(2).flat_map(lambda window: window.batch(2))
    assert windows.element_spec == tf.TensorSpec([None], tf.int64)
    grouped = nothing.group_by_window(lambda x: x, lambda key, group: group.batch(2), 2)
    assert grouped.element_spec == tf.TensorSpec([None], tf.int64)
    assert list(grouped) == []
