import tensorflow as tf


def test_bits():
    assert tf.bitwise.bitwise_xor(5, 3) == tf.constant(6)
    assert tf.bitwise.invert(tf.constant([0], tf.uint8)).numpy().tolist() == [255]
