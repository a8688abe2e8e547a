"""What counts as strings, and their bytes."""

import numpy as np
import pytest
import torch

from torchkeras.layers.preprocessing import texts


@pytest.mark.parametrize(
    "value", ["a", b"a", ["a"], [["a"]], np.array(["a"]), np.array([b"a"]), np.array("a", object)]
)
def test_strings_are_told_from_numbers(value):
    assert texts.is_text(value)
    assert texts.text_array(value).ravel().tolist() in (["a"], [b"a"])


@pytest.mark.parametrize("value", [1, [1], np.zeros(2), torch.zeros(2), None, []])
def test_numbers_are_no_strings(value):
    assert not texts.is_text(value)


def test_mixed_kinds_become_one():
    found = texts.of_one_kind("layer", ["a", b"b", np.array("c", dtype=object)])
    assert found == ["a", "b", "c"]
    with pytest.raises(TypeError, match="expected strings"):
        texts.of_one_kind("layer", ["a", 3.5])


def test_bytes_that_are_no_text_come_back():
    octets = b"caf\xe9"
    assert texts.as_bytes([texts.as_str(octets)]) == [octets]
    assert texts.as_bytes([]) == []


def test_equal_integers_have_equal_hashes():
    numbers = torch.arange(5000) % 70 - 3
    found = texts.hash_integers(numbers)
    assert torch.equal(found[:70], texts.hash_integers(numbers[:70]))
    assert torch.equal(found[70:140], found[:70])
    assert texts.hash_integers(torch.zeros(0, 2, dtype=torch.int64)).shape == (0, 2)
    assert texts.hash_integers(torch.arange(3000)).unique().numel() == 3000


def test_short_and_long_strings_are_hashed_alike():
    some = ["", "a", "b" * 65, "c" * 700, "d" * 64]
    alone = torch.cat([texts.hashes([text]) for text in some])
    assert torch.equal(texts.hashes(some), alone)
    assert texts.hashes([]).shape == (0,)
