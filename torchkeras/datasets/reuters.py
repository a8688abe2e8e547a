"""Reuters: 11,228 newswires as word indices, in 46 topics."""

import numpy as np

from torchkeras.datasets import words
from torchkeras.datasets.source import Pair, fetch, load_npz

HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORDS_HASH = "4d44cc38712099c9e383dc6e5f11a921"
TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves "
    "ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin "
    "strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange "
    "pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    cache_dir: str | None = None,
) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Words are numbered by how frequent they are, from 1.

    Args:
        path: Name of the file in the cache.
        num_words: Indices from this on count as unknown; None keeps all words.
        skip_top: So many of the most frequent words count as unknown.
        maxlen: Only newswires shorter than this are kept.
        test_split: Fraction in [0, 1) kept for the test.
        seed: Of the order before splitting.
        start_char: Index put in front of a newswire; None for none.
        oov_char: Index of unknown words; None leaves them out.
        index_from: Added to the index of every word.
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(8982,)`` and ``(2246,)``, lists of int.
        y: ``(8982,)`` and ``(2246,)``, topics from 0 to 45 (``get_label_names``).

    Raises:
        ValueError: no newswire is shorter than ``maxlen``.

    Source: Keras 3 ``reuters.load_data``.
    """
    arrays = load_npz(fetch(path, "reuters.npz", HASH, cache_dir))
    x, y = words.shuffled(arrays["x"], arrays["y"], np.random.RandomState(seed))
    x, y = words.not_longer_than(maxlen, words.with_start(x, start_char, index_from), y)
    x = words.within(x, num_words, skip_top, oov_char)
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Index of each word, before ``index_from`` is added.

    Args:
        path: Name of the file in the cache.

    Source: Keras 3 ``reuters.get_word_index``.
    """
    return words.word_index(path, "reuters_word_index.json", WORDS_HASH)


def get_label_names() -> tuple[str, ...]:
    """Names of the topics, in order of their numbers.

    Source: Keras 3 ``reuters.get_label_names``.
    """
    return tuple(TOPICS.split())
