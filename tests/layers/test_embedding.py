"""Lookups, masks and what older scripts pass."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, fill, make_both

import torchkeras
from torchkeras import layers


def test_lookups_and_masks_are_keras_ones():
    ids = np.array([[1, 2, 0], [3, 0, 0]], "int32")
    compare("Embedding", {"input_dim": 5, "output_dim": 4, "mask_zero": True}, ids)
    compare("Embedding", {"input_dim": 5, "output_dim": 4}, ids)


def test_floats_are_taken_as_integers_before_any_rounding():
    layer = layers.Embedding(4000, 2, dtype="mixed_bfloat16")
    ids = np.array([[3001.0, 3003.0]])
    wanted = layer(torch.tensor([[3001, 3003]]))
    assert torch.equal(layer(ids), wanted)
    assert torch.equal(layer(torch.tensor(ids, dtype=torch.float32)), wanted)
    assert not torch.equal(wanted[0, 0], wanted[0, 1])


def test_initial_vectors_may_be_given():
    table = np.arange(8, dtype="float32").reshape(4, 2)
    for weights in (table, [table]):
        layer = layers.Embedding(4, 2, weights=weights)
        assert layer(torch.tensor([2])).tolist() == [[4.0, 5.0]]
        assert "weights" not in layer.get_config()


def test_older_arguments_are_taken():
    model = torchkeras.Sequential([layers.Embedding(9, 4, input_length=6), layers.Flatten()])
    assert model.output_shape == (None, 24)
    layer = layers.Embedding(9, 4, sparse=True)
    layer(torch.tensor([1])).sum().backward()
    assert layer.embeddings.parameter.grad.is_sparse
    assert layers.Embedding.from_config(layer.get_config()).sparse


def test_sizes_have_to_be_positive():
    with pytest.raises(ValueError, match="input_dim is 0; expected an integer, 1 or more"):
        layers.Embedding(0, 4)
    with pytest.raises(ValueError, match="output_dim is -1"):
        layers.Embedding(4, -1)


@given(
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 5)),
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=3),
    mask_zero=st.booleans(),
    dtype=st.sampled_from(["int32", "int64", "uint8", "float32"]),
)
def test_any_lookup_is_that_of_keras(sizes, lengths, mask_zero, dtype):
    count, length = sizes
    ids = np.random.default_rng(0).integers(0, count, lengths).astype(dtype)
    arguments = {"input_dim": count, "output_dim": length, "mask_zero": mask_zero}
    if dtype == "float32":  # numbers of inputs have no gradient here
        ours, theirs = make_both("Embedding", arguments)
        for layer in (ours, theirs):
            layer(torch.tensor(ids))
        fill(ours, theirs)
        torch.testing.assert_close(ours(torch.tensor(ids)), theirs(torch.tensor(ids)))
        return
    compare("Embedding", arguments, ids)


@given(
    st.integers(1, 9),
    st.integers(1, 5),
    st.lists(st.integers(0, 6), min_size=1, max_size=3),
    st.sampled_from([torch.int32, torch.int64]),
)
def test_the_gradient_of_a_lookup_is_that_of_torch_to_the_bit(words, width, lengths, dtype):
    layer = layers.Embedding(words, width)
    ids = torch.randint(words, lengths, dtype=dtype)
    y = layer(ids)
    theirs = torch.nn.functional.embedding(ids, layer.embedding.weight)
    factors = torch.randn(y.shape)
    found = [torch.autograd.grad(z, layer.embedding.weight, factors)[0] for z in (y, theirs)]
    assert torch.equal(y, theirs)
    assert torch.equal(*found)


def test_hooks_on_the_table_of_torch_are_called():
    layer = layers.Embedding(4, 2)
    layer(torch.tensor([1]))
    seen = []
    layer.embedding.register_forward_hook(lambda module, args, y: seen.append(y.shape))
    layer(torch.tensor([[1, 2, 3]]))
    assert seen == [(1, 3, 2)]


def test_a_number_beyond_the_table_is_an_error_in_training_too():
    layer = layers.Embedding(4, 2)
    for wrong in (4, -1):
        with pytest.raises(IndexError, match="out of range"):
            layer(torch.tensor([wrong]))
