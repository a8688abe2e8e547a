"""Counting tokens, and reading and checking vocabularies."""

import numpy as np
import pytest

from torchkeras import layers
from torchkeras.layers.preprocessing.ragged import RaggedTexts
from torchkeras.layers.preprocessing.vocabulary import Counts, as_list, padded_weights, read_tokens


def test_frequent_tokens_come_first_and_ties_in_reverse_order():
    counts = Counts(by_document=True)
    counts.add(RaggedTexts.of_rows([["a", "b", "b"], ["c", "b"]]))
    counts.add(RaggedTexts.of_rows([["c", "x", "x"]]))
    tokens, weights = counts.vocabulary({"a", None}, 2)
    assert tokens == ["b", "x"]
    np.testing.assert_allclose(weights, np.log(1 + 3 / (1 + np.array([2, 1]))))
    counts.clear()
    assert counts.vocabulary(set(), None)[0] == []


def test_strings_and_bytes_are_counted_together():
    counts = Counts(by_document=False)
    counts.add(RaggedTexts.of_rows([["a", "é"]]))
    counts.add(RaggedTexts.of_rows([[b"a", "é".encode(), b"b"]]))
    assert counts.vocabulary(set(), None) == (["é", "a", "b"], None)


@pytest.mark.parametrize("text", ["a\nb\n", "a\nb", "a\r\nb\r\n"])
def test_files_are_read_line_by_line(tmp_path, text):
    path = tmp_path / "words.txt"
    path.write_bytes(text.encode())
    assert read_tokens("layer", path) == ["a", "b"]
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "a", "b"]
    assert layer.get_config()["vocabulary"] is None
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("7\n5")
    assert layers.IntegerLookup(vocabulary=numbers)([5, 7, 9]).tolist() == [2, 1, 0]


def test_configurations_hold_lists():
    assert as_list(np.array(["a"])) == as_list(("a",)) == as_list(["a"]) == ["a"]
    assert as_list(None) is None


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        layers.StringLookup(vocabulary=str(tmp_path / "none.txt"))
    with pytest.raises(ValueError, match="Cannot set an empty vocabulary"):
        layers.StringLookup(vocabulary=[])
    with pytest.raises(ValueError, match=r"one with \['a'\] more than once"):
        layers.StringLookup(vocabulary=["a", "b", "a"])
    with pytest.raises(ValueError, match="Found reserved mask token at unexpected location"):
        layers.StringLookup(vocabulary=["a", "m"], mask_token="m")
    with pytest.raises(ValueError, match="Found reserved OOV token at unexpected location"):
        layers.StringLookup(vocabulary=["a", "[UNK]"], invert=True)
    with pytest.raises(ValueError, match="one of 4 tokens'; expected at most 3"):
        layers.StringLookup(vocabulary=["a", "b", "c"], max_tokens=3)
    with pytest.raises(ValueError, match="`idf_weights` must be the same length"):
        padded_weights("layer", np.ones(3), 2, 1)
    with pytest.raises(ValueError, match="does not support loading a vocabulary from file"):
        layers.StringLookup(output_mode="tf_idf").set_vocabulary("words.txt", [1.0])
