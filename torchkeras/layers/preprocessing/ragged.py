"""Rows of strings of unequal lengths."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np


class RaggedTexts:
    """Rows of strings of unequal lengths.

    Args:
        values: The strings of all rows, one row after the other.
        lengths: ``(rows,)`` how many belong to each row.
    """

    def __init__(self, values: list[Any], lengths: np.ndarray) -> None:
        self.values = values
        self.lengths = lengths

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[Any]]) -> "RaggedTexts":
        """Rows given one by one."""
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        return cls(list(chain.from_iterable(rows)), lengths)

    @property
    def shape(self) -> tuple[int, None]:
        """Number of rows, and None for their lengths."""
        return (len(self.lengths), None)

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self) -> list[list[Any]]:
        """The strings of each row."""
        ends = np.cumsum(self.lengths).tolist()
        return [
            self.values[end - length : end]
            for end, length in zip(ends, self.lengths.tolist(), strict=True)
        ]

    to_list = rows

    def to_tensor(self, default_value: Any = "", shape: Any = None) -> np.ndarray:
        """A rectangular array, shorter rows filled up with ``default_value``.

        Args:
            default_value: What fills the ends.
            shape: Number of rows and of columns; None, and None in it, means as many as there are.
        """
        width = None if shape is None else shape[-1]
        width = int(self.lengths.max(initial=0)) if width is None else width
        result = np.full((len(self), width), default_value, dtype=object)
        rows, places = positions(self.lengths)
        fits = places < width
        values = np.empty(len(self.values), dtype=object)
        values[:] = self.values
        result[rows[fits], places[fits]] = values[fits]
        return result

    def __repr__(self) -> str:
        return f"<RaggedTexts {self.rows()}>"


def positions(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and place in it of each value of ragged rows."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    return rows, np.arange(len(rows)) - starts[rows]


def ngrams_of(tokens: RaggedTexts, widths: Sequence[int], separator: bytes = b" ") -> RaggedTexts:
    """N-grams of each row, those of the first width first, words joined by ``separator``."""
    values, lengths = tokens.values, tokens.lengths
    rows, places = positions(lengths)
    ends = lengths[rows] - places
    parts, owners = [], []
    for width in widths:
        whole = ends >= width
        joined = map(separator.join, zip(*(values[n:] for n in range(width)), strict=False))
        kept = whole[: max(len(values) - width + 1, 0)]
        parts.append([text for text, keep in zip(joined, kept.tolist(), strict=True) if keep])
        owners.append(rows[whole])
    flat = list(chain.from_iterable(parts))
    owner = np.concatenate(owners) if owners else rows
    order = np.argsort(owner, kind="stable").tolist()
    counts = np.bincount(owner, minlength=len(lengths))
    return RaggedTexts([flat[place] for place in order], counts.astype(np.int64))
