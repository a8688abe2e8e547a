import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.core.layout import IDENTITY, Permuted, Reshaped

layouts = [
    (IDENTITY, (2, 3)),
    (Permuted((1, 0)), (2, 3)),
    (Permuted((2, 3, 1, 0)), (2, 3, 4, 5)),
    (Reshaped((3, 4), (12,)), (12,)),
    (Reshaped((2, 3, 4), (12, 2), axes=(1, 0)), (12, 2)),
]


@pytest.mark.parametrize(("layout", "shape"), layouts)
def test_both_directions_undo_each_other(layout, shape):
    stored = torch.randn(shape)
    shown = layout.to_keras(stored)
    assert tuple(shown.shape) == layout.keras_shape(shape)
    assert torch.equal(layout.from_keras(shown), stored)


@given(st.permutations(range(4)))
def test_any_permutation_can_be_undone(axes):
    layout = Permuted(tuple(axes))
    stored = torch.randn(2, 3, 4, 5)
    assert torch.equal(layout.from_keras(layout.to_keras(stored)), stored)


@pytest.mark.parametrize(("layout", "shape"), layouts)
def test_layouts_can_be_pickled(layout, shape):
    copy = pickle.loads(pickle.dumps(layout))
    stored = torch.randn(shape)
    assert torch.equal(copy.to_keras(stored), layout.to_keras(stored))
    assert copy.is_identity == layout.is_identity


def test_sizes_that_differ_are_refused():
    with pytest.raises(ValueError, match="expected the size of"):
        Reshaped((2, 2), (5,))


def test_a_layout_says_what_it_is():
    assert repr(Permuted((1, 0))) == "Permuted((1, 0))"
