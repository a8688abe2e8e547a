import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

features = tfds.features


def test_features_are_found_by_name():
    one = features.FeaturesDict({"b": np.int32, "a": {"x": tf.string}})
    assert (list(one), len(one), "a" in one, "x" in one["a"]) == (["b", "a"], 2, True, True)
    assert repr(one) == (
        "FeaturesDict({\n    'a': FeaturesDict({\n        'x': string,\n    }),\n"
        "    'b': int32,\n})"
    )
    with pytest.raises(KeyError, match="no feature"):
        one["c"]
    with pytest.raises(TypeError, match="a feature"):
        features.FeaturesDict({"a": 3})


def test_an_example_has_all_features():
    one = features.FeaturesDict({"a": np.int32})
    for example in ({}, {"a": 1, "b": 2}, [1]):
        with pytest.raises(ValueError, match="an example"):
            one.encode_example(example)


def test_sequences_take_lists_of_dicts_and_dicts_of_lists():
    one = features.Sequence({"a": np.int64, "b": np.int64})
    rows = one.encode_example([{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    columns = one.encode_example({"a": [1, 3], "b": np.array([2, 4])})
    assert rows == columns == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(ValueError, match="lengths"):
        one.encode_example({"a": [1], "b": []})
    with pytest.raises(TypeError, match="a list"):
        one.encode_example(3)
    with pytest.raises(ValueError, match="length"):
        features.Sequence(np.int64, length=2).encode_example([1])


def test_a_sequence_has_what_its_feature_has():
    one = features.Sequence(features.ClassLabel(names=["a", "b"]), length=3)
    assert (one.num_classes, one.int2str(1), one.shape) == (2, "b", (3,))
    assert features.Sequence({"a": np.int64})["a"].shape == ()
    assert repr(features.Sequence({"a": np.int64})) == "Sequence({\n    'a': int64,\n})"
    with pytest.raises(AttributeError):
        one.nothing  # noqa: B018


def test_a_data_set_within_examples():
    one = features.Dataset({"a": np.int64})
    written = one.encode_example(tf.data.Dataset.from_tensor_slices({"a": tf.constant([4, 5])}))
    steps = one.decode_example({"a": tf.constant(np.asarray(written["a"]))})
    assert [int(step["a"]) for step in steps] == [4, 5]
    assert one.encode_example([{"a": 4}, {"a": 5}]) == one.encode_example({"a": [4, 5]})
    assert isinstance(one.get_tensor_spec(), tf.data.DatasetSpec)


def test_texts_in_languages():
    one = features.Translation(languages=["fr", "en"])
    assert one.languages == ["en", "fr"]
    some = features.TranslationVariableLanguages(["en", "fr"])
    assert (some.num_languages, some.languages) == (2, ["en", "fr"])
    written = some.encode_example({"fr": ["b", "a"], "en": "x"})
    assert [text.item() for text in written["language"]] == ["en", "fr", "fr"]
    assert [text.item() for text in written["translation"]] == ["x", "a", "b"]
    with pytest.raises(ValueError, match="languages"):
        some.encode_example({"de": "x"})
