"""Checksums of files.

CRC-32 guards members of archives. CRC-32C guards the records of TFRecord files and the tensors of
checkpoints.
"""

import functools
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

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
# Sums of few powers of x to the 64 that are multiples of the polynomial: their exponents, but 0.
_MULTIPLES = ((6777, 484, 100), (680, 122, 80, 19, 3))
_WORD = 8  # bytes; x to the 64 moves by one
_STRIPS = 8  # that are taken into the cache at once


def crc32c(data: Any, before: int = 0) -> int:
    """The checksum of ``data`` behind bytes whose checksum is ``before``.

    A checksum without its first and last step is linear: it is the exclusive or of what each byte
    gives at its distance from the end. A table holds that for each byte and distance. Long data are
    made short before.

    Example:
        >>> hex(crc32c(b"6789", crc32c(b"12345")))
        '0xe3069283'
    """
    octets = np.frombuffer(data, np.uint8)
    state = _product(_power(len(octets), _POLYNOMIAL), before ^ 0xFFFFFFFF, _POLYNOMIAL)
    for exponents in _MULTIPLES:
        octets = _folded(octets, *exponents)
    first = len(octets) % _BLOCK
    found = _linear(octets[:first])
    tables = _tables()
    distances = np.arange(_BLOCK)
    for start in range(first, len(octets), _BLOCK):
        block = tables[distances, octets[start : start + _BLOCK]]
        found = _after(found, _BLOCK) ^ int(np.bitwise_xor.reduce(block))
    return found ^ state ^ 0xFFFFFFFF


def _folded(octets: np.ndarray, largest: int, *others: int) -> np.ndarray:
    """At most ``largest`` words that have the same checksum, without first and last step.

    Modulo a multiple of the polynomial, its largest power of x is the sum of the others: so a word
    may be added (exclusive or) to those at some distances behind it, instead. Many neighbours go
    at once, but never as far as one that gets something.

    Source: Russell, "Chorba: A novel CRC32 implementation", 2024; the multiples are this one's.

    Args:
        octets: Bytes.
        largest, *others: Exponents of the multiple, falling.
    """
    held = len(octets) % _WORD + (largest - 1) * _WORD  # the first ones, behind some of zero
    if len(octets) <= held:
        return octets
    distances = [largest - exponent for exponent in (*others, 0)]
    width = distances[0]
    words = np.zeros(largest + _STRIPS * width, np.uint64)
    inside = words.view(np.uint8)
    begin = largest * _WORD
    inside[begin - held : begin] = octets[:held]
    for start in range(held, len(octets), _STRIPS * width * _WORD):
        more = octets[start : start + _STRIPS * width * _WORD]
        inside[begin : begin + len(more)] = more
        count = len(more) // _WORD
        for place in range(0, count, width):
            gone = words[place : min(place + width, count)]
            for distance in distances:
                words[place + distance :][: len(gone)] ^= gone
        words[:largest] = words[count : count + largest].copy()
    return inside[:begin]


def crc32c_of_both(first: int, second: int, length: int) -> int:
    """Like ``crc32_of_both``."""
    return _product(_power(length, _POLYNOMIAL), first, _POLYNOMIAL) ^ second


class Kind(NamedTuple):
    """A kind of checksum.

    Attributes:
        of: That of bytes behind others, whose checksum is the second argument.
        of_both: That of bytes whose parts' are known, and the length of the second part.
        is_quick: Whether few bytes at a time take no longer than many.
    """

    of: Callable[[Any, int], int]
    of_both: Callable[[int, int, int], int]
    is_quick: bool


CRC32 = Kind(crc32, crc32_of_both, is_quick=True)
CRC32C = Kind(crc32c, crc32c_of_both, is_quick=False)


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
