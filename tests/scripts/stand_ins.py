"""Small synthetic arrays in place of ``keras.datasets``, in the forms that their loaders give."""

from collections.abc import Callable
from typing import Any

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]


def install(rooms: list[Any]) -> None:
    """Let each room's loaders return the stand-ins."""
    for room in rooms:
        sets = room.datasets
        sets.mnist.load_data = _pictures((28, 28), 10)
        sets.fashion_mnist.load_data = _pictures((28, 28), 10)
        sets.cifar10.load_data = _pictures((32, 32, 3), 10, column=True)
        sets.cifar100.load_data = _pictures((32, 32, 3), 100, column=True)
        sets.boston_housing.load_data = _table(13)
        if hasattr(sets, "california_housing"):
            sets.california_housing.load_data = _table(8)
        sets.imdb.load_data = _texts(2)
        sets.reuters.load_data = _texts(46)
        sets.imdb.get_word_index = sets.reuters.get_word_index = _word_index


def _pictures(shape: tuple[int, ...], classes: int, column: bool = False) -> Callable:
    def load_data(*args: Any, **options: Any) -> tuple[Pair, Pair]:
        numbers = np.random.default_rng(7)
        centres = numbers.integers(0, 200, (classes, *shape))

        def part(n: int) -> Pair:
            y = numbers.integers(0, classes, n).astype("uint8")
            x = centres[y] + numbers.integers(0, 56, (n, *shape))
            return x.astype("uint8"), (y[:, None] if column else y)

        return part(512), part(128)

    return load_data


def _table(features: int) -> Callable:
    def load_data(*args: Any, **options: Any) -> tuple[Pair, Pair]:
        numbers = np.random.default_rng(8)
        weights = numbers.normal(size=features)

        def part(n: int) -> Pair:
            x = numbers.normal(size=(n, features)) * np.arange(1, features + 1)
            return x, 20 + x @ weights / features + numbers.normal(size=n)

        return part(404), part(102)

    return load_data


def _texts(classes: int) -> Callable:
    def load_data(
        path: Any = None,
        num_words: int | None = None,
        skip_top: int = 0,
        maxlen: int | None = None,
        seed: int = 113,
        start_char: int | None = 1,
        oov_char: int | None = 2,
        index_from: int = 3,
        **options: Any,
    ) -> tuple[Pair, Pair]:
        numbers = np.random.default_rng(9)
        top = 1000

        def part(n: int) -> Pair:
            y = numbers.integers(0, classes, n)
            x = np.empty(n, object)
            for i in range(n):
                words = numbers.geometric(0.01, numbers.integers(10, 60)) % (top - 4) + index_from
                words[::4] = index_from + 1 + y[i]
                kept = [int(w) for w in words]
                if num_words is not None:
                    kept = [w if w < num_words else oov_char for w in kept]
                x[i] = ([] if start_char is None else [start_char]) + kept
            return x, y

        return part(256), part(64)

    return load_data


def _word_index(*args: Any, **options: Any) -> dict[str, int]:
    return {f"word{i}": i for i in range(1, 1000)}
