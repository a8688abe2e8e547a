"""Multi-head attention beside Keras over its arguments, and what is special about it."""

import copy
import json
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import beside_keras, numbers

import torchkeras
from torchkeras import Input, layers

flag = st.booleans()


def tensor(shape, seed):
    return torch.tensor(numbers(shape, seed), requires_grad=True)


@given(data=st.data())
def test_heads_compute_what_keras_computes(data):
    arguments = {
        "num_heads": data.draw(st.integers(1, 3)),
        "key_dim": data.draw(st.integers(1, 4)),
        "value_dim": data.draw(st.sampled_from([None, 3])),
        "use_bias": data.draw(flag),
        "use_gate": data.draw(flag),
        "output_shape": data.draw(st.sampled_from([None, 5, (2, 3)])),
        "sliding_window": data.draw(st.sampled_from([None, 2])),
    }
    tensors = [tensor((2, 4, 5), 0), tensor((2, 4, 6), 1)]
    if data.draw(flag):
        tensors.append(tensor((2, 4, 3), 2))
    options = {"return_attention_scores": data.draw(flag), "use_causal_mask": data.draw(flag)}
    if data.draw(flag):
        mask = np.random.default_rng(data.draw(st.integers(0, 9))).random((2, 4, 4)) > 0.4
        options["attention_mask"] = torch.tensor(mask)
    if data.draw(flag):
        options["value_mask"] = torch.tensor([[True] * 3 + [False]] * 2)
    beside_keras("MultiHeadAttention", arguments, tensors, options)


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2), (-2,)])
def test_attention_over_chosen_axes_is_keras_ones(axes):
    x = tensor((2, 3, 4, 5), 0)
    arguments = {"num_heads": 2, "key_dim": 3, "attention_axes": axes}
    options = {"return_attention_scores": True}
    beside_keras("MultiHeadAttention", arguments, [x, x], options)


def test_masks_of_query_and_value_are_found_on_the_tensors():
    layer = layers.MultiHeadAttention(2, 3)
    x = torch.randn(2, 4, 5)
    plain = layer(x, x)
    mask = torch.tensor([[True] * 3 + [False]] * 2)
    masked = x.clone()
    masked._keras_mask = mask
    y = layer(masked, masked)
    assert y._keras_mask is mask
    torch.testing.assert_close(y, layer(x, x, query_mask=mask, value_mask=mask))
    assert not torch.allclose(y, plain)


def test_a_causal_layer_never_looks_ahead():
    layer = layers.MultiHeadAttention(2, 3)
    x = torch.randn(1, 5, 4)
    changed = x.clone()
    changed[:, 3:] += 1
    y, z = (layer(t, t, use_causal_mask=True) for t in (x, changed))
    torch.testing.assert_close(y[:, :3], z[:, :3])


@pytest.mark.parametrize("seed", [None, 3])
def test_dropout_acts_in_training(seed):
    layer = layers.MultiHeadAttention(2, 3, dropout=0.5, seed=seed)
    x = torch.randn(2, 4, 5)
    torch.testing.assert_close(layer(x, x), layer(x, x))
    assert not torch.allclose(layer(x, x, training=True), layer(x, x))


def test_symbolic_shapes_are_the_eager_ones():
    q, v = Input((4, 5)), Input((6, 5))
    y, scores = layers.MultiHeadAttention(2, 3)(q, v, return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, 4, 5), (None, 2, 4, 6))
    model = torchkeras.Model([q, v], layers.MultiHeadAttention(2, 3, output_shape=7)(q, v))
    assert model([torch.zeros(2, 4, 5), torch.zeros(2, 6, 5)]).shape == (2, 4, 7)


def test_projections_are_linear_modules_in_keras_layout():
    layer = layers.MultiHeadAttention(2, 3)
    layer.build((None, 4, 5), (None, 4, 6))
    assert layer.query_dense.kernel.shape == (5, 2, 3)
    assert layer.value_dense.kernel.shape == (6, 2, 3)
    assert layer.output_dense.kernel.shape == (2, 3, 5)
    assert layer.query_dense.linear.weight.shape == (6, 5)
    assert "query_dense.linear.weight" in layer.state_dict()


def test_it_keeps_the_contract():
    layer = layers.MultiHeadAttention(2, 3, output_shape=5, name="it")
    x = torch.randn(3, 4, 5)
    y = layer(x, x)
    config = layer.get_config()
    json.dumps(config)
    assert "flash_attention" not in config
    assert layers.MultiHeadAttention.from_config(config).get_config() == config
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        torch.testing.assert_close(twin(x, x), y)
    half = layers.MultiHeadAttention(2, 3, dtype="mixed_bfloat16")
    assert half(x, x).dtype is torch.bfloat16
    torch.compiler.reset()
    compiled = torch.compile(lambda x: layer(x, x), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), y)
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes = {"query": {0: batch}, "value": {0: batch}}
    program = torch.export.export(layer, (x, x), dynamic_shapes=shapes).module()
    more = torch.cat([x, x])
    torch.testing.assert_close(program(more, more), layer(more, more))
    assert layer(x[:0], x[:0]).shape == (0, 4, 5)
    assert layer.to(torch.float64)(x.double(), x.double()).dtype is torch.float64


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="num_heads is 0; expected a positive integer"):
        layers.MultiHeadAttention(0, 3)
    with pytest.raises(ValueError, match="key_dim is '3'"):
        layers.MultiHeadAttention(2, "3")
    with pytest.raises(ValueError, match="sliding_window is 0"):
        layers.MultiHeadAttention(2, 3, sliding_window=0)
    with pytest.raises(ValueError, match="dropout is 2"):
        layers.MultiHeadAttention(2, 3, dropout=2)
    with pytest.raises(ValueError, match="flash attention is enabled"):
        layers.MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True)
    x = torch.zeros(1, 4, 5)
    with pytest.raises(ValueError, match="`value` and `key`"):
        layers.MultiHeadAttention(2, 3)(x, x, torch.zeros(1, 3, 5))
    with pytest.raises(ValueError, match="Returning attention scores is not supported"):
        layers.MultiHeadAttention(2, 3, flash_attention=True)(x, x, return_attention_scores=True)


def test_what_it_is_given_keeps_its_mask():
    x = layers.Embedding(9, 8, mask_zero=True)(torch.tensor([[1, 2, 0]]))
    total = layers.Add()([layers.MultiHeadAttention(2, 4)(x, x), x])
    assert x._keras_mask.tolist() == total._keras_mask.tolist() == [[True, True, False]]
