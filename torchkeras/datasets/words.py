"""What the sets of word indices, IMDB and Reuters, have in common."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.datasets.source import fetch


def shuffled(x: np.ndarray, y: np.ndarray, order: "np.random.RandomState") -> tuple[Any, Any]:
    """``x`` and ``y`` in the next order of the generator."""
    indices = np.arange(len(x))
    order.shuffle(indices)
    return x[indices], y[indices]


def with_start(
    sequences: Iterable[list[int]], start_char: int | None, index_from: int | None
) -> list[list[int]]:
    """Indices moved up by ``index_from``, with ``start_char`` in front unless it is None."""
    first = [] if start_char is None else [start_char]
    offset = index_from or 0
    return [first + [word + offset for word in sequence] for sequence in sequences]


def not_longer_than(
    maxlen: int | None, x: list[list[int]], y: np.ndarray
) -> tuple[list[list[int]], np.ndarray]:
    """The sequences below ``maxlen`` words.

    Raises:
        ValueError: there are none.
    """
    if not maxlen:
        return x, y
    kept = [index for index, sequence in enumerate(x) if len(sequence) < maxlen]
    if not kept:
        raise argument_error(
            "load_data", "maxlen", maxlen, "more", "no sequence was kept. Increase maxlen."
        )
    return [x[index] for index in kept], y[kept]


def within(
    x: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None
) -> np.ndarray:
    """Sequences of the words from ``skip_top`` up to ``num_words``, others as ``oov_char``."""
    limit = num_words or max(max(sequence) for sequence in x)
    array = np.empty(len(x), dtype=object)
    for index, sequence in enumerate(x):
        if oov_char is None:
            array[index] = [word for word in sequence if skip_top <= word < limit]
        else:
            array[index] = [w if skip_top <= w < limit else oov_char for w in sequence]
    return array


def word_index(path: str, name: str, file_hash: str) -> dict[str, int]:
    """The index of every word."""
    with open(fetch(path, name, file_hash), encoding="utf-8") as file:
        return json.load(file)
