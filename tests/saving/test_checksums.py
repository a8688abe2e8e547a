import functools
import operator
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchkeras.saving import checksums
from torchkeras.saving.checksums import crc32, crc32_of_both, crc32c, masked_crc32c


def bit_by_bit(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "known"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_checksums_are_the_published_ones(data, known):
    assert crc32c(data) == known


@given(st.binary(min_size=1, max_size=9), st.integers(0, 400))
def test_long_and_short_data_have_the_checksum_of_their_bits(data, times):
    assert crc32c(data * times) == bit_by_bit(data * times)


def test_long_data_are_made_short_to_the_same_checksum(monkeypatch):
    whole = bytes(range(256)) * 5000 + b"and some more"
    data = memoryview(whole)[3:]
    found = crc32c(data)
    monkeypatch.setattr(checksums, "_MULTIPLES", ())
    assert found == crc32c(data) != crc32c(whole)


@settings(deadline=None)
@given(st.integers(5000, 6000) | st.integers(50_000, 200_000), st.integers(0, 255))
def test_data_of_any_length_are_made_short(length, first):
    data = (np.arange(first, first + length) ** 2).astype(np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        found = crc32c(data)
        patch.setattr(checksums, "_MULTIPLES", ())
        assert found == crc32c(data)


@pytest.mark.parametrize("exponents", checksums._MULTIPLES)
def test_multiples_are_of_the_polynomial(exponents):
    powers = [checksums._power(8 * exponent, checksums._POLYNOMIAL) for exponent in (*exponents, 0)]
    assert functools.reduce(operator.xor, powers) == 0


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 200))
def test_the_checksum_behind_others_is_that_of_the_whole(first, second, times):
    second = second * times
    assert crc32c(second, crc32c(first)) == crc32c(first + second)


def test_masks_turn_and_shift():
    assert masked_crc32c(b"") == 0xA282EAD8


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 2000))
def test_the_checksum_of_both_parts_is_that_of_the_whole(first, second, times):
    second = second * times
    assert crc32_of_both(crc32(first), crc32(second), len(second)) == zlib.crc32(first + second)


def test_archives_checksum_is_that_of_zlib_with_and_without_the_faster_one(monkeypatch):
    for missing in (False, True):
        if missing:
            monkeypatch.setitem(sys.modules, "zlib_ng", None)
        checksums._fastest.cache_clear()
        assert crc32(b"6789", crc32(b"12345")) == 0xCBF43926
    checksums._fastest.cache_clear()
