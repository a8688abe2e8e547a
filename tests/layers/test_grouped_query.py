"""Attention by groups of heads beside Keras over its arguments, and what is special about it."""

import copy
import json
import pickle

import keras
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
def test_groups_compute_what_keras_computes(data):
    groups = data.draw(st.integers(1, 3))
    arguments = {
        "head_dim": data.draw(st.integers(1, 4)),
        "num_query_heads": groups * data.draw(st.integers(1, 2)),
        "num_key_value_heads": groups,
        "use_bias": data.draw(flag),
        "use_gate": data.draw(flag),
        "sliding_window": data.draw(st.sampled_from([None, 2])),
        "dropout": data.draw(st.sampled_from([0.0, 0.3])),
    }
    tensors = [tensor((2, 4, 5), 0), tensor((2, 3, 5), 1)]
    if data.draw(flag):
        tensors.append(tensor((2, 3, 5), 2))
    options = {"return_attention_scores": data.draw(flag), "use_causal_mask": data.draw(flag)}
    if data.draw(flag):
        mask = np.random.default_rng(data.draw(st.integers(0, 9))).random((2, 4, 3)) > 0.4
        options["attention_mask"] = torch.tensor(mask)
    if data.draw(flag):
        options["value_mask"] = torch.tensor([[True, True, False]] * 2)
        options["query_mask"] = torch.tensor([[True, True, True, False]] * 2)
    beside_keras("GroupQueryAttention", arguments, tensors, options)


def test_one_group_a_head_is_attention_by_heads():
    x = torch.randn(2, 4, 6)
    many, grouped = layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 2, 2)
    many(x, x), grouped(x, x)
    grouped.set_weights(many.get_weights())
    torch.testing.assert_close(grouped(x, x), many(x, x))


def test_symbolic_shapes_are_the_eager_ones():
    q, v = Input((4, 5)), Input((6, 5))
    layer = layers.GroupQueryAttention(3, 4, 2)
    y, scores = layer(q, v, return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, 4, 5), (None, 4, 4, 6))
    assert layer.name == "grouped_query_attention"
    assert layer.num_repeats == 2
    assert layer.feature_dim == 5


def test_it_keeps_the_contract(tmp_path):
    layer = layers.GroupQueryAttention(3, 4, 2, name="it")
    x = torch.randn(3, 4, 5)
    y = layer(x, x)
    config = layer.get_config()
    json.dumps(config)
    assert keras.layers.GroupQueryAttention.from_config(config).get_config().keys() == config.keys()
    assert layers.GroupQueryAttention.from_config(config).get_config() == config
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        torch.testing.assert_close(twin(x, x), y)
    assert layers.GroupQueryAttention(3, 4, 2, dtype="mixed_bfloat16")(x, x).dtype is torch.bfloat16
    assert layer(x[:0], x[:0]).shape == (0, 4, 5)
    torch.compiler.reset()
    compiled = torch.compile(lambda x: layer(x, x), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), y)
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes = {"query": {0: batch}, "value": {0: batch}}
    program = torch.export.export(layer, (x, x), dynamic_shapes=shapes).module()
    more = torch.cat([x, x])
    torch.testing.assert_close(program(more, more), layer(more, more))
    assert layer.to(torch.float64)(x.double(), x.double()).dtype is torch.float64


def test_files_are_read_on_both_sides(tmp_path):
    x = Input((4, 5))
    model = torchkeras.Model(x, layers.GroupQueryAttention(3, 4, 2, use_gate=True)(x, x))
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    data = numbers((2, 4, 5))
    wanted = model.predict(data, verbose=0)
    np.testing.assert_allclose(theirs.predict(data, verbose=0), wanted, rtol=1e-5, atol=1e-6)
    theirs.save(tmp_path / "theirs.keras")
    again = torchkeras.models.load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(again.predict(data, verbose=0), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", [None, 3])
def test_dropout_acts_in_training(seed):
    layer = layers.GroupQueryAttention(3, 4, 2, dropout=0.5, seed=seed)
    x = torch.randn(2, 4, 5)
    torch.testing.assert_close(layer(x, x), layer(x, x))
    assert not torch.allclose(layer(x, x, training=True), layer(x, x))


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="num_query_heads is 3; expected a multiple"):
        layers.GroupQueryAttention(3, 3, 2)
    with pytest.raises(ValueError, match="head_dim is 0; expected a positive integer"):
        layers.GroupQueryAttention(0, 2, 2)
    with pytest.raises(ValueError, match="flash attention is enabled"):
        layers.GroupQueryAttention(3, 2, 2, dropout=0.1, flash_attention=True)
    x = torch.zeros(1, 4, 5)
    with pytest.raises(ValueError, match="`value` and `key`"):
        layers.GroupQueryAttention(3, 2, 2)(x, x, torch.zeros(1, 3, 5))
    with pytest.raises(ValueError, match="Returning attention scores is not supported"):
        layers.GroupQueryAttention(3, 2, 2, flash_attention=True)(
            x, x, return_attention_scores=True
        )
