"""What layers of attention by heads share: masks, names of tf.keras, kernels."""

import keras as real
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import layers

MAKE = [
    lambda **options: layers.MultiHeadAttention(2, 3, **options),
    lambda **options: layers.GroupQueryAttention(3, 2, 1, **options),
]


@pytest.mark.parametrize("make", MAKE)
def test_the_fourth_argument_is_a_mask_of_either_kind(make):
    layer, x = make(), torch.randn(2, 4, 5)
    mask = torch.rand(2, 4, 4, generator=torch.Generator().manual_seed(0)) > 0.4
    torch.testing.assert_close(layer(x, x, x, mask), layer(x, x, attention_mask=mask))
    of_query = torch.tensor([[True, True, True, False]] * 2)
    torch.testing.assert_close(layer(x, x, x, of_query), layer(x, x, query_mask=of_query))
    x._keras_mask = of_query
    wanted = layer(x, x, query_mask=of_query, value_mask=of_query, attention_mask=mask)
    torch.testing.assert_close(layer(x, x, None, mask), wanted)
    with pytest.raises(ValueError, match="value_mask is True; expected a mask. .* by name"):
        layer(x, x, x, mask, True)


@pytest.mark.parametrize("make", MAKE)
def test_kernels_are_chosen_by_the_argument_and_the_configuration(make):
    x = torch.randn(2, 4, 5)
    layer, without = make(), make(flash_attention=False)
    y = layer(x, x)
    without(x, x)
    without.set_weights(layer.get_weights())
    torch.testing.assert_close(without(x, x), y)
    torchkeras.config.disable_flash_attention()
    torch.testing.assert_close(layer(x, x), y)
    torchkeras.config.enable_flash_attention()
    insisting = make(flash_attention=True)
    insisting(x, x)
    insisting.set_weights(layer.get_weights())
    torch.testing.assert_close(insisting(x, x, use_causal_mask=True),
                               layer(x, x, use_causal_mask=True))  # fmt: skip
    assert insisting.get_config()["flash_attention"] is True


@pytest.mark.parametrize("make", MAKE)
def test_masked_pairs_are_never_seen(make):
    layer, x = make(sliding_window=2), torch.randn(1, 5, 4)
    changed = x.clone()
    changed[:, 4] += 1
    y, z = layer(x, x, use_causal_mask=True), layer(x, changed, use_causal_mask=True)
    torch.testing.assert_close(y[:, :4], z[:, :4])
    far = x.clone()
    far[:, 0] += 1
    torch.testing.assert_close(layer(x, far)[:, 2:], layer(x, x)[:, 2:])


def test_a_users_attention_is_handed_a_full_mask():
    seen = []

    class Counting(layers.MultiHeadAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None,
                               return_attention_scores=False):  # fmt: skip
            seen.append(attention_mask)
            return super()._compute_attention(query, key, value, attention_mask, training,
                                              return_attention_scores)  # fmt: skip

    x = torch.randn(2, 4, 5)
    layer = Counting(2, 3)
    plain = layers.MultiHeadAttention(2, 3)
    layer(x, x), plain(x, x)
    plain.set_weights(layer.get_weights())
    y = layer(x, x, use_causal_mask=True)
    torch.testing.assert_close(y, plain(x, x, use_causal_mask=True))
    assert seen[-1].squeeze(0).tolist() == torch.ones(4, 4).tril().bool().tolist()


def test_projections_begin_unlike_each_other():
    layer = layers.GroupQueryAttention(3, 2, 2, kernel_initializer="glorot_uniform")
    layer.build((None, 4, 5), (None, 4, 5))
    query, key = layer.query_dense.kernel.numpy(), layer.key_dense.kernel.numpy()
    assert not (query == key).all()
    assert layer.value_dense.kernel.shape == (5, 2, 3)
    assert layer.output_dense.kernel.shape == (2, 3, 5)


def quantized(make, mode):
    """A model whose attention, within another model, and with dropout, is quantized."""
    inputs = torchkeras.Input((4, 8))
    inner = torchkeras.Input((4, 8))
    block = torchkeras.Model(inner, make(dropout=0.1, name="key (1)")(inner, inner))
    model = torchkeras.Model(inputs, layers.Dense(3)(block(inputs)))
    model.quantize(mode)
    return model


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
@pytest.mark.parametrize("make", MAKE)
def test_projections_are_quantized_again_where_a_model_is_read_here_or_by_keras(
    tmp_path, make, mode
):
    model, x = quantized(make, mode), np.random.default_rng(0).random((2, 4, 8), dtype="f4")
    expected = model(x).detach().numpy()
    model.save(tmp_path / "m.keras")
    ours = torchkeras.models.load_model(tmp_path / "m.keras")
    clone = torchkeras.models.clone_model(ours)
    clone.set_weights(ours.get_weights())
    theirs = real.models.load_model(tmp_path / "m.keras")
    for other in (ours, clone, theirs):
        np.testing.assert_allclose(other(x).detach().numpy(), expected, atol=1e-6)
    modes = {layer.name: layer.quantization_mode for layer in theirs._flatten_layers()}
    assert modes["query"] == modes["attention_output"] == mode
    assert modes["key (1)"] is None


def test_policies_are_a_map_only_where_projections_are_quantized():
    layer = layers.MultiHeadAttention(2, 3, name="heads")
    layer(torch.zeros(1, 4, 8), torch.zeros(1, 4, 8))
    assert layer.get_config()["dtype"]["config"] == {"name": "float32"}
    layer.query_dense.quantize("int8")
    layer.output_dense.quantize("int4")
    assert layer.get_config()["dtype"]["class_name"] == "DTypePolicyMap"
    again = layers.MultiHeadAttention.from_config(layer.get_config())
    again.build((1, 4, 8), (1, 4, 8))
    modes = [part.quantization_mode for part in again._flatten_layers()]
    assert modes == [None, "int8", None, None, "int4", None]
    assert again.get_config() == layer.get_config()
