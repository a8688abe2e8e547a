"""Vocabularies that follow the data; tf.keras 2 alone has them."""

import copy

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.layers.experimental import DynamicEmbedding, DynamicLookup

FRUIT = ["apple", "banana", "cherry"]


def test_tokens_are_looked_up_and_counted():
    layer = DynamicLookup(3, FRUIT)
    found = layer(np.array([["banana", "date"], ["apple", "banana"]]))
    assert found.tolist() == [[1, 3], [0, 1]]
    assert layer.get_vocabulary().tolist() == FRUIT
    assert layer.get_top_vocabulary(2).tolist() == ["apple", "banana"]
    layer(np.array(["fig"]), learn_vocab=False)
    assert "fig" not in layer.vocabulary_table_keys
    assert DynamicLookup(2, [10, 20])(torch.tensor([[20, 5]])).tolist() == [[1, 2]]


def test_rare_tokens_make_room():
    layer = DynamicLookup(5, list("abcde"))
    assert layer.internal_table_size == 6
    for tokens in ("bcdef", "bcdefg"):
        layer(np.array(list(tokens)))
    assert set(layer.vocabulary_table_keys) == set("bcdefg")
    counts = dict(zip(layer.vocabulary_table_keys, layer.vocabulary_table_values, strict=True))
    assert (counts["b"], counts["f"], counts["g"]) == (2, 2, 1)


def test_vectors_of_tokens_that_stay_are_kept():
    layer = DynamicEmbedding(3, 2, FRUIT, embedding_initializer="ones")
    x = np.array([["date", "banana", "apple"]])
    layer(x)
    layer.embedding_layer.embeddings.assign(np.arange(8.0).reshape(4, 2))
    for _ in range(2):
        layer(x)
    layer.update_embeddings()
    assert set(layer.get_vocabulary()) == {"apple", "banana", "date"}
    assert layer(x, learn_vocab=False).tolist() == [[[1.0, 1.0], [2.0, 3.0], [0.0, 1.0]]]
    assert layer(np.array([["cherry"]])).tolist() == [[[6.0, 7.0]]]


def test_models_train_and_go_through_files(tmp_path):
    inputs = torchkeras.Input((2,), dtype="string")
    y = torchkeras.layers.Flatten()(DynamicEmbedding(3, 2, FRUIT)(inputs))
    model = torchkeras.Model(inputs, torchkeras.layers.Dense(1)(y))
    model.compile("sgd", "mse")
    x = np.array([["apple", "fig"], ["cherry", "apple"]], dtype=object)
    model.fit(x, np.zeros((2, 1)), verbose=0)
    model.layers[1].update_embeddings()
    model.save(tmp_path / "it.keras")
    read = torchkeras.models.load_model(tmp_path / "it.keras")
    np.testing.assert_allclose(read.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
    twin = copy.deepcopy(model.layers[1])
    twin(np.array([["plum", "plum"]]))
    assert "plum" not in model.layers[1].dynamic_lookup_layer.vocabulary_table_keys


def test_tables_are_joined():
    layer = DynamicEmbedding(3, 2, FRUIT, input_length=4)
    keys, values = layer.aggregate_lookup_table([["a", "b"], ["b", "c"]], [[1, 2], [3, 4]])
    assert dict(zip(keys, values, strict=True)) == {"a": 1, "b": 5, "c": 4}
    assert layer.get_top_vocabulary(keys, values, 2).tolist() == ["b", "c"]


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="vocabulary_size is 0"):
        DynamicLookup(0, FRUIT)
    with pytest.raises(ValueError, match="eviction_policy is 'LRU'"):
        DynamicLookup(3, FRUIT, "LRU")
    with pytest.raises(ValueError, match="initial_vocabulary is"):
        DynamicLookup(2, FRUIT)
    with pytest.raises(ValueError, match="num_oov_indices is 2"):
        DynamicEmbedding(3, 2, FRUIT, num_oov_indices=2)
