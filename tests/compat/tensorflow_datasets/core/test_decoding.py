import json
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

FOLDER = Path(__file__).parents[1]
RECORDED = json.loads((FOLDER / "examples.json").read_text())


@pytest.fixture
def builder():
    return tfds.builder_from_directory(FOLDER / "prepared" / "my_set" / "1.2.3")


def test_features_are_left_as_they_are_written(builder):
    skip = {"image": tfds.decode.SkipDecoding()}
    dataset = builder.as_dataset(split="test", decoders=skip)
    assert dataset.element_spec["image"] == tf.TensorSpec((), tf.string)
    for example in dataset.take(1):
        assert example["image"].numpy().startswith(b"\x89PNG")


def test_features_are_decoded_otherwise(builder):
    @tfds.decode.make_decoder(output_dtype=tf.int32)
    def size(example, feature, add):
        return tf.constant(len(example.numpy()) + add, tf.int32)

    whole = builder.as_dataset(split="test", decoders={"image": tfds.decode.SkipDecoding()})
    dataset = builder.as_dataset(split="test", decoders={"image": size(add=2)})
    assert dataset.element_spec["image"] == tf.TensorSpec((), tf.int32)
    for one, other in zip(dataset, whole, strict=True):
        assert int(one["image"]) == len(other["image"].numpy()) + 2


def test_some_features_are_read(builder):
    some = tfds.decode.PartialDecoding({"label": True, "nested": {"y"}, "seqd": {"a"}})
    dataset = builder.as_dataset(split="test", decoders=some)
    found = [tfds.as_numpy(example) for example in dataset.take(3)]
    for example, expected in zip(found, RECORDED["partial"], strict=True):
        assert sorted(example) == sorted(expected)
        assert int(example["label"]) == expected["label"][2][0]
        assert float(example["nested"]["y"]) == expected["nested"]["y"][2][0]
        assert [text.decode() for text in example["seqd"]["a"]] == expected["seqd"]["a"]


def test_a_wrong_name_is_refused(builder):
    with pytest.raises(ValueError, match="features"):
        builder.as_dataset(split="test", decoders=tfds.decode.PartialDecoding({"lable": True}))
