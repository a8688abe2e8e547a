"""Penalties beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import regularizers

CASES = [
    ("L1", {"l1": 0.3}),
    ("L2", {"l2": 0.2}),
    ("L1L2", {"l1": 0.3, "l2": 0.2}),
    ("L1L2", {"l1": 0.3}),
    ("L1L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("OrthogonalRegularizer", {"factor": 0.5}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
@given(rows=st.integers(2, 5), columns=st.integers(2, 5), seed=st.integers(0, 99))
def test_penalty_and_gradient_are_those_of_keras(name, options, rows, columns, seed):
    weights = np.random.default_rng(seed).normal(size=(rows, columns)).astype("float32")
    values = []
    for room in (regularizers, keras.regularizers):
        w = torch.tensor(weights, requires_grad=True)
        penalty = getattr(room, name)(**options)(w)
        if penalty.requires_grad:
            penalty.backward()
        values.append((penalty.item(), torch.zeros_like(w) if w.grad is None else w.grad))
    assert values[0][0] == pytest.approx(values[1][0], rel=1e-5)
    assert torch.allclose(values[0][1], values[1][1], atol=1e-5)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_configurations_are_those_of_keras(name, options):
    ours, theirs = (getattr(m, name)(**options) for m in (regularizers, keras.regularizers))
    assert ours.get_config() == pytest.approx(theirs.get_config())
    again = regularizers.deserialize(regularizers.serialize(ours))
    assert again.get_config() == ours.get_config()


def test_names_of_both_generations():
    assert regularizers.get("l2").l2 == 0.01
    assert regularizers.get("L1").l1 == 0.01
    assert regularizers.get("l1_l2").get_config() == {"l1": 0.0, "l2": 0.0}
    assert regularizers.l1(0.1).l1 == 0.1
    assert regularizers.l2(l=0.1).l2 == 0.1
    assert regularizers.L1(None).l1 == 0.01
    assert regularizers.get(None) is None
    assert isinstance(regularizers.get("orthogonal_regularizer"), regularizers.Regularizer)


def test_a_users_regularizer_needs_only_a_call():
    class Largest(regularizers.Regularizer):
        def __call__(self, x):
            return x.abs().max()

    assert regularizers.get(Largest)(torch.tensor([1.0, -3.0])) == 3.0
    assert regularizers.Regularizer()(torch.ones(2)) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: regularizers.L1(-1.0), "l1 is -1.0; expected a non-negative float"),
        (lambda: regularizers.L2(float("nan")), "l2 is nan"),
        (lambda: regularizers.L1L2(l1="big"), "l1 is 'big'"),
        (lambda: regularizers.L2(m=1.0), "m"),
        (lambda: regularizers.OrthogonalRegularizer(mode="diagonal"), "mode is 'diagonal'"),
        (lambda: regularizers.OrthogonalRegularizer()(torch.ones(3)), "rank 2"),
        (lambda: regularizers.get("l3"), "l3"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
