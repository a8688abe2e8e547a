"""Layers that hand their inputs on."""

import numpy as np
import torch
from parity import compare, numbers

from torchkeras import Input, layers


def test_masking_marks_and_clears_steps():
    x = numbers((2, 3, 2))
    x[0, 1] = 0.5
    x[1, 0, 0] = 0.5
    compare("Masking", {"mask_value": 0.5}, x)
    y = layers.Masking(0.5)(torch.tensor(x))
    assert y._keras_mask.tolist() == [[True, False, True], [True, True, True]]


def test_identity_takes_any_structure():
    x = {"a": torch.zeros(2, 3), "b": [torch.ones(1)]}
    y = layers.Identity()(x)
    assert y["a"] is x["a"]
    assert y["b"][0] is x["b"][0]
    symbols = layers.Identity()({"a": Input((3,), dtype="int32")})
    assert symbols["a"].shape == (None, 3)
    assert symbols["a"].dtype == "int32"


def test_activity_is_penalized_per_sample():
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    layer(torch.tensor([[1.0, -2.0], [0.0, 1.0]]))
    assert [float(loss) for loss in layer.losses] == [(0.5 * 4 + 0.25 * 6) / 2]
    assert layer.get_config()["l1"] == 0.5


def test_masks_of_arrays_are_tensors():
    x = np.array([[[0.0, 0.0], [1.0, 0.0]]])
    assert layers.Masking().compute_mask(x).tolist() == [[False, True]]
    embedding = layers.Embedding(3, 2, mask_zero=True)
    assert embedding.compute_mask(np.array([[0, 2]])).tolist() == [[False, True]]
