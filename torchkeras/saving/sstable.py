"""Sorted tables of bytes, as LevelDB and the index of a TensorFlow checkpoint lay them out.

A table is a row of blocks, each guarded by a checksum. The last but one lists the others; the end
of the file says where it is. Everything that the file declares is checked against what it holds
before anything is made of it.
"""

import struct
from collections.abc import Iterator, Mapping

from torchkeras.saving import wire
from torchkeras.saving.checksums import masked_crc32c
from torchkeras.saving.files import DamagedFileError, damaged

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
# Behind each block: how it is compressed, and its checksum.
_TRAILER = 5
_PLAIN, _SNAPPY = 0, 1
# The longest a name may be, and all of them together: a name may repeat most of the one before.
_LONGEST_KEY = 2**14
_MOST_KEYS = 2**28
# Of tables that are written: bytes after which a block ends, and entries between whole keys.
_BLOCK_SIZE = 2**18
_RESTART = 16
# What Snappy can make of one byte at most: a copy of 64 bytes takes three, one of 11 takes two.
_MOST_EXPANSION = 32


def refuse(what: str, given: object) -> DamagedFileError:
    """The error for a table that isn't one."""
    expected = "a sorted table, as the index of a TensorFlow checkpoint is"
    return damaged(what, str(given), expected, "The file is damaged, or of another kind.")


def is_end(data: bytes) -> bool:
    """Whether a table ends in these 8 bytes."""
    return data == struct.pack("<Q", _MAGIC)


def read(data: bytes) -> dict[bytes, bytes]:
    """Keys and values of a table, in their order.

    Raises:
        ValueError: this is no table, it is damaged, or it declares what it can't hold.
    """
    try:
        return _read(data)
    except DamagedFileError:
        raise
    except (struct.error, IndexError, ValueError) as error:
        raise refuse("table", error) from error


def _read(data: bytes) -> dict[bytes, bytes]:
    if len(data) < _FOOTER or not is_end(data[-8:]):
        raise refuse("end of the table", data[-8:])
    footer = data[-_FOOTER:-8]
    _, position = _handle(footer, 0)
    handle, _ = _handle(footer, position)
    found: dict[bytes, bytes] = {}
    last: bytes | None = None
    room = len(data)  # blocks don't overlap, so together they are no longer than the file
    held = 0
    for _, value in _entries(_block(data, *handle)):
        (start, size), _ = _handle(value, 0)
        room -= size + _TRAILER
        if room < 0:
            raise refuse("blocks", "longer together than the file")
        for key, content in _entries(_block(data, start, size)):
            held += len(key)
            if held > _MOST_KEYS:
                raise refuse("keys", f"more than {_MOST_KEYS} bytes")
            if last is not None and key <= last:
                raise refuse("keys", "not in their order")
            found[key] = content
            last = key
    return found


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    """Start and size of a block, and where the pair ends."""
    start, position = wire.varint(data, position)
    size, position = wire.varint(data, position)
    return (start, size), position


