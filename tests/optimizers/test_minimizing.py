import pytest
import torch

import torchkeras as keras


def test_minimize_takes_a_callable_or_a_loss(weights):
    (weight,) = weights([2.0])
    optimizer = keras.optimizers.SGD(0.25)
    optimizer.minimize(lambda: (weight * weight).sum(), [weight])
    assert weight.numpy().tolist() == [1.0]
    count = optimizer.minimize((weight * weight).sum(), lambda: [weight])
    assert (weight.numpy().tolist(), int(count)) == ([0.5], 2)


def test_gradients_are_in_keras_layout_and_none_where_there_are_none(weights):
    one, other = weights([[1.0, 2.0]], [1.0])
    optimizer = keras.optimizers.SGD()
    pairs = optimizer.compute_gradients((one * one).sum(), [one, other])
    assert pairs[0][0].tolist() == [[2.0, 4.0]]
    assert pairs[1] == (None, other)


def test_a_tape_is_asked_if_it_is_given(weights):
    class Tape:
        def gradient(self, loss, variables):
            return [torch.full((1,), loss) for _ in variables]

    (weight,) = weights([1.0])
    keras.optimizers.SGD(1.0).minimize(0.5, [weight], tape=Tape())
    assert weight.numpy().tolist() == [0.5]


@pytest.mark.parametrize("factor, expected", [(None, 2.0), (4.0, 8.0)])
def test_losses_are_scaled_by_the_factor(factor, expected):
    assert keras.optimizers.SGD(loss_scale_factor=factor).scale_loss(2.0) == expected
