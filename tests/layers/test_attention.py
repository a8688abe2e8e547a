"""Attention without heads beside Keras over its arguments, and messages."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers

flag = st.booleans()


@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
@given(data=st.data())
def test_scores_and_masks_are_keras_ones(name, data):
    arguments = {"use_scale": data.draw(flag)}
    if name == "Attention":
        arguments["score_mode"] = data.draw(st.sampled_from(["dot", "concat"]))
    masks = None
    if data.draw(flag):
        rng = np.random.default_rng(data.draw(st.integers(0, 9)))
        masks = [rng.random((2, 4)) > 0.3, rng.random((2, 4)) > 0.3]
        if data.draw(flag):
            masks[1][0] = False  # a row without keys
    arguments["dropout"] = data.draw(st.sampled_from([0.0, 0.4]))
    options = {"return_attention_scores": data.draw(flag), "use_causal_mask": data.draw(flag)}
    inputs = [numbers((2, 4, 3), 0), numbers((2, 4, 3), 1)]
    if data.draw(flag):
        inputs.append(numbers((2, 4, 3), 2))
        masks = None if masks is None else [*masks, None]
    compare(name, arguments, inputs, masks, options=options)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_every_precision_leaves_masked_values_out(dtype):
    layer = layers.Attention(dtype=dtype)
    q, v = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    mask = torch.tensor([[True, True, False, False, True]] * 2)
    changed = v.clone()
    changed[:, 2:4] = 3
    y = layer([q, v], mask=[None, mask])
    assert y.dtype is getattr(torch, dtype)
    torch.testing.assert_close(layer([q, changed], mask=[None, mask]), y)


@pytest.mark.parametrize("make", [layers.Attention, layers.AdditiveAttention])
def test_seeded_dropout_can_be_repeated(make):
    x = [torch.randn(2, 6, 4), torch.randn(2, 8, 4)]
    one, other, third = (make(use_scale=False, dropout=0.5, seed=s) for s in (1, 1, 2))
    first = one(x, training=True)
    torch.testing.assert_close(other(x, training=True), first)
    assert not torch.allclose(third(x, training=True), first)
    assert not torch.allclose(one(x, training=True), first)
    torch.testing.assert_close(one(x), make(use_scale=False)(x))
    assert torch.equal(make(dropout=1.0)(x, training=True), torch.zeros(2, 6, 4))


def test_dropout_on_the_kernel_keeps_the_mean():
    layer = layers.Attention(dropout=0.3)
    x = [torch.randn(1, 2, 4), torch.randn(1, 6, 4)]
    many = [part.expand(8000, -1, -1) for part in x]
    mean = layer(many, training=True).mean(0, keepdim=True)
    torch.testing.assert_close(mean, layer(x), rtol=0, atol=0.05)


def test_scores_of_a_subclass_are_used():
    class Even(layers.Attention):
        def _calculate_scores(self, query, key):
            return torch.zeros(query.shape[0], query.shape[1], key.shape[1])

    q, v = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    torch.testing.assert_close(Even()([q, v]), v.mean(1, keepdim=True).expand(2, 3, 4))


def test_what_tf_keras_writes_is_taken():
    config = {"name": "a", "trainable": True, "causal": True, "dropout": 0.0, "use_scale": False}
    x = torch.randn(1, 4, 3)
    for make in (layers.Attention, layers.AdditiveAttention):
        layer = make.from_config(config)
        torch.testing.assert_close(
            layer([x, x]), make(use_scale=False)([x, x], use_causal_mask=True)
        )
        assert layer.get_config()["causal"] is True
        assert "causal" not in make().get_config()
        mask = torch.ones(1, 4)
        assert layer.compute_mask([x, x], mask=[mask, None]) is mask
        assert layer.compute_mask([x, x], previous_mask=[mask, None]) is mask


def test_attention_needs_a_list():
    with pytest.raises(ValueError, match="must be called on a list of inputs"):
        layers.Attention()(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match="score_mode is 'sum'"):
        layers.Attention(score_mode="sum")
    with pytest.raises(ValueError, match="dropout is 2"):
        layers.Attention(dropout=2)
    x = torch.zeros(2, 3, 4)
    with pytest.raises(ValueError, match="list of length 2 or 3"):
        layers.AdditiveAttention()([x] * 4)
    with pytest.raises(ValueError, match="layer mask must be a list"):
        layers.Attention()([x, x], mask=x)
    layer = layers.Attention(dropout=0.5, seed=1)
    x = torch.randn(2, 3, 4)
    assert not torch.allclose(layer([x, x], training=True), layer([x, x]))


def test_symbolic_scores_have_the_eager_shape():
    q, v = Input((4, 5)), Input((6, 5))
    y, scores = layers.Attention()([q, v], return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, 4, 5), (None, 4, 6))
