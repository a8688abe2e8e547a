"""Checksums of files.

CRC-32 guards members of archives. CRC-32C guards the records of TFRecord files and the tensors of
checkpoints.
"""

import functools
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

# --- CRC-32

_ARCHIVES = 0xEDB88320  # the polynomial of zip files, bits reversed


@functools.cache
def _fastest() -> Callable[[Any, int], int]:
    """zlib-ng's function if it is installed, which takes a tenth of the time."""
    try:
        from zlib_ng import zlib_ng
    except ImportError:
        return zlib.crc32
    return zlib_ng.crc32


def crc32(data: Any, before: int = 0) -> int:
    """The CRC-32 of ``data`` behind bytes whose CRC-32 is ``before``.

    Source: ``zlib.crc32``; the package zlib-ng has a faster one.

    Example:
        >>> hex(crc32(b"6789", crc32(b"12345")))
        '0xcbf43926'
    """
    return _fastest()(data, before)


def crc32_of_both(first: int, second: int, length: int) -> int:
    """The CRC-32 of bytes whose parts' are known; ``length`` is that of the second part.

    It is the first one, moved over as many bytes of zero as the second part is long, with the
    second one: each byte multiplies by x to the 8 in the field of polynomials.

    Source: zlib's ``crc32_combine``.

    Example:
        >>> hex(crc32_of_both(crc32(b"12345"), crc32(b"6789"), 4))
        '0xcbf43926'
    """
    return _product(_power(length, _ARCHIVES), first, _ARCHIVES) ^ second


@functools.lru_cache(4096)
def _power(length: int, modulus: int) -> int:
    """x to the 8 * ``length``."""
    result, square = 1 << 31, 1 << 23  # 1, and x to the 8; the highest bit is the lowest power
    while length:
        if length & 1:
            result = _product(result, square, modulus)
        square = _product(square, square, modulus)
        length >>= 1
    return result


def _product(a: int, b: Any, modulus: int) -> Any:
    """The product of two polynomials; ``b`` may be an array of them."""
    result = b & 0
    for place in range(31, -1, -1):
        if a >> place & 1:
            result = result ^ b
        b = b >> 1 ^ (b & 1) * modulus
    return result


# --- CRC-32C

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed
# Bytes that one look-up in tables covers.
_BLOCK = 1024
# Of long data, parts that are gone through side by side, and bytes of each that are taken at once.
_PARTS, _STRIP = 4096, 64


def crc32c(data: Any) -> int:
    """The checksum of ``data``.

    A checksum without its first and last step is linear: it is the exclusive or of what each byte
    gives at its distance from the end. A table holds that for each byte and distance. Long data are
    cut into parts, which are gone through side by side, and then joined.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    octets = np.frombuffer(data, np.uint8)
    length = len(octets) // (_PARTS * _STRIP) * _STRIP
    state = 0xFFFFFFFF
    if length:
        joined = _joined(_linear_of_parts(octets[: _PARTS * length], length), length)
        state = _product(_power(_PARTS * length, _POLYNOMIAL), state, _POLYNOMIAL) ^ joined
        octets = octets[_PARTS * length :]
    first = len(octets) % _BLOCK
    state = _after(state, first) ^ _linear(octets[:first])
    tables = _tables()
    distances = np.arange(_BLOCK)
    for start in range(first, len(octets), _BLOCK):
        block = tables[distances, octets[start : start + _BLOCK]]
        state = _after(state, _BLOCK) ^ int(np.bitwise_xor.reduce(block))
    return state ^ 0xFFFFFFFF


def _linear_of_parts(octets: np.ndarray, length: int) -> np.ndarray:
    """What each part of ``length`` bytes gives by itself."""
    pairs = octets.view("<i2").reshape(_PARTS, length // 2)
    table, state = _table_of_pairs(), torch.zeros(_PARTS, dtype=torch.int32, device="cpu")
    for start in range(0, length // 2, _STRIP // 2):
        strip = pairs[:, start : start + _STRIP // 2].T.astype(np.int32)
        for pair in torch.from_numpy(strip):
            places = (state ^ pair).bitwise_and_(0xFFFF)
            state = table.index_select(0, places).bitwise_xor_((state >> 16).bitwise_and_(0xFFFF))
    return state.numpy().view(np.uint32)


def _joined(states: np.ndarray, length: int) -> int:
    """What parts give together, a power of two of them, each of ``length`` bytes."""
    states = states.astype(np.int64)
    while len(states) > 1:
        moved = _product(_power(length, _POLYNOMIAL), states[::2], _POLYNOMIAL)
        states, length = moved ^ states[1::2], 2 * length
    return int(states[0])


def masked_crc32c(data: Any) -> int:
    """The checksum as TensorFlow's files hold it, so that checksums of checksums aren't trivial."""
    return mask(crc32c(data))


def mask(crc: int) -> int:
    """A checksum in the masked form."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _linear(octets: np.ndarray) -> int:
    """What less than a block gives by itself."""
    if not len(octets):
        return 0
    distances = np.arange(_BLOCK - len(octets), _BLOCK)
    return int(np.bitwise_xor.reduce(_tables()[distances, octets]))


@functools.cache
def _tables() -> np.ndarray:
    """``(block, 256)`` what each byte gives, by its place in a block."""
    byte = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        byte = np.where(byte & 1, byte >> 1 ^ np.uint32(_POLYNOMIAL), byte >> 1)
    tables = np.empty((_BLOCK, 256), np.uint32)
    tables[-1] = byte
    for place in range(_BLOCK - 2, -1, -1):
        later = tables[place + 1]
        tables[place] = later >> 8 ^ byte[later & 255]
    return tables


@functools.cache
def _table_of_pairs() -> torch.Tensor:
    """``(65536,)`` the state that two bytes leave behind, bits as of signed numbers."""
    states = np.arange(2**16, dtype=np.uint32)
    for _ in range(2):
        states = states >> 8 ^ _tables()[-1, states & 255]
    return torch.from_numpy(states.view(np.int32))


def _after(state: int, number: int) -> int:
    """The state after ``number`` bytes of zero."""
    for _ in range(number if number < 4 else 0):
        state = state >> 8 ^ int(_tables()[-1, state & 255])
    if number < 4:
        return state
    # The state's bytes act like the first four bytes of the block.
    start = _BLOCK - number
    tables = _tables()
    result = 0
    for place in range(4):
        result ^= int(tables[start + place, state >> 8 * place & 255])
    return result
