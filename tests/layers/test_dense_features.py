"""What the layer asks of columns; those of ``tf.feature_column`` are tested with the drop-in."""

import pytest
import torch

from torchkeras import layers


class Column:
    width = 2

    def __init__(self, name):
        self.name = name

    def build(self, layer):
        self.weight = layer.add_weight(shape=(), initializer="ones", name=self.name)

    def dense(self, features, layer):
        return features[self.name] * self.weight.value


FEATURES = {"a": torch.ones(3, 2), "b": torch.zeros(3, 2)}


def test_columns_stand_side_by_side_by_their_names():
    layer = layers.DenseFeatures([Column("b"), Column("a")])
    found = {}
    assert layer(FEATURES, cols_to_output_tensors=found).tolist() == [[1, 1, 0, 0]] * 3
    assert [column.name for column in found] == ["a", "b"]
    assert len(layer.trainable_weights) == 2


def test_symbolic_features_give_the_width():
    from torchkeras import Input

    inputs = {"a": Input((2,)), "b": Input((2,))}
    assert layers.DenseFeatures([Column("b"), Column("a")])(inputs).shape == (None, 4)


@pytest.mark.parametrize("columns", [[], ["a"], [object()]])
def test_other_columns_are_refused(columns):
    with pytest.raises(ValueError, match="expected dense columns that tf.feature_column"):
        layers.DenseFeatures(columns)


def test_features_come_in_a_dict():
    with pytest.raises(TypeError, match="a dict of features by name"):
        layers.DenseFeatures(Column("a"))(torch.ones(3, 2))


def test_columns_of_numbers_become_plain_torch():
    from torchkeras import Input, Model

    inputs = {"a": Input((2,), name="a"), "b": Input((2,), name="b")}
    model = Model(inputs, layers.DenseFeatures([Column("b"), Column("a")])(inputs))
    assert torch.equal(model.to_torch()(FEATURES), model(FEATURES))
