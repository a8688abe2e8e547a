"""``to_torch`` of layers that no model holds."""

import pytest
import torch

from torchkeras import Input, Sequential, layers


def test_a_layer_remembers_the_shape_it_was_built_for():
    layer = layers.Dense(2)
    layer.build((None, 4))
    x = torch.randn(3, 4)
    torch.testing.assert_close(layer.to_torch()(x), layer(x))


def test_examples_tell_types_and_structures():
    layer = layers.MultiHeadAttention(2, 3)
    query, value = torch.randn(2, 5, 4), torch.randn(2, 6, 4)
    y = layer(query, value)
    torch.testing.assert_close(layer.to_torch(query, value)(query, value), y)


def test_weights_are_shared_until_copied():
    layer = layers.Dense(2)
    layer.build((None, 4))
    lowered = layer.to_torch()
    assert lowered.linear.weight is layer.kernel.parameter


def test_a_layer_without_memory_asks_for_examples():
    layer = layers.Identity()
    layer.built = True
    with pytest.raises(RuntimeError, match="Give to_torch tensors"):
        layer.to_torch()


SPARSE = {
    "Embedding": (lambda: layers.Embedding(6, 4, sparse=True), 5),
    "CategoryEncoding": (lambda: layers.CategoryEncoding(6, "multi_hot", sparse=True), 5),
    "Discretization": (
        lambda: layers.Discretization([2, 4], output_mode="one_hot", sparse=True),
        1,
    ),
    "Hashing": (lambda: layers.Hashing(6, output_mode="count", sparse=True), 5),
    "IntegerLookup": (
        lambda: layers.IntegerLookup(
            vocabulary=[1, 2, 3], idf_weights=[1.0, 2.0, 3.0], output_mode="tf_idf", sparse=True
        ),
        5,
    ),
}


@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_results_are_sparse(kind):
    make, length = SPARSE[kind]
    model = Sequential([Input((length,), dtype="int64"), make()])
    x = torch.randint(0, 6, (4, length))
    wanted, lowered = model(x), model.to_torch()
    for training in (False, True):
        found = lowered.train(training)(x)
        assert found.is_sparse
        torch.testing.assert_close(found.to_dense(), wanted.to_dense())


def test_a_layer_that_makes_texts_is_named():
    words = layers.StringLookup(vocabulary=["a", "b"], invert=True, name="words")
    model = Sequential([Input((3,), dtype="int64"), words])
    with pytest.raises(ValueError, match='StringLookup "words" can\'t be lowered: torch has no'):
        model.to_torch()
