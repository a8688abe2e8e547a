"""Recurrent layers over maps beside Keras, and what is special about them."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from parity import compare, numbers, recipe

from torchkeras import Input, Model, layers


@st.composite
def recurrences(draw, rank):
    strides = draw(st.tuples(*[st.integers(1, 2)] * rank))
    dilation = (1,) * rank if max(strides) > 1 else draw(st.tuples(*[st.integers(1, 2)] * rank))
    return {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": draw(st.tuples(*[st.integers(1, 3)] * rank)),
        "strides": strides,
        "dilation_rate": dilation,
        "padding": draw(st.sampled_from(["valid", "same"])),
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
        "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from(["tanh", "relu"])),
        "recurrent_activation": draw(st.sampled_from(["sigmoid", "hard_sigmoid"])),
        "return_sequences": draw(st.booleans()),
        "return_state": draw(st.booleans()),
        "go_backwards": draw(st.booleans()),
    }


def shape_for(arguments, lengths, steps=3):
    first = arguments["data_format"] == "channels_first"
    return (2, steps, 3, *lengths) if first else (2, steps, *lengths, 3)


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
@settings(max_examples=10)
def test_they_compute_what_keras_computes(rank, data):
    arguments = data.draw(recurrences(rank))
    lengths = data.draw(st.tuples(*[st.integers(5, 6)] * rank))
    compare(f"ConvLSTM{rank}D", arguments, numbers(shape_for(arguments, lengths)), training=True)


@given(data=st.data(), mask=st.lists(st.booleans(), min_size=8, max_size=8))
@settings(max_examples=10)
def test_masks_leave_out_what_keras_leaves_out(data, mask):
    arguments = data.draw(recurrences(1))
    arguments["zero_output_for_mask"] = data.draw(st.booleans())
    x = numbers(shape_for(arguments, (5,), steps=4))
    compare("ConvLSTM1D", arguments, x, options={"mask": np.array(mask).reshape(2, 4)})


def test_a_given_state_is_the_first():
    arguments = {"filters": 3, "kernel_size": 2, "return_state": True}
    state = [numbers((2, 4, 3), seed) for seed in (1, 2)]
    compare("ConvLSTM1D", arguments, numbers((2, 3, 5, 2)), options={"initial_state": state})


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_number_types_follow_the_policy(policy):
    arguments = {"filters": 3, "kernel_size": 3, "padding": "same", "dtype": policy}
    compare("ConvLSTM2D", arguments, numbers((2, 3, 4, 5, 2)), relative=0.05, absolute=0.02)


def test_a_stateful_layer_goes_on_where_it_ended():
    x = numbers((2, 6, 5, 3))
    arguments = {"filters": 2, "kernel_size": 3, "padding": "same"}
    whole = layers.ConvLSTM1D(**arguments)
    parts = layers.ConvLSTM1D(**arguments, stateful=True)
    theirs = keras.layers.ConvLSTM1D(**arguments, stateful=True)
    wanted = whole(torch.tensor(x))
    for layer in (parts, theirs):
        layer.build((2, 3, 5, 3))
        layer.set_weights(whole.get_weights())
        layer(torch.tensor(x[:, :3]))
        found = layer(torch.tensor(x[:, 3:]))
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    parts.reset_state()
    torch.testing.assert_close(parts(torch.tensor(x)), wanted)


def test_the_cell_steps_as_the_layer_does():
    layer = layers.ConvLSTM2D(3, 2, return_state=True)
    x = torch.randn(2, 4, 5, 5, 2)
    y, *states = layer(x)
    cell = layer.cell
    state = cell.get_initial_state(2)
    for step in x.unbind(1):
        output, state = cell(step, state)
    torch.testing.assert_close(output, y)
    torch.testing.assert_close(state, states)
    around = layers.RNN(cell)
    torch.testing.assert_close(around(x), y)


def test_dropout_is_the_same_at_all_steps_and_another_for_each_gate():
    arguments = {"filters": 2, "kernel_size": 1, "use_bias": False, "return_sequences": True}
    layer = layers.ConvLSTM1D(**arguments, dropout=0.5, recurrent_dropout=0.5, seed=3)
    x = torch.ones(1, 5, 40, 1)
    layer(x)
    cell = layer.cell
    cell.recurrent_kernel.assign(np.zeros(cell.recurrent_kernel.shape))
    projected = cell.recurrence.project(
        x, torch.stack(cell.get_dropout_mask(x[:, 0]))
    )  # the same factors for all steps
    torch.testing.assert_close(projected, projected[:, :1].expand_as(projected))
    assert not torch.equal(projected[..., :2] == 0, projected[..., 2:4] == 0)


def test_dropout_in_training_only_and_seeds_are_honoured():
    x = torch.randn(2, 3, 6, 2)

    def made(seed):
        layer = layers.ConvLSTM1D(2, 3, dropout=0.4, recurrent_dropout=0.3, seed=seed)
        layer.build(x.shape)
        layer.set_weights([np.full(w.shape, 0.3, "float32") for w in layer.weights])
        return layer

    torch.testing.assert_close(made(1)(x), made(2)(x))
    first, again, other = made(1), made(1), made(2)
    y = first(x, training=True)
    assert torch.equal(y, again(x, training=True))
    assert not torch.equal(y, other(x, training=True))
    assert not torch.equal(y, first(x, training=True))


def test_dropout_keeps_the_mean():
    torch.manual_seed(0)
    layer = layers.ConvLSTM1D(
        1, 1, dropout=0.3, activation="linear", recurrent_activation="linear", use_bias=False
    )
    x = torch.ones(20000, 1, 1, 1)
    layer.build(x.shape)
    layer.set_weights([np.ones(w.shape, "float32") for w in layer.weights])
    assert float(layer(x, training=True).mean().detach()) == pytest.approx(1.0, abs=0.05)


def test_unknown_lengths_are_taken_unless_a_state_of_them_is_needed():
    symbol = Input((None, None, 6, 3))
    assert layers.ConvLSTM2D(4, 3)(symbol).shape == (None, None, 4, 4)
    with pytest.raises(RuntimeError, match="Build it with known lengths"):
        layers.ConvLSTM2D(4, 3, stateful=True)(Input(batch_shape=(2, None, None, 6, 3)))
    with pytest.raises(ValueError, match="batch size must be static"):
        layers.ConvLSTM2D(4, 3, stateful=True)(symbol)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "filters is 0; expected an integer, 1 or more"),
        ({"kernel_size": (3, 3, 3)}, "expected 2 integers"),
        ({"strides": 2, "dilation_rate": 2}, "not supported in conjunction"),
        ({"padding": "causal"}, "padding is 'causal'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.ConvLSTM2D(**{"filters": 2, "kernel_size": 3, **arguments})


def test_a_hook_on_the_cell_sees_each_step():
    layer, x = layers.ConvLSTM1D(2, 3), torch.randn(2, 4, 6, 3)
    wanted = layer(x)
    seen = []
    layer.cell.register_forward_hook(lambda cell, inputs, output: seen.append(output[0]))
    torch.testing.assert_close(layer(x), wanted)
    assert len(seen) == 4


def test_states_of_another_kind_are_refused():
    layer = layers.ConvLSTM1D(2, 3, data_format="channels_first")
    with pytest.raises(ValueError, match="2 with 2 channels"):
        layer(torch.zeros(1, 4, 3, 6), initial_state=[torch.zeros(1, 4, 2)] * 2)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="expected ndim=5, found ndim=4"):
        layers.ConvLSTM2D(2, 3)(torch.zeros(2, 3, 6, 6))
    with pytest.raises(ValueError, match="Computed output size would be negative"):
        layers.ConvLSTM2D(2, 5)(torch.zeros(2, 3, 4, 6, 1))
    with pytest.raises(ValueError, match="known number of steps"):
        layers.ConvLSTM2D(2, 3, unroll=True)(Input((None, 6, 6, 1)))


def test_masks_flow_through_a_model():
    x = Input((4, 5, 2))
    masked = layers.TimeDistributed(layers.Flatten())(x)
    masked = layers.Masking(0.0)(masked)
    maps = layers.TimeDistributed(layers.Reshape((5, 2)))(masked)
    model = Model(x, layers.ConvLSTM1D(2, 3)(maps))
    data = torch.randn(3, 4, 5, 2)
    short = data.clone()
    short[:, 2:] = 0
    layer = model.layers[-1]
    torch.testing.assert_close(model(short), layer(data[:, :2]))


def test_both_directions_are_those_of_keras():
    def made(package):
        return package.layers.ConvLSTM2D(2, 2, padding="same", return_sequences=True)

    compare("Bidirectional", {"layer": recipe(made)}, numbers((2, 3, 4, 5, 2)))


def test_options_of_recurrent_layers_are_in_the_configuration():
    layer = layers.ConvLSTM1D(2, 3, unroll=True, time_major=True, zero_output_for_mask=True)
    twin = layers.ConvLSTM1D.from_config(layer.get_config())
    assert twin.unroll
    assert twin.time_major
    assert twin.zero_output_for_mask
    assert twin.filters == 2
