import datetime

import pytest
from torchkeras_shim import c_types


def test_a_type_written_in_c_gets_members_and_keeps_its_own():
    c_types.extend(datetime.timezone, {"half": lambda self: 0.5, "tzname": None})
    assert datetime.timezone.utc.half() == 0.5
    assert datetime.timezone.utc.tzname(None) == "UTC"
    with pytest.raises(TypeError, match="immutable"):
        datetime.timezone.other = 1


def test_a_type_written_in_c_gets_another_equality():
    kind = type(iter(()))
    one, other = iter(()), iter(())
    assert one != other
    numbers = hash(one), hash(other)
    c_types.set_equality(
        kind, lambda self, value: self is value or (isinstance(value, str) and value == "tuple")
    )
    assert one == "tuple"
    assert one != other
    assert one != "list"
    assert (hash(one), hash(other)) == numbers
    with pytest.raises(TypeError, match="immutable"):
        kind.other = 1
