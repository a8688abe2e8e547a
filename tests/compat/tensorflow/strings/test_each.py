import re
import string

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


def test_lengths_and_pieces():
    assert tf.strings.length(["é", ""]).tolist() == [2, 0]
    assert tf.strings.length("é", unit="UTF8_CHAR") == 1
    assert tf.strings.substr(["abcd"], 1, 2).tolist() == ["bc"]
    assert tf.strings.substr("éab", -2, 2, unit="UTF8_CHAR").item() == "ab"


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


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.strings.lower("a", encoding="latin-1"), "encoding is 'latin-1'"),
        (lambda: tf.strings.length("a", unit="WORD"), "unit is 'WORD'"),
        (lambda: tf.strings.substr("ab", 3, 1), "pos is 3; expected -2 to 2"),
        (lambda: tf.strings.substr("ab", 0, [1]), "len is .* as many as pos"),
        (lambda: tf.strings.substr("ab", 0.5, 1.0), "pos is 0.5"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
