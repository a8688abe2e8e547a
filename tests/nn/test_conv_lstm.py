"""The convolutional LSTM, against its formula step by step."""

import pytest
import torch
from torch.nn import functional as F

from torchkeras.nn.conv_lstm import ConvLSTM
from torchkeras.nn.geometry import Window


def made(layout="channels_first", strides=(1, 1)):
    torch.manual_seed(0)
    return ConvLSTM(Window((3, 3), strides, (1, 1), "same", layout), 2, 4)


def by_hand(module, x):
    """``(b, t, c, h, w)`` -> ``(b, t, f, h, w)``"""
    h = c = torch.zeros(x.shape[0], 4, *x.shape[3:])
    outputs = []
    for x_t in x.unbind(1):
        z = F.conv2d(x_t, module.input_conv.weight, module.input_conv.bias, padding=1)
        i, f, g, o = (z + F.conv2d(h, module.state_conv.weight, padding=1)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs, 1)


def test_it_follows_its_formula_in_both_layouts():
    x = torch.randn(2, 3, 2, 5, 6)
    wanted = by_hand(made(), x)
    y, last, (h, _) = made()(x)
    torch.testing.assert_close(y, wanted)
    assert torch.equal(last, h)
    y, _, _ = made("channels_last")(x.movedim(2, -1))
    torch.testing.assert_close(y.movedim(-1, 2), wanted)
    assert y.is_contiguous()


def test_outputs_of_all_steps_only_where_they_are_wanted():
    y, last, _ = made()(torch.randn(2, 3, 2, 5, 6), sequences=False)
    assert y is None
    assert last.shape == (2, 4, 5, 6)


def test_factors_of_one_are_no_dropout():
    module, x = made("channels_last", (2, 1)), torch.randn(2, 3, 6, 5, 2)
    plain, _, _ = module(x)
    of_inputs, of_state = torch.ones(4, 2, 6, 5, 2), torch.ones(4, 2, 3, 5, 4)
    dropped, _, _ = module(x, input_masks=of_inputs, state_masks=of_state)
    torch.testing.assert_close(dropped, plain)


@pytest.mark.parametrize("gate", range(4))
def test_factors_of_a_gate_reach_that_gate_alone(gate):
    module, x = made(), torch.randn(2, 3, 2, 5, 6)
    masks = torch.ones(4, 2, 2, 5, 6)
    masks[gate] = 0
    changed = (module.project(x) != module.project(x, masks)).unflatten(2, (4, 4))
    assert changed[:, :, gate].any()
    module.input_conv.bias.data.zero_()
    assert not module.project(x, masks).unflatten(2, (4, 4))[:, :, gate].any()


def test_it_compiles_as_one_graph():
    module, x = made("channels_last"), torch.randn(2, 3, 5, 6, 2)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x)[0], module(x)[0])
