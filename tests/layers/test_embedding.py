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


def test_vectors_come_as_a_sparse_tensor_on_demand_as_in_tf_keras():
    table = torch.arange(8.0).reshape(4, 2)
    layer = layers.Embedding(4, 2, sparse=True, weights=[table.numpy()])
    y = layer(torch.tensor([[0, 1], [3, 3]])).coalesce()
    assert y.indices().T.tolist()[:3] == [[0, 0, 1], [0, 1, 0], [0, 1, 1]]
    assert y.values().tolist() == [1, 2, 3, 6, 7, 6, 7]
    y.to_dense().sum().backward()
    assert layer.embeddings.parameter.grad[:, 1].tolist() == [1, 1, 0, 2]
    assert layers.Embedding.from_config(layer.get_config()).sparse
    assert layer(layers.Input((2,), dtype="int32")).sparse
    with pytest.raises(ValueError, match="sparse is True; expected False beside mask_zero"):
        layers.Embedding(4, 2, mask_zero=True, sparse=True)


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


CHANGES = {  # of three vectors of length 1 in one step at rate 0.1, recorded from tf.keras 2.21
    "SGD": (-0.3, -0.1, 0.0),
    "RMSprop": (-0.31623, -0.31623, 0.0),
    "Adam": (-0.1, -0.1, 0.0),
    "AdamW": (-0.1004, -0.1004, -0.0004),
    "Adagrad": (-0.09945, -0.09535, 0.0),
    "Adadelta": (-0.00014, -0.00014, 0.0),
    "Ftrl": (-0.20428, -0.39686, -1.0),
    "Lion": (-0.1, -0.1, 0.0),
}


class OfTorch(layers.Layer):
    """Torch's own table, whose gradients are sparse tensors."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding.from_pretrained(torch.ones(3, 1), False, sparse=True)

    def call(self, inputs):
        return self.table(inputs)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("optimizer", CHANGES)
def test_a_number_that_occurs_thrice_has_one_gradient_the_sum_of_the_three(optimizer, sparse):
    table = OfTorch() if sparse else layers.Embedding(3, 1, "ones")
    model = torchkeras.Sequential([layers.Input((4,), dtype="int32"), table])
    step = getattr(torchkeras.optimizers, optimizer)(learning_rate=0.1)
    model.compile(step, loss=lambda y, y_pred: y_pred.sum((1, 2)))
    model.fit(np.array([[0, 0, 0, 1]]), np.ones((1, 4, 1)), verbose=0)
    changes = model.get_weights()[0][:, 0] - 1
    np.testing.assert_allclose(changes, CHANGES[optimizer], atol=6e-6)
