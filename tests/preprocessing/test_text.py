import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing import text as keras_text

from torchkeras.preprocessing import text
from torchkeras.preprocessing.text import Tokenizer

TEXTS = ["The cat, the mat!", "A dog\tand THE cat.", "", "mat"]
FURTHER = ["the dog ate the mat", "a cat ate"]
WORDS = st.lists(st.sampled_from(["a", "b", "c", "D", "e!"]), max_size=6)


def both(**arguments):
    return Tokenizer(**arguments), keras_text.Tokenizer(**arguments)


@given(
    st.lists(WORDS.map(" ".join), min_size=1, max_size=4),
    st.lists(WORDS.map(" ".join), max_size=3),
    st.fixed_dictionaries(
        {
            "num_words": st.sampled_from([None, 2, 4]),
            "oov_token": st.sampled_from([None, "<unk>"]),
            "lower": st.booleans(),
            "char_level": st.booleans(),
        }
    ),
)
def test_numbers_equal_those_of_keras(texts, further, arguments):
    ours, theirs = both(**arguments)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_texts(texts)
    for name in ("word_index", "word_counts", "word_docs", "index_docs", "document_count"):
        assert getattr(ours, name) == getattr(theirs, name)
    numbers = ours.texts_to_sequences(further)
    assert numbers == theirs.texts_to_sequences(further)
    with_unknown = [[*sequence, 99] for sequence in numbers]
    assert ours.sequences_to_texts(with_unknown) == theirs.sequences_to_texts(with_unknown)
    assert json.loads(ours.to_json()) == json.loads(theirs.to_json())


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
@pytest.mark.parametrize("num_words", [None, 4])
def test_matrices_equal_those_of_keras(mode, num_words):
    ours, theirs = both(num_words=num_words)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_texts(TEXTS)
    expected = theirs.texts_to_matrix(FURTHER, mode)
    assert np.allclose(ours.texts_to_matrix(FURTHER, mode), expected)


def test_lists_of_words_and_analyzers_are_taken():
    for arguments in ({}, {"analyzer": lambda text: text.split("-")}):
        ours, theirs = both(**arguments)
        for tokenizer in (ours, theirs):
            tokenizer.fit_on_texts([["A", "b"], "c-d"])
        assert ours.word_index == theirs.word_index


def test_numbers_alone_can_be_counted():
    ours, theirs = both(num_words=4)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_sequences([[1, 2, 1], [3]])
    expected = theirs.sequences_to_matrix([[1, 3, 3]], "tfidf")
    assert np.allclose(ours.sequences_to_matrix([[1, 3, 3]], "tfidf"), expected)


def test_json_round_trip():
    tokenizer = Tokenizer(num_words=5, oov_token="?")
    tokenizer.fit_on_texts(TEXTS)
    again = text.tokenizer_from_json(tokenizer.to_json())
    assert again.texts_to_sequences(FURTHER) == tokenizer.texts_to_sequences(FURTHER)
    assert np.array_equal(
        again.texts_to_matrix(FURTHER, "tfidf"), tokenizer.texts_to_matrix(FURTHER, "tfidf")
    )


def test_words_can_be_hashed():
    arguments = ("The cat!", 50, "md5")
    assert text.hashing_trick(*arguments) == keras_text.hashing_trick(*arguments)
    assert text.one_hot("The cat!", 50) == keras_text.one_hot("The cat!", 50)
    assert text.hashing_trick("a b", 9, analyzer=lambda t: ["x"], hash_function=len) == [2]


@pytest.mark.parametrize(
    ("use", "kind", "message"),
    [
        (lambda t: t.sequences_to_matrix([[1]]), ValueError, "Specify a dimension"),
        (lambda t: t.sequences_to_matrix([[1]]), RuntimeError, "it has seen no texts"),
        (lambda t: t.sequences_to_matrix([[1]], "idf"), ValueError, "Unknown vectorization mode"),
        (lambda t: Tokenizer(words=3), TypeError, "'words'"),
        (
            lambda t: Tokenizer(num_words=3).sequences_to_matrix([[1]], "tfidf"),
            ValueError,
            "before using tfidf mode",
        ),
    ],
)
def test_misuse_is_explained(use, kind, message):
    with pytest.raises(kind, match=message):
        use(Tokenizer())


def test_the_old_name_of_num_words_is_taken():
    assert Tokenizer(nb_words=3).num_words == 3
