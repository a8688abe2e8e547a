"""The loop over time beside Keras: every flag, masks, states."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, fill, make_both, numbers, recipe

import torchkeras
from torchkeras import Input, layers

KINDS = ["SimpleRNN", "LSTM", "GRU"]


@recipe
def user_cell(package):
    class Decay(package.layers.Layer):
        """A cell as users write them."""

        def __init__(self, units, **options):
            super().__init__(**options)
            self.units = self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

        def call(self, inputs, states):
            state = states[0] * 0.5 + package.ops.matmul(inputs, self.kernel)
            return state, [state]

    return Decay(3)


@recipe
def stack(package):
    return [package.layers.GRUCell(2), package.layers.LSTMCell(3)]


masks = st.none() | st.lists(
    st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=2
)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_flags_masks_and_states_give_what_keras_gives(kind, data):
    flag = st.booleans()
    arguments = {
        "units": 3,
        "return_sequences": data.draw(flag),
        "return_state": data.draw(flag),
        "go_backwards": data.draw(flag),
        "use_bias": data.draw(flag),
        "zero_output_for_mask": data.draw(flag),
        "activation": data.draw(st.sampled_from(["tanh", "tanh", "relu", "softsign"])),
    }
    if kind == "GRU":
        arguments["reset_after"] = data.draw(flag)
    if kind == "LSTM":
        arguments["unit_forget_bias"] = data.draw(flag)
    mask = data.draw(masks)
    options = {}
    if data.draw(flag):
        count = 2 if kind == "LSTM" else 1
        options["initial_state"] = [numbers((2, 3), seed) for seed in range(count)]
        if mask is not None:  # beside a state, Keras 3 doesn't look for the mask on the sequence
            options["mask"], mask = np.array(mask), None
    compare(
        kind,
        arguments,
        numbers((2, 5, 4)),
        masks=None if mask is None else np.array(mask),
        options=options,
        training=True,
    )


@pytest.mark.parametrize("cell", [user_cell, stack])
@given(data=st.data())
def test_any_cell_gives_what_keras_gives(cell, data):
    flag = st.booleans()
    arguments = {
        "cell": cell,
        "return_sequences": data.draw(flag),
        "return_state": cell is user_cell and data.draw(flag),
        "go_backwards": data.draw(flag),
    }
    mask = data.draw(masks)
    compare("RNN", arguments, numbers((2, 5, 4)), masks=None if mask is None else np.array(mask))


@pytest.mark.parametrize("kind", KINDS)
def test_a_stateful_layer_goes_on_where_it_ended(kind):
    x = torch.randn(2, 6, 4)
    whole = getattr(layers, kind)(3)
    parts = getattr(layers, kind)(3, stateful=True)
    y = whole(x)
    parts(x[:, :3])
    parts.set_weights(whole.get_weights())
    parts.reset_states()
    parts(x[:, :3])
    torch.testing.assert_close(parts(x[:, 3:]), y)
    parts.reset_state()
    assert all(state.numpy().max() == 0 for state in parts.states)
    parts.reset_states([np.ones((2, 3), "float32")] * len(parts.states))
    assert all(state.numpy().min() == 1 for state in parts.states)
    assert len(parts.weights) == 3
    assert not any("state" in key for key in parts.state_dict())


def test_training_through_a_stateful_layer_works_batch_after_batch():
    layer = layers.LSTM(3, stateful=True)
    for _ in range(2):
        layer(torch.randn(2, 4, 3), training=True).sum().backward()


def test_stateful_needs_its_batch_size():
    with pytest.raises(ValueError, match="batch size must be static"):
        layers.GRU(3, stateful=True)(Input((5, 4)))
    layer = layers.GRU(3, stateful=True)
    layer(torch.zeros(2, 5, 4))
    with pytest.raises(ValueError, match="batch size is 3; expected 2"):
        layer(torch.zeros(3, 5, 4))


def test_time_major_sequences_are_transposed():
    x = torch.randn(5, 2, 4)
    usual = layers.LSTM(3, return_sequences=True)
    y = usual(x.transpose(0, 1))
    other = layers.LSTM(3, return_sequences=True, time_major=True)
    other(x)
    other.set_weights(usual.get_weights())
    torch.testing.assert_close(other(x), y.transpose(0, 1))
    assert other(Input((2, 4), batch_size=5)).shape == (5, 2, 3)
    assert layers.LSTM.from_config(other.get_config()).time_major


def test_a_boolean_second_argument_is_a_mask():
    layer = layers.GRU(3)
    x = torch.randn(2, 5, 4)
    mask = torch.tensor([[True] * 3 + [False] * 2] * 2)
    torch.testing.assert_close(layer(x, mask), layer(x, mask=mask))


def test_masks_travel_through_symbolic_calls():
    ids = Input((5,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    model = torchkeras.Model(ids, layers.LSTM(3)(x))
    short, long = torch.tensor([[3, 4, 5]]), torch.tensor([[3, 4, 5, 0, 0]])
    lstm, embedding = model.layers[-1], model.layers[1]
    torch.testing.assert_close(model(long), lstm(embedding(short)))


def test_states_of_an_encoder_start_a_decoder():
    x, z = Input((5, 4)), Input((3, 4))
    _, *states = layers.LSTM(3, return_state=True)(x)
    y = layers.LSTM(3, return_sequences=True)(z, initial_state=states)
    model = torchkeras.Model([x, z], y)
    assert model([torch.zeros(2, 5, 4), torch.zeros(2, 3, 4)]).shape == (2, 3, 3)


def test_dropout_disturbs_training_only_and_is_the_same_at_all_steps():
    layer = layers.SimpleRNN(
        50, activation="linear", dropout=0.5, recurrent_initializer="zeros", return_sequences=True,
        seed=1,
    )  # fmt: skip
    x = torch.ones(2, 4, 30)
    y = layer(x, training=True)
    torch.testing.assert_close(y[:, 0], y[:, 3])
    assert not torch.allclose(y, layer(x, training=False))
    torch.testing.assert_close(layer(x), layer(x))


@pytest.mark.parametrize("kind", KINDS)
def test_seeded_dropout_can_be_repeated(kind):
    options = {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 2}
    one, other = (getattr(layers, kind)(4, **options) for _ in range(2))
    x = torch.randn(3, 6, 5)
    plain = one(x, training=False)
    other(x, training=False)
    other.set_weights(one.get_weights())
    first = one(x, training=True)
    assert not torch.allclose(first, plain)
    torch.testing.assert_close(other(x, training=True), first)
    assert not torch.allclose(one(x, training=True), first)


def test_dropout_of_a_linear_network_keeps_the_mean():
    layer = layers.SimpleRNN(4, activation="linear", dropout=0.3, seed=2)
    x = torch.randn(1, 4, 5)
    plain = layer(x, training=False)
    mean = layer(x.expand(20000, 4, 5), training=True).mean(0, keepdim=True)
    torch.testing.assert_close(mean, plain, rtol=0, atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_states_between_batches_are_keras_ones(kind):
    ours, theirs = make_both(kind, {"units": 3, "stateful": True, "return_state": True})
    x = torch.tensor(numbers((2, 5, 4)))
    ours(x), theirs(x)
    fill(ours, theirs)
    for layer in (ours, theirs):
        layer.reset_state()
    mask = torch.tensor([[True, True, False, True, False], [False] * 5])
    for options in ({}, {"mask": mask}, {}):
        for mine, true in zip(ours(x, **options), theirs(x, **options), strict=True):
            torch.testing.assert_close(mine, true, rtol=1e-5, atol=2e-6)
    for mine, true in zip(ours.states, theirs.states, strict=True):
        np.testing.assert_allclose(mine.numpy(), true.value.detach(), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_states_and_masks_stay_in_a_compiled_graph(kind):
    layer = getattr(layers, kind)(3, stateful=True)
    x = torch.randn(2, 5, 4)
    mask = torch.tensor([[True, False, True, True, False]] * 2)
    layer(x)
    torch.compiler.reset()
    compiled = torch.compile(lambda x, mask: layer(x, mask=mask), fullgraph=True, backend="eager")
    found = []
    for call in (lambda: layer(x, mask=mask), lambda: compiled(x, mask)):
        layer.reset_state()
        found.append([call().detach(), call().detach()])
    torch.testing.assert_close(found[0], found[1])
    assert not torch.allclose(*found[0])


def test_a_mask_and_states_are_exported_with_any_batch():
    layer = layers.LSTM(3, return_sequences=True)
    x, mask = torch.randn(3, 5, 4), torch.rand(3, 5) > 0.3
    states = [torch.randn(3, 3), torch.randn(3, 3)]
    layer(x)
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes = {"sequences": {0: batch}, "initial_state": [{0: batch}] * 2, "mask": {0: batch}}
    program = torch.export.export(layer, (x, states, mask), dynamic_shapes=shapes).module()
    x, mask = torch.cat([x, x]), torch.cat([mask, ~mask])
    states = [torch.cat([s, s]) for s in states]
    torch.testing.assert_close(program(x, states, mask), layer(x, states, mask))


def test_names_of_tf_keras_are_taken():
    layer = layers.GRU(3, input_dim=4, input_length=5)
    assert torchkeras.Sequential([layer]).input_shape == (None, 5, 4)
    assert torchkeras.Sequential([layers.LSTM(3, input_dim=4)]).input_shape == (None, None, 4)
    x, state = torch.randn(2, 5, 4), torch.randn(2, 3)
    torch.testing.assert_close(layer(inputs=x, initial_state=state), layer(x, state))
    assert layer.compute_output_shape(input_shape=(7, 5, 4)) == (7, 3)
    assert layer.compute_mask(x, previous_mask=torch.ones(2, 5)) is None
    with pytest.raises(TypeError, match="sequences"):
        layer(initial_state=state)
    assert layer.implementation == 2
    layer = layers.LSTM(3, dropout=0.5, recurrent_dropout=0.5, implementation=1)
    assert layer.implementation == 1
    x = torch.ones(2, 40)
    for mask, reset in (
        (layer.get_dropout_mask_for_cell, layer.reset_dropout_mask),
        (layer.get_recurrent_dropout_mask_for_cell, layer.reset_recurrent_dropout_mask),
    ):
        assert torch.equal(mask(x, training=False), x)
        first = mask(x, training=True, count=4)
        assert len(first) == 4
        assert mask(x, training=True, count=4) is first
        reset()
        assert mask(x, training=True).shape == x.shape
    assert layers.LSTM(3).get_dropout_mask_for_cell(x, True) is None


def test_different_layers_drop_differently():
    x = torch.ones(2, 6, 30)
    weights = None
    found = []
    for seed in (None, None, 1, 2):
        layer = layers.GRU(20, dropout=0.5, seed=seed)
        layer(x)
        weights = weights or layer.get_weights()
        layer.set_weights(weights)
        found.append(layer(x, training=True).detach())
    assert not any(torch.equal(found[i], found[j]) for i in range(4) for j in range(i))


def test_what_a_loop_needs_is_asked_for():
    with pytest.raises(ValueError, match="an object with a `call` method"):
        layers.RNN(3)
    with pytest.raises(ValueError, match="an object with a `state_size`"):
        layers.RNN(layers.Dense(3))
    with pytest.raises(ValueError, match="Cannot unroll a RNN"):
        layers.LSTM(3, unroll=True)(Input((None, 4)))
    with pytest.raises(ValueError, match="expected ndim=3"):
        layers.LSTM(3)(torch.zeros(2, 4))
    with pytest.raises(ValueError, match="use_cudnn is True"):
        layers.LSTM(3, activation="relu", use_cudnn=True)
    with pytest.raises(ValueError, match="use_cudnn is 'yes'"):
        layers.GRU(3, use_cudnn="yes")
    with pytest.raises(ValueError, match="units is 0"):
        layers.GRU(0)


def test_declining_the_fused_kernel_changes_nothing():
    x = torch.randn(2, 5, 4)
    mask = torch.tensor([[True, False, True, True, False]] * 2)
    fused, loop = (
        layers.GRU(3, return_sequences=True),
        layers.GRU(3, return_sequences=True, use_cudnn=False),
    )
    fused(x)
    loop(x)
    loop.set_weights(fused.get_weights())
    torch.testing.assert_close(loop(x, mask=mask), fused(x, mask=mask))


def test_a_cell_of_layers_needs_no_build_of_its_own():
    class Normalized(layers.Layer):
        state_size = output_size = 3

        def __init__(self):
            super().__init__()
            self.cell = layers.SimpleRNNCell(3, activation=None)
            self.norm = layers.LayerNormalization()

        def call(self, inputs, states):
            outputs = torch.tanh(self.norm(self.cell(inputs, states)[0]))
            return outputs, [outputs]

    model = torchkeras.Sequential([Input((None, 2)), layers.RNN(Normalized())])
    assert model.output_shape == (None, 3)
    assert len(model.weights) == 5
    assert layers.RNN(Normalized())(torch.ones(2, 4, 2)).shape == (2, 3)
