"""Parts of words, beside those that tfds 4.9.10 finds."""

import ast
import json
from pathlib import Path

import pytest
import tensorflow_datasets as tfds
from hypothesis import given
from hypothesis import strategies as st

RECORDED = json.loads(Path(__file__).with_name("texts.json").read_text())
Encoder = tfds.deprecated.text.SubwordTextEncoder
TEXTS = [
    "The cat sat on the mat_ and the_dog, éè \\&undsc barked; cats and dogs!",
    "A cat's cat-like  <EOS> catalogue: the catalog of cats.",
    "   leading spaces",
    "underscore_ here _ there",
    "日本語 text and more text, the text",
]
CORPUS = TEXTS * 3 + [" ".join(f"word{i % 7} number{i % 3} thing_{i % 2}" for i in range(50))]


@pytest.mark.parametrize("case", [case for case in RECORDED if case[0].isdigit()])
def test_parts_are_those_of_tfds(case):
    size, options = int(case[:3]), ast.literal_eval(case[3:])
    encoder = Encoder.build_from_corpus(iter(CORPUS), size, **options)
    size, parts, ids, texts = RECORDED[case]
    assert (encoder.vocab_size, encoder.subwords) == (size, parts)
    # Signs that parts share with what stands for an underscore are cut in no certain order there.
    found = [encoder.encode(one) for one in TEXTS[1:]]
    assert found == ids[1:]
    assert [encoder.decode(one) for one in found] == texts[1:]


def test_a_list_of_parts(tmp_path):
    encoder = Encoder(vocab_list=["hello_", "wor", "ld_", "a-b"])
    assert RECORDED["fixed"] == [
        encoder.encode("hello world a-b hello_x"), encoder.decode([1, 2, 3, 0, 0]),
        encoder.decode(encoder.encode("hello_x  é")), repr(encoder),
    ]  # fmt: skip
    encoder.save_to_file(tmp_path / "v")
    text = (tmp_path / "v.subwords").read_text()
    assert [text, Encoder.load_from_file(tmp_path / "v").subwords] == RECORDED["file"]


@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), max_size=30))
def test_every_text_comes_back(text):
    encoder = Encoder(["the_", "ca", "t", "s_"])
    assert encoder.decode(encoder.encode(text)) == text


@pytest.mark.parametrize(
    "options, said",
    [
        ({"target_vocab_size": 257}, "target_vocab_size"),
        ({"max_subword_length": 0}, "max_subword_length"),
        ({"reserved_tokens": ["EOS"]}, "reserved_tokens"),
        ({"corpus_generator": []}, "corpus_generator"),
    ],
)
def test_arguments_are_checked(options, said):
    with pytest.raises(ValueError, match=said):
        Encoder.build_from_corpus(
            **{"corpus_generator": ["a"], "target_vocab_size": 300, **options}
        )


def test_numbers_are_checked():
    with pytest.raises(ValueError, match="1 to 257"):
        Encoder(["ab"]).decode([500])
