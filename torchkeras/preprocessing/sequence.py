"""Sequences to training data, as tf.keras 2 did it."""

import json
import random
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.data import PyDataset
from torchkeras.utils.sequences import pad_sequences

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]

EULER = 0.577


class TimeseriesGenerator(PyDataset):
    """Batches of windows over a series, each with the target that follows it.

    Args:
        data: The series, time first.
        targets: A target for each step.
        length: Steps that a window reaches back.
        sampling_rate: Steps between two values of a window.
        stride: Steps between two windows.
        start_index: First step to use.
        end_index: Last step to use; None is the last one.
        shuffle: Whether windows are drawn at random.
        reverse: Whether windows run backwards in time.
        batch_size: Windows in a batch.
        **kwargs: Of ``PyDataset``.

    Raises:
        ValueError: ``data`` and ``targets`` differ in length, or no step is left.

    Source: tf.keras 2 ``TimeseriesGenerator``.

    Example:
        >>> x, y = TimeseriesGenerator(np.arange(5), np.arange(5), length=2)[0]
        >>> x.tolist(), y.tolist()
        ([[0, 1], [1, 2], [2, 3]], [2, 3, 4])
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise argument_error(
                self,
                "targets",
                f"of length {len(targets)}",
                f"{len(data)}, the length of data",
                "Data and targets have to be of same length.",
            )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise argument_error(
                self,
                "start_index+length",
                self.start_index,
                f"at most end_index={self.end_index}",
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is "
                "disallowed, as no part of the sequence would be left.",
            )

    def __len__(self) -> int:
        steps = self.batch_size * self.stride
        return (self.end_index - self.start_index + steps) // steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        last = self.end_index + 1
        if self.shuffle:
            rows = np.random.randint(self.start_index, last, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, last), self.stride)
        step = self.sampling_rate
        samples = np.array([self.data[row - self.length : row : step] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1] if self.reverse else samples), targets

    def get_config(self) -> dict[str, Any]:
        """The arguments; data and targets as JSON text."""
        return {
            "data": _as_json("data", self.data),
            "targets": _as_json("targets", self.targets),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON text; ``kwargs`` go to ``json.dumps``."""
        config = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(config, **kwargs)


def _as_json(name: str, values: Any) -> str:
    try:
        return json.dumps(values.tolist() if hasattr(values, "tolist") else values)
    except TypeError as error:
        raise TypeError(f"{name.capitalize()} not JSON Serializable: {values}") from error


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """Chance, in [0, 1], that ``skipgrams`` keeps the word of each rank of frequency.

    Args:
        size: Number of words.
        sampling_factor: Lower keeps fewer of the frequent words.

    Source: tf.keras 2 ``make_sampling_table``.
    """
    rank = np.maximum(np.arange(size), 1)
    rarity = rank * (np.log(rank) + EULER) + 0.5 - 1 / (12.0 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * rarity))


def skipgrams(
    sequence: list[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words that stand near each other, labelled 1, and random pairs, labelled 0.

    Args:
        sequence: Word indices; 0 is no word.
        vocabulary_size: One more than the largest index.
        window_size: How far apart, in words, near is.
        negative_samples: Random pairs for each near one; 0 for none.
        shuffle: Whether the pairs are shuffled.
        categorical: Whether labels are ``[0, 1]`` and ``[1, 0]``.
        sampling_table: Chance to keep each word (``make_sampling_table``).
        seed: Of the shuffling.

    Source: tf.keras 2 ``skipgrams``.
    """
    near = [
        [word, sequence[j]]
        for i, word in enumerate(sequence)
        if word and (sampling_table is None or sampling_table[word] >= random.random())
        for j in range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        if j != i and sequence[j]
    ]
    couples, labels = near, [[0, 1] if categorical else 1 for _ in near]
    if negative_samples > 0:
        words = [couple[0] for couple in near]
        random.shuffle(words)
        count = int(len(labels) * negative_samples)
        couples = near + [
            [words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)
        ]
        labels = labels + [[1, 0] if categorical else 0 for _ in range(count)]
    if shuffle:
        seed = random.randint(0, 10**7) if seed is None else seed
        random.seed(seed)
        random.shuffle(couples)
        random.seed(seed)
        random.shuffle(labels)
    return couples, labels
