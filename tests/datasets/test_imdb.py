import json

import keras
import numpy as np
import pytest

from torchkeras.datasets import imdb


def reviews(seed):
    generator = np.random.default_rng(seed)
    x = np.empty(12, dtype=object)
    x[:] = [generator.integers(1, 30, generator.integers(1, 9)).tolist() for _ in range(12)]
    return x, generator.integers(0, 2, 12)


def write(path):
    (x_train, y_train), (x_test, y_test) = reviews(0), reviews(1)
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"num_words": 10},
        {"num_words": 10, "oov_char": None, "skip_top": 5},
        {"maxlen": 6, "start_char": None},
        {"index_from": 0, "start_char": None, "seed": 5},
    ],
)
def test_reviews_equal_those_of_keras(publish, monkeypatch, arguments):
    path = publish(imdb, "imdb.npz", write)
    monkeypatch.setattr(keras.src.datasets.imdb, "get_file", lambda **_: path)
    ours, theirs = imdb.load_data(**arguments), keras.datasets.imdb.load_data(**arguments)
    for (x, y), (x_expected, y_expected) in zip(ours, theirs, strict=True):
        assert x.tolist() == x_expected.tolist()
        assert list(y) == list(y_expected)


def test_the_old_name_of_num_words_is_taken(publish):
    publish(imdb, "imdb.npz", write)
    (x, _), _ = imdb.load_data(nb_words=5)
    assert max(map(max, x)) < 5
    with pytest.raises(TypeError, match="'words'"):
        imdb.load_data(words=5)


def test_words_have_an_index(publish):
    publish(imdb, "imdb_word_index.json", lambda p: p.write_text('{"the": 1}'), "WORDS_HASH")
    assert imdb.get_word_index() == json.loads('{"the": 1}')
