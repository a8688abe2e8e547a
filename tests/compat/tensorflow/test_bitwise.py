import tensorflow as tf


def test_bits():
    assert tf.bitwise.bitwise_xor(5, 3) == tf.constant(6)
    assert tf.bitwise.invert(tf.constant([0], tf.uint8)).numpy().tolist() == [255]


def test_bits_move_no_further_than_numbers_are_long():
    assert tf.bitwise.left_shift([1], [40]).tolist() == [-(2**31)]
    assert tf.bitwise.right_shift([1, -8], [-1, 99]).tolist() == [1, -1]
