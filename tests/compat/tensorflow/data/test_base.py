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
