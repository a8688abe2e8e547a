import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras


def build(k):
    return k.Sequential([k.Input((3,)), k.layers.BatchNormalization(), k.layers.Dense(2)])


def test_outputs_and_new_state_are_those_of_keras():
    ours, theirs = build(keras), build(real)
    rng = np.random.default_rng(0)
    trainable = [rng.normal(size=v.shape).astype("float32") for v in ours.trainable_variables]
    rest = [rng.uniform(size=v.shape).astype("float32") for v in ours.non_trainable_variables]
    x = rng.normal(size=(6, 3)).astype("float32")
    as_tensors = [[torch.as_tensor(a) for a in values] for values in (trainable, rest)]
    a, b = (
        model.stateless_call(*as_tensors, torch.as_tensor(x), training=True)
        for model in (ours, theirs)
    )
    np.testing.assert_allclose(a[0].detach(), b[0].detach(), rtol=1e-5, atol=1e-5)
    for one, two in zip(a[1], b[1], strict=True):
        np.testing.assert_allclose(one.detach(), two.detach(), rtol=1e-5, atol=1e-6)


def test_gradients_flow_to_the_given_values():
    model = build(keras)
    trainable = [v.value.detach().clone().requires_grad_() for v in model.trainable_variables]
    rest = [v.value.detach() for v in model.non_trainable_variables]
    outputs, _, losses = model.stateless_call(
        trainable, rest, torch.randn(4, 3), return_losses=True
    )
    outputs.sum().backward()
    assert all(t.grad is not None for t in trainable)
    assert all(p.grad is None for p in model.parameters())
    assert losses == []


def test_an_unbuilt_layer_is_refused():
    with pytest.raises(ValueError, match="must be built"):
        keras.layers.Dense(2).stateless_call([], [], torch.ones(1, 2))
