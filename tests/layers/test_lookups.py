"""Tables of few bits; ``test_quantized.py`` and ``test_reversible.py`` compare with Keras."""

import torch
from parity import numbers

from torchkeras import layers
from torchkeras.quantizers import Int4QuantizationConfig


def test_vectors_of_odd_length_are_packed_and_found_again():
    layer = layers.Embedding(5, 7)
    layer.build((None,))
    table = numbers((5, 7))
    layer.set_weights([table])
    layer.quantize("int4", config=Int4QuantizationConfig(block_size=3))
    assert layer.get_weights()[0].shape == (5, 4)
    assert layer.embeddings_scale.shape == layer.embeddings_zero.shape == (5, 3)
    assert layer.g_idx.numpy().tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert layer.embeddings.shape == (5, 7)
    found = layer(torch.arange(5))
    torch.testing.assert_close(found, torch.tensor(table), rtol=0, atol=0.6)


def test_the_second_matrix_is_there_only_if_weights_are_not_tied():
    for tied in (True, False):
        layer = layers.ReversibleEmbedding(5, 4, tie_weights=tied)
        layer.build((None,))
        layer.quantize("int8")
        assert ("reverse_embeddings" in {w.name for w in layer.weights}) is not tied
        assert len(layer.state_dict()) == len(layer.weights)
