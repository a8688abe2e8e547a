"""Rows of strings of unequal lengths."""

import numpy as np

from torchkeras.layers.preprocessing.ragged import RaggedTexts, ngrams_of, positions

ROWS = [["a", "b", "c"], [], ["d"]]


def test_rows_come_back():
    ragged = RaggedTexts.of_rows(ROWS)
    assert ragged.values == ["a", "b", "c", "d"]
    assert ragged.rows() == ragged.to_list() == ROWS
    assert (len(ragged), ragged.shape) == (3, (3, None))
    assert "['d']" in repr(ragged)


def test_rectangles_are_filled_up_or_cut():
    ragged = RaggedTexts.of_rows(ROWS)
    assert ragged.to_tensor().tolist() == [["a", "b", "c"], ["", "", ""], ["d", "", ""]]
    assert ragged.to_tensor("-", (None, 2)).tolist() == [["a", "b"], ["-", "-"], ["d", "-"]]


def test_each_value_has_its_place():
    rows, places = positions(np.array([3, 0, 1]))
    assert rows.tolist() == [0, 0, 0, 2]
    assert places.tolist() == [0, 1, 2, 0]


def test_ngrams_stay_within_their_row():
    ragged = RaggedTexts.of_rows([[b"a", b"b", b"c"], [], [b"d"]])
    made = ngrams_of(ragged, (2, 1))
    assert made.rows() == [[b"a b", b"b c", b"a", b"b", b"c"], [], [b"d"]]
    assert ngrams_of(ragged, (4,)).rows() == [[], [], []]
