"""The first generation's optimizers."""

import pytest
import tensorflow as tf

v1 = tf.compat.v1.train


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (lambda: v1.GradientDescentOptimizer(0.5), tf.keras.optimizers.SGD(0.5)),
        (lambda: v1.MomentumOptimizer(0.5, 0.9), tf.keras.optimizers.SGD(0.5, 0.9)),
        (lambda: v1.AdamOptimizer(0.1), tf.keras.optimizers.Adam(0.1, epsilon=1e-8)),
        (lambda: v1.AdagradOptimizer(0.1), tf.keras.optimizers.Adagrad(0.1)),
        (lambda: v1.AdadeltaOptimizer(), tf.keras.optimizers.Adadelta(epsilon=1e-8)),
        (lambda: v1.RMSPropOptimizer(0.1), tf.keras.optimizers.RMSprop(0.1, epsilon=1e-10)),
    ],
)
def test_defaults_are_the_first_generations(optimizer, expected):
    made = optimizer()
    first, second = made.get_config(), expected.get_config()
    assert {**first, "name": ""} == {**second, "name": ""}


def test_the_mean_square_of_rmsprop_starts_at_one():
    v = tf.Variable([1.0, -1.0])
    v1.RMSPropOptimizer(0.1).minimize(lambda: tf.reduce_sum(v * v), var_list=[v])
    assert abs(v.numpy() - [0.8245884, -0.8245884]).max() < 1e-6  # TensorFlow 2.21


def test_an_optimizer_trains():
    v = tf.Variable(3.0)
    v1.GradientDescentOptimizer(0.5).apply_gradients([(tf.constant(2.0), v)])
    assert float(v) == 2.0


def test_steps_are_counted_once_and_other_names_are_todays():
    assert v1.get_global_step() is v1.get_or_create_global_step()
    assert v1.Checkpoint is tf.train.Checkpoint
