import numpy as np
import pytest
import tensorflow as tf


def test_parts():
    assert tf.strings.split("a  b\tc").tolist() == ["a", "b", "c"]
    rows = tf.strings.split(["a,b", "", "c"], sep=",")
    assert rows.to_list() == [[b"a", b"b"], [b""], [b"c"]]
    assert rows.to_tensor().tolist() == [["a", "b"], ["", ""], ["c", ""]]
    assert tf.strings.split("a b c", maxsplit=1).tolist() == ["a", "b c"]
    assert tf.strings.unicode_split("éa", "UTF-8").tolist() == ["é", "a"]
    assert tf.strings.bytes_split("é").tolist() == [b"\xc3", b"\xa9"]
    assert tf.strings.split([["a b"], ["c"]]).to_list() == [[[b"a", b"b"]], [[b"c"]]]


def test_word_groups():
    words = tf.strings.split(["a b c", "d"])
    assert tf.strings.ngrams(words, 2, "-").to_list() == [[b"a-b", b"b-c"], []]
    padded = tf.strings.ngrams(["a"], 2, pad_values=("<", ">"))
    assert padded.tolist() == ["< a", "a >"]
    short = tf.strings.ngrams(words, 3, preserve_short_sequences=True)
    assert short.to_list() == [[b"a b c"], [b"d"]]


def test_a_layer_splits_by_a_function_of_the_drop_in():
    layer = tf.keras.layers.TextVectorization(split=lambda x: tf.strings.split(x, ","))
    layer.adapt(["a,b", "a"])
    assert layer(["b,a", "a"]).tolist() == layer(["b,a", "a"]).tolist()
    assert "b" not in layer.get_vocabulary()[:2]


def test_joining():
    assert tf.strings.join(["a", ["b", "c"]], "-").tolist() == ["a-b", "a-c"]
    words = np.array([["a", "b"], ["c", "d"]])
    assert tf.strings.reduce_join(words, axis=1).tolist() == ["ab", "cd"]
    assert tf.strings.reduce_join(words).numpy() == b"abcd"
    assert tf.strings.reduce_join(words, axis=0, keepdims=True).tolist() == [["ac", "bd"]]
    assert tf.strings.reduce_join(words, separator=" ").item() == "a b c d"
    assert tf.strings.reduce_join(tf.strings.split(["a b", "c"]), axis=-1).tolist() == ["ab", "c"]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.strings.join([["a"], ["b", "c"]]), "arrays of one shape"),
        (lambda: tf.strings.reduce_join(["a"], axis=1), "axis is 1; expected -1 to 0"),
        (lambda: tf.strings.unsorted_segment_join(["a"], [2], 2), "segment_ids is .*0 to 1"),
        (lambda: tf.strings.unsorted_segment_join(["a"], [0, 1], 2), "as many as texts"),
        (lambda: tf.strings.ngrams(["a"], 0), "ngram_width is 0"),
        (lambda: tf.strings.ngrams(["a"], 2, padding_width=1), "with pad_values"),
        (lambda: tf.strings.ngrams(["a"], 2, pad_values=("<",)), "a pair"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
