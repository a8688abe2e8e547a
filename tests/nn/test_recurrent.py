"""Fused recurrent networks, against the same formulas step by step."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from torchkeras.nn import recurrent

KINDS = [recurrent.SimpleRNN, recurrent.LSTM, recurrent.GRU]
masks = st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=3, max_size=3)


def make(kind, **options):
    torch.manual_seed(5)
    return kind(4, 3, **options)


def both_ways(module, x, state, mask):
    """Results and gradients of the kernel and of the scan."""
    found = []
    for function in (module.forward, lambda *a: module._scan(*a, None, None)):
        outputs, last, final = function(x, state, mask)
        total = (outputs.cos() * 2).sum() + last.sin().sum() + sum((s**2).sum() for s in final)
        gradients = torch.autograd.grad(total, [x, *module.parameters()])
        found.append([outputs, last, *final, *gradients])
    return found


@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@given(mask=masks)
def test_any_mask_on_the_kernel_equals_the_scan(kind, with_state, mask):
    module = make(kind)
    x = torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    state = tuple(torch.randn(3, 3) for _ in range(module.states)) if with_state else None
    for mine, true in zip(*both_ways(module, x, state, torch.tensor(mask)), strict=True):
        torch.testing.assert_close(mine, true, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_mask_the_kernel_equals_the_scan(kind):
    for bias in (True, False):
        module = make(kind, bias=bias)
        assert module.is_fused
        x = torch.randn(3, 6, 4, requires_grad=True)
        for mine, true in zip(*both_ways(module, x, None, None), strict=True):
            torch.testing.assert_close(mine, true, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_wanted_is_left_out(kind):
    module = make(kind)
    x = torch.randn(3, 6, 4)
    mask = torch.tensor([[True] * 4 + [False] * 2] * 3)
    full, last, final = module(x, None, mask)
    _, short, _ = module(x, None, mask, False, False)
    torch.testing.assert_close(short, last)
    torch.testing.assert_close(final[0], last)
    torch.testing.assert_close(full[:, -1], last)


@pytest.mark.parametrize("kind", KINDS)
def test_a_masked_first_step_gives_zeros(kind):
    module = make(kind)
    state = tuple(torch.ones(2, 3) for _ in range(module.states))
    mask = torch.tensor([[False, True], [False, False]])
    outputs, _, final = module(torch.randn(2, 2, 4), state, mask)
    assert outputs[:, 0].abs().max() == 0
    assert outputs[1].abs().max() == 0
    torch.testing.assert_close([s[1] for s in final], [s[1] for s in state])


def test_long_holds_do_not_drift():
    module = make(recurrent.GRU)
    mask = torch.zeros(1, 2000, dtype=torch.bool)
    mask[:, 0] = True
    outputs, _, _ = module(torch.randn(1, 2000, 4), None, mask)
    torch.testing.assert_close(outputs[:, -1], outputs[:, 0], rtol=0, atol=2e-7)


def test_lstm_and_gru_are_torchs_with_its_order_of_gates():
    x = torch.randn(2, 5, 4)
    lstm, torchs = make(recurrent.LSTM), nn.LSTM(4, 3, batch_first=True)
    with torch.no_grad():
        for mine, theirs in (("weight_ih", "weight_ih_l0"), ("weight_hh", "weight_hh_l0")):
            getattr(torchs, theirs).copy_(getattr(lstm, mine))
        torchs.bias_ih_l0.copy_(lstm.bias)
        torchs.bias_hh_l0.zero_()
    torch.testing.assert_close(lstm(x)[0], torchs(x)[0])


def test_dropout_masks_of_ones_change_nothing():
    for kind in KINDS:
        module = make(kind)
        x = torch.randn(2, 5, 4)
        ones = torch.ones(module.gates, 2, 4), torch.ones(module.gates, 2, 3)
        torch.testing.assert_close(
            module(x, input_masks=ones[0], state_masks=ones[1])[0], module(x)[0]
        )


def test_other_arithmetic_goes_step_by_step():
    assert not make(recurrent.GRU, reset_after=False).is_fused
    assert not make(recurrent.LSTM, activation=torch.relu).is_fused
    assert make(recurrent.SimpleRNN, activation=torch.relu).is_fused


def test_values_at_masked_steps_are_never_seen():
    mask = torch.tensor([[True, False, True, False]])
    x = torch.randn(1, 4, 4)
    x[:, 1::2] = torch.nan
    for kind in KINDS:
        outputs, last, final = make(kind)(x, None, mask)
        assert all(torch.isfinite(value).all() for value in (outputs, last, *final))


@pytest.mark.parametrize("kind", KINDS)
@given(with_state=st.booleans(), mask=st.none() | masks)
def test_both_directions_at_once_equal_two_runs(kind, with_state, mask):
    there, back = make(kind), kind(4, 3)
    x = torch.randn(3, 6, 4)
    state = back_state = None
    if mask is not None and kind is recurrent.SimpleRNN:
        return
    if with_state and mask is None:
        state, back_state = ((torch.randn(3, 3),) * there.states for _ in range(2))
    mask = None if mask is None else torch.tensor(mask)
    states = (state, back_state) if state else None
    both, last, final = there(x, states, mask, backward=back)
    first = there(x, state, mask)
    second = back(x.flip(1), back_state, None if mask is None else mask.flip(1))
    wanted = torch.cat([first[0], second[0].flip(1)], -1)
    if mask is not None:
        wanted = torch.where(mask.unsqueeze(-1), wanted, 0.0)
    torch.testing.assert_close(both, wanted)
    torch.testing.assert_close(last, torch.cat([first[1], second[1]], -1))
    for found, one, other in zip(final, first[2], second[2], strict=True):
        torch.testing.assert_close(found, torch.stack([one, other]))


@pytest.mark.parametrize("activation", [torch.relu, torch.tanh, torch.sigmoid])
@pytest.mark.parametrize("kind", KINDS)
def test_a_compiled_graph_has_the_same_activation(kind, activation):
    module = make(kind, activation=activation)
    x = torch.randn(2, 4, 4)
    torch.compiler.reset()
    compiled = torch.compile(lambda x: module(x)[1], fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), module(x)[1])


def test_both_forms_of_a_mask_compile_to_one_graph():
    module = make(recurrent.LSTM)
    x = torch.randn(2, 4, 4)
    torch.compiler.reset()
    compiled = torch.compile(
        lambda x, mask: module(x, None, mask)[:2], fullgraph=True, backend="eager"
    )
    for mask in ([[True, True, False, False]] * 2, [[False, True, False, True]] * 2):
        mask = torch.tensor(mask)
        torch.testing.assert_close(compiled(x, mask), module(x, None, mask)[:2])
