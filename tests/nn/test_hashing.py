"""Hashes of bytes, beside those that TensorFlow gave."""

import pytest
import torch

from torchkeras.nn import hashing

# tf.strings.to_hash_bucket_fast and _strong (key 133, 137), 1000003 buckets, of "x" * n.
HASHES = {
    0: (377723, 953272),
    1: (598337, 264142),
    3: (16948, 851950),
    4: (76307, 992846),
    7: (177313, 867709),
    8: (685690, 159739),
    15: (464981, 340862),
    16: (762252, 231986),
    17: (200771, 664513),
    31: (601048, 676762),
    32: (750362, 280614),
    33: (302064, 429380),
    63: (652133, 753391),
    64: (518772, 468263),
    65: (595507, 915689),
    127: (606344, 787853),
    128: (308422, 917006),
    129: (291940, 687450),
    300: (565689, 621382),
}


def rows(texts):
    width = max(map(len, texts), default=0)
    octets = torch.zeros(len(texts), width, dtype=torch.uint8)
    for row, text in zip(octets, texts, strict=True):
        row[: len(text)] = torch.tensor(list(text), dtype=torch.uint8)
    return octets, torch.tensor([len(text) for text in texts])


def test_hashes_of_all_lengths_are_tensorflows():
    octets, lengths = rows([b"x" * length for length in HASHES])
    fast = hashing.bucket(hashing.fingerprint64(octets, lengths), 1000003)
    strong = hashing.bucket(hashing.siphash64(octets, lengths, [133, 137]), 1000003)
    assert fast.tolist() == [first for first, _ in HASHES.values()]
    assert strong.tolist() == [second for _, second in HASHES.values()]


def test_what_lies_behind_the_end_does_not_matter():
    octets, lengths = rows([b"ab", b"abcdefgh" * 9])
    other = octets.clone()
    other[0, 2:] = 255
    for function in (
        hashing.fingerprint64,
        lambda o, n: hashing.siphash64(o, n, [1, 2]),
    ):
        assert torch.equal(function(octets, lengths), function(other, lengths))


def test_siphash_gives_the_vectors_of_its_paper():
    octets, lengths = rows([bytes(range(15))])
    key = [0x0706050403020100, 0x0F0E0D0C0B0A0908]
    assert hashing.siphash64(octets, lengths, key).item() % 2**64 == 0xA129CA6149BE45E5


@pytest.mark.parametrize("number", [0, 7, -7, 10, -10, 12345, 10**18, 2**63 - 1, -(2**63)])
def test_decimals_are_pythons(number):
    octets, lengths = hashing.decimals(torch.tensor([number]))
    assert bytes(octets[0, : lengths[0]].tolist()) == str(number).encode()


def test_buckets_are_remainders_of_unsigned_numbers():
    hashes = torch.tensor([0, 5, -1, -(2**63)])
    assert hashing.bucket(hashes, 7).tolist() == [0, 5, (2**64 - 1) % 7, 2**63 % 7]
    assert hashing.bucket(hashes, 1).tolist() == [0, 0, 0, 0]


def test_joining_hashes_depends_on_the_order():
    a, b = torch.tensor([3]), torch.tensor([4])
    assert hashing.combined(a, b) != hashing.combined(b, a)


def test_no_strings_have_no_hashes():
    octets, lengths = torch.zeros(0, 0, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64)
    assert hashing.fingerprint64(octets, lengths).shape == (0,)
    assert hashing.siphash64(octets, lengths, [1, 2]).shape == (0,)
