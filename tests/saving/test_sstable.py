import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.saving import sstable, wire
from torchkeras.saving.checksums import masked_crc32c
from torchkeras.saving.files import DamagedFileError


def block(entries, kind=0, restarts=1):
    data, last = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(last)) and key[shared] == last[shared]:
            shared += 1
        for number in (shared, len(key) - shared, len(value)):
            data += wire.write_varint(number)
        data += key[shared:] + value
        last = key
    data += struct.pack("<I", 0) * restarts + struct.pack("<I", restarts)
    return data + bytes([kind]) + struct.pack("<I", masked_crc32c(data + bytes([kind])))


def handle(start, size):
    return wire.write_varint(start) + wire.write_varint(size - 5)


def table(*blocks):
    data, index = b"", []
    for number, content in enumerate(blocks):
        index.append((b"%08d" % number, handle(len(data), len(content))))
        data += content
    listing = block(index)
    footer = handle(0, 5) + handle(len(data), len(listing))
    return data + listing + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


@given(st.dictionaries(st.binary(max_size=40), st.binary(max_size=80), max_size=30))
def test_what_was_written_is_read(entries):
    pairs = sorted(entries.items())
    half = len(pairs) // 2
    assert sstable.read(table(block(pairs[:half]), block(pairs[half:]))) == dict(pairs)


@given(st.binary(max_size=300))
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match="sorted table"):
        sstable.read(data)


@given(st.data())
def test_a_changed_byte_is_noticed_or_without_effect(data):
    pairs = [(b"key%d" % number, b"value") for number in range(5)]
    whole = bytearray(table(block(pairs)))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(DamagedFileError):
        assert sstable.read(bytes(whole)) == dict(pairs)


def test_blocks_may_not_be_counted_twice():
    content = block([(b"a", b"b")])
    index = block([(b"%08d" % k, handle(0, len(content))) for k in range(50)])
    footer = (handle(0, 5) + handle(len(content), len(index))).ljust(40, b"\0")
    data = content + index + footer + struct.pack("<Q", 0xDB4775248B80FB57)
    with pytest.raises(ValueError, match="longer together|not in their order"):
        sstable.read(data)


def test_long_keys_are_refused():
    with pytest.raises(ValueError, match="a key of"):
        sstable.read(table(block([(b"x" * 20000, b"")])))


def test_an_unknown_compression_is_refused():
    with pytest.raises(ValueError, match="compression is '7'"):
        sstable.read(table(block([(b"a", b"b")], kind=7)))


def literal(text):
    return bytes([(len(text) - 1) << 2]) + text


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (b"\x05" + literal(b"hello"), b"hello"),
        (b"\x0c" + literal(b"ab") + bytes([(10 - 1) << 2 | 2, 2, 0]), b"ab" * 6),
        (b"\x08" + literal(b"abcd") + bytes([1, 4]), b"abcdabcd"),
        (b"\x46" + bytes([60 << 2, 69]) + b"z" * 70, b"z" * 70),
        (b"\x00", b""),
    ],
)
def test_snappy_is_unpacked(packed, expected):
    assert sstable.unpack(packed) == expected


@pytest.mark.parametrize(
    "packed",
    [
        b"\xff\xff\xff\xff\x0f" + literal(b"hello"),  # declares 4 GB
        b"\x09" + literal(b"hello"),
        b"\x0c" + literal(b"ab") + bytes([(10 - 1) << 2 | 2, 3, 0]),  # copies from before the start
        b"\x0c" + literal(b"ab") + bytes([(10 - 1) << 2 | 2, 0, 0]),
        b"\x05" + literal(b"hello")[:-1],
    ],
)
def test_snappy_that_cannot_be_is_refused(packed):
    with pytest.raises(ValueError, match="compressed block"):
        sstable.unpack(packed)


@given(
    st.dictionaries(st.binary(max_size=20), st.binary(max_size=80), max_size=60),
    st.sampled_from([1, 100, 2**18]),
)
def test_tables_that_are_written_are_read(entries, block_size):
    found = sstable.read(sstable.write(entries, block_size))
    assert list(found.items()) == sorted(entries.items())


@given(st.binary(), st.binary())
def test_keys_of_blocks_lie_between(a, b):
    first, second = sorted((a, b))
    if first != second:
        key = sstable._between(first, second)
        assert first <= key < second
        assert len(key) <= len(first)
        assert first <= sstable._between(first, None)


def test_names_with_much_in_common_take_little_room():
    names = [b"a/very/long/way/to/a/layer/%04d" % n for n in range(4000)]
    written = sstable.write(dict.fromkeys(names, b"value"))
    assert len(written) < 0.4 * sum(map(len, names))
