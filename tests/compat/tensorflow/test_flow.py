import io
import time

import numpy as np
import pytest
import tensorflow as tf


def test_functions_run_at_each_call_with_tensors():
    seen = []

    @tf.function
    def double(x):
        seen.append(type(x))
        return x * 2

    assert double(np.array([1.0, 2.0])).numpy().tolist() == [2.0, 4.0]
    double(tf.constant(1.0))
    assert len(seen) == 2
    assert issubclass(seen[0], tf.Tensor)
    assert double.__name__ == "double"


def test_methods_and_options():
    class Counter:
        def __init__(self):
            self.total = tf.Variable(0)

        @tf.function(reduce_retracing=True)
        def add(self, n):
            return self.total.assign_add(n)

    counter = Counter()
    counter.add(2)
    assert int(counter.add(3)) == 5


def test_a_signature_is_held():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def total(x):
        return tf.reduce_sum(x)

    assert float(total([1.0, 2.0])) == 3.0
    with pytest.raises(ValueError, match="total"):
        total(tf.constant([[1.0]]))


def test_choices():
    assert int(tf.cond(tf.constant(True), lambda: 1, lambda: 2)) == 1
    assert tf.case([(False, lambda: 1), (True, lambda: 2)], default=lambda: 3) == 2
    assert tf.case([(False, lambda: 1)], default=lambda: 3) == 3
    assert tf.switch_case(1, [lambda: "a", lambda: "b"]) == "b"
    assert tf.switch_case(9, {0: lambda: "a", 1: lambda: "b"}) == "b"
    with pytest.raises(ValueError, match="exactly|default|1"):
        tf.case([(False, lambda: 1)])


def test_a_single_result_is_unpacked_unless_cases_are_strict():
    pairs = [(tf.constant(True), lambda: [tf.constant(1)]), (True, lambda: [tf.constant(2)])]
    assert int(tf.case(pairs)) == 1
    (strict,) = tf.case(pairs, strict=True)
    assert int(strict) == 1
    with pytest.raises(ValueError, match="true conditions is 2"):
        tf.case(pairs, exclusive=True)


def test_assertions_show_as_much_as_they_are_told():
    tf.Assert(True, [])
    with pytest.raises(ValueError, match=r"failed: 0, 1, \.\.\.; a$"):
        tf.Assert([True, False], [tf.range(9), "a"], summarize=2)
    with pytest.raises(ValueError, match=r"failed: 0, 1, 2, \.\.\.$"):
        tf.Assert(False, [tf.range(9)])
    with pytest.raises(ValueError, match=r"failed: 0, 1, 2, 3$"):
        tf.Assert(False, [tf.range(4)], summarize=-1)


def test_loops():
    i, total = tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (tf.constant(0), 0))
    assert (int(i), int(total)) == (5, 10)
    (last,) = tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), (0,))
    assert last.numpy() == 3
    (first,) = tf.while_loop(lambda i: True, lambda i: (i + 1,), (0.5,), maximum_iterations=0)
    assert first.dtype == tf.float32
    steps = 0
    for step in tf.range(3):
        steps += int(step)
    assert steps == 3


def test_python_and_numpy_functions_give_typed_tensors():
    y = tf.numpy_function(lambda a: a.astype("float64") / 2, [tf.constant([1, 2])], tf.float32)
    assert y.dtype == tf.float32
    a, b = tf.py_function(
        lambda x: (x + 1, x.numpy().sum()), [tf.constant([1.0])], [tf.float32, tf.int64]
    )
    assert a.numpy().tolist() == [2.0]
    assert b.dtype == tf.int64


def printed(*values, **options):
    stream = io.StringIO()
    tf.print(*values, output_stream=stream, end="", **options)
    return stream.getvalue()


def test_print_shows_tensors_within_structures():
    assert printed("x:", tf.constant([1, 2]), {"a": tf.constant(1.5)}) == "x: [1 2] {'a': 1.5}"
    assert printed((1.0, tf.Variable(2.0)), None, True, sep="|") == "(1.0, 2)|None|True"
    assert printed(tf.zeros((2, 3)).shape) == "TensorShape([2, 3])"


def test_print_writes_numbers_as_tensorflow_does():
    assert printed(tf.range(100)) == "[0 1 2 ... 97 98 99]"
    assert printed(tf.constant([[1 / 3, -0.0], [1e-8, 2]])) == "[[0.333333343 -0]\n [1e-08 2]]"
    assert printed(tf.constant([True, False]), summarize=-1) == "[1 0]"
    assert printed(tf.ones(8), summarize=None) == "[1 1 1 1 1 1 1 1]"


def test_print_writes_texts_alone_as_they_are_and_others_in_quotes():
    assert printed(tf.constant("é")) == "é"
    assert printed("a", tf.constant("b"), tf.constant(["c"])) == 'a "b" ["c"]'


def test_print_writes_ragged_and_sparse_tensors():
    assert printed(tf.ragged.constant([[1, 2], [3]])) == "[[1, 2], [3]]"
    text = printed(tf.sparse.from_dense([[0, 5]]))
    assert text == "SparseTensor(indices=[[0 1]], values=[5], shape=[1 2])"


def test_a_timestamp_counts_seconds():
    assert tf.timestamp().dtype == tf.float64
    assert abs(float(tf.timestamp()) - time.time()) < 60


def test_tensor_arrays():
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    for i in range(3):
        array = array.write(i, [float(i)])
    assert array.stack().shape == (3, 1)
    assert array.concat().numpy().tolist() == [0.0, 1.0, 2.0]
    assert int(array.size()) == 3
    assert tf.TensorArray(tf.int32, 2).unstack(tf.constant([5, 6])).read(1) == 6
    with pytest.raises(ValueError, match="dynamic_size=True"):
        tf.TensorArray(tf.float32, size=1).write(1, 0.0)


def test_devices_that_are_not_there_give_way_to_the_cpu():
    with tf.device("/GPU:99"):
        assert tf.zeros(2).device.type == "cpu"


def test_scopes_name_variables():
    with tf.name_scope("outer"):
        assert tf.Variable(1.0, name="v").path == "outer/v"


def test_assert_shows_the_data():
    tf.Assert(tf.constant(True), [1])
    with pytest.raises(ValueError, match="7"):
        tf.Assert(tf.constant(False), [tf.constant(7)])
