"""Slots by name and gradients by hand."""

import pytest
import torch

import torchkeras as keras


@pytest.fixture
def stepped():
    weight = keras.Variable([1.0, 2.0])
    optimizer = keras.optimizers.legacy.Adam(0.1)
    return optimizer, weight, optimizer.get_updates((weight.value**2).sum(), [weight])


def test_updates_make_a_step(stepped):
    optimizer, weight, updates = stepped
    assert int(updates[0]) == int(optimizer.iterations) == 1
    assert weight.numpy().tolist() == pytest.approx([0.9, 1.9], abs=1e-4)


def test_slots_are_found_by_their_names_then_and_now(stepped):
    optimizer, weight, _ = stepped
    assert optimizer.get_slot_names() == ["momentum", "velocity"]
    assert optimizer.get_slot(weight, "m") is optimizer.get_slot(weight, "momentum")
    assert optimizer.get_slot(weight, "m").numpy().tolist() == pytest.approx([0.2, 0.4])
    assert optimizer.get_slot(weight, "v").numpy().tolist() == pytest.approx([0.004, 0.016])
    with pytest.raises(ValueError, match="slot_name is 'momentun'.*Did you mean \"momentum\""):
        optimizer.get_slot(weight, "momentun")


def test_slots_and_weights_may_be_added(stepped):
    optimizer, weight, _ = stepped
    slot = optimizer.add_slot(weight, "extra", "ones")
    assert optimizer.add_slot(weight, "extra") is slot
    assert optimizer.get_slot(weight, "extra").numpy().tolist() == [1.0, 1.0]
    assert optimizer.add_slot(weight, "one", shape=(1,)).shape == (1,)
    assert optimizer.get_slot_names() == ["extra", "momentum", "one", "velocity"]
    own = optimizer.add_weight("count", (2,), "int32", "ones")
    assert (own.name, own.dtype, own.numpy().tolist()) == ("count", "int32", [1, 1])
    assert any(variable is own for variable in optimizer.variables)


def test_gradients_are_given_without_a_step():
    weight, other = keras.Variable([1.0, 2.0]), keras.Variable(1.0)
    optimizer = keras.optimizers.SGD()
    gradients = optimizer.get_gradients((weight.value**2).sum(), [weight])
    assert gradients[0].tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="variables that the loss depends on"):
        optimizer.get_gradients((weight.value**2).sum(), [weight, other])


def test_minimize_takes_the_gradient_of_the_loss():
    weight, start = keras.Variable([1.0, 2.0]), torch.tensor([1.0, 0.5])
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.minimize(weight.value**2, [weight], grad_loss=start, name="go")
    assert weight.numpy().tolist() == [-1.0, 0.0]
