"""Rounding to float8; ``tests/layers/test_quantized.py`` compares with Keras."""

import torch
from parity import numbers

from torchkeras.nn.float8 import FORWARD, Float8Product, next_history, next_scale, rounded
from torchkeras.nn.products import Affine


def module(training):
    weight = torch.nn.Parameter(torch.tensor(numbers((3, 4))))
    return Float8Product(Affine((4,), (3,)), weight, None, 5, lambda: training)


def test_gradients_of_scales_and_histories_are_their_next_values():
    layer = module(True)
    x = torch.tensor(numbers((2, 4), 1), requires_grad=True)
    layer(x).sum().backward()
    history = layer.inputs_amax_history
    torch.testing.assert_close(history.grad, next_history(x.detach(), history.detach()))
    assert history.grad[0] == x.detach().abs().max()
    assert layer.inputs_scale.grad == 1.0  # nothing seen before
    assert layer.outputs_grad_amax_history.grad[0] == 1.0
    torch.testing.assert_close(
        x.grad, rounded(layer.weight, torch.tensor(1.0), FORWARD).sum(0).expand(2, 4)
    )


def test_nothing_moves_on_in_inference():
    layer = module(False)
    layer(torch.tensor(numbers((2, 4)))).sum().backward()
    assert layer.inputs_scale.grad is None
    assert layer.kernel_amax_history.grad is None


def test_scales_are_kept_where_nothing_was_seen():
    one = torch.tensor(3.0)
    assert next_scale(torch.tensor(0.0), one, 448.0) == 3.0
    assert next_scale(torch.tensor(float("inf")), one, 448.0) == 3.0
    assert next_scale(torch.tensor(448.0), one, 448.0) == 1.0
