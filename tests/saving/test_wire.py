import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.saving import wire

INTEGERS = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(INTEGERS))
def test_integers_come_back_one_by_one_and_together(values):
    data = wire.write_varints(values)
    assert data == b"".join(map(wire.write_varint, values))
    assert wire.varints(data).tolist() == values
    position = 0
    for value in values:
        found, position = wire.varint(data, position)
        assert wire.signed(found) == value


@given(st.lists(st.tuples(st.integers(1, 99), st.one_of(INTEGERS, st.binary()))))
def test_fields_come_back(fields):
    data = b"".join(wire.write_field(number, value) for number, value in fields)
    found = [
        (number, wire.signed(value) if kind == wire.VARINT else value)
        for number, kind, value in wire.fields(data)
    ]
    assert found == fields


def test_what_is_cut_short_or_of_another_kind_is_an_error():
    assert list(wire.fields(b"\x0d\x00\x00\x80\x3f")) == [(1, 5, b"\x00\x00\x80\x3f")]
    for data, words in (
        (b"\x0a\x05ab", "too early"),
        (b"\x08", "within a number"),
        (b"\x08" + b"\xff" * 11, "64 bits"),
        (b"\x0b", "kind 3"),
    ):
        with pytest.raises(ValueError, match=words):
            list(wire.fields(data))
    with pytest.raises(ValueError, match="within a number"):
        wire.varints(b"\x01\x80")
    assert wire.varints(b"").tolist() == []
