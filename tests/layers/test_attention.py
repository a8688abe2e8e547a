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
    options = {"return_attention_scores": data.draw(flag), "use_causal_mask": data.draw(flag)}
    compare(name, arguments, [numbers((2, 4, 3), 0), numbers((2, 4, 3), 1)], masks, options=options)


def test_attention_needs_a_list():
    with pytest.raises(ValueError, match="must be called on a list of inputs"):
        layers.Attention()(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match="score_mode is 'sum'"):
        layers.Attention(score_mode="sum")
    layer = layers.Attention(dropout=0.5, seed=1)
    x = torch.randn(2, 3, 4)
    assert not torch.allclose(layer([x, x], training=True), layer([x, x]))


def test_symbolic_scores_have_the_eager_shape():
    q, v = Input((4, 5)), Input((6, 5))
    y, scores = layers.Attention()([q, v], return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, 4, 5), (None, 4, 6))
