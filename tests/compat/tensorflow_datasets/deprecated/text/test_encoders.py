"""Encoders of texts, beside tfds 4.9.10."""

import json
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

RECORDED = json.loads(Path(__file__).with_name("texts.json").read_text())
text = tfds.deprecated.text
TEXTS = [
    "The cat sat on the mat_ and the_dog, éè \\&undsc barked; cats and dogs!",
    "A cat's cat-like  <EOS> catalogue: the catalog of cats.",
    "   leading spaces",
    "underscore_ here _ there",
    "日本語 text and more text, the text",
]


def test_texts_are_cut_as_in_tfds():
    assert [text.Tokenizer().tokenize(one) for one in TEXTS] == RECORDED["tok"]
    whole = text.Tokenizer(alphanum_only=False, reserved_tokens=["<EOS>", "cat-like"])
    found = [whole.tokenize(one) for one in TEXTS]
    assert [*found, whole.join(found[1])] == RECORDED["tok2"]
    assert text.Tokenizer().join(["a", "b"]) == "a b"


def test_words_are_numbered_as_in_tfds(tmp_path):
    words = text.TokenTextEncoder(["The", "cat", "<EOS>", " mat "], oov_buckets=3)
    found = [
        [words.encode(one) for one in TEXTS], words.decode([1, 2, 4, 9, 0]), words.vocab_size,
        words.tokens, words.oov_token,
    ]  # fmt: skip
    assert found == RECORDED["tte"]
    words.save_to_file(tmp_path / "k")
    assert (tmp_path / "k.tokens").read_text() == RECORDED["ktfile"]
    assert text.TokenTextEncoder.load_from_file(tmp_path / "k").encode("cat") == [2]


def test_an_encoder_keeps_its_tokenizer(tmp_path):
    cut = text.Tokenizer(alphanum_only=False)
    words = text.TokenTextEncoder(["The", "cat"], tokenizer=cut, lowercase=True)
    words.save_to_file(str(tmp_path / "k2"))
    again = text.TokenTextEncoder.load_from_file(str(tmp_path / "k2"))
    _, tokens, tokenizer, numbers = RECORDED["k2"]
    assert (tmp_path / "k2.tokens").read_text() == tokens
    assert (tmp_path / "k2.tokens.tokenizer").read_text() == tokenizer
    assert again.encode("the Cat sat") == numbers


def test_bytes_are_numbered_as_in_tfds(tmp_path):
    octets, plain = text.ByteTextEncoder(["<EOS>"]), text.ByteTextEncoder()
    assert RECORDED["bytes"] == [
        octets.encode("aé<EOS>b"), octets.decode(octets.encode("aé<EOS>b")), octets.vocab_size,
        plain.encode("ab"), plain.decode([98, 99, 0]),
    ]  # fmt: skip
    octets.save_to_file(tmp_path / "b")
    assert (tmp_path / "b.bytes").read_text() == RECORDED["bfile"]
    assert text.ByteTextEncoder.load_from_file(tmp_path / "b").additional_tokens == ["<EOS>"]


def test_tensors_are_taken():
    assert text.ByteTextEncoder().encode(tf.constant("ab")) == [98, 99]
    assert text.ByteTextEncoder().decode(tf.constant([98, 99, 0])) == "ab"


def test_arguments_are_checked(tmp_path):
    with pytest.raises(ValueError, match="differ"):
        text.Tokenizer(reserved_tokens=["a", "a"])
    with pytest.raises(ValueError, match="vocabulary"):
        text.TokenTextEncoder(["a"], oov_buckets=0).encode("b")
    with pytest.raises(ValueError, match="encoder_cls"):
        text.TextEncoderConfig(encoder=text.ByteTextEncoder(), vocab_size=3)
    (tmp_path / "b.bytes").write_text("### Other\n{}\n")
    with pytest.raises(ValueError, match="a ByteTextEncoder's file"):
        text.ByteTextEncoder.load_from_file(tmp_path / "b")
