"""The wire format of protocol buffers, as far as TensorFlow's records and checkpoints need it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

# Kinds of fields on the wire.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Number, kind and value of each field of a message: an integer, or bytes.

    Raises:
        ValueError: ``data`` is no message, or is cut short.
    """
    position, end = 0, len(data)
    while position < end:
        tag, position = varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, position = varint(data, position)
            yield number, kind, value
            continue
        if kind == BYTES:
            length, position = varint(data, position)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"A message has a field of kind {kind}; expected 0, 1, 2 or 5.")
        if position + length > end:
            raise ValueError(f"A message ends {position + length - end} bytes too early.")
        yield number, kind, data[position : position + length]
        position += length


def message(data: Any) -> dict[int, Any]:
    """The fields of a message by number, the last of each; none if ``data`` isn't bytes."""
    return {number: value for number, _, value in fields(data)} if isinstance(data, bytes) else {}


def varint(data: bytes, position: int) -> tuple[int, int]:
    """The integer that begins at ``position``, and where it ends.

    Raises:
        ValueError: ``data`` ends before it, or it has more than 64 bits.
    """
    value = shift = 0
    while shift < 70:
        if position >= len(data):
            raise ValueError("A message ends within a number.")
        octet = data[position]
        position += 1
        value |= (octet & 127) << shift
        if octet < 128:
            return value, position
        shift += 7
    raise ValueError("A message has a number of more than 64 bits.")


def signed(value: int) -> int:
    """An integer of 64 bits as a signed one."""
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def varints(data: bytes) -> np.ndarray:
    """Signed integers one after another.

    Raises:
        ValueError: ``data`` ends within one.
    """
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 128)
    if not len(octets):
        return np.empty(0, np.int64)
    if not len(ends) or ends[-1] != len(octets) - 1:
        raise ValueError("A message ends within a number.")
    if len(ends) == len(octets):
        return octets.astype(np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    places = np.arange(len(octets)) - np.repeat(starts, ends - starts + 1)
    parts = (octets & 127).astype(np.uint64) << (7 * places).astype(np.uint64)
    return np.bitwise_or.reduceat(parts, starts).view(np.int64)


def write_varint(value: int) -> bytes:
    """An integer, negative ones in 64 bits."""
    value &= 2**64 - 1
    octets = bytearray()
    while value > 127:
        octets.append(value & 127 | 128)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def write_varints(values: Any) -> bytes:
    """Integers one after another."""
    rest = np.asarray(values, dtype=np.int64).view(np.uint64)
    columns, kept, more = [], [], np.ones(len(rest), bool)
    while more.any():
        kept.append(more)
        later = rest >> np.uint64(7)
        more = later != 0
        columns.append(rest & np.uint64(127) | (more.astype(np.uint64) << np.uint64(7)))
        rest = later
    if not columns:
        return b""
    octets = np.stack(columns, axis=1).astype(np.uint8)
    return octets[np.stack(kept, axis=1)].tobytes()


def write_field(number: int, value: "bytes | int") -> bytes:
    """A field of bytes (a text or message), or of an integer."""
    if isinstance(value, int):
        return write_varint(number << 3 | VARINT) + write_varint(value)
    return write_varint(number << 3 | BYTES) + write_varint(len(value)) + value
