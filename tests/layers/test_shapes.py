"""Shapes that families share."""

import pytest

from torchkeras.layers.shapes import SameShape, broadcast


def test_broadcasting_adds_axes_after_the_batch():
    assert broadcast("merge", [(2, 4), (2, 3, 1)]) == (2, 3, 4)
    assert broadcast("merge", [(None, None, 4), (2, 3, 1)]) == (None, None, 4)
    assert broadcast("merge", [(2, 1), (2, 1)]) == (2, 1)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="merge: input shapes is"):
        broadcast("merge", [(2, 3), (2, 4)])


def test_same_shape_is_a_tuple():
    assert SameShape().compute_output_shape([None, 3]) == (None, 3)
