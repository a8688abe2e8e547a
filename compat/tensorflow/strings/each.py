"""Texts one by one: what functions of ``tf.strings`` share, letters, lengths and pieces."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torchkeras_shim.composite import Composite
from torchkeras_shim.text import as_texts

from tensorflow import dtypes
from tensorflow.ragged import RaggedTensor
from tensorflow.strings.patterns import compiled, rewritten
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.layers.preprocessing.texts import as_bytes, as_str, flat_texts, text_array

_CAPITALS = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_SMALL = {ord(small): chr(capital) for capital, small in _CAPITALS.items()}
_SPACES = " \t\n\r\x0b\x0c"
_UNITS = ("BYTE", "UTF8_CHAR")


def each(function: Callable[[str], Any], input: Any) -> Any:
    """``function`` of each text, which gives texts, in the shape of ``input``."""
    if isinstance(input, Composite):
        return input.with_flat_values(each(function, input.flat_values))
    array = text_array(input)
    texts = map(as_str, flat_texts("tf.strings", array))
    return filled([function(text) for text in texts], array.shape)


def filled(texts: list[Any], shape: tuple[int, ...]) -> Any:
    """Texts in this shape."""
    result = np.empty(len(texts), dtype=object)
    result[:] = texts
    return as_texts(result.reshape(shape))


def numbers(function: Callable[[str], Any], input: Any, dtype: torch.dtype) -> torch.Tensor:
    """``function`` of each text, which gives numbers, in the shape of ``input``."""
    if isinstance(input, Composite):
        return input.with_flat_values(numbers(function, input.flat_values, dtype))
    array = text_array(input)
    found = [function(as_str(text)) for text in flat_texts("tf.strings", array)]
    wide = torch.float64 if dtype.is_floating_point else dtype
    return torch.tensor(found, dtype=wide).to(dtype).reshape(array.shape)


def flat(input: Any) -> list[Any]:
    """The texts of an array, ragged or not, one after another."""
    if isinstance(input, Composite):
        input = input.flat_values
    return flat_texts("tf.strings", text_array(input))


def rows(input: Any, parts: list[list[Any]], dtype: Any = None) -> Any:
    """Parts of each text: of one a tensor, of several ragged, in the rows of ``input``."""
    dtype = dtype or dtypes.string
    if isinstance(input, Composite):
        return input.with_flat_values(rows(input.flat_values, parts, dtype))
    shape = text_array(input).shape
    if not shape:
        return convert_to_tensor(parts[0], dtype)
    whole = convert_to_tensor([part for row in parts for part in row], dtype)
    found: Any = RaggedTensor.from_row_lengths(whole, list(map(len, parts)))
    for size in shape[:0:-1]:
        found = RaggedTensor.from_uniform_row_length(found, size)
    return found


def lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Texts with small letters; of other letters than A to Z only if ``encoding`` is "utf-8"."""
    return _changed("lower", str.lower, _CAPITALS, input, encoding)


def upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Texts with capitals; of other letters than a to z only if ``encoding`` is "utf-8"."""
    return _changed("upper", str.upper, _SMALL, input, encoding)


def _changed(
    where: str, change: Callable[[str], str], letters: dict[int, str], input: Any, encoding: str
) -> Any:
    if encoding == "":
        return each(lambda text: text.translate(letters), input)
    if encoding.lower() != "utf-8":
        raise argument_error(f"tf.strings.{where}", "encoding", encoding, '"" or "utf-8"')
    return each(lambda text: change(as_bytes([text])[0].decode("utf-8", "replace")), input)


def strip(input: Any, name: str | None = None) -> Any:
    """Texts without the spaces around them."""
    return each(lambda text: text.strip(_SPACES), input)


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Any:
    r"""Texts with ``rewrite``, in which ``\1`` stands for a group, for what ``pattern`` matches.

    Args:
        input: Texts.
        pattern: A regular expression as RE2 writes them.
        rewrite: What takes its place.
        replace_global: Whether every match is replaced, or the first one.
        name: Accepted.

    Raises:
        ValueError: the pattern is none, or ``rewrite`` names a group that it doesn't have.
    """
    expression = compiled(pattern)
    return each(rewritten(expression, as_str(_one(rewrite)), replace_global), input)


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> torch.Tensor:
    """Whether each whole text matches."""
    expression = compiled(pattern)
    return numbers(lambda text: bool(expression.fullmatch(text)), input, torch.bool)


def _one(text: Any) -> Any:
    return text.item() if isinstance(text, np.ndarray) else text


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> torch.Tensor:
    """Number of bytes of each text in UTF-8, or of its characters (``unit`` "UTF8_CHAR")."""
    _check_unit("length", unit)
    count = len if unit == "UTF8_CHAR" else lambda text: len(as_bytes([text])[0])
    return numbers(count, input, torch.int32)


def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """``len`` bytes or characters of each text from ``pos`` on.

    Args:
        input: Texts.
        pos: Where pieces begin, from 0; negative numbers count from the end.
        len: How long they are at most, one for all or one for each; in bytes, a negative one
            reaches to the end.
        unit: ``"BYTE"`` (of UTF-8) or ``"UTF8_CHAR"``.
        name: Accepted.

    Raises:
        ValueError: a piece begins beyond its text, or there are not as many ``len`` as ``pos``.
        TypeError: ``pos`` or ``len`` aren't whole numbers.
    """
    _check_unit("substr", unit)
    if isinstance(input, Composite):
        return input.with_flat_values(substr(input.flat_values, pos, len, unit))
    begins, counts = np.asarray(pos), np.asarray(len)
    if begins.shape != counts.shape:
        raise argument_error("tf.strings.substr", "len", counts, f"as many as pos, {begins.shape}")
    if begins.dtype.kind not in "iu" or counts.dtype.kind not in "iu":
        raise kind_error("tf.strings.substr", "pos", pos, "whole numbers")

    def piece(text: str, begin: int, count: int) -> str:
        whole: Any = text if unit == "UTF8_CHAR" else as_bytes([text])[0]
        size = whole.__len__()
        if not -size <= begin <= size:
            raise argument_error("tf.strings.substr", "pos", begin, f"-{size} to {size}, {text!r}")
        start = begin if begin >= 0 else begin + size
        if count < 0:
            count = 0 if unit == "UTF8_CHAR" else size
        return as_str(whole[start : start + count])

    texts, begins, counts = np.broadcast_arrays(text_array(input), begins, counts)
    places = zip(begins.ravel().tolist(), counts.ravel().tolist(), strict=True)
    whole = map(as_str, texts.ravel().tolist())
    return filled([piece(text, *at) for text, at in zip(whole, places, strict=True)], texts.shape)


def _check_unit(where: str, unit: str) -> None:
    if unit not in _UNITS:
        raise argument_error(f"tf.strings.{where}", "unit", unit, '"BYTE" or "UTF8_CHAR"')
