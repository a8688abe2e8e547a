"""What layers that learn a vocabulary share."""

import numpy as np
import pytest
import torch

from torchkeras import layers

WORDS = np.array(["a", "b", "a", "c", "b", "a"], dtype=object)


@pytest.mark.parametrize("name", ["StringLookup", "TextVectorization"])
def test_a_whole_array_and_batches_of_it_teach_the_same(name):
    found = []
    for data in (
        WORDS,
        list(WORDS),
        [WORDS[:2], WORDS[2:]],
        iter([(WORDS[:3], 1), (WORDS[3:], 0)]),
    ):
        layer = getattr(layers, name)()
        layer.adapt(data)
        found.append(layer.get_vocabulary(include_special_tokens=False))
    assert found == [["a", "b", "c"]] * 4


def test_only_as_many_batches_are_taken_as_are_asked_for():
    layer = layers.IntegerLookup()
    layer.adapt(iter([torch.tensor([[3, 3, 4]]), torch.tensor([[5]])]), steps=1)
    assert layer.get_vocabulary(include_special_tokens=False) == [3, 4]


@pytest.mark.parametrize("name", ["StringLookup", "TextVectorization"])
def test_a_given_vocabulary_is_not_replaced(name):
    with pytest.raises(ValueError, match="Cannot adapt a layer after setting a static vocabulary"):
        getattr(layers, name)(vocabulary=["a"]).adapt(WORDS)


@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_configurations_may_not_name_files(name):
    config = {**getattr(layers, name)().get_config(), "vocabulary": "/words.txt"}
    with pytest.raises(ValueError, match="safe_mode=False"):
        getattr(layers, name).from_config(config)
