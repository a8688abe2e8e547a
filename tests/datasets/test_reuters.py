import keras
import numpy as np
import pytest

from torchkeras.datasets import reuters


def write(path):
    generator = np.random.default_rng(0)
    x = np.empty(20, dtype=object)
    x[:] = [generator.integers(1, 30, generator.integers(1, 9)).tolist() for _ in range(20)]
    np.savez(path, x=x, y=generator.integers(0, 46, 20))


@pytest.mark.parametrize(
    "arguments", [{}, {"num_words": 10, "test_split": 0.5}, {"maxlen": 6, "start_char": None}]
)
def test_newswires_equal_those_of_keras(publish, monkeypatch, arguments):
    path = publish(reuters, "reuters.npz", write)
    monkeypatch.setattr(keras.src.datasets.reuters, "get_file", lambda **_: path)
    ours, theirs = reuters.load_data(**arguments), keras.datasets.reuters.load_data(**arguments)
    for (x, y), (x_expected, y_expected) in zip(ours, theirs, strict=True):
        assert x.tolist() == x_expected.tolist()
        assert y.tolist() == y_expected.tolist()


def test_words_have_an_index_and_topics_a_name(publish):
    publish(reuters, "reuters_word_index.json", lambda p: p.write_text('{"oil": 1}'), "WORDS_HASH")
    assert reuters.get_word_index() == {"oil": 1}
    assert reuters.get_label_names() == keras.datasets.reuters.get_label_names()
