"""Names from models as identifiers."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from torchkeras.export.identifiers import attribute_name, class_name, identifier, unused


@given(st.text())
def test_any_text_becomes_a_plain_identifier(text):
    for name in (identifier(text), attribute_name(text, ()), class_name(text, ())):
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)


@given(st.text())
def test_attributes_hide_nothing_of_modules(text):
    assert not hasattr(nn.Module(), attribute_name(text, ()))


@pytest.mark.parametrize(
    "text, name",
    [
        ("hidden", "hidden"),
        ("block/1", "block_1"),
        ("2nd", "x_2nd"),
        ("class", "class_"),
        ("", "x"),
    ],
)
def test_names_that_are_plain_stay(text, name):
    assert identifier(text) == name


def test_classes_are_written_in_camel_case():
    assert class_name("text_encoder 2", ()) == "TextEncoder2"


def test_names_that_are_taken_get_numbers():
    assert unused("x", {"x", "x_2"}) == "x_3"
    assert unused("Block", {"Block"}) == "Block2"
