import tensorflow as tf


def double(x):
    return x * 2


def test_code_is_the_source_as_it_is():
    assert "return x * 2" in tf.autograph.to_code(double)
    assert tf.autograph.experimental.do_not_convert(double) is double
