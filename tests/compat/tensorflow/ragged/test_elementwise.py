import operator

import pytest
import tensorflow as tf
import torch
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=4)


@given(ROWS, st.sampled_from([operator.add, operator.sub, operator.mul]))
def test_operators_go_element_by_element(rows, function):
    ragged = tf.ragged.constant(rows, tf.int64, ragged_rank=1)
    assert function(ragged, 2).to_list() == [[function(v, 2) for v in row] for row in rows]
    assert function(2, ragged).to_list() == [[function(2, v) for v in row] for row in rows]
    own = function(ragged, ragged).to_list()
    assert own == [[function(v, v) for v in row] for row in rows]


def test_a_column_of_a_tensor_goes_with_each_row():
    ragged = tf.ragged.constant([[1, 2], [3]])
    assert (ragged + [[10], [20]]).to_list() == [[11, 12], [23]]
    assert (tf.constant([[10], [20]]) * ragged).to_list() == [[10, 20], [60]]
    with pytest.raises(ValueError, match="fits rows"):
        ragged + tf.constant([[1, 2, 3]])


def test_rows_that_differ_are_an_error():
    with pytest.raises(ValueError, match="row lengths"):
        tf.ragged.constant([[1, 2], [3]]) + tf.ragged.constant([[1], [2, 3]])
    with pytest.raises(TypeError, match="truth value"):
        bool(tf.ragged.constant([[1]]))


def test_functions_of_tensors_take_ragged_ones():
    ragged = tf.ragged.constant([[-1.0], [4.0, 0.0]])
    assert tf.nn.relu(ragged).to_list() == [[0.0], [4.0, 0.0]]
    assert tf.cast(ragged, tf.int32).to_list() == [[-1], [4, 0]]
    assert tf.maximum(ragged, 0.0).to_list() == [[0.0], [4.0, 0.0]]
    assert tf.ragged.map_flat_values(tf.square, ragged).to_list() == [[1.0], [16.0, 0.0]]


def test_embeddings_take_ragged_numbers_and_other_functions_of_torch_say_no():
    ragged = tf.ragged.constant([[1, 2, 3], [4]])
    layer = tf.keras.layers.Embedding(9, 2)
    found = layer(ragged)
    assert found.shape.as_list() == [2, None, 2]
    assert found[1].tolist() == layer(tf.constant([4])).tolist()
    with pytest.raises(TypeError, match="to_tensor"):
        torch.softmax(ragged, dim=0)
