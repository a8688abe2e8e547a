import torch

import torchkeras as keras
from torchkeras.distribution import Alone
from torchkeras.distribution.adding import adding_up, reduction_outside_fit


class Two(Alone):
    number = 2

    def sums(self, gradients, parameters):
        return [None if gradient is None else 2 * gradient for gradient in gradients]


def test_one_process_adds_nothing_up():
    assert reduction_outside_fit() is None
    with adding_up(Alone()):
        assert reduction_outside_fit() is None


def test_optimizers_add_up_gradients_inside():
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.SGD(1.0)
    with adding_up(Two()):
        optimizer.apply([torch.tensor([0.25])], [weight])
    assert weight.numpy().tolist() == [0.5]
    optimizer.apply([torch.tensor([0.25])], [weight])
    assert weight.numpy().tolist() == [0.25]
    with adding_up(Two()):
        pairs = [(torch.tensor([0.25]), weight)]
        optimizer.apply_gradients(pairs, skip_gradients_aggregation=True)
    assert weight.numpy().tolist() == [0.0]
