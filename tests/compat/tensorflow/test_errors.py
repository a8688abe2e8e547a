import pytest
import tensorflow as tf


def test_scripts_catch_the_errors_of_torch():
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.matmul(tf.zeros((2, 3)), tf.zeros((2, 3)))
    with pytest.raises(tf.errors.NotFoundError):
        tf.io.read_file("/nowhere/at/all")
