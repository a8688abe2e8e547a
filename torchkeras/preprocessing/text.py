"""Text to word indices, as tf.keras 2 did it."""

import hashlib
import json
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error, kind_error, moment_error

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
MODES = ("binary", "count", "freq", "tfidf")
Text = str | list[str]


def text_to_word_sequence(
    input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Words of a text.

    Args:
        input_text: The text.
        filters: Characters that part words, like ``split``.
        lower: Whether it is put in lower case.
        split: What parts words.

    Source: tf.keras 2 ``text_to_word_sequence``.

    Example:
        >>> text_to_word_sequence("Good, better!")
        ['good', 'better']
    """
    text = input_text.lower() if lower else input_text
    text = text.translate(str.maketrans(dict.fromkeys(filters, split)))
    return [word for word in text.split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Indices from 1 to ``n - 1`` by Python's ``hash`` of the words, new in each process.

    Args:
        n: One more than the largest index.
        input_text, filters, lower, split, analyzer: As in ``Tokenizer``.

    Source: tf.keras 2 ``one_hot``.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: str | Callable[[str], int] | None = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Indices from 1 to ``n - 1`` by a hash of the words.

    Args:
        n: One more than the largest index.
        hash_function: Word to integer; ``"md5"`` is the same in every process; None is ``hash``.
        text, filters, lower, split, analyzer: As in ``Tokenizer``.

    Source: tf.keras 2 ``hashing_trick``.
    """
    if hash_function == "md5":
        hash_function = _md5
    words = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    return [(hash_function or hash)(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers words by how frequent they are, from 1, and turns texts into numbers.

    Args:
        num_words: Only words with an index below this are used; None uses all.
        filters: Characters that part words, like ``split``.
        lower: Whether texts are put in lower case.
        split: What parts words.
        char_level: Whether every character is a word.
        oov_token: Stands for unknown words, as number 1; None leaves them out.
        analyzer: Text to words; None is ``text_to_word_sequence``.
        nb_words: Old name of ``num_words``.
        document_count: Number of texts seen before.

    Attributes:
        word_index: Word to number. index_word: number to word.
        word_counts: Word to the number of times it was seen.
        word_docs: Word to the number of texts it was seen in. index_docs: the same by number.
        document_count: Number of texts seen.

    Source: tf.keras 2 ``Tokenizer``.

    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["a b a"])
        >>> tokenizer.texts_to_sequences(["b a c"])
        [[2, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.num_words = kwargs.pop("nb_words", num_words)
        self.document_count: int = kwargs.pop("document_count", 0)
        if kwargs:
            raise kind_error(self, "an argument", sorted(kwargs)[0], "none so named")
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts: dict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.index_docs: dict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Text) -> Iterable[str]:
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return text.lower() if self.lower else text
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Text]) -> None:
        """Count the words of ``texts`` (strings or lists of words) and number them anew."""
        for text in texts:
            self.document_count += 1
            words = list(self._words(text))
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        by_count = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)
        vocabulary = by_count if self.oov_token is None else [self.oov_token, *by_count]
        self.word_index = dict(zip(vocabulary, range(1, len(vocabulary) + 1), strict=True))
        self.index_word = {index: word for word, index in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: list[list[int]]) -> None:
        """Count in how many of ``sequences`` each number is, for ``"tfidf"`` without texts."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for index in set(sequence):
                self.index_docs[index] += 1

    def texts_to_sequences(self, texts: Iterable[Text]) -> list[list[int]]:
        """Numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Text]) -> Iterator[list[int]]:
        """The same, one text at a time."""
        unknown = self.word_index.get(self.oov_token)
        for text in texts:
            indices = (self.word_index.get(word) for word in self._words(text))
            known = (index if self._is_used(index) else unknown for index in indices)
            yield [index for index in known if index is not None]

    def sequences_to_texts(self, sequences: Iterable[list[int]]) -> list[str]:
        """Words of each list of numbers, with a blank between."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[list[int]]) -> Iterator[str]:
        """The same, one list at a time."""
        unknown = self.index_word.get(self.word_index.get(self.oov_token))
        for sequence in sequences:
            words = (
                self.index_word.get(index, unknown) if self._is_used(index) else unknown
                for index in sequence
            )
            yield " ".join(word for word in words if word is not None)

    def _is_used(self, index: int | None) -> bool:
        return index is not None and not (self.num_words and index >= self.num_words)

    def texts_to_matrix(self, texts: Iterable[Text], mode: str = "binary") -> np.ndarray:
        """``sequences_to_matrix`` of the texts' numbers."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: list[list[int]], mode: str = "binary") -> np.ndarray:
        """A row for each list, a column for each number.

        Args:
            sequences: Lists of numbers.
            mode: ``"binary"`` (is it there), ``"count"``, ``"freq"`` (count by length) or
                ``"tfidf"``.

        Raises:
            ValueError: another mode.
            RuntimeError: nothing was fitted that the mode needs.
        """
        if mode not in MODES:
            raise argument_error(
                self, "mode", mode, f"one of {', '.join(MODES)}", "Unknown vectorization mode."
            )
        if not self.num_words and not self.word_index:
            raise _not_fitted(self, "Specify a dimension (`num_words` argument), or fit on texts.")
        if mode == "tfidf" and not self.document_count:
            raise _not_fitted(self, "Fit the Tokenizer on some data before using tfidf mode.")
        width = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), width))
        for row, sequence in zip(matrix, sequences, strict=True):
            for index, count in Counter(i for i in sequence if i < width).items():
                row[index] = self._weight(mode, index, count, len(sequence))
        return matrix

    def _weight(self, mode: str, index: int, count: int, length: int) -> float:
        if mode == "binary":
            return 1
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        documents = 1 + self.index_docs.get(index, 0)
        return (1 + np.log(count)) * np.log(1 + self.document_count / documents)

    def get_config(self) -> dict[str, Any]:
        """All that ``tokenizer_from_json`` needs; the counts are JSON texts."""
        counts = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            **{name: json.dumps(getattr(self, name)) for name in counts},
        }

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON text; ``kwargs`` go to ``json.dumps``."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **kwargs)


def _not_fitted(tokenizer: Tokenizer, hint: str) -> Exception:
    error = moment_error(tokenizer, "it has seen no texts", hint)
    return _NotFitted(str(error))


class _NotFitted(RuntimeError, ValueError):
    """The wrong moment; Keras raises a ValueError."""


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that ``Tokenizer.to_json`` wrote.

    Source: tf.keras 2 ``tokenizer_from_json``.
    """
    config = dict(json.loads(json_string)["config"])
    by_word = {k: json.loads(config.pop(k)) for k in ("word_counts", "word_docs", "word_index")}
    by_index = {k: json.loads(config.pop(k)) for k in ("index_docs", "index_word")}
    tokenizer = Tokenizer(**config)
    for name, values in by_word.items():
        setattr(tokenizer, name, values)
    for name, values in by_index.items():
        setattr(tokenizer, name, {int(index): value for index, value in values.items()})
    return tokenizer
