"""Merging layers beside Keras: broadcasting, masks, messages."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

import torchkeras
from torchkeras import Input, layers

KINDS = ["Add", "Average", "Multiply", "Maximum", "Minimum"]
flags = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=2, max_size=2)


@pytest.mark.parametrize("kind", KINDS)
@given(first=st.none() | flags, second=st.none() | flags)
def test_masks_merge_as_in_keras(kind, first, second):
    masks = [None if mask is None else np.array(mask) for mask in (first, second)]
    compare(kind, {}, [numbers((2, 3, 4), 0), numbers((2, 3, 4), 1)], masks=masks)


@pytest.mark.parametrize("kind", [*KINDS, "Subtract"])
@pytest.mark.parametrize("shapes", [[(2, 3, 4), (2, 1, 4)], [(2, 4), (2, 3, 4)], [(2, 3), (2, 3)]])
def test_inputs_broadcast_as_in_keras(kind, shapes):
    compare(kind, {}, [numbers(shape, seed) for seed, shape in enumerate(shapes)])


@given(axis=st.sampled_from([-1, 1, 2]), masked=st.booleans())
def test_concatenation_joins_inputs_and_masks(axis, masked):
    shapes = [[2, 3, 4], [2, 3, 4]]
    shapes[1][axis] = 2
    masks = [np.ones((2, 3), bool), None] if masked and axis != 1 else None
    compare("Concatenate", {"axis": axis}, [numbers(tuple(s)) for s in shapes], masks=masks)


@given(
    case=st.sampled_from(
        [
            ((2, 3, 4), (2, 4, 5), (2, 1)),
            ((2, 3, 4), (2, 5, 4), 2),
            ((2, 3, 4), (2, 5, 4), -1),
            ((2, 4), (2, 4), 1),
            ((2, 4), (2, 3, 4), (1, 2)),
            ((2, 3, 4, 5), (2, 6, 4), (2, 2)),
        ]
    ),
    normalize=st.booleans(),
)
def test_dot_computes_what_keras_computes(case, normalize):
    first, second, axes = case
    inputs = [numbers(first, 0), numbers(second, 1)]
    compare("Dot", {"axes": axes, "normalize": normalize}, inputs, absolute=1e-5)


def test_functions_are_the_layers_called():
    a, b = Input((3,)), Input((3,))
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum"):
        assert getattr(layers, name)([a, b]).shape == (None, 3)
    assert layers.concatenate([a, b], axis=1, name="c").shape == (None, 6)
    assert layers.dot([a, b], axes=1, normalize=True).shape == (None, 1)
    x = torch.tensor([[1.0, 2.0]])
    assert layers.add([x, x]).tolist() == [[2.0, 4.0]]


def test_unknown_lengths_fit_any_other():
    a, b = Input((None, 4)), Input((3, 1))
    assert layers.Add()([a, b]).shape == (None, None, 4)
    assert layers.Concatenate(axis=1)([Input((None, 4)), Input((3, 4))]).shape == (None, None, 4)
    model = torchkeras.Model([a, b], layers.Add()([a, b]))
    assert model([torch.zeros(2, 3, 4), torch.zeros(2, 3, 1)]).shape == (2, 3, 4)


def test_what_does_not_fit_is_refused():
    a, b = torch.zeros(2, 3), torch.zeros(2, 4)
    with pytest.raises(ValueError, match="A merge layer should be called on a list"):
        layers.Add()(a)
    with pytest.raises(ValueError, match="Inputs have incompatible shapes"):
        layers.Add()([a, b])
    with pytest.raises(ValueError, match="different batch sizes"):
        layers.Add()([a, torch.zeros(3, 3)])
    with pytest.raises(ValueError, match="exactly 2 inputs"):
        layers.Subtract()([a, a, a])
    with pytest.raises(ValueError, match="matching shapes except for the concatenation axis"):
        layers.Concatenate(axis=1)([torch.zeros(2, 3, 4), torch.zeros(2, 3, 5)])
    with pytest.raises(ValueError, match="Incompatible input shapes"):
        layers.Dot(1)([a, b])
    with pytest.raises(ValueError, match="not 0"):
        layers.Dot(0)
    with pytest.raises(TypeError, match="axes is 'a'"):
        layers.Dot("a")
