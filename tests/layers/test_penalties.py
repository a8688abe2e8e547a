import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras


def build(k):
    dense = k.layers.Dense(
        3, kernel_regularizer="l2", activity_regularizer=k.regularizers.L1(0.1), name="d"
    )
    x = k.Input((4,))
    return k.Model(
        x, k.layers.ActivityRegularization(l2=0.2)(dense(dense(x[:, :4]) @ k.ops.ones((3, 4))))
    )


def test_losses_are_those_of_keras():
    ours, theirs = build(keras), build(real)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    ours.set_weights(theirs.get_weights())
    for _ in range(2):  # those of the last call are kept
        ours(x)
        theirs(x)
    np.testing.assert_allclose(
        sorted(float(loss.detach()) for loss in ours.losses),
        sorted(float(loss.detach()) for loss in theirs.losses),
        rtol=1e-5,
    )


def test_losses_added_in_a_call_last_until_the_next():
    class Adding(keras.Layer):
        def call(self, x):
            self.add_loss(x.sum())
            self.add_loss([lambda: x.mean(), 2.0])
            return x

    layer = Adding()
    for _ in range(2):
        layer(torch.ones(2, 2, requires_grad=True))
        assert [float(loss.detach()) for loss in layer.losses] == [4.0, 1.0, 2.0]
    layer.losses[0].backward()


def test_a_layer_called_twice_in_a_model_adds_twice():
    class Adding(keras.Layer):
        def call(self, x):
            self.add_loss(x.sum())
            return x + 1

    layer = Adding()
    x = keras.Input((2,))
    model = keras.Model(x, layer(layer(x)))
    for _ in range(2):
        model(torch.ones(1, 2))
        assert [float(loss) for loss in model.losses] == [2.0, 4.0]


@pytest.mark.parametrize("frozen", [False, True])
def test_penalties_on_weights_follow_what_is_trained(frozen):
    layer = keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(1.0))
    layer(torch.ones(1, 3))
    layer.trainable = not frozen
    assert len(layer.losses) == (0 if frozen else 1)
    if not frozen:
        (gradient,) = torch.autograd.grad(layer.losses[0], layer.linear.weight)
        torch.testing.assert_close(gradient, 2 * layer.linear.weight.detach())


def test_losses_have_their_older_name():
    layer = keras.layers.Layer()
    layer.add_loss(losses=torch.tensor(2.0))
    assert [float(loss) for loss in layer.losses] == [2.0]
    mask = torch.tensor([True])
    assert layer.compute_mask(torch.zeros(1), mask=mask) is mask


def test_functions_given_outside_of_calls_give_a_loss_of_each_batch():
    class Built(keras.layers.Dense):
        def build(self, input_shape):
            super().build(input_shape)
            self.add_loss(lambda: self.kernel.sum())

    layer = Built(1, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((2,)), layer])
    model.add_loss(lambda: 10.0 * layer.bias.sum() + 5.0)
    model.compile("sgd")
    x = np.zeros((2, 2))
    assert model.evaluate(x, verbose=0) == 7.0
    assert [model.train_on_batch(x), model.train_on_batch(x)] == pytest.approx([7.0, 5.98])


def test_a_symbolic_loss_is_no_matter_of_a_layer():
    with pytest.raises(ValueError, match="add_loss of a functional model makes losses"):
        keras.layers.Dense(2).add_loss(keras.Input((2,)))
