"""Attention over any axes, against the softmax written out."""

import pytest
import torch

from torchkeras.nn import attention


def inputs(*lengths, keys=None):
    g = torch.Generator().manual_seed(0)
    shape = (2, *lengths, 3, 4)
    other = (2, *(keys or lengths), 3, 4)
    return tuple(torch.randn(*s, generator=g) for s in (shape, other, other))


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2)])
def test_the_fused_kernel_equals_weights_times_values(axes):
    q, k, v = inputs(5, 6)
    found = attention.attend(q, k, v, axes)
    weights = attention.attention_weights(q, k, axes)
    torch.testing.assert_close(found, attention.weighted_values(weights, v, axes))
    assert found.shape == q.shape


def test_one_axis_is_the_textbook_formula():
    q, k, v = inputs(5, keys=(7,))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / 2
    wanted = torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v)
    torch.testing.assert_close(attention.attend(q, k, v), wanted)
    torch.testing.assert_close(attention.attention_weights(q, k), scores.softmax(-1))


def test_masks_and_causality_hide_elements():
    q, k, v = inputs(5)
    causal = attention.attend(q, k, v, causal=True)
    mask = attention.causal_mask(5, 5)
    torch.testing.assert_close(attention.attend(q, k, v, mask=mask), causal)
    changed = v.clone()
    changed[:, 3:] += 1
    assert torch.equal(attention.attend(q, k, changed, causal=True)[:, :3], causal[:, :3])


def test_a_query_without_keys_gets_zeros():
    q, k, v = inputs(4)
    mask = torch.ones(2, 1, 4, 4, dtype=torch.bool)
    mask[0, :, 1] = False
    for y in (
        attention.attend(q, k, v, mask=mask),
        attention.weighted_values(attention.attention_weights(q, k, mask=mask), v),
    ):
        assert y[0, 1].abs().max() == 0
        assert torch.isfinite(y).all()


def test_softmax_over_several_axes_sums_to_one():
    x = torch.randn(2, 3, 4)
    assert attention.masked_softmax(x, None, (1, 2)).sum((1, 2)).allclose(torch.ones(2))


def test_a_band_reaches_both_ways():
    assert attention.band_mask(3, 3, 1).tolist() == torch.eye(3, dtype=torch.bool).tolist()
    assert attention.band_mask(3, 3, 2)[0].tolist() == [True, True, False]


def test_fewer_heads_of_keys_serve_several_queries():
    q, k, v = inputs(5)
    q = torch.randn(2, 5, 6, 4)
    found = attention.attend(q, k, v)
    repeated = [x.repeat_interleave(2, -2) for x in (k, v)]
    torch.testing.assert_close(found, attention.attend(q, *repeated))
    weights = attention.attention_weights(q, k)
    torch.testing.assert_close(attention.weighted_values(weights, v), found)


def test_attention_without_heads_has_no_scale():
    q, k, v = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 6)
    bias = torch.randn(2, 1, 5)
    wanted = torch.softmax(q @ k.mT + bias, -1) @ v
    torch.testing.assert_close(attention.attend_once(q, k, v, bias, False, 0.0), wanted)