def _block(data: bytes, start: int, size: int) -> bytes:
    """The content of a block, checked and decompressed."""
    end = start + size
    if end + _TRAILER > len(data) - _FOOTER:
        raise refuse("block", f"{size} bytes from {start} on, in a file of {len(data)}")
    kind, checksum = struct.unpack_from("<BI", data, end)
    if masked_crc32c(data[start : end + 1]) != checksum:
        raise refuse("block", f"of another checksum, {size} bytes from {start} on")
    if kind == _PLAIN:
        return data[start:end]
    if kind == _SNAPPY:
        return unpack(data[start:end])
    raise refuse("compression", kind)


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; a key names how much it has in common with the one before."""
    restarts = struct.unpack_from("<I", block, len(block) - 4)[0] if len(block) >= 4 else -1
    end = len(block) - 4 - 4 * restarts
    if restarts < 0 or end < 0:
        raise refuse("block", f"{restarts} restarts in {len(block)} bytes")
    position, key = 0, b""
    while position < end:
        shared, position = wire.varint(block, position)
        rest, position = wire.varint(block, position)
        size, position = wire.varint(block, position)
        if shared > len(key) or position + rest + size > end or shared + rest > _LONGEST_KEY:
            raise refuse("entry", f"a key of {shared} + {rest} bytes and a value of {size}")
        key = key[:shared] + block[position : position + rest]
        position += rest
        yield key, block[position : position + size]
        position += size


def write(table: Mapping[bytes, bytes], block_size: int = _BLOCK_SIZE) -> bytes:
    """A table, uncompressed, as TensorFlow writes it.

    Args:
        table: Values by key.
        block_size: Bytes after which a block ends.
    """
    out, index = bytearray(), []
    keys, first, size = sorted(table), 0, 0
    for place, key in enumerate(keys):
        size += len(key) + len(table[key])
        if size >= block_size or place == len(keys) - 1:
            pending = [(k, table[k]) for k in keys[first : place + 1]]
            following = keys[place + 1] if place + 1 < len(keys) else None
            handle = _append(out, _packed(pending, _RESTART))
            index.append((_between(key, following), handle))
            first, size = place + 1, 0
    footer = _append(out, _packed([], _RESTART)) + _append(out, _packed(index, 1))
    return bytes(out) + footer.ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", _MAGIC)


def _between(key: bytes, following: bytes | None) -> bytes:
    """A short key from ``key`` on and before ``following``, the next one if there is one."""
    place = 0 if following is None else _in_common(key, following)
    if place == len(key) or key[place] == 255:
        return key
    end = 256 if following is None else following[place]
    return key[:place] + bytes([key[place] + 1]) if key[place] + 1 < end else key


def _in_common(a: bytes, b: bytes) -> int:
    """How many bytes both begin with."""
    end = min(len(a), len(b))
    return next((place for place in range(end) if a[place] != b[place]), end)


def _append(out: bytearray, block: bytes) -> bytes:
    """Put a block behind the others; where it is, and how long."""
    handle = wire.write_varint(len(out)) + wire.write_varint(len(block))
    content = block + bytes([_PLAIN])
    out += content + struct.pack("<I", masked_crc32c(content))
    return handle


def _packed(entries: list[tuple[bytes, bytes]], restart: int) -> bytes:
    """A block; ``restart`` is how many entries lie between keys that are whole."""
    out, starts, last = bytearray(), [], b""
    for place, (key, value) in enumerate(entries):
        if place % restart == 0:
            starts.append(len(out))
            last = b""
        shared = _in_common(last, key)
        for number in (shared, len(key) - shared, len(value)):
            out += wire.write_varint(number)
        out += key[shared:] + value
        last = key
    starts = starts or [0]
    return bytes(out) + struct.pack(f"<{len(starts) + 1}I", *starts, len(starts))


def unpack(data: bytes) -> bytes:
    """What Snappy made ``data`` of.

    Raises:
        ValueError: it is damaged, or declares more than it can hold.
    """
    size, position = wire.varint(data, 0)
    if size > _MOST_EXPANSION * len(data):
        raise refuse("compressed block", f"{size} bytes in {len(data)}")
    out = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        if tag & 3 == 0:
            length, position = _literal_length(tag, data, position)
            if position + length > len(data):
                raise refuse("compressed block", "cut short")
            out += data[position : position + length]
            position += length
        else:
            length, distance, position = _copy(tag, data, position)
            if not 0 < distance <= len(out):
                raise refuse("compressed block", f"a copy from {distance} bytes back")
            piece = out[-distance:][:length]
            out += (piece * (length // len(piece) + 1))[:length]
        if len(out) > size:
            break
    if len(out) != size:
        raise refuse("compressed block", f"{len(out)} bytes where {size} are declared")
    return bytes(out)


def _literal_length(tag: int, data: bytes, position: int) -> tuple[int, int]:
    """Length of the bytes that follow as they are, and where they begin."""
    extra = max(0, (tag >> 2) - 59)
    if not extra:
        return (tag >> 2) + 1, position
    return int.from_bytes(data[position : position + extra], "little") + 1, position + extra


def _copy(tag: int, data: bytes, position: int) -> tuple[int, int, int]:
    """Length and distance of a copy of earlier bytes, and where its tag ends."""
    if tag & 3 == 1:
        return (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[position], position + 1
    width = 2 if tag & 3 == 2 else 4
    distance = int.from_bytes(data[position : position + width], "little")
    return (tag >> 2) + 1, distance, position + width
