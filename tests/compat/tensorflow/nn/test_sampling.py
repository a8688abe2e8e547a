"""Losses over drawn classes, beside TensorFlow 2.21."""

import numpy as np
import pytest
import tensorflow as tf

random = np.random.default_rng(0)
TABLE = random.normal(size=(6, 3)).astype("float32")
BIAS = random.normal(size=6).astype("float32")
INPUTS = random.normal(size=(4, 3)).astype("float32")
ONE = (
    np.array([[0], [2], [5], [1]]), 4,
    (tf.constant([0, 3, 3, 4], tf.int64), tf.constant([[0.5], [0.3], [0.2], [0.4]]),
     tf.constant([0.5, 0.25, 0.25, 0.1])),
)  # fmt: skip
TWO = (
    np.array([[0, 1], [2, 3], [5, 5], [1, 0]]), 3,
    (tf.constant([0, 3, 4], tf.int64),
     tf.constant([[0.5, 0.4], [0.3, 0.25], [0.2, 0.2], [0.4, 0.5]]),
     tf.constant([0.5, 0.25, 0.1])),
)  # fmt: skip


@pytest.mark.parametrize(
    "loss, case, removes, expected",
    [
        (tf.nn.nce_loss, ONE, False, [5.8912, 14.6585, 13.8819, 6.5260]),
        (tf.nn.nce_loss, ONE, True, [4.7680, 14.6585, 13.8819, 6.5260]),
        (tf.nn.nce_loss, TWO, False, [5.5679, 12.1943, 12.6321, 6.3702]),
        (tf.nn.nce_loss, TWO, True, [4.4447, 7.9661, 12.6321, 4.7722]),
        (tf.nn.sampled_softmax_loss, ONE, False, [1.9683, 5.8843, 2.5110, 1.2478]),
        (tf.nn.sampled_softmax_loss, ONE, True, [1.8179, 5.8843, 2.5110, 1.2478]),
        (tf.nn.sampled_softmax_loss, TWO, False, [1.5370, 3.4200, 2.2707, 1.4528]),
        (tf.nn.sampled_softmax_loss, TWO, True, [1.3976, 2.9347, 2.2707, 1.2683]),
    ],
)
def test_losses_of_given_draws(loss, case, removes, expected):
    labels, count, sampled = case
    found = loss(
        TABLE, BIAS, labels, INPUTS, count, 6, labels.shape[1], sampled_values=sampled,
        remove_accidental_hits=removes,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-4)
    parts = loss(
        [TABLE[:2], TABLE[2:]], BIAS, labels, INPUTS, count, 6, labels.shape[1],
        sampled_values=sampled, remove_accidental_hits=removes,
    )  # fmt: skip
    np.testing.assert_allclose(parts, found)


def test_draws_follow_from_the_seed_and_variables_are_trained():
    table = tf.Variable(TABLE)
    tf.random.set_seed(1)
    with tf.GradientTape() as tape:
        loss = tf.nn.sampled_softmax_loss(table, BIAS, ONE[0], INPUTS, 4, 6, seed=2)
    assert tf.reduce_any(tape.gradient(loss, table) != 0)
    tf.random.set_seed(1)
    again = tf.nn.sampled_softmax_loss(table, BIAS, ONE[0], INPUTS, 4, 6, seed=2)
    np.testing.assert_array_equal(loss, again)
    assert tf.nn.nce_loss(table, BIAS, ONE[0], INPUTS, 4, 6).shape == (4,)
