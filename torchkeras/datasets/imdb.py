"""IMDB: 50,000 film reviews as word indices, good or bad."""

from typing import Any

import numpy as np

from torchkeras.core.checks import kind_error
from torchkeras.datasets import words
from torchkeras.datasets.source import Pair, fetch, load_npz

HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORDS_HASH = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    cache_dir: str | None = None,
    **kwargs: Any,
) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Words are numbered by how frequent they are, from 1.

    Args:
        path: Name of the file in the cache.
        num_words: Indices from this on count as unknown; None keeps all words.
        skip_top: So many of the most frequent words count as unknown.
        maxlen: Only reviews shorter than this are kept.
        seed: Of the order.
        start_char: Index put in front of a review; None for none.
        oov_char: Index of unknown words; None leaves them out.
        index_from: Added to the index of every word.
        cache_dir: Root of the cache; None is Keras's.
        nb_words: Old name of ``num_words``.

    Shape:
        x: ``(25000,)`` and ``(25000,)``, lists of int.
        y: ``(25000,)`` and ``(25000,)``, 1 for good, 0 for bad.

    Raises:
        ValueError: no review is shorter than ``maxlen``.

    Source: Keras 3 ``imdb.load_data``.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise kind_error("imdb.load_data", "an argument", sorted(kwargs)[0], "none so named")
    arrays = load_npz(fetch(path, "imdb.npz", HASH, cache_dir))
    order = np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        x, y = words.shuffled(arrays[f"x_{part}"], arrays[f"y_{part}"], order)
        x = words.with_start(x, start_char, index_from)
        parts.append(words.not_longer_than(maxlen, x, y))
    (x_train, y_train), (x_test, y_test) = parts
    x = words.within(x_train + x_test, num_words, skip_top, oov_char)
    cut = len(x_train)
    return (x[:cut], y_train), (x[cut:], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Index of each word, before ``index_from`` is added.

    Args:
        path: Name of the file in the cache.

    Source: Keras 3 ``imdb.get_word_index``.
    """
    return words.word_index(path, "imdb_word_index.json", WORDS_HASH)
