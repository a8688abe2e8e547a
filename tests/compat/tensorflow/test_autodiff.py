import numpy as np
import pytest
import tensorflow as tf
import torch
from tensorflow import keras


def test_nothing_is_recorded_outside_of_tapes():
    v = tf.Variable(2.0)
    assert not (v * 3.0).requires_grad
    with tf.GradientTape():
        assert (v * 3.0).requires_grad
    assert not torch.is_grad_enabled()


def test_gradients_come_in_the_structure_of_the_sources():
    v, w = tf.Variable(2.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = v * v + tf.reduce_sum(w)
    found = tape.gradient(y, {"v": v, "w": [w]})
    assert float(found["v"]) == 4.0
    assert found["w"][0].numpy().tolist() == [1.0, 1.0]


def test_a_plain_tensor_must_be_watched():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        unwatched = x * x
        tape.watch(x)
        y = x * x
    assert tape.gradient(unwatched, x) is None
    assert float(tape.gradient(y, x)) == 6.0


def test_what_does_not_lead_there_is_none_or_zero():
    v, other = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        y = tf.reduce_sum(v)
    assert tape.gradient(y, [v, other])[1] is None
    zero = tape.gradient(y, other, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert zero.numpy().tolist() == [0.0, 0.0]
    assert tape.gradient(tf.constant(1.0), v) is None


def test_only_a_persistent_tape_is_asked_twice():
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = v * v
    tape.gradient(y, v)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, v)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
    assert float(tape.gradient(y, v)) == float(tape.gradient(y, v)) == 2.0


def test_second_derivatives_by_nested_tapes():
    x = tf.Variable(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x**3
        first = inner.gradient(y, x)
    assert float(first) == 12.0
    assert float(outer.gradient(first, x)) == 12.0


def test_two_tapes_share_what_both_recorded():
    generator, critic = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as first, tf.GradientTape() as second:
        made = generator * generator
        gain = made * critic
        cost = -made * critic
    assert float(first.gradient(gain, generator)) == 12.0
    assert float(second.gradient(cost, critic)) == -4.0


def test_a_target_that_is_no_scalar_is_summed_or_weighted():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]
    weighted = tape.gradient(y, x, output_gradients=tf.constant([1.0, 10.0]))
    assert weighted.numpy().tolist() == [2.0, 40.0]


def test_only_what_is_watched_when_told_so():
    v, w = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(v)
        y = v * w
    dv, dw = tape.gradient(y, [v, w])
    assert float(dv) == 3.0
    assert dw is None


def test_gradients_of_layers_are_in_keras_layout():
    layer = keras.layers.Dense(3)
    x = tf.constant(np.arange(8.0).reshape(4, 2), dtype=tf.float32)
    layer(x)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(x))
    kernel, bias = tape.gradient(y, layer.trainable_variables)
    assert kernel.numpy().tolist() == [[12.0] * 3, [16.0] * 3]
    assert bias.numpy().tolist() == [4.0] * 3


def test_recording_pauses_on_request():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        with tape.stop_recording():
            constant = v * 100.0
        y = v * v + constant
    assert float(tape.gradient(y, v)) == 4.0


@pytest.mark.parametrize("at_once", [True, False])
def test_jacobians(at_once):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.stack([x[0] * x[1], x[0] ** 2, x[1]])
    found = tape.jacobian(y, x, experimental_use_pfor=at_once)
    assert found.numpy().tolist() == [[2.0, 1.0], [2.0, 0.0], [0.0, 1.0]]


def test_batch_jacobians_keep_rows_apart():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    found = tape.batch_jacobian(y, x)
    assert found.shape == (2, 2, 2)
    assert found[1].numpy().tolist() == [[6.0, 0.0], [0.0, 8.0]]


def test_a_function_may_bring_its_own_gradient():
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))

    x = tf.Variable(100.0)
    with tf.GradientTape() as tape:
        y = log1pexp(x)
    assert float(tape.gradient(y, x)) == 1.0


def test_stop_gradient_makes_a_constant():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * tf.stop_gradient(v)
    assert float(tape.gradient(y, v)) == 3.0


def test_watched_variables_are_given_as_they_were_handed_in():
    dense = tf.keras.layers.Dense(2)
    dense.build((None, 3))
    x = tf.ones([1, 3])
    with tf.GradientTape() as tape:
        tape.watch([*dense.trainable_variables, x])
        loss = tf.reduce_sum(dense(x))
    kernel, bias = tape.watched_variables()
    assert kernel is dense.kernel
    assert bias is dense.bias
    assert tape.gradient(loss, kernel).shape == (3, 2)


def test_watching_something_else_is_an_error():
    with tf.GradientTape() as tape, pytest.raises(TypeError, match="a tensor or a variable"):
        tape.watch(3.0)


def test_variables_may_change_before_gradients_are_asked_for():
    v, plain = tf.Variable(2.0), tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        y = v * v * plain
        v.assign_add(1.0)
        plain.assign(7.0)
    assert float(tape.gradient(y, v)) == 12.0


def test_adversaries_step_in_any_order():
    constant = tf.keras.initializers.Constant
    maker = tf.keras.Sequential(
        [tf.keras.layers.Dense(4, "tanh", kernel_initializer=constant(0.3))]
    )
    judge = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(3, "tanh", kernel_initializer=constant(0.2)),
            tf.keras.layers.Dense(1, kernel_initializer=constant(0.1)),
        ]
    )
    noise = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")
    real = np.linspace(-1, 2, 16).reshape(4, 4).astype("float32")
    first, second = tf.keras.optimizers.SGD(0.5), tf.keras.optimizers.SGD(0.5)
    losses = []
    for _ in range(3):
        with tf.GradientTape() as maker_tape, tf.GradientTape() as judge_tape:
            made = maker(noise)
            judge_loss = tf.reduce_mean(judge(made) ** 2)
            judge_loss += tf.reduce_mean((judge(real) - 1) ** 2)
            maker_loss = tf.reduce_mean((judge(made) - 1) ** 2)
        for tape, loss, model, optimizer in (
            (judge_tape, judge_loss, judge, first),
            (maker_tape, maker_loss, maker, second),  # through the judge as it was
        ):
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        losses.append((float(judge_loss), float(maker_loss)))
    recorded = [(0.8833086, 1.0112880), (1.1399138, 0.0564386), (1.6501992, 1.3117776)]
    np.testing.assert_allclose(losses, recorded, rtol=1e-5)
