"""``tf.strings.unicode_*``: texts as code points and back, in several encodings."""

import codecs
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torchkeras_shim.text import as_texts

from tensorflow.ragged import RaggedTensor
from tensorflow.strings.each import each, filled, flat, rows
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.layers.preprocessing.texts import as_bytes

# What is written; more is read.
_WRITTEN = ("UTF-8", "UTF-16-BE", "UTF-32-BE")
_ERRORS = ("strict", "replace", "ignore")
# Codecs of Python that spell texts in other ways than encodings do.
_NO_ENCODING = re.compile("escape|idna|punycode|undefined|mbcs|oem", re.IGNORECASE)
_LAST = 0x10FFFF

# A code point, and at which byte it begins.
Character = tuple[int, int]


class _Reading:
    """How bytes are read: the encoding, and what becomes of what isn't in it.

    Args:
        where: The function, for messages.
        encoding: Name of the encoding.
        errors: ``"strict"``: bytes that spell nothing are an error; ``"replace"``: they become
            ``replacement``; ``"ignore"``: they are left out.
        replacement: A code point.
        replaces_controls: Whether U+0000 to U+001F are treated like bytes that spell nothing,
            but never are an error.

    Raises:
        ValueError: there is no such encoding or way with errors, or ``replacement`` is none.
    """

    def __init__(
        self,
        where: str,
        encoding: str,
        errors: str,
        replacement: int,
        replaces_controls: bool = False,
    ) -> None:
        self.where = f"tf.strings.{where}"
        check_errors(self.where, errors, replacement)
        self.encoding = encoding
        self.errors = errors
        self.replacement = replacement
        self.replaces_controls = replaces_controls
        self.decoded(b"")

    def decoded(self, octets: bytes) -> str:
        """Bytes as text.

        Raises:
            UnicodeDecodeError: some spell nothing.
            ValueError: there is no such encoding.
        """
        try:
            if _NO_ENCODING.search(self.encoding):
                raise LookupError
            return octets.decode(self._codec(octets))
        except LookupError:
            raise argument_error(
                self.where, "input_encoding", self.encoding, "the name of an encoding",
                'Try "UTF-8".',
            ) from None  # fmt: skip

    def _codec(self, octets: bytes) -> str:
        """The encoding; without a mark of their order, bytes have the highest first."""
        is_open = self.encoding.upper() in ("UTF-16", "UTF-32")
        is_marked = octets[:2] in (b"\xfe\xff", b"\xff\xfe") or octets[:4] == b"\0\0\xfe\xff"
        return f"{self.encoding}-BE" if is_open and not is_marked else self.encoding

    def points(self, octets: bytes) -> list[int]:
        """The code points that bytes spell."""
        try:
            text = self.decoded(octets)
        except UnicodeDecodeError:
            return [point for point, _ in self.characters(octets)]
        found = list(map(ord, text))
        return self._without_controls(found) if self.replaces_controls else found

    def _without_controls(self, points: list[int]) -> list[int]:
        if self.errors == "ignore":
            return [point for point in points if point >= 32]
        return [point if point >= 32 else self.replacement for point in points]

    def characters(self, octets: bytes) -> list[Character]:
        """The code points that bytes spell, and at which byte each begins."""
        found: list[Character] = []
        start = 0
        while start < len(octets):
            try:
                found += self._sound(octets[start:], start)
                break
            except UnicodeDecodeError as error:
                if self.errors == "strict":
                    raise argument_error(
                        self.where, "input", octets, f"text in {self.encoding}",
                        f'Byte {start + error.start} is none. Try errors="replace".',
                    ) from None  # fmt: skip
                found += self._sound(octets[start : start + error.start], start)
                if self.errors == "replace":
                    found.append((self.replacement, start + error.start))
                start += error.end
        return found

    def _sound(self, octets: bytes, start: int) -> list[Character]:
        """The same of bytes that spell a text."""
        self.decoded(octets)
        decoder = codecs.getincrementaldecoder(self._codec(octets))()
        found, begin = [], start
        for place in range(len(octets)):
            for letter in decoder.decode(octets[place : place + 1]):
                found.append((ord(letter), begin))
                begin = start + place + 1
        if not self.replaces_controls:
            return found
        kept = [pair for pair in found if pair[0] >= 32 or self.errors != "ignore"]
        return [(point if point >= 32 else self.replacement, at) for point, at in kept]


def check_errors(where: str, errors: str, replacement: int) -> None:
    """Raise unless these are settings of what becomes of errors."""
    if errors not in _ERRORS:
        raise argument_error(where, "errors", errors, f"one of {_ERRORS}")
    if not 0 <= replacement <= _LAST:
        raise argument_error(where, "replacement_char", replacement, f"0 to {_LAST}")


