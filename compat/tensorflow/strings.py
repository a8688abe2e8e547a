"""``tf.strings``: texts, which lie in NumPy arrays of objects.

As in TensorFlow, letters and spaces are those of ASCII unless an encoding is named. Rows of
unequal lengths are ``RaggedTexts``, which ``to_tensor`` makes rectangular.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torchkeras_shim.names import missing

from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import standardize_dtype, torch_dtype
from torchkeras.layers.preprocessing.ragged import RaggedTexts, ngrams_of
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
    if isinstance(input, RaggedTexts):
        return RaggedTexts([function(as_str(text)) for text in input.values], input.lengths)
    array = text_array(input)
    texts = map(as_str, flat_texts("tf.strings", array))
    result = np.empty(array.size, dtype=dtype)
    result[:] = [function(text) for text in texts]
    return result.reshape(array.shape)


def _numbers(function: Callable[[str], Any], input: Any, dtype: torch.dtype) -> torch.Tensor:
    return torch.as_tensor(_each(function, input, np.float64)).to(dtype)


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


def split(
    input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None
) -> "np.ndarray | RaggedTexts":
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
) -> "np.ndarray | RaggedTexts":
    """The characters of each text."""
    return _rows(input, [list(as_str(text)) for text in _flat(input)])


def bytes_split(input: Any, name: str | None = None) -> "np.ndarray | RaggedTexts":
    """The bytes of each text in UTF-8."""
    octets = as_bytes(_flat(input))
    return _rows(input, [[text[i : i + 1] for i in range(len(text))] for text in octets])


def _flat(input: Any) -> list[Any]:
    return flat_texts("tf.strings", text_array(input))


def _rows(input: Any, parts: list[list[Any]]) -> "np.ndarray | RaggedTexts":
    array = text_array(input)
    if array.ndim > 1:
        raise argument_error("tf.strings", "input shape", array.shape, "one text or a row of them")
    return RaggedTexts.of_rows(parts) if array.ndim else np.array(parts[0], dtype=object)


def unicode_decode(
    input: Any,
    input_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of one text as integers; of several, as rows of them."""
    points = [list(map(ord, as_str(text))) for text in _flat(input)]
    if text_array(input).ndim:
        return RaggedTexts.of_rows(points)
    return torch.tensor(points[0], dtype=torch.int32)


def unicode_encode(
    input: Any,
    output_encoding: str = "UTF-8",
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> np.ndarray:
    """The texts that rows of code points spell."""
    rows = input.rows() if isinstance(input, RaggedTexts) else convert_to_tensor(input).tolist()
    if rows and isinstance(rows[0], int):
        return text_array("".join(map(chr, rows)))
    return text_array(["".join(map(chr, row)) for row in rows])


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> torch.Tensor:
    """Number of bytes of each text in UTF-8, or of its characters ("UTF8_CHAR")."""
    count = len if unit == "UTF8_CHAR" else lambda text: len(as_bytes([text])[0])
    return _numbers(count, input, torch.int32)


def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """``len`` bytes or characters ("UTF8_CHAR") of each text from ``pos`` on."""
    begin, count = int(pos), int(len)

    def part(text: str) -> str:
        whole: Any = text if unit == "UTF8_CHAR" else as_bytes([text])[0]
        start = begin if begin >= 0 else max(begin + whole.__len__(), 0)
        return as_str(whole[start : start + count])

    return _each(part, input)


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
    if isinstance(inputs, RaggedTexts):
        return text_array([separator.join(map(as_str, row)) for row in inputs.rows()])
    array = text_array(inputs)
    rows = array.reshape(1, -1) if axis is None else np.moveaxis(array, axis, -1)
    shape = rows.shape[:-1]
    texts = [separator.join(map(as_str, row)) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
    result = np.empty(texts.__len__(), dtype=object)
    result[:] = texts
    if axis is None:
        return result.reshape((1,) * array.ndim if keepdims else ())
    result = result.reshape(shape)
    return np.expand_dims(result, axis) if keepdims else result


def to_number(input: Any, out_type: Any = torch.float32, name: str | None = None) -> torch.Tensor:
    """The numbers that texts spell."""
    dtype = torch_dtype(out_type)
    if dtype.is_floating_point:
        return _numbers(float, input, dtype)
    return torch.as_tensor(_each(int, input, np.int64)).to(dtype)


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
) -> RaggedTexts:
    """N-grams of each row of words, joined by ``separator``.

    Raises:
        ValueError: padding or short sequences are asked for.
    """
    if pad_values is not None or preserve_short_sequences:
        raise argument_error(
            "tf.strings.ngrams", "pad_values", pad_values, "None, and no short sequences"
        )
    rows = data if isinstance(data, RaggedTexts) else RaggedTexts.of_rows(text_array(data).tolist())
    widths = (ngram_width,) if isinstance(ngram_width, int) else ngram_width
    made = ngrams_of(
        RaggedTexts(as_bytes(rows.values), rows.lengths), widths, as_bytes([separator])[0]
    )
    return RaggedTexts([as_str(text) for text in made.values], made.lengths)


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
