"""Features as columns read them."""

import numpy as np
import tensorflow as tf
from tensorflow.feature_column import values


def test_features_have_two_axes_at_least():
    assert values.feature({"a": np.ones(3)}, "a").shape == (3, 1)
    assert values.feature({"a": tf.Variable([[1.0]])}, "a").shape == (1, 1)
    assert values.rows_of(tf.zeros((2, 3, 4))).shape == (2, 12)


def test_empty_texts_and_minus_one_are_missing():
    assert values.given_ones(tf.constant([[1, -1]])).tolist() == [[True, False]]
    assert values.given_ones(tf.constant([["a", ""]])).tolist() == [[True, False]]


def test_integers_are_hashed_by_their_digits():
    numbers, texts = tf.constant([12, -3]), tf.constant(["12", "-3"])
    assert values.fingerprints(numbers).tolist() == values.fingerprints(texts).tolist()
