"""Computations as data."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.saved_model import programs

layers = tf.keras.layers


def rerun(compute, specs, variables, *tensors):
    told, specs, kept = programs.followed(compute, specs, variables)
    run = programs.Program(json.loads(json.dumps(told)), variables, kept)
    return specs, [value.numpy() for value in run([tf.constant(t) for t in tensors])]


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv1D(2, 3, padding="same"),
        layers.LSTM(3, return_sequences=True),
        layers.Bidirectional(layers.GRU(2)),
        layers.MultiHeadAttention(2, 3),
    ],
)
def test_variables_of_any_layout_are_used_as_keras_shows_them(layer):
    x = np.random.default_rng(0).normal(size=(3, 8, 4)).astype("float32")
    call = (
        (lambda x: [layer(x, x)]) if "Attention" in type(layer).__name__ else lambda x: [layer(x)]
    )
    expected = call(x)[0].numpy()
    copies = [tf.Variable(variable.numpy()) for variable in layer.variables]
    told, _, kept = programs.followed(
        call, [tf.TensorSpec([None, 8, 4], tf.float32)], layer.variables
    )
    (found,) = programs.Program(told, copies, kept)([tf.constant(x)])
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_lengths_that_matter_are_told():
    spec = tf.TensorSpec([None, None], tf.float32)
    specs, (found,) = rerun(lambda x: [tf.reshape(x, [-1, 37])], [spec], [], np.ones((3, 37), "f"))
    assert specs[0].shape[1] == 37 or specs[0].shape == (None, None)
    assert found.shape == (3, 37)


def test_constants_and_infinity_are_kept():
    table = tf.constant([1.0, 2.0, 4.0])
    spec = tf.TensorSpec([None], tf.int64)

    def look_up(index):
        return [tf.gather(table, index), tf.maximum(tf.cast(index, tf.float32), float("-inf"))]

    _, (found, same) = rerun(look_up, [spec], [], np.array([2, 0]))
    assert (found.tolist(), same.tolist()) == ([4.0, 1.0], [2.0, 0.0])


def test_only_tensors_of_numbers_can_be_followed():
    with pytest.raises(ValueError, match="with a known rank"):
        programs.followed(lambda x: [x], [tf.TensorSpec(None, tf.float32)], [])
