"""Texts put together, and taken apart."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from torchkeras_shim.composite import Composite
from torchkeras_shim.sizes import as_size, as_sizes
from torchkeras_shim.text import Texts, as_texts

from tensorflow import dtypes, ragged
from tensorflow.arrays import expand_dims
from tensorflow.ragged import RaggedTensor, map_flat_values
from tensorflow.strings.each import filled, flat, rows
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.layers.preprocessing.texts import as_bytes, as_str, text_array


def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """The parts of each text.

    Args:
        input: One text, whose parts are an array, or an array of them.
        sep: What stands between parts; None means any number of spaces.
        maxsplit: How often to split; -1 means wherever possible.
        name: Accepted.
    """
    if sep is None or as_str(sep) == "":
        parts = [list(map(as_str, text.split(None, maxsplit))) for text in as_bytes(flat(input))]
    else:
        parts = [text.split(as_str(sep), maxsplit) for text in map(as_str, flat(input))]
    return rows(input, parts)


def bytes_split(input: Any, name: str | None = None) -> Any:
    """The bytes of each text in UTF-8."""
    octets = as_bytes(flat(input))
    return rows(input, [[text[i : i + 1] for i in range(len(text))] for text in octets])


def join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> Any:
    """Texts of several arrays put together, element by element; single ones go with all.

    Raises:
        ValueError: the shapes of the arrays differ.
    """
    if any(isinstance(part, Composite) for part in inputs):
        return map_flat_values(lambda *parts: join(parts, separator), *inputs)
    arrays = [text_array(part) for part in inputs]
    shapes = {array.shape for array in arrays if array.ndim}
    if len(shapes) > 1:
        raise argument_error("tf.strings.join", "inputs", sorted(shapes), "arrays of one shape")
    spread = np.broadcast_arrays(as_texts(""), *arrays)[1:]
    columns = [list(map(as_str, array.ravel().tolist())) for array in spread]
    if not columns:
        return as_texts("")
    texts = [as_str(separator).join(row) for row in zip(*columns, strict=True)]
    return filled(texts, spread[0].shape)


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Any:
    """Texts along axes, or all of them, put together.

    Args:
        inputs: Texts, ragged or not.
        axis: One axis, or several: those along the first are put together first; None means all
            of them from the last on.
        keepdims: Whether axes stay, with length 1.
        separator: What stands between texts.
        name: Accepted.
    """
    x = inputs if isinstance(inputs, Composite) else as_texts(inputs)
    rank = len(x.shape)
    axes = range(rank)[::-1] if axis is None else as_sizes(axis)
    chosen = [_within(rank, as_size(one)) for one in axes]
    for place, one in enumerate(chosen):
        # Axes that were before this one, and are gone.
        gone = 0 if keepdims else sum(other < one for other in chosen[:place])
        x = _joined(x, one - gone, as_str(separator))
        x = expand_dims(x, one) if keepdims else x
    return x


def _within(rank: int, axis: int) -> int:
    if not -rank <= axis < rank:
        raise argument_error("tf.strings.reduce_join", "axis", axis, f"-{rank} to {rank - 1}")
    return axis % rank


def _joined(x: Any, axis: int, separator: str) -> Any:
    """Texts along one axis put together."""
    if not isinstance(x, RaggedTensor):
        turned = np.moveaxis(np.asarray(x), axis, -1)
        lists = turned.reshape(-1, turned.shape[-1]) if turned.size else [[]] * _count(turned)
        return filled([separator.join(map(as_str, row)) for row in lists], turned.shape[:-1])
    listed = _along(x.to_list(), axis, len(x.shape), separator)
    left = x.ragged_rank - 1
    return ragged.constant(listed, dtypes.string, left) if left else as_texts(listed)


def _count(array: np.ndarray) -> int:
    return int(np.prod(array.shape[:-1]))


def _along(rows: Any, axis: int, rank: int, separator: str) -> Any:
    """The same of nested lists of unequal lengths."""
    if axis:
        return [_along(row, axis - 1, rank - 1, separator) for row in rows]
    if rank == 1:
        return separator.join(map(as_str, rows))
    columns = zip_longest(*rows, fillvalue=None)
    present = [[part for part in column if part is not None] for column in columns]
    return [_along(column, 0, rank - 1, separator) for column in present]


def unsorted_segment_join(
    inputs: Any,
    segment_ids: Any,
    num_segments: Any,
    separator: str = "",
    name: str | None = None,
) -> Texts:
    """Texts with the same number put together.

    Args:
        inputs: Texts; those along axes that ``segment_ids`` lack stay apart.
        segment_ids: The number of each text, below ``num_segments``.
        num_segments: How many there are.
        separator: What stands between texts.
        name: Accepted.

    Raises:
        ValueError: a number is negative or too large, or there aren't as many as texts.
    """
    where = "tf.strings.unsorted_segment_join"
    texts, numbers = as_texts(inputs), np.asarray(convert_to_tensor(segment_ids))
    if texts.shape[: numbers.ndim] != numbers.shape:
        raise argument_error(
            where, "segment_ids", numbers.shape, f"as many as texts, {texts.shape}"
        )
    count, inner = int(num_segments), texts.shape[numbers.ndim :]
    flat_numbers = numbers.ravel().tolist()
    if flat_numbers and not 0 <= min(flat_numbers) <= max(flat_numbers) < count:
        raise argument_error(where, "segment_ids", numbers.tolist(), f"0 to {count - 1}")
    table = np.asarray(texts).reshape(len(flat_numbers), -1)
    groups: list[list[list[str]]] = [[[] for _ in range(table.shape[1])] for _ in range(count)]
    for number, row in zip(flat_numbers, table.tolist(), strict=True):
        for group, text in zip(groups[number], row, strict=True):
            group.append(as_str(text))
    found = [as_str(separator).join(group) for column in groups for group in column]
    return filled(found, (count, *inner))


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

    Raises:
        ValueError: a width is below 1, or ``padding_width`` stands alone.
    """
    where = "tf.strings.ngrams"
    widths = (ngram_width,) if isinstance(ngram_width, int) else tuple(ngram_width)
    if min(widths, default=1) < 1:
        raise argument_error(where, "ngram_width", ngram_width, "1 or more")
    if padding_width is not None and (pad_values is None or padding_width < 1):
        raise argument_error(where, "padding_width", padding_width, "1 or more, with pad_values")
    pads = (pad_values, pad_values) if isinstance(pad_values, (str, bytes)) else pad_values
    if pads is not None and len(pads) != 2:
        raise argument_error(where, "pad_values", pad_values, "one text, or a pair of them")
    if isinstance(data, RaggedTensor) and data.ragged_rank > 1:
        settings = (ngram_width, separator, pad_values, padding_width, preserve_short_sequences)
        return data.with_values(ngrams(data.values, *settings))
    if not isinstance(data, RaggedTensor):
        data = as_texts(data)
    if not len(data.shape):
        raise argument_error(where, "data", data, "one axis or more")
    width = data.shape[-1]
    lists = data.to_list() if isinstance(data, RaggedTensor) else data.reshape(-1, width).tolist()
    made = []
    for row in lists:
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
    if isinstance(data, RaggedTensor):
        return rows([""] * len(made), made)
    return filled(
        [part for row in made for part in row], (*data.shape[:-1], -1 if made and made[0] else 0)
    )
