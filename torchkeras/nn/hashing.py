"""Hash functions of byte strings, many at a time.

A batch of strings is a matrix of bytes, one string a row, and the length of each. The arithmetic is
that of unsigned 64-bit integers, held in torch's signed ones.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def _signed(number: int) -> int:
    """The int64 with the bits of an unsigned number."""
    number &= 2**64 - 1
    return number - 2**64 if number >= 2**63 else number


_K0 = _signed(0xC3A5C85C97CB3127)
_K1 = _signed(0xB492B66FBE98F273)
_K2 = _signed(0x9AE16A3B2F90404F)
_CROSS = _signed(0xC6A4A7935BD1E995)
_SIP = [0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573]


def fingerprint64(octets: Tensor, lengths: Tensor) -> Tensor:
    """FarmHash's ``Fingerprint64`` of each row.

    Args:
        octets: ``(strings, width)`` bytes; what lies behind a row's length isn't read.
        lengths: ``(strings,)`` int64.

    Returns:
        ``(strings,)`` int64 with the bits of the unsigned hash.

    Source: FarmHash (``farmhashna::Hash64``), by Geoff Pike.
    """
    width = octets.shape[1]
    read = _Reader(octets, lengths)
    result = _up_to_16(read)
    if width > 16:
        result = torch.where(lengths > 16, _up_to_32(read), result)
    if width > 32:
        result = torch.where(lengths > 32, _up_to_64(read), result)
    if width > 64:
        result = torch.where(lengths > 64, _longer(read), result)
    return result


def siphash64(octets: Tensor, lengths: Tensor, key: Sequence[int]) -> Tensor:
    """SipHash-2-4 of each row under a key of two integers.

    Args:
        octets: ``(strings, width)`` bytes; what lies behind a row's length isn't read.
        lengths: ``(strings,)`` int64.
        key: Two integers of 64 bits.

    Returns:
        ``(strings,)`` int64 with the bits of the unsigned hash.

    Source: SipHash, by Jean-Philippe Aumasson and Daniel J. Bernstein.
    """
    read = _Reader(octets, lengths)
    keys = [key[0], key[1], key[0], key[1]]
    state = [
        torch.full_like(lengths, _signed(start ^ part))
        for start, part in zip(_SIP, keys, strict=True)
    ]
    last = lengths // 8
    for number in range(octets.shape[1] // 8 + 1):
        begin = torch.full_like(lengths, 8 * number)
        ending = read.rest(begin) | (lengths << 56)
        word = torch.where(last > number, read.word(begin), ending)
        changed = _sip_word(state, word)
        state = [
            torch.where(last >= number, new, old) for new, old in zip(changed, state, strict=True)
        ]
    state[2] = state[2] ^ 0xFF
    for _ in range(4):
        state = _sip_round(*state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def combined(first: Tensor, second: Tensor) -> Tensor:
    """One hash of two: TensorFlow's ``FingerprintCat64``.

    Args:
        first, second: int64 with the bits of unsigned hashes.
    """
    result = first ^ _CROSS
    result = result ^ (_shift_mix(second * _CROSS) * _CROSS)
    result = _shift_mix(result * _CROSS) * _CROSS
    return _shift_mix(result)


def bucket(hashes: Tensor, buckets: int) -> Tensor:
    """Remainders of unsigned hashes divided by ``buckets``, 1 or more."""
    half = _right(hashes, 1) % buckets
    return (half * 2 + (hashes & 1)) % buckets


def decimals(numbers: Tensor, most: int = 19) -> tuple[Tensor, Tensor]:
    """Integers written out in decimal digits.

    Args:
        numbers: ``(numbers,)`` of an integer type.
        most: Most digits that any of them has.

    Returns:
        ``(numbers, most + 1)`` bytes of ASCII text, and the ``(numbers,)`` lengths.
    """
    numbers = numbers.to(torch.int64)
    sign = (numbers < 0).to(torch.int64)
    rest = torch.where(numbers < 0, numbers, -numbers)  # negative: -2**63 has no counterpart
    digits, count = [], torch.ones_like(numbers)
    for place in range(most):
        shorter = torch.div(rest, 10, rounding_mode="trunc")
        digits.append(shorter * 10 - rest)
        count = torch.where(shorter != 0, place + 2, count)
        rest = shorter
    backwards = torch.stack(digits, dim=1)  # (n, most), ones first
    place = torch.arange(most + 1, device=numbers.device)
    index = (count - 1 + sign)[:, None] - place
    text = backwards.gather(1, index.clamp(0, most - 1)) + ord("0")
    text = torch.where((place == 0) & (sign == 1)[:, None], ord("-"), text)
    return text.to(torch.uint8), count + sign


class _Reader:
    """Little-endian words out of rows of bytes."""

    def __init__(self, octets: Tensor, lengths: Tensor) -> None:
        self.octets = octets
        self.lengths = lengths
        self.last = max(octets.shape[1] - 1, 0)
        if not octets.shape[1]:
            self.octets = octets.new_zeros(octets.shape[0], 1)
        self.places = torch.arange(8, device=octets.device)

    def _bytes(self, begin: Tensor, size: int) -> tuple[Tensor, Tensor]:
        index = begin[:, None] + self.places[:size]
        return self.octets.gather(1, index.clamp(0, self.last)).to(torch.int64), index

    def word(self, begin: Tensor, size: int = 8) -> Tensor:
        """The integer of ``size`` bytes from ``begin`` on."""
        octets, _ = self._bytes(begin, size)
        return (octets << (8 * self.places[:size])).sum(1)

    def rest(self, begin: Tensor) -> Tensor:
        """The integer of what bytes there are, up to 8, from ``begin`` to the end."""
        octets, index = self._bytes(begin, 8)
        octets = torch.where(index < self.lengths[:, None], octets, 0)
        return (octets << (8 * self.places)).sum(1)

    def at(self, begin: int, size: int = 8) -> Tensor:
        """The integer of ``size`` bytes from the same place in each row."""
        return self.word(torch.full_like(self.lengths, begin), size)

    def before_end(self, distance: int, size: int = 8) -> Tensor:
        """The integer of ``size`` bytes that begin ``distance`` before each row's end."""
        return self.word(self.lengths - distance, size)


