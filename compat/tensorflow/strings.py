"""``tf.strings``: texts, which lie in NumPy arrays of objects.

As in TensorFlow, letters and spaces are those of ASCII unless an encoding is named. Rows of
unequal lengths are ragged tensors.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torchkeras_shim.composite import Composite
from torchkeras_shim.names import missing
from torchkeras_shim.text import Texts, as_texts

from tensorflow import dtypes
from tensorflow.ragged import RaggedTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import standardize_dtype, torch_dtype
from torchkeras.layers.preprocessing.texts import (
    as_bytes,
    as_str,
    flat_texts,
    hashes,
    text_array,
)
from torchkeras.nn import hashing

__getattr__ = missing(__name__)

_CAPITALS = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_SMALL = {ord(small): chr(capital) for capital, small in _CAPITALS.items()}
_SPACES = " \t\n\r\x0b\x0c"


def _each(function: Callable[[str], Any], input: Any, dtype: Any = object) -> Any:
    """``function`` of each text, in the shape of ``input``."""
    if isinstance(input, Composite):
        return input.with_flat_values(_each(function, input.flat_values, dtype))
    array = text_array(input)
    texts = map(as_str, flat_texts("tf.strings", array))
    result = np.empty(array.size, dtype=dtype)
    result[:] = [function(text) for text in texts]
    return as_texts(result.reshape(array.shape)) if dtype is object else result.reshape(array.shape)


def _numbers(function: Callable[[str], Any], input: Any, dtype: torch.dtype) -> torch.Tensor:
    if isinstance(input, Composite):
        return input.with_flat_values(_numbers(function, input.flat_values, dtype))
    kind = np.float64 if dtype.is_floating_point else np.int64
    return torch.as_tensor(_each(function, input, kind)).to(dtype)


def lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Texts with small letters; of other letters than A to Z only if ``encoding`` is "utf-8"."""
    return _each(str.lower if encoding else lambda text: text.translate(_CAPITALS), input)


def upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Texts with capitals; of other letters than a to z only if ``encoding`` is "utf-8"."""
    return _each(str.upper if encoding else lambda text: text.translate(_SMALL), input)


def strip(input: Any, name: str | None = None) -> Any:
    """Texts without the spaces around them."""
    return _each(lambda text: text.strip(_SPACES), input)


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Any:
    r"""Texts with ``rewrite``, in which ``\1`` stands for a group, for what ``pattern`` matches."""
    expression, rewrite = _compiled(pattern), as_str(rewrite)
    rewrite = re.sub(r"\\0", r"\\g<0>", rewrite)
    return _each(lambda text: expression.sub(rewrite, text, 0 if replace_global else 1), input)


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> torch.Tensor:
    """Whether each whole text matches."""
    expression = _compiled(pattern)
    return _numbers(lambda text: bool(expression.fullmatch(text)), input, torch.bool)


def _compiled(pattern: Any) -> re.Pattern[str]:
    pattern = pattern.item() if isinstance(pattern, np.ndarray) else pattern
    return re.compile(as_str(pattern))


def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """The parts of each text.

    Args:
        input: One text, whose parts are an array, or an array of them.
        sep: What stands between parts; None means any number of spaces.
        maxsplit: How often to split; -1 means wherever possible.
        name: Accepted.
    """
    if sep in (None, "", b""):
        parts = [list(map(as_str, text.split(None, maxsplit))) for text in as_bytes(_flat(input))]
    else:
        parts = [text.split(as_str(sep), maxsplit) for text in map(as_str, _flat(input))]
    return _rows(input, parts)


def unicode_split(
    input: Any,
    input_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """The characters of each text."""
    return _rows(input, [list(as_str(text)) for text in _flat(input)])


def bytes_split(input: Any, name: str | None = None) -> Any:
    """The bytes of each text in UTF-8."""
    octets = as_bytes(_flat(input))
    return _rows(input, [[text[i : i + 1] for i in range(len(text))] for text in octets])


def _flat(input: Any) -> list[Any]:
    if isinstance(input, Composite):
        input = input.flat_values
    return flat_texts("tf.strings", text_array(input))


def _rows(input: Any, parts: list[list[Any]], dtype: Any = None) -> Any:
    """Parts of each text: of one a tensor, of several ragged, in the rows of ``input``."""
    dtype = dtype or dtypes.string
    if isinstance(input, Composite):
        return input.with_flat_values(_rows(input.flat_values, parts, dtype))
    shape = text_array(input).shape
    if not shape:
        return convert_to_tensor(parts[0], dtype)
    flat = convert_to_tensor([part for row in parts for part in row], dtype)
    rows: Any = RaggedTensor.from_row_lengths(flat, list(map(len, parts)))
    for size in shape[:0:-1]:
        rows = RaggedTensor.from_uniform_row_length(rows, size)
    return rows


def unicode_decode(
    input: Any,
    input_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of one text as integers; of several, as rows of them."""
    return _rows(input, [list(map(ord, as_str(text))) for text in _flat(input)], torch.int32)


