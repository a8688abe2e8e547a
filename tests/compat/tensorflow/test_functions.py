"""``tf.function`` and what it was called with."""

import numpy as np
import tensorflow as tf


def test_ways_of_calling_are_remembered_once():
    @tf.function
    def f(x, training=False):
        return x

    for _ in range(2):
        f(np.ones((2, 3), "float32"))
    f(np.ones((2, 3), "float32"), training=True)
    assert f.experimental_get_tracing_count() == 2
    assert f.traces[0] == {"x": tf.TensorSpec([2, 3], tf.float32), "training": False}
    assert f.pretty_printed_concrete_signatures().startswith("f({'x': TensorSpec(shape=(2, 3)")


def test_calls_with_objects_are_not_remembered():
    f = tf.function(lambda model, x: model)
    f(object(), 1)
    assert f.experimental_get_tracing_count() == 0


def test_methods_remember_by_object():
    class A(tf.Module):
        @tf.function
        def f(self, x):
            return x

    first, second = A(), A()
    first.f(tf.constant(1.0))
    assert (len(first.f.traces), len(second.f.traces)) == (1, 0)


def test_a_concrete_function_is_called_by_the_free_arguments():
    @tf.function
    def f(x, scale, flag=True):
        return x * scale if flag else x

    concrete = f.get_concrete_function(tf.TensorSpec([None], name="given"), 3.0)
    assert concrete(tf.constant([2.0])).numpy().tolist() == [6.0]
    assert concrete(given=tf.constant([2.0])).numpy().tolist() == [6.0]
    assert concrete.inputs == [tf.TensorSpec([None])]
    assert concrete.structured_input_signature[0][1:] == (3.0, True)
    assert concrete.name == "f"


def test_a_signature_is_what_a_concrete_function_takes():
    f = tf.function(lambda x: x + 1, input_signature=[tf.TensorSpec([None], tf.int32)])
    assert f.get_concrete_function()(tf.constant([1])).numpy().tolist() == [2]
