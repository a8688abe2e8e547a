"""Scopes in which variables stay as they are, beside Keras."""

import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import layers
from torchkeras.optimizers import SGD


def trial(package):
    """What two variables are in, seen from and after a scope."""
    a, b = package.Variable(np.float32([1, 2])), package.Variable(np.float32([3, 4]))
    with package.StatelessScope([(a, np.float32([10, 20]))]) as scope:
        a.assign_add([1.0, 1.0])
        inside = [np.asarray(a.value.detach()).tolist(), scope.get_current_value(b)]
        b.assign([7.0, 8.0])
        inside.append(np.asarray(b.value.detach()).tolist())
        scope.add_update((b, torch.tensor([0.0, 1.0])))
    after = [np.asarray(v.value.detach()).tolist() for v in (a, b)]
    kept = [np.asarray(scope.get_current_value(v).detach()).tolist() for v in (a, b)]
    return inside, after, kept


def test_values_inside_and_afterwards_are_those_of_keras():
    assert trial(torchkeras) == trial(keras)


def test_a_value_may_be_a_variable_and_gradients_flow_to_it():
    layer = layers.Dense(2, use_bias=False)
    layer.build((None, 3))
    own, value = layer.kernel.numpy(), torch.ones(3, 2, requires_grad=True)
    with torchkeras.StatelessScope([(layer.kernel, value)]):
        y = layer(torch.ones(1, 3))
    assert y.tolist() == [[3.0, 3.0]]
    assert torch.autograd.grad(y.sum(), value)[0].tolist() == [[1.0, 1.0]] * 3
    assert (layer.kernel.numpy() == own).all()
    twos = torchkeras.Variable(np.full((3, 2), 2.0, "float32"))
    with torchkeras.StatelessScope([(layer.kernel, twos)]):
        assert layer(torch.ones(1, 3)).tolist() == [[6.0, 6.0]]


@pytest.mark.parametrize("is_given", [True, False])
def test_moving_averages_are_kept_apart(is_given):
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    x, given = torch.randn(8, 3), torch.zeros(3)
    with torchkeras.StatelessScope([(layer.moving_mean, given)] if is_given else []) as scope:
        layer(x, training=True)
    assert layer.moving_mean.numpy().tolist() == [0.0, 0.0, 0.0]
    assert given.tolist() == [0.0, 0.0, 0.0]
    torch.testing.assert_close(scope.get_current_value(layer.moving_mean), 0.01 * x.mean(0))
    assert torch.equal(layer.moving_mean.value, torch.zeros(3))


def test_seeds_and_numbers_on_the_host_are_kept_apart():
    generator, optimizer = torchkeras.random.SeedGenerator(3), SGD(0.5)
    with torchkeras.StatelessScope() as scope:
        first = [torchkeras.random.normal((2,), seed=generator) for _ in range(2)]
        optimizer.learning_rate = 0.1
        assert float(optimizer.learning_rate) == pytest.approx(0.1)
    assert float(optimizer.learning_rate) == 0.5
    assert float(scope.get_current_value(optimizer.learning_rate)) == pytest.approx(0.1)
    assert scope.get_current_value(generator.state).tolist() == [3, 2]
    again = [torchkeras.random.normal((2,), seed=generator) for _ in range(2)]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("collects", [True, False])
def test_losses_are_collected_if_asked(collects):
    layer = layers.ActivityRegularization(l1=1.0)
    with torchkeras.StatelessScope(collect_losses=collects) as scope:
        layer(torch.ones(1, 3))
    assert [float(loss) for loss in scope.losses] == ([3.0] if collects else [])


def test_scopes_may_be_nested():
    v = torchkeras.Variable(1.0)
    with torchkeras.StatelessScope([(v, 2.0)]) as outer:
        with torchkeras.StatelessScope([(v, 3.0)]) as inner:
            v.assign_add(1.0)
        assert float(v) == 2.0
        assert inner.original_scope is outer
    assert (float(v), float(inner.get_current_value(v))) == (1.0, 4.0)


def test_wrong_pairs_are_named():
    with pytest.raises(TypeError, match="state_mapping"):
        torchkeras.StatelessScope([(3, 4.0)])
    with pytest.raises(ValueError, match=r"a value of shape \(2,\)"):
        torchkeras.StatelessScope([(torchkeras.Variable(1.0), [1.0, 2.0])])


def test_a_symbolic_scope_changes_nothing():
    v, layer = torchkeras.Variable(1.0), layers.ActivityRegularization(l1=1.0)
    with torchkeras.SymbolicScope():
        v.assign(2.0)
        layer(torch.ones(1, 3))
    assert float(v) == 1.0
    assert layer.losses == []