def unicode_encode(
    input: Any,
    output_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> np.ndarray:
    """The texts that rows of code points spell."""
    is_ragged = isinstance(input, RaggedTensor)
    rows = input.to_list() if is_ragged else convert_to_tensor(input).tolist()
    if rows and isinstance(rows[0], int):
        return text_array("".join(map(chr, rows)))
    return text_array(["".join(map(chr, row)) for row in rows])


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> torch.Tensor:
    """Number of bytes of each text in UTF-8, or of its characters ("UTF8_CHAR")."""
    count = len if unit == "UTF8_CHAR" else lambda text: len(as_bytes([text])[0])
    return _numbers(count, input, torch.int32)


def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """``len`` bytes or characters ("UTF8_CHAR") of each text from ``pos`` on."""

    def part(text: str, begin: int, count: int) -> Any:
        whole: Any = text if unit == "UTF8_CHAR" else as_bytes([text])[0]
        start = begin if begin >= 0 else max(begin + whole.__len__(), 0)
        return as_str(whole[start : start + count])

    begins, counts = np.asarray(pos), np.asarray(len)
    if begins.ndim == 0 and counts.ndim == 0:
        return _each(lambda text: part(text, int(begins), int(counts)), input)
    texts, begins, counts = np.broadcast_arrays(text_array(input), begins, counts)
    found = map(part, map(as_str, texts.ravel()), begins.ravel().tolist(), counts.ravel().tolist())
    result = np.empty(texts.size, dtype=object)
    result[:] = list(found)
    return as_texts(result.reshape(texts.shape))


def join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> np.ndarray:
    """Texts of several arrays put together, element by element."""
    arrays = np.broadcast_arrays(*map(text_array, inputs))
    rows = zip(*(map(as_str, array.ravel().tolist()) for array in arrays), strict=True)
    result = np.empty(arrays[0].size, dtype=object)
    result[:] = [as_str(separator).join(row) for row in rows]
    return result.reshape(arrays[0].shape)


def reduce_join(
    inputs: Any,
    axis: int | None = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> np.ndarray:
    """Texts along an axis, or all of them, put together."""
    if isinstance(inputs, RaggedTensor):
        if axis in (None, -1, 1) and inputs.ragged_rank == 1:
            rows = [separator.join(map(as_str, row)) for row in inputs.to_list()]
            return as_texts(rows if axis is not None else separator.join(rows))
        inner = reduce_join(inputs.values, axis - 1 if axis > 0 else axis, keepdims, separator)
        return inputs.with_values(inner)
    array = text_array(inputs)
    rows = array.reshape(1, -1) if axis is None else np.moveaxis(array, axis, -1)
    shape = rows.shape[:-1]
    texts = [separator.join(map(as_str, row)) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
    result = np.empty(texts.__len__(), dtype=object)
    result[:] = texts
    if axis is None:
        return as_texts(result.reshape((1,) * array.ndim if keepdims else ()))
    result = result.reshape(shape)
    return as_texts(np.expand_dims(result, axis) if keepdims else result)


def to_number(input: Any, out_type: Any = torch.float32, name: str | None = None) -> torch.Tensor:
    """The numbers that texts spell."""
    dtype = torch_dtype(out_type)
    if dtype.is_floating_point:
        return _numbers(float, input, dtype)
    return _numbers(int, input, dtype)


def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> np.ndarray:
    """Numbers written out.

    Args:
        input: Numbers.
        precision: Digits after the point of floats; -1 means 6.
        scientific: Whether floats have an exponent.
        shortest: Whether floats are written as short as they can be.
        width: Least number of characters.
        fill: What fills shorter ones up: a space, or "0".
        name: Accepted.
    """
    tensor = convert_to_tensor(input)
    kind = standardize_dtype(tensor.dtype)
    if kind == "bool":
        form = {True: "true", False: "false"}.__getitem__
    elif kind.startswith(("int", "uint")):
        form = str
    else:
        letter = "e" if scientific else "g" if shortest else "f"
        form = f"{{:.{6 if precision < 0 else precision}{letter}}}".format
    flat = [form(value).rjust(max(width, 0), fill or " ") for value in tensor.ravel().tolist()]
    result = np.empty(flat.__len__(), dtype=object)
    result[:] = flat
    return result.reshape(tuple(tensor.shape))


def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """N-grams of each row of words, joined by ``separator``.

    Args:
        data: Words; the last axis, ragged or not, holds a row.
        ngram_width: How many words, or several such numbers.
        separator: What stands between words.
        pad_values: What is put before and after a row: one text, or a pair of them.
        padding_width: How many of them; at most, and unless named, ``ngram_width - 1``.
        preserve_short_sequences: Whether a row that is too short gives itself.
        name: Accepted.
    """
    if isinstance(data, RaggedTensor) and data.ragged_rank > 1:
        settings = (ngram_width, separator, pad_values, padding_width, preserve_short_sequences)
        return data.with_values(ngrams(data.values, *settings))
    widths = (ngram_width,) if isinstance(ngram_width, int) else tuple(ngram_width)
    pads = (pad_values, pad_values) if isinstance(pad_values, (str, bytes)) else pad_values
    is_row = not isinstance(data, RaggedTensor) and text_array(data).ndim == 1
    rows = [_flat(data)] if is_row else data.to_list() if isinstance(data, RaggedTensor) else data
    made = []
    for row in rows:
        words, parts = [as_str(word) for word in row], []
        for width in widths:
            count = width - 1 if padding_width is None else min(padding_width, width - 1)
            before, after = ([as_str(p)] * count for p in pads) if pads is not None else ([], [])
            whole = before + words + after
            last = len(whole) - width + 1
            parts += [separator.join(whole[i : i + width]) for i in range(last)]
        if not parts and words and preserve_short_sequences:
            parts = [separator.join(words)]
        made.append(parts)
    return convert_to_tensor(made[0], dtypes.string) if is_row else _rows([""] * len(made), made)


def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> torch.Tensor:
    """The bucket of each text's FarmHash fingerprint."""
    return _bucket(input, num_buckets, None)


def to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Sequence[int], name: str | None = None
) -> torch.Tensor:
    """The bucket of each text's SipHash under a key of two integers."""
    return _bucket(input, num_buckets, list(key))


def _bucket(input: Any, buckets: int, key: list[int] | None) -> torch.Tensor:
    array = text_array(input)
    flat = flat_texts("tf.strings", array)
    return hashing.bucket(hashes(flat, key), buckets).reshape(array.shape)


def format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Texts:
    """``template`` with tensors written in the place of its placeholders.

    Args:
        template: The text.
        inputs: One tensor, or several.
        placeholder: What stands for a tensor.
        summarize: How many elements are written at both ends of an axis; -1 means all.
        name: Accepted.
    """
    values = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    parts = template.split(placeholder)
    written = [_written(value, summarize) for value in values]
    if len(written) != len(parts) - 1:
        raise argument_error(
            "tf.strings.format", "inputs", f"{len(written)} of them", f"{len(parts) - 1}"
        )
    return as_texts("".join(a + b for a, b in zip(parts, [*written, ""], strict=True)))


def _written(value: Any, summarize: int) -> str:
    tensor = convert_to_tensor(value)
    if not tensor.ndim:
        return f'"{as_str(tensor.item())}"' if isinstance(tensor, Texts) else f"{tensor.item():g}"
    parts = [_written(part, summarize) for part in tensor]
    if summarize >= 0 and len(parts) > 2 * summarize:
        parts = [*parts[:summarize], "...", *parts[-summarize:]]
    return f"[{' '.join(parts)}]"


def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Texts in another encoding; what can't be read or written is replaced."""
    kind = "replace" if errors == "replace" else "ignore" if errors == "ignore" else "strict"

    def change(text: str) -> bytes:
        octets = as_bytes([text])[0]
        return octets.decode(input_encoding, kind).encode(output_encoding, kind)

    return _each(change, input)


def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Code points, and at which byte each begins."""
    return unicode_decode(input, input_encoding), _offsets(input)


def unicode_split_with_offsets(
    input: Any,
    input_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Characters, and at which byte each begins."""
    return unicode_split(input, input_encoding), _offsets(input)


def _offsets(input: Any) -> Any:
    """At which byte of UTF-8 each character begins."""
    found = []
    for text in map(as_str, _flat(input)):
        ends = np.cumsum([0, *(len(as_bytes([letter])[0]) for letter in text)])
        found.append(ends[:-1].tolist())
    return _rows(input, found, torch.int64)


def unsorted_segment_join(
    inputs: Any,
    segment_ids: Any,
    num_segments: Any,
    separator: str = "",
    name: str | None = None,
) -> Texts:
    """Texts with the same number put together."""
    groups: list[list[str]] = [[] for _ in range(int(num_segments))]
    for text, number in zip(_flat(inputs), convert_to_tensor(segment_ids).tolist(), strict=True):
        if number >= 0:
            groups[number].append(as_str(text))
    return as_texts([separator.join(group) for group in groups])
