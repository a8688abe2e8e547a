import re
import string

import numpy as np
import pytest
import tensorflow as tf

PUNCTUATION = f"[{re.escape(string.punctuation)}]"


def test_letters_and_spaces_are_asciis():
    assert tf.strings.lower(tf.constant(["ÀB c"])).tolist() == ["Àb c"]
    assert tf.strings.lower(["ÀB"], encoding="utf-8").tolist() == ["àb"]
    assert tf.strings.upper("aé").item() == "Aé"
    assert tf.strings.strip(["\t a\u00a0 \n"]).tolist() == ["a\u00a0"]


def test_patterns():
    text = tf.constant(["<br>a-b"])
    assert tf.strings.regex_replace(text, "<[^>]+>", " ").tolist() == [" a-b"]
    assert tf.strings.regex_replace(text, PUNCTUATION, "").tolist() == ["brab"]
    assert tf.strings.regex_replace("aab", "(a)", r"\1\0", replace_global=False).item() == "aaab"
    assert tf.strings.regex_full_match(["ab", "abc"], "a.").tolist() == [True, False]


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


def test_templates():
    shown = tf.strings.format("x: {}", tf.range(9), summarize=1)
    assert shown.item() == "x: [0 ... 8]"
    with pytest.raises(ValueError, match="inputs"):
        tf.strings.format("{} {}", tf.range(2))


def test_lengths_and_pieces():
    assert tf.strings.length(["é", ""]).tolist() == [2, 0]
    assert tf.strings.length("é", unit="UTF8_CHAR") == 1
    assert tf.strings.substr(["abcd"], 1, 2).tolist() == ["bc"]
    assert tf.strings.substr("éab", -2, 2, unit="UTF8_CHAR").item() == "ab"


def test_joining():
    assert tf.strings.join(["a", ["b", "c"]], "-").tolist() == ["a-b", "a-c"]
    words = np.array([["a", "b"], ["c", "d"]])
    assert tf.strings.reduce_join(words, axis=1).tolist() == ["ab", "cd"]
    assert tf.strings.reduce_join(words).numpy() == b"abcd"
    assert tf.strings.reduce_join(words, axis=0, keepdims=True).tolist() == [["ac", "bd"]]
    assert tf.strings.reduce_join(words, separator=" ").item() == "a b c d"
    assert tf.strings.reduce_join(tf.strings.split(["a b", "c"]), axis=-1).tolist() == ["ab", "c"]


def test_numbers():
    assert tf.strings.to_number(["1.5", "-2"]).tolist() == [1.5, -2.0]
    assert tf.strings.to_number("7", tf.int64).dtype == tf.int64
    assert tf.strings.as_string([1, -2]).tolist() == ["1", "-2"]
    assert tf.strings.as_string([True, False]).tolist() == ["true", "false"]
    assert tf.as_string(1.5, precision=2).item() == "1.50"
    assert tf.strings.as_string(7, width=3, fill="0").item() == "007"
    assert tf.strings.unicode_decode("éa", "UTF-8").tolist() == [233, 97]
    assert tf.strings.unicode_decode(["é", ""], "UTF-8").to_list() == [[233], []]
    assert tf.strings.unicode_encode([[233, 97]], "UTF-8").tolist() == ["éa"]
    assert tf.strings.unicode_encode([233], "UTF-8").item() == "é"


def test_hashes_are_tensorflows():
    fast = tf.strings.to_hash_bucket_fast(["", "x", "xxx"], 1000003)
    assert fast.tolist() == [377723, 598337, 16948]
    strong = tf.strings.to_hash_bucket_strong(["", "x", "xxx"], 1000003, key=[133, 137])
    assert strong.tolist() == [953272, 264142, 851950]


def test_scripts_vectorize_texts_in_a_pipeline():
    def standardize(texts):
        texts = tf.strings.lower(texts)
        texts = tf.strings.regex_replace(texts, "<br />", " ")
        return tf.strings.regex_replace(texts, PUNCTUATION, "")

    layer = tf.keras.layers.TextVectorization(
        standardize=standardize, output_mode="int", output_sequence_length=4
    )
    texts = ["Good film!<br />Really good", "bad film"]
    dataset = tf.data.Dataset.from_tensor_slices((texts, [1, 0])).batch(2)
    layer.adapt(dataset.map(lambda text, label: text))
    assert layer.get_vocabulary() == ["", "[UNK]", "good", "film", "really", "bad"]
    mapped = dataset.map(lambda text, label: (layer(tf.expand_dims(text, -1)), label))
    x, _ = next(iter(mapped))
    assert x.tolist() == [[2, 3, 4, 2], [5, 3, 0, 0]]
    model = tf.keras.Sequential([layer, tf.keras.layers.Embedding(9, 2), tf.keras.layers.Flatten()])
    model.add(tf.keras.layers.Dense(1))
    model.compile("sgd", "mse")
    model.fit(dataset, verbose=0)
    assert model.predict(tf.constant(texts), verbose=0).shape == (2, 1)
    each = tf.data.Dataset.from_tensor_slices(texts).map(layer)
    assert [row.tolist() for row in each] == x.tolist()


def test_structured_data_in_a_pipeline():
    data = {"word": ["a", "b", "a"], "number": [1.0, 2.0, 4.0]}
    space = tf.keras.utils.FeatureSpace({"word": "string_categorical", "number": "float"})
    dataset = tf.data.Dataset.from_tensor_slices(data)
    space.adapt(dataset)
    rows = [row.tolist() for row in dataset.map(space)]
    assert rows == space(data).tolist()
    batched = next(iter(dataset.batch(3).map(space)))
    assert batched.tolist() == rows
