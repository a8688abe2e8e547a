import tensorflow as tf


def test_numpy_is_a_namespace():
    import tensorflow.experimental.numpy as tnp

    assert tf.experimental.numpy is tnp
