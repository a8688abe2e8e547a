"""Projections beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import constraints

CASES = [
    ("MaxNorm", {"max_value": 0.7}),
    ("MaxNorm", {"max_value": 1.0, "axis": [0, 1, 2]}),
    ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.9, "rate": 0.5}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "axis": [1, 2]}),
    ("NonNeg", {}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
@given(size=st.integers(1, 4), scale=st.sampled_from([0.1, 1.0, 10.0]), seed=st.integers(0, 99))
def test_projection_is_that_of_keras(name, options, size, scale, seed):
    weights = np.random.default_rng(seed).normal(size=(size, 3, 2, 4)) * scale
    weights = torch.tensor(weights, dtype=torch.float32)
    ours = getattr(constraints, name)(**options)(weights)
    theirs = getattr(keras.constraints, name)(**options)(weights)
    assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_configurations_are_those_of_keras(name, options):
    ours, theirs = (getattr(m, name)(**options) for m in (constraints, keras.constraints))
    assert ours.get_config() == theirs.get_config()
    assert constraints.serialize(ours) == keras.constraints.serialize(theirs)
    assert constraints.deserialize(constraints.serialize(ours)).get_config() == ours.get_config()


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (3, [[2, 2, 2], [2, 1, 2], [2, 2, 2]]),
        (4, [[4, 4, 4, 4], [4, 2, 2, 4], [4, 2, 2, 4], [4, 4, 4, 4]]),
    ],
)
def test_radial_kernels_are_rings_read_off_the_diagonal(size, expected):
    kernel = torch.diag(torch.arange(1.0, size + 1)).reshape(size, size, 1, 1)
    projected = constraints.RadialConstraint()(kernel)
    assert projected[..., 0, 0].tolist() == expected


def test_radial_keeps_channels_and_filters_apart():
    kernel = torch.randn(5, 5, 2, 3)
    projected = constraints.radial_constraint()(kernel)
    alone = constraints.RadialConstraint()(kernel[..., 1:, 2:])
    assert torch.equal(projected[..., 1:, 2:], alone)


def test_names_of_both_generations():
    assert isinstance(constraints.get("max_norm"), constraints.MaxNorm)
    assert isinstance(constraints.get("MinMaxNorm"), constraints.MinMaxNorm)
    assert constraints.unit_norm(axis=1).axis == 1
    assert isinstance(constraints.get(constraints.non_neg), constraints.NonNeg)
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match=r"max_norm|MaxNorm"):
        constraints.get("max_nrom")


def test_wrong_kernels_and_missing_methods_are_named():
    with pytest.raises(ValueError, match="rank 4"):
        constraints.RadialConstraint()(torch.ones(3, 2, 1, 1))
    with pytest.raises(TypeError, match="__call__"):
        constraints.Constraint()(torch.ones(3))


def test_names_of_the_first_releases():
    assert constraints.maxnorm(3).max_value == 3
    assert constraints.nonneg is constraints.NonNeg
    assert constraints.unitnorm is constraints.UnitNorm