def _right(x: Tensor, places: int) -> Tensor:
    """Shift to the right, zeros coming in."""
    return (x >> places) & ((1 << (64 - places)) - 1)


def _rotate(x: Tensor, places: int) -> Tensor:
    return _right(x, places) | (x << (64 - places))


def _shift_mix(x: Tensor) -> Tensor:
    return x ^ _right(x, 47)


def _mix(u: Tensor, v: Tensor, factor: Tensor) -> Tensor:
    a = _shift_mix((u ^ v) * factor)
    return _shift_mix((v ^ a) * factor) * factor


def _up_to_16(read: _Reader) -> Tensor:
    n = read.lengths
    factor = n * 2 + _K2
    four = _mix(n + (read.at(0, 4) << 3), read.before_end(4, 4), factor)
    y = read.at(0, 1) + (read.word(n // 2, 1) << 8)
    z = n + (read.before_end(1, 1) << 2)
    one = _shift_mix((y * _K2) ^ (z * _K0)) * _K2
    short = torch.where(n >= 4, four, torch.where(n > 0, one, _K2))
    if read.last < 7:
        return short
    a, b = read.at(0) + _K2, read.before_end(8)
    c, d = _rotate(b, 37) * factor + a, (_rotate(a, 25) + b) * factor
    return torch.where(n >= 8, _mix(c, d, factor), short)


def _ends(read: _Reader, first: int) -> tuple[Tensor, ...]:
    factor = read.lengths * 2 + _K2
    a, b = read.at(0) * first, read.at(8)
    c, d = read.before_end(8) * factor, read.before_end(16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    return factor, a, y, _mix(y, a + _rotate(b + _K2, 18) + c, factor)


def _up_to_32(read: _Reader) -> Tensor:
    return _ends(read, _K1)[-1]


def _up_to_64(read: _Reader) -> Tensor:
    factor, a, y, z = _ends(read, _K2)
    e, f = read.at(16) * factor, read.at(24)
    g, h = (y + read.before_end(32)) * factor, (z + read.before_end(24)) * factor
    return _mix(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, factor)


def _longer(read: _Reader) -> Tensor:
    """Blocks of 64 bytes one after the other, then the last 64 bytes."""
    n = read.lengths
    blocks = (n - 1) // 64
    zero = torch.zeros_like(n)
    y = torch.full_like(n, _signed(81 * _K1 + 113))
    z = _shift_mix(y * _K2 + 113) * _K2
    x = read.at(0) + _signed(81 * _K2)
    state = (x, y, z, zero, zero, zero, zero)
    for number in range((read.last + 1 - 1) // 64):
        begin = torch.full_like(n, 64 * number)
        changed = _block(read, begin, state, _K1)
        state = tuple(
            torch.where(number < blocks, new, old) for new, old in zip(changed, state, strict=True)
        )
    x, y, z, v0, v1, w0, w1 = state
    factor = ((z & 0xFF) << 1) + _K1
    w0 = w0 + ((n - 1) & 63)
    v0 = v0 + w0
    w0 = w0 + v0
    state = _block(read, n - 64, (x, y, z, v0, v1, w0, w1), factor, 9)
    x, y, z, v0, v1, w0, w1 = state
    left = _mix(v0, w0, factor) + _shift_mix(y) * _K0 + z
    return _mix(left, _mix(v1, w1, factor) + x, factor)


def _block(
    read: _Reader,
    begin: Tensor,
    state: tuple[Tensor, ...],
    factor: Tensor | int,
    weight: int = 1,
) -> tuple[Tensor, ...]:
    x, y, z, v0, v1, w0, w1 = state
    words = [read.word(begin + 8 * place) for place in range(8)]
    x = _rotate(x + y + v0 + words[1], 37) * factor
    y = _rotate(y + v1 + words[6], 42) * factor
    x = x ^ (w1 * weight)
    y = y + v0 * weight + words[5]
    z = _rotate(z + w0, 33) * factor
    v0, v1 = _weak(words[:4], v1 * factor, x + w0)
    w0, w1 = _weak(words[4:], z + w1, y + words[2])
    return z, y, x, v0, v1, w0, w1


def _weak(words: list[Tensor], a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    a = a + words[0]
    b = _rotate(b + a + words[3], 21)
    c = a
    a = a + words[1] + words[2]
    return a + words[3], b + _rotate(a, 44) + c


def _sip_word(state: list[Tensor], word: Tensor) -> list[Tensor]:
    a, b, c, d = state
    state = [a, b, c, d ^ word]
    for _ in range(2):
        state = _sip_round(*state)
    state[0] = state[0] ^ word
    return state


def _sip_round(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> list[Tensor]:
    a, c = a + b, c + d
    b, d = _rotate(b, 51) ^ a, _rotate(d, 48) ^ c
    a = _rotate(a, 32)
    c, a = c + b, a + d
    b, d = _rotate(b, 47) ^ c, _rotate(d, 43) ^ a
    return [a, b, _rotate(c, 32), d]
