import numpy as np
import pytest
import tensorflow as tf
from tensorflow.data import elements


def test_tuples_and_dicts_are_structure_and_lists_are_tensors():
    made = elements.structure(([1, 2], {"a": 3.0}))
    assert made[0].numpy().tolist() == [1, 2]
    assert made[1]["a"].dtype == tf.float32


def test_elements_of_different_shapes_cannot_be_stacked():
    with pytest.raises(ValueError, match="padded_batch"):
        elements.stacked([tf.zeros(2), tf.zeros(3)])


def test_texts_are_stacked_as_arrays():
    assert elements.stacked([np.array("a", object), np.array("b", object)]).tolist() == ["a", "b"]


def test_padding_fills_up_to_the_longest_or_to_a_shape():
    pair = [(tf.constant([1]), tf.constant(1)), (tf.constant([2, 3]), tf.constant(2))]
    x, y = elements.padded(pair, None, None)
    assert x.numpy().tolist() == [[1, 0], [2, 3]]
    assert y.numpy().tolist() == [1, 2]
    x, _ = elements.padded(pair, ([4], []), (9, 0))
    assert x.numpy().tolist() == [[1, 9, 9, 9], [2, 3, 9, 9]]
    with pytest.raises(ValueError, match="padded_shapes"):
        elements.padded(pair, ([1], []), None)
