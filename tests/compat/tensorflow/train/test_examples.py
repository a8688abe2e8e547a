import pickle

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

train = tf.train
INTEGERS = st.integers(-(2**63), 2**63 - 1)


def example(**lists):
    return train.Example(features=train.Features(feature={
        name: train.Feature(**{kind: value}) for name, (kind, value) in lists.items()
    }))  # fmt: skip


@given(st.lists(INTEGERS), st.lists(st.floats(width=32, allow_nan=False)), st.lists(st.binary()))
def test_examples_come_back(integers, floats, texts):
    made = example(
        i=("int64_list", train.Int64List(value=integers)),
        f=("float_list", train.FloatList(value=floats)),
        b=("bytes_list", train.BytesList(value=texts)),
    )
    feature = train.Example.FromString(made.SerializeToString()).features.feature
    assert feature["i"].int64_list.value == integers
    assert feature["f"].float_list.value == floats
    assert feature["b"].bytes_list.value == texts
    assert pickle.loads(pickle.dumps(made)) == made


def test_values_are_checked_when_they_are_put_in():
    for make, words in (
        (lambda: train.Int64List(value=[1.5]), "interpreted as an integer"),
        (lambda: train.Int64List(value=[True]), "got a boolean"),
        (lambda: train.Int64List(value=5), "must assign iterable"),
        (lambda: train.BytesList(value=["s"]), "expected bytes, str found"),
        (lambda: train.FloatList(value=np.ones((2, 2))), "one number"),
        (lambda: train.Feature(int64_list=train.FloatList()), "an Int64List|a Int64List"),
        (lambda: train.Features(feature={"a": 1}), "a Feature"),
        (lambda: train.Example(features=train.Feature()), "a Features"),
        (lambda: train.FeatureList(feature=[1]), "a Feature"),
        (lambda: train.Features().feature[3], "a string"),
    ):
        with pytest.raises(TypeError, match=words):
            make()
    with pytest.raises(ValueError, match="out of range"):
        train.Int64List(value=[2**63])
    with pytest.raises(ValueError, match="no .foo. field"):
        train.Feature(foo=1)
    with pytest.raises(ValueError, match="CopyFrom"):
        train.Features().feature["a"] = train.Feature()
    for numbers in (np.array([1, 2], np.int32), tf.constant([1, 2]), (1, 2)):
        assert train.Int64List(value=numbers).value == [1, 2]


def test_a_text_without_axes_is_one_of_bytes():
    picture = tf.io.encode_png(np.zeros((2, 2, 3), np.uint8))
    assert train.BytesList(value=[picture]).value == [picture.numpy()]


def test_features_are_filled_piece_by_piece():
    made = train.Example()
    made.features.feature["a"].int64_list.value.append(3)
    made.features.feature["a"].int64_list.value += [4, 5]
    made.features.feature["b"].bytes_list.value.extend([b"x", b"y"])
    made.features.feature["b"].bytes_list.value[0] = b"z"
    made.features.feature["b"].bytes_list.value.insert(0, b"w")
    assert made == example(
        b=("bytes_list", train.BytesList(value=[b"w", b"z", b"y"])),
        a=("int64_list", train.Int64List(value=[3, 4, 5])),
    )
    assert sorted(made.features.feature) == ["a", "b"]
    assert "q" not in made.features.feature
    assert made.features.feature.get("q") is None
    del made.features.feature["a"]
    assert len(made.features.feature) == 1


def test_a_feature_has_one_list():
    feature = train.Feature(int64_list=train.Int64List(value=[1]))
    assert feature.WhichOneof("kind") == "int64_list"
    assert feature.float_list.value == []  # to look at it changes nothing
    assert feature.HasField("int64_list")
    feature.float_list.value.append(0.5)
    assert feature.WhichOneof("kind") == "float_list"
    assert not feature.HasField("int64_list")
    assert train.Feature().WhichOneof("kind") is None
    assert train.Feature(int64_list=train.Int64List()).WhichOneof("kind") == "int64_list"
    with pytest.raises(ValueError, match="oneof"):
        feature.WhichOneof("sort")
    with pytest.raises(ValueError, match="no field"):
        feature.HasField("text")


def test_messages_are_copied_merged_and_cleared():
    first = example(a=("int64_list", train.Int64List(value=[1])))
    second = train.Example()
    second.CopyFrom(first)
    second.MergeFrom(example(b=("int64_list", train.Int64List(value=[2]))))
    assert sorted(second.features.feature) == ["a", "b"]
    assert first.HasField("features")
    assert first.ByteSize() == len(first.SerializeToString())
    assert first.IsInitialized()
    first.Clear()
    assert not first.HasField("features")
    assert first.SerializeToString() == b""
    assert first.ParseFromString(second.SerializeToString()) == second.ByteSize()
    assert first == second
    with pytest.raises(ValueError, match="Error parsing message with type 'tensorflow.Example'"):
        first.ParseFromString(b"garbage")


def test_lists_of_features():
    steps = train.FeatureList()
    steps.feature.add(int64_list=train.Int64List(value=[1]))
    steps.feature.append(train.Feature(float_list=train.FloatList(value=[0.5])))
    made = train.SequenceExample(feature_lists=train.FeatureLists(feature_list={"s": steps}))
    made.context.feature["c"].bytes_list.value.append(b"x")
    again = train.SequenceExample.FromString(made.SerializeToString())
    assert again.feature_lists.feature_list["s"].feature[1].float_list.value == [0.5]
    assert str(again) == (
        'context {\n  feature {\n    key: "c"\n    value {\n      bytes_list {\n'
        '        value: "x"\n      }\n    }\n  }\n}\n'
        'feature_lists {\n  feature_list {\n    key: "s"\n    value {\n      feature {\n'
        "        int64_list {\n          value: 1\n        }\n      }\n      feature {\n"
        "        float_list {\n          value: 0.5\n        }\n      }\n    }\n  }\n}\n"
    )
