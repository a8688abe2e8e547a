"""Pickles that declare more than they hold are refused before room is made."""

import pickle
import pickletools
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.datasets import opcodes

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(values, st.sampled_from(range(pickle.HIGHEST_PROTOCOL + 1)))
def test_what_python_pickles_passes(value, protocol):
    opcodes.check(pickle.dumps(value, protocol))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_many_lists_and_arrays_pass(protocol):
    lists = [[number, str(number), b"x" * (number % 400)] for number in range(5000)]
    opcodes.check(pickle.dumps([lists, np.arange(70000)], protocol))


def test_each_operation_is_known():
    counted = sum(map(len, opcodes._OF_WIDTH.values()))
    counted += len(opcodes._OF_LENGTH) + len(opcodes._OF_LINES) + 2
    assert counted == len(pickletools.opcodes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"]r" + struct.pack("<I", 2**31) + b".", "numbers an object 2147483648 in 7 bytes"),
        (b"]p99999999\n.", "numbers an object 99999999"),
        (b"]p" + b"9" * 5000 + b"\n.", "numbers an object"),
        (b"]p-1\n.", "numbers an object"),
        (b"\x8e" + struct.pack("<Q", 2**40) + b".", "declares 1099511627776 bytes and holds 1"),
        (b"T" + struct.pack("<i", -5) + b".", "declares -5 bytes"),
        (b"X" + b"\1", "declares 4 bytes and holds 1"),
        (b"\x80\x04]", "ends too early"),
        (b"cos\nsystem", "ends too early"),
        (b"\xff", "no operation"),
        (b"", "ends too early"),
    ],
)
def test_what_declares_more_than_it_holds_is_refused(content, words):
    with pytest.raises(pickle.UnpicklingError, match=words):
        opcodes.check(content)


def test_what_lies_behind_the_end_is_not_looked_at():
    opcodes.check(pickle.dumps([1]) + b"\xff" * 10)
