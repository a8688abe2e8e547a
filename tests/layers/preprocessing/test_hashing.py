"""Hashes of values and of several features; ``test_recorded`` has Keras's numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import Input, layers


@given(st.lists(st.text(max_size=80), min_size=1, max_size=20), st.integers(1, 50))
def test_strings_and_their_bytes_have_the_same_hash(texts, bins):
    array = np.array(texts, dtype=object)
    octets = np.array([text.encode() for text in texts], dtype=object)
    layer = layers.Hashing(bins)
    assert torch.equal(layer(array), layer(octets))
    one_by_one = torch.stack([layer(text) for text in texts])
    assert torch.equal(layer(array), one_by_one)
    assert layer(array).max() < bins


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=9))
def test_integers_are_hashed_as_their_digits(numbers):
    layer = layers.Hashing(1000, salt=[3, 4])
    assert torch.equal(layer(torch.tensor(numbers)), layer(np.array(list(map(str, numbers)))))


def test_masks_go_to_the_first_bin_alone():
    for mask in ("", b""):
        layer = layers.Hashing(3, mask_value=mask)
        y = layer(np.array(["", "a", "b", "c"]))
        assert y[0] == 0
        assert (y[1:] > 0).all()
        assert torch.equal(y, layer(np.array([b"", b"a", b"b", b"c"])))


def test_crosses_take_strings_and_integers():
    layer = layers.HashedCrossing(9)
    a, b = np.array(["x", "y"]), np.array([1, 2])
    whole = layer([a, b])
    assert layer(["x", 1]).item() == whole[0].item()
    assert layer([["x", "y"], [1, 2]]).tolist() == whole.tolist()
    assert layer([a[:, None], torch.tensor(b)[:, None]]).tolist() == whole[:, None].tolist()


def test_symbols_have_the_shapes_of_results():
    words, numbers = Input((1,), dtype="string"), Input((1,), dtype="int64")
    y = layers.HashedCrossing(9, "one_hot")([words, numbers])
    assert (y.shape, y.dtype) == ((None, 9), "float32")
    y = layers.Hashing(9, output_mode="one_hot")(words)
    assert (y.shape, y.dtype) == ((None, 9), "float32")
    shapes = layers.HashedCrossing(9).compute_output_shape(input_shapes=[(None, 1)] * 2)
    assert shapes == (None, 1)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="num_bins is 0; expected an integer, 1 or more"):
        layers.Hashing(0)
    with pytest.raises(ValueError, match="expected 'int32' or 'int64'"):
        layers.Hashing(3, dtype="float32")
    with pytest.raises(ValueError, match="an integer, or a tuple of 2 integers"):
        layers.Hashing(3, salt="salt")
    with pytest.raises(TypeError, match="Fill in what is missing"):
        layers.Hashing(3)(np.array(["a", None], dtype=object))
    with pytest.raises(ValueError, match="num_bins is 0"):
        layers.HashedCrossing(0)
    with pytest.raises(ValueError, match="expected one of \\('int', 'one_hot'\\)"):
        layers.HashedCrossing(3, "count")
    crossing = layers.HashedCrossing(3)
    with pytest.raises(ValueError, match="a list of at least two inputs"):
        crossing([np.array(["a"])])
    with pytest.raises(ValueError, match="a list of at least two inputs"):
        crossing(np.array(["a"]))
    with pytest.raises(ValueError, match="should have equal shape"):
        crossing([np.array(["a"]), np.array([1, 2])])
    with pytest.raises(ValueError, match="should have equal shape"):
        crossing([np.ones((2, 2), int), np.ones((2, 2), int)])
    with pytest.raises(TypeError, match="expected integers or strings"):
        crossing([np.array(["a"]), np.array([1.5])])
    with pytest.raises(ValueError, match="two or more equal shapes"):
        crossing.compute_output_shape([(2, 1), (2, 3)])