class _Writing:
    """How code points are written: see ``_Reading``."""

    def __init__(self, where: str, encoding: str, errors: str, replacement: int) -> None:
        self.where = f"tf.strings.{where}"
        check_errors(self.where, errors, replacement)
        if encoding not in _WRITTEN:
            raise argument_error(self.where, "output_encoding", encoding, f"one of {_WRITTEN}")
        self.encoding = encoding
        self.errors = errors
        self.replacement = replacement

    def text(self, points: list[int]) -> Any:
        """The text that code points spell: of UTF-8 a string, else bytes."""
        letters = "".join(map(chr, points if self._all_sound(points) else self._sound(points)))
        return letters if self.encoding == "UTF-8" else letters.encode(self.encoding)

    @staticmethod
    def _all_sound(points: list[int]) -> bool:
        return all(map(_is_sound, points))

    def _sound(self, points: list[int]) -> list[int]:
        if self.errors == "strict":
            wrong = next(point for point in points if not _is_sound(point))
            raise argument_error(
                self.where, "input", wrong, f"code points, 0 to {_LAST} but for surrogates",
                'Try errors="replace".',
            )  # fmt: skip
        if self.errors == "ignore":
            return list(filter(_is_sound, points))
        spare = self.replacement if _is_sound(self.replacement) else 0xFFFD
        return [point if _is_sound(point) else spare for point in points]


def _is_sound(point: int) -> bool:
    return 0 <= point < 0xD800 or 0xDFFF < point <= _LAST


def _octets(input: Any) -> list[bytes]:
    return as_bytes(flat(input))


def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of one text as integers; of several, as rows of them.

    Args:
        input: Texts.
        input_encoding: Their encoding, such as ``"UTF-8"``, ``"UTF-16-BE"`` or ``"ISO-8859-1"``.
        errors: What becomes of bytes that spell nothing: ``"replace"``, ``"ignore"``, or
            ``"strict"`` for an error.
        replacement_char: The code point that replaces them.
        replace_control_characters: Whether U+0000 to U+001F are replaced, or left out, too.
        name: Accepted.

    Raises:
        ValueError: there is no such encoding, or bytes spell nothing and ``errors`` is
            ``"strict"``.

    Source: ``tf.strings.unicode_decode``.
    """
    reading = _Reading(
        "unicode_decode", input_encoding, errors, replacement_char, replace_control_characters
    )
    return rows(input, list(map(reading.points, _octets(input))), torch.int32)


def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Code points, and at which byte each begins; see ``unicode_decode``."""
    reading = _Reading(
        "unicode_decode_with_offsets", input_encoding, errors, replacement_char,
        replace_control_characters,
    )  # fmt: skip
    points, places = _pairs(reading, input)
    return rows(input, points, torch.int32), rows(input, places, torch.int64)


def _pairs(reading: _Reading, input: Any) -> tuple[list[list[int]], list[list[int]]]:
    read = list(map(reading.characters, _octets(input)))
    return [[p for p, _ in one] for one in read], [[at for _, at in one] for one in read]


def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """The characters of each text, in its encoding: UTF-8, UTF-16-BE or UTF-32-BE.

    ``errors`` and ``replacement_char`` are those of ``unicode_decode``.
    """
    where = "unicode_split"
    writing = _Writing(where, input_encoding, errors, replacement_char)
    reading = _Reading(where, input_encoding, errors, replacement_char)
    points = map(reading.points, _octets(input))
    return rows(input, [[writing.text([point]) for point in row] for row in points])


def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Characters, and at which byte each begins; see ``unicode_split``."""
    where = "unicode_split_with_offsets"
    writing = _Writing(where, input_encoding, errors, replacement_char)
    points, places = _pairs(_Reading(where, input_encoding, errors, replacement_char), input)
    letters = [[writing.text([point]) for point in row] for row in points]
    return rows(input, letters), rows(input, places, torch.int64)


def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """The texts that rows of code points spell.

    Args:
        input: Integers; the last axis, ragged or not, holds a text.
        output_encoding: ``"UTF-8"``, ``"UTF-16-BE"`` or ``"UTF-32-BE"``.
        errors: What becomes of surrogates and numbers beyond U+10FFFF: ``"replace"``,
            ``"ignore"``, or ``"strict"`` for an error.
        replacement_char: The code point that replaces them.
        name: Accepted.

    Raises:
        ValueError: another encoding, or one of these numbers and ``errors`` is ``"strict"``.
        TypeError: ``input`` has no axis, or isn't of integers.

    Source: ``tf.strings.unicode_encode``.
    """
    writing = _Writing("unicode_encode", output_encoding, errors, replacement_char)
    return _encoded(input, writing.text)


def _encoded(input: Any, spell: Callable[[list[int]], Any]) -> Any:
    if isinstance(input, RaggedTensor):
        if input.ragged_rank > 1 or input.values.ndim > 1:
            return input.with_values(_encoded(input.values, spell))
        return as_texts([spell(row) for row in input.to_list()])
    points = convert_to_tensor(input)
    if not points.ndim or points.is_floating_point():
        kind = f"{points.dtype} of shape {tuple(points.shape)}"
        raise kind_error("tf.strings.unicode_encode", "input", kind, "rows of integers")
    shape = tuple(points.shape[:-1])
    lists = points.reshape(int(np.prod(shape)), points.shape[-1]).tolist()
    return filled([spell(row) for row in lists], shape)


def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Texts in another encoding: see ``unicode_decode`` and ``unicode_encode``."""
    where = "unicode_transcode"
    writing = _Writing(where, output_encoding, errors, replacement_char)
    reading = _Reading(where, input_encoding, errors, replacement_char, replace_control_characters)
    return each(lambda text: writing.text(reading.points(as_bytes([text])[0])), input)
