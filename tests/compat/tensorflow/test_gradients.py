"""Derivatives beyond tapes, as recorded from TensorFlow 2.21."""

import pytest
import tensorflow as tf

c = tf.constant


def gradient(f, *xs):
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = f(*xs)
    return [None if g is None else g.numpy().tolist() for g in tape.gradient(y, xs)]


def test_a_function_brings_its_own_derivative():
    @tf.custom_gradient
    def clip(x, *, most=0.1):
        return tf.identity(x), lambda dy: tf.clip_by_value(dy, -most, most)

    assert gradient(lambda x: 3 * clip(x), c(1.0)) == [pytest.approx(0.1)]
    assert gradient(lambda x: 3 * clip(x, most=0.5), c(1.0)) == [0.5]


def test_several_arguments_and_results():
    @tf.custom_gradient
    def two(x, y):
        return (x, y), lambda da, db: (2 * da, 3 * db)

    assert gradient(lambda x, y: sum(two(x, y)), c(1.0), c(2.0)) == [2.0, 3.0]


def test_variables_of_such_a_function():
    w = tf.Variable(3.0)

    @tf.custom_gradient
    def scaled(x):
        def derivative(dy, variables=None):
            return dy * w, [dy * x * 100 for _ in variables]

        return x * w, derivative

    assert gradient(scaled, c(2.0)) == [3.0]
    with tf.GradientTape() as tape:
        y = scaled(c(2.0))
    assert float(tape.gradient(y, w)) == 200.0


def test_its_derivative_has_a_derivative():
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.math.log(1 + e), lambda up: up * (1 - 1 / (1 + e))

    assert gradient(log1pexp, c(100.0)) == [1.0]
    x = c(1.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = log1pexp(x)
        first = inner.gradient(y, x)
    assert float(outer.gradient(first, x)) == pytest.approx(0.19661194)


def test_recomputing_changes_no_gradient():
    calls = []

    @tf.recompute_grad
    def f(x):
        calls.append(1)
        return tf.sin(x) * x

    assert gradient(f, c(2.0)) == [pytest.approx(0.07700372)]
    assert len(calls) == 2
    assert float(f(c(2.0))) == pytest.approx(1.8185948)


def test_gradients_may_pass_through():
    assert gradient(lambda x: 2 * tf.grad_pass_through(tf.round)(x), c(1.4)) == [2.0]
    assert float(tf.grad_pass_through(tf.round)(c(1.4))) == 1.0
    assert tf.no_gradient("Round") is None


def test_gradients_within_functions():
    @tf.function
    def first(a, b):
        return tf.gradients([a * b], [a, b], grad_ys=[c(2.0)])

    @tf.function
    def second(x):
        return tf.hessians(tf.reduce_sum(x**3), x)[0]

    assert [float(g) for g in first(c(3.0), c(4.0))] == [8.0, 6.0]
    assert second(c([1.0, 2.0])).numpy().tolist() == [[6, 0], [0, 12]]
    with pytest.raises(RuntimeError, match=r"eager execution is enabled.*GradientTape"):
        tf.gradients(c(1.0), c(1.0))
    with pytest.raises(ValueError, match=r"tf\.stop_gradient"):
        tf.gradients(c(1.0), c(1.0), stop_gradients=[c(1.0)])


def test_products_with_vectors_forward():
    x, v = c([1.0, 2.0]), tf.Variable([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, c([1.0, 0.0])) as accumulator:
        y = {"a": x**2}
    assert accumulator.jvp(y)["a"].numpy().tolist() == [2, 0]
    with tf.autodiff.ForwardAccumulator(v, tf.ones([2])) as accumulator:
        y = tf.reduce_sum(v**3)
    assert float(accumulator.jvp(y)) == 15.0
    assert accumulator.jvp(c(1.0)) is None
    assert float(accumulator.jvp(c(1.0), unconnected_gradients="zero")) == 0.0


def test_hessians_with_vectors():
    x = c([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, c([1.0, 0.0])) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x**3)
        first = tape.gradient(y, x)
    assert accumulator.jvp(first).numpy().tolist() == [6, 0]
    with pytest.raises(ValueError, match="tangents is .2 tensors"):
        tf.autodiff.ForwardAccumulator(x, [x, x])
