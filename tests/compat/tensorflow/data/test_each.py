import numpy as np
import tensorflow as tf
import torch

Dataset = tf.data.Dataset


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset]


def test_map_hands_over_the_parts_of_a_tuple():
    dataset = Dataset.from_tensor_slices(([1.0, 2.0], [3.0, 4.0]))
    assert values(dataset.map(lambda a, b: a + b, num_parallel_calls=tf.data.AUTOTUNE)) == [
        4.0,
        6.0,
    ]
    pairs = dataset.map(lambda a, b: (a * 2, {"b": b}))
    assert float(next(iter(pairs))[1]["b"]) == 3.0


def test_filter_flat_map_interleave_and_reduce():
    dataset = Dataset.range(1, 4)
    assert values(dataset.filter(lambda x: x % 2 == 1)) == [1, 3]
    assert values(dataset.flat_map(lambda x: Dataset.range(int(x)))) == [0, 0, 1, 0, 1, 2]
    turns = dataset.interleave(lambda x: Dataset.from_tensors(x).repeat(2), cycle_length=2)
    assert values(turns) == [1, 2, 1, 2, 3, 3]
    assert int(dataset.reduce(0, lambda total, x: total + x)) == 6
    assert values(dataset.scan(0, lambda s, x: (s + x, s + x))) == [1, 3, 6]
    assert values(dataset.take_while(lambda x: x < 3)) == [1, 2]


def test_functions_record_no_gradients():
    weight = torch.nn.Parameter(torch.ones(()))
    with tf.GradientTape():
        assert not next(iter(Dataset.range(1).map(lambda x: x * weight))).requires_grad


def test_lengths_that_follow_no_other_are_known():
    rows = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1, 2], [], [3]]))
    pairs = rows.map(lambda row: tf.stack([tf.reduce_sum(row), 7]))
    assert pairs.element_spec == tf.TensorSpec([2], tf.int32)
    doubled = rows.map(lambda row: tf.convert_to_tensor(row) * 2)
    assert doubled.element_spec == tf.TensorSpec([None], tf.int32)
    states = tf.data.Dataset.range(3).scan(0, lambda state, x: (state + 1, tf.range(x)))
    assert states.element_spec == tf.TensorSpec([None], tf.int64)
