"""Records written and read, beside what tfds 4.9.10 reads of its own files."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.features import examples

FOLDER = Path(__file__).parents[1]
RECORDED = json.loads((FOLDER / "examples.json").read_text())
features = tfds.features


def plain(value):
    """An example as the recording has it: type, shape and values of each part."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in sorted(value.items())}
    if hasattr(value, "to_list"):
        return ["ragged", json.loads(json.dumps(value.to_list(), default=str))]
    if isinstance(value, bytes):
        return value.decode("latin1")
    array = np.asarray(value)
    if array.dtype == object:
        return [text.decode("latin1") for text in array.ravel().tolist()]
    return [str(array.dtype), list(array.shape), array.ravel().tolist()]


@pytest.mark.parametrize("name, folder", [("my_set", "my_set/1.2.3"), ("cfg", "cfg/two/2.0.0")])
def test_files_of_tfds_are_read(name, folder):
    builder = tfds.builder_from_directory(FOLDER / "prepared" / folder)
    dataset = builder.as_dataset(split="train")
    found = [plain(tfds.as_numpy(example)) for example in dataset.take(len(RECORDED[name]))]
    assert found == RECORDED[name]
    for spec, part in zip(
        tf.nest.flatten(dataset.element_spec), tf.nest.flatten(next(iter(dataset))), strict=True
    ):
        assert spec.dtype == part.dtype


def test_records_come_back():
    one = features.FeaturesDict(
        {
            "words": features.Sequence(features.Sequence(features.Text())),
            "pairs": features.Sequence(features.Tensor(shape=(2,), dtype=np.float64)),
            "wide": features.Tensor(shape=(2, None), dtype=np.int16),
            "flag": np.bool_,
        }
    )
    value = {
        "words": [["a"], [], ["b", "é"]],
        "pairs": np.array([[1, 2], [3, 4.5]]),
        "wide": np.array([[1, 2, 3], [4, 5, 6]], np.int16),
        "flag": True,
    }
    parse = examples.Parser(one.get_serialized_info())
    found = examples.decoded(one, parse(examples.serialized(one, value)))
    assert found["words"].to_list() == [[b"a"], [], [b"b", "é".encode()]]
    assert found["pairs"].tolist() == [[1, 2], [3, 4.5]]
    assert (found["wide"].shape, found["wide"].dtype) == ((2, 3), tf.int16)
    assert found["flag"].item() is True
    assert list(found) == sorted(found)


def test_a_record_that_lacks_a_part_is_refused():
    one = features.FeaturesDict({"a": features.Tensor(shape=(2,), dtype=np.int64)})
    other = features.FeaturesDict({"b": np.int64})
    record = examples.serialized(other, {"b": 1})
    with pytest.raises(ValueError, match="a"):
        examples.Parser(one.get_serialized_info())(record)
    with pytest.raises(ValueError, match="a value of 'a'"):
        examples.record_of(one.get_serialized_info(), {"b": 1})
    with pytest.raises(ValueError, match="serialized"):
        examples.Parser(one.get_serialized_info())(b"\xff\xff")


def test_values_are_of_the_type():
    one = features.FeaturesDict({"a": features.Text()})
    with pytest.raises(TypeError, match="texts"):
        examples.serialized(one, {"a": 3})
