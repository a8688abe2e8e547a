"""Gradient accumulation: what counts how much in a round."""

import copy

import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.optimizers.rounds import Round

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X[:, :1] ** 2


def test_calls_of_a_state_taken_over_count_as_full_ones():
    it, sums = Round(), [torch.tensor(6.0)]
    it.add(sums, [torch.tensor(3.0)], place=2)
    assert it.means(sums) == [torch.tensor(3.0)]


def test_a_copy_goes_on_within_the_round():
    it, sums = Round(), [torch.zeros(())]
    it.weight = 0.5
    it.add(sums, [torch.tensor(1.0)], place=0)
    other = copy.deepcopy(it)
    other.add(sums, [torch.tensor(4.0)], place=1)
    assert other.total == 1.5
    other.set_state(it.get_state())
    assert other.total == 0.5


def test_a_reduction_is_asked_once_per_round():
    it, sums, asked = Round(), [torch.zeros(())], []
    it.reduction = lambda tensors: asked.append(1) or [tensor / 2 for tensor in tensors]
    for place in range(2):
        it.add(sums, [torch.tensor(4.0)], place)
    assert it.exchange(sums, [True]) == [True]
    assert it.means(sums) == [torch.tensor(2.0)]
    it.share(sums)  # no call since
    assert asked == [1]


def test_what_any_process_has_a_gradient_of_takes_part():
    it, sums = Round(), [torch.ones(2), torch.ones(3), torch.ones(1)]
    assert it.exchange(sums, [True, False, False]) == [True, False, False]  # alone
    others = [torch.zeros(2), torch.ones(3), torch.zeros(1), torch.tensor([1.0, 1.0, 0.0])]
    it.reduction = lambda tensors: [(a + b) / 2 for a, b in zip(tensors, others, strict=True)]
    assert it.exchange(sums, [True, False, False]) == [True, True, False]
    assert sums[0].tolist() == [0.5, 0.5]
    assert sums[1].tolist() == [1.0, 1.0, 1.0]


def test_a_call_without_any_gradient_adds_nothing():
    it = Round()
    it.add([], [], place=0)
    assert it.means([]) == []


def trained(batch_size, steps, samples=20, reduction="sum_over_batch_size", source=None):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps)
    model.compile(optimizer, keras.losses.MeanSquaredError(reduction))
    data = (X[:samples], Y[:samples]) if source is None else (source,)
    options = {"batch_size": batch_size, "shuffle": False} if source is None else {}
    model.fit(*data, verbose=0, **options)
    return model.get_weights()


@pytest.mark.parametrize("samples", [20, 17, 13])
def test_a_round_of_uneven_batches_equals_one_batch(samples):
    at_once = trained(samples, None, samples)
    for one, other in zip(at_once, trained(10, 2, samples), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_round_of_batches_from_a_source_equals_one_batch():
    batches = [(X[:6], Y[:6]), (X[6:16], Y[6:16]), (X[16:], Y[16:])]
    for one, other in zip(trained(20, None), trained(0, 3, source=iter(batches)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_sums_over_samples_are_averaged_alike():
    one = trained(17, None, 17, "sum")
    start = np.ones((3, 1), "float32")
    halved = trained(10, 2, 17, "sum")
    np.testing.assert_allclose(halved[0] - start, (one[0] - start) / 2, rtol=1e-4)
