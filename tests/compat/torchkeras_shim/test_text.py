import pickle
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from torchkeras_shim.text import Texts, as_octets, as_path, as_text_array, as_texts, octets_of


def test_texts_without_axes():
    array = as_text_array(b"abc")
    assert array.shape == ()
    assert array.item() == b"abc"


def test_paths_are_read_from_anything():
    for given in ("a/b", b"a/b", Path("a/b"), as_text_array("a/b"), as_texts("a/b")):
        assert as_path(given) == "a/b"


def test_texts_answer_like_tensors_of_strings():
    texts = tf.constant([["a", "ü"], ["c", "d"]])
    assert isinstance(texts, Texts)
    assert texts.numpy().tolist() == [[b"a", "ü".encode()], [b"c", b"d"]]
    assert texts[0, 1].numpy().decode() == "ü"
    assert [row.numpy().tolist() for row in texts][1] == [b"c", b"d"]
    assert texts.dtype == tf.string
    assert texts.get_shape().as_list() == [2, 2]
    texts.set_shape([None, 2])
    with pytest.raises(ValueError, match="incompatible"):
        texts.set_shape([3, 2])


def test_texts_compare_and_add_up_by_their_bytes():
    texts = as_texts(["a", b"b"])
    assert (texts == "b").tolist() == [False, True]
    assert (texts != np.array(["a", "x"])).tolist() == [False, True]
    assert bool(texts[0] == b"a")
    assert (texts == None) is False  # noqa: E711
    assert ("<" + texts + b">").numpy().tolist() == [b"<a>", b"<b>"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(texts)


def test_texts_are_shown_as_tensorflow_shows_them():
    assert str(as_texts("a")) == "tf.Tensor(b'a', shape=(), dtype=string)"
    assert repr(as_texts("a")) == "<tf.Tensor: shape=(), dtype=string, numpy=b'a'>"
    assert f"{as_texts('a')}" == "b'a'"
    assert str(as_texts(["a", "b"])) == "tf.Tensor([b'a' b'b'], shape=(2,), dtype=string)"


def test_texts_are_joined_of_texts_and_travel_between_processes():
    parts = [as_texts("a"), as_texts("b")]
    assert as_texts(parts).numpy().tolist() == [b"a", b"b"]
    assert pickle.loads(pickle.dumps(as_texts(parts))).numpy().tolist() == [b"a", b"b"]


def test_octets_are_those_of_utf_8():
    assert as_octets("ü") == as_octets(b"\xc3\xbc") == as_octets(as_texts("ü"))
    assert octets_of(["a", b"b"]).tolist() == [b"a", b"b"]
