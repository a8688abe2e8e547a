import json

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
import torch
from tensorflow_datasets.features import base

features = tfds.features


def test_types_have_one_name():
    for given in (np.float32, "float32", tf.float32, torch.float32, np.dtype("float32")):
        assert base.np_dtype(given) == np.float32
    for given in (str, tf.string, np.str_, np.object_, "string"):
        assert base.dtype_name(base.np_dtype(given)) == "string"


def test_what_is_known_of_a_feature():
    one = features.Tensor(shape=(None, 2), dtype=np.uint8, doc="pairs")
    assert (one.shape, one.dtype, one.np_dtype, one.doc) == ((None, 2), tf.uint8, np.uint8, "pairs")
    assert one.get_tensor_spec() == tf.TensorSpec((None, 2), tf.uint8)
    assert repr(one) == "Tensor(shape=(None, 2), dtype=uint8, description=pairs)"
    assert repr(one.get_tensor_info()) == "TensorInfo(shape=(None, 2), dtype=uint8)"


@pytest.mark.parametrize(
    "feature",
    [
        features.Tensor(shape=(None, 3), dtype=np.int32, encoding="zlib"),
        features.Scalar(np.bool_),
        features.ClassLabel(num_classes=3),
        features.ClassLabel(),
        features.Text(),
        features.BBoxFeature(),
        features.Image(shape=(None, None, 1), dtype=np.uint16, encoding_format="png"),
        features.LabeledImage(labels=3, shape=(4, 4, 1)),
        features.Video((None, 8, 8, 3)),
        features.Audio(sample_rate=100, file_format="wav"),
        features.Translation(["en", "fr"]),
        features.TranslationVariableLanguages(["en", "fr"]),
        features.Sequence({"a": features.Sequence(np.int64, length=2)}),
        features.Dataset({"a": np.int32}),
        features.FeaturesDict({"a": {"b": np.int64}}),
    ],
    ids=lambda feature: type(feature).__name__,
)
def test_features_are_read_as_they_are_written(feature):
    again = features.FeatureConnector.from_json(json.loads(json.dumps(feature.to_json())))
    assert repr(again) == repr(feature)
    assert again.to_json() == feature.to_json()


def test_entries_of_old_releases_are_read():
    module = "tensorflow_datasets.core.features"
    picture = {"shape": [28, 28, 1], "dtype": "uint8", "encoding_format": "png"}
    entry = {
        "type": f"{module}.features_dict.FeaturesDict",
        "content": json.dumps(
            {
                "image": {"type": f"{module}.image_feature.Image", "content": json.dumps(picture)},
                "label": {
                    "type": f"{module}.class_label_feature.ClassLabel",
                    "content": '{"num_classes": 10}',
                },
                "more": {
                    "type": f"{module}.sequence_feature.Sequence",
                    "content": json.dumps(
                        {
                            "feature": {
                                "type": f"{module}.feature.Tensor",
                                "content": '{"shape": [null], "dtype": "float32"}',
                            },
                            "length": None,
                        }
                    ),
                },
            }
        ),
    }
    found = features.FeatureConnector.from_json(entry)
    assert found["label"].num_classes == 10
    assert found.shape == {"image": (28, 28, 1), "label": (), "more": (None, None)}


def test_nothing_is_imported_by_a_name_in_a_file():
    for entry in ({"pythonClassName": "os.system", "x": {}}, {"type": "a.B", "content": "{}"}, 3):
        with pytest.raises(ValueError, match="a feature"):
            features.FeatureConnector.from_json(entry)


def test_a_feature_of_ones_own_is_read_by_its_values():
    entry = {"pythonClassName": "my.Own", "tensor": {"shape": {}, "dtype": "int64"}}
    assert repr(features.FeatureConnector.from_json(entry)) == "Tensor(shape=(), dtype=int64)"


def test_shapes_are_checked():
    base.checked_shape("x", (3, 2), (None, 2))
    for shape in ((3, 3), (3,)):
        with pytest.raises(ValueError, match="shape"):
            base.checked_shape("x", shape, (None, 2))
    with pytest.raises(ValueError, match="32 axes"):
        base.shape_of_json({"dimensions": ["1"] * 40})


def test_a_subclass_without_methods_says_so():
    class Own(features.FeatureConnector):
        pass

    with pytest.raises(TypeError, match="get_tensor_info"):
        Own().shape  # noqa: B018
    with pytest.raises(TypeError, match="to_json_content"):
        Own().to_json()
