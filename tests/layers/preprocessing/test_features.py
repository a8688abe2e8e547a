"""Kinds of features; ``tests/utils/test_feature_space.py`` has them at work."""

import pytest
import torch

from torchkeras import layers, saving
from torchkeras.layers.preprocessing.features import (
    Cross,
    Feature,
    TFDConcat,
    TFDIdentity,
    deserialized,
)

MODULE = "keras.src.layers.preprocessing.feature_space"


def test_features_are_written_as_keras_writes_them():
    config = saving.serialize_keras_object(Feature("string", layers.Hashing(3), "int"))
    assert (config["module"], config["registered_name"]) == (MODULE, "Feature")
    feature = deserialized(config)
    assert (feature.dtype, feature.output_mode) == ("string", "int")
    assert feature.preprocessor.num_bins == 3
    config = saving.serialize_keras_object(Cross(("a", "b"), 5))
    assert (config["module"], config["class_name"]) == (MODULE, "Cross")
    cross = deserialized(config)
    assert (cross.name, cross.crossing_dim, cross.output_mode) == ("a_X_b", 5, "one_hot")


def test_joining_adds_lengths():
    layer = TFDConcat(axis=-1)
    assert layer([torch.ones(2, 1), torch.ones(2, 3)]).shape == (2, 4)
    assert layer.compute_output_shape([(None, 1), (None, 3)]) == (None, 4)
    assert layer.compute_output_shape([(None, 1), (None, None)]) == (None, None)
    x = torch.ones(2)
    assert TFDIdentity()(x) is x


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="expected 'int', 'one_hot' or 'float'"):
        Feature("string", layers.Hashing(3), "words")
    with pytest.raises(ValueError, match="expected 'int' or 'one_hot'"):
        Cross(("a", "b"), 5, "float")
    with pytest.raises(TypeError, match="a layer, a feature or a cross"):
        deserialized({"module": "keras.initializers", "class_name": "Zeros", "config": {}})
