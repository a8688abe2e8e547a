"""Cells as users write them, of both generations, beside Keras where it runs them."""

from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers, recipe

import torchkeras
from torchkeras import Input, layers


@recipe
def two_states(package):
    class Tracking(package.layers.Layer):
        """A mean and a maximum; the output is shorter than the states."""

        def __init__(self, **options):
            super().__init__(**options)
            self.state_size = [3, 4]
            self.output_size = 2

        def build(self, input_shape):
            self.up = self.add_weight(shape=(input_shape[-1], 3), name="up")
            self.out = self.add_weight(shape=(4, 2), name="out")

        def call(self, inputs, states, training=False):
            mean, largest = states
            mean = mean * 0.5 + package.ops.matmul(inputs, self.up)
            largest = package.ops.maximum(largest, inputs * 2.0 if training else inputs)
            return package.ops.matmul(largest, self.out), [mean, largest]

    return Tracking()


@recipe
def own_first_state(package):
    class Starting(package.layers.Layer):
        """Its state begins at ones."""

        def __init__(self, **options):
            super().__init__(**options)
            self.state_size = 4

        def get_initial_state(self, batch_size=None):
            return [package.ops.ones((batch_size, 4))]

        def call(self, inputs, states):
            return states[0] * inputs, [states[0] + inputs]

    return Starting()


@recipe
def nested_stack(package):
    return [package.layers.LSTMCell(4), two_states(package), package.layers.GRUCell(2)]


@recipe
def fused_stack(package):
    return [package.layers.GRUCell(3, reset_after=False), package.layers.LSTMCell(2)]


masks = st.none() | st.lists(
    st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=2
)


@pytest.mark.parametrize("cell", [two_states, own_first_state, nested_stack, fused_stack])
@given(data=st.data())
def test_cells_run_as_in_keras(cell, data):
    flag = st.booleans()
    arguments = {
        "cell": cell,
        "return_sequences": data.draw(flag),
        "return_state": data.draw(flag),
        "go_backwards": data.draw(flag),
        "zero_output_for_mask": data.draw(flag),
    }
    mask = data.draw(masks)
    if cell in (nested_stack, fused_stack) and mask is not None:
        arguments["return_state"] = False  # Keras's loop keeps no nested states under a mask
    compare(
        "RNN",
        arguments,
        numbers((2, 5, 4)),
        masks=None if mask is None else np.array(mask),
        training=data.draw(flag),
    )


def test_states_are_given_in_the_structure_of_the_cells():
    states = [[numbers((2, 3), 0), numbers((2, 3), 1)], [numbers((2, 2), 2)]]
    tensors = [[torch.tensor(s) for s in pair] for pair in states]
    layer = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True)
    x = torch.randn(2, 5, 4)
    y, *final = layer(x, initial_state=tensors)
    torch.testing.assert_close(layer([x, *tensors]), (y, *final))
    flat = [tensor for pair in tensors for tensor in pair]
    torch.testing.assert_close(layer([x, *flat])[0], y)
    bare = layers.RNN([layers.GRUCell(2)], return_state=True)
    assert bare(x, initial_state=[torch.zeros(2, 2)])[1].shape == (2, 2)


class Older(layers.AbstractRNNCell):
    """A cell of tf.keras 2, whose states are a named tuple."""

    States = namedtuple("States", "total count")

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    @property
    def state_size(self):
        return self.States(self.units, 1)

    @property
    def output_size(self):
        return self.units

    def call(self, inputs, states, constants=None):
        total, count = states
        total, count = total + inputs, count + 1
        shift = 0 if constants is None else constants[0]
        return total / count + shift, [total, count]


def test_a_cell_of_tf_keras_keeps_its_structure():
    layer = layers.RNN(Older(4), return_sequences=True, return_state=True)
    x = torch.randn(2, 5, 4)
    y, total, count = layer(x)
    torch.testing.assert_close(y[:, 3], x[:, :4].mean(1))
    torch.testing.assert_close(total, x.sum(1))
    assert count.tolist() == [[5.0], [5.0]]
    assert [tuple(s.shape) for s in layer(Input((5, 4)))] == [
        (None, 5, 4), (None, 4), (None, 1),
    ]  # fmt: skip


def test_initial_states_are_asked_for_in_every_generations_words():
    seen = []

    class Asked(Older):
        def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
            seen.append((inputs, batch_size, dtype))
            return super().get_initial_state(inputs, batch_size, dtype)

    x = torch.randn(3, 5, 4)
    layers.RNN(Asked(4))(x)
    assert seen == [(None, 3, "float32")]
    cell = Older(4)
    assert [s.shape for s in cell.get_initial_state(batch_size=2)] == [(2, 4), (2, 1)]
    assert cell.get_initial_state(torch.zeros(2, 4).double())[0].dtype is torch.float64
    lstm = layers.LSTMCell(3)
    for states in (lstm.get_initial_state(2), lstm.get_initial_state(inputs=torch.zeros(2, 5))):
        assert [s.shape for s in states] == [(2, 3), (2, 3)]
    assert layers.LSTM(3).get_initial_state(torch.zeros(2, 5, 4))[0].shape == (2, 3)
    stack = layers.StackedRNNCells([lstm])
    assert stack.get_initial_state(torch.zeros(2, 5))[0][1].shape == (2, 3)


class Plain:
    """A cell that is no layer."""

    state_size = 4

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]


def test_any_object_with_a_call_and_a_size_is_a_cell():
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(layers.RNN(Plain())(x), x.sum(1))
    torch.testing.assert_close(layers.RNN([Plain(), Plain()])(x), x.cumsum(1).sum(1))


def test_constants_reach_the_cell_at_every_step():
    x, shift = torch.randn(2, 5, 4), torch.randn(2, 4)
    layer = layers.RNN(Older(4))
    plain = layer(x)
    torch.testing.assert_close(layer(x, constants=shift), plain + shift)
    torch.testing.assert_close(layer(x, constants=[shift]), plain + shift)
    started = [torch.ones(2, 4), torch.ones(2, 1)]
    wanted = layer(x, initial_state=started, constants=shift)
    listed = layers.RNN(Older(4), num_constants=1)
    torch.testing.assert_close(listed([x, *started, shift]), wanted)
    torch.testing.assert_close(listed([x, shift]), plain + shift)
    assert listed.get_config()["num_constants"] == 1
    both = layers.Bidirectional(layers.RNN(Older(4)))
    torch.testing.assert_close(both(x, constants=[shift])[:, :4], plain + shift)
    stacked = layers.RNN([layers.GRUCell(4), Older(4)])
    assert not torch.allclose(stacked(x, constants=[shift]), stacked(x))


def test_constants_and_states_may_be_symbols():
    x, shift = Input((5, 4)), Input((4,))
    model = torchkeras.Model([x, shift], layers.RNN(Older(4))(x, constants=shift))
    data = [torch.randn(2, 5, 4), torch.randn(2, 4)]
    torch.testing.assert_close(model(data), data[0].mean(1) + data[1])
    h, c = Input((3,)), Input((3,))
    layer = layers.LSTM(3)
    model = torchkeras.Model([x, h, c], layer([x, h, c]))
    data = [torch.randn(2, 5, 4), torch.randn(2, 3), torch.randn(2, 3)]
    torch.testing.assert_close(model(data), layer(data[0], initial_state=data[1:]))


def test_a_subclass_may_have_its_own_loop_and_first_state():
    class Twice(layers.GRU):
        def inner_loop(self, sequences, initial_state, mask, training=False):
            last, outputs, states = super().inner_loop(sequences, initial_state, mask, training)
            return 2 * last, outputs, states

    class Ones(layers.GRU):
        def get_initial_state(self, batch_size):
            return [torch.ones(batch_size, 3)]

    x = torch.randn(2, 5, 4)
    plain, twice, ones = layers.GRU(3), Twice(3), Ones(3)
    y = plain(x)
    for layer in (twice, ones):
        layer(x)
        layer.set_weights(plain.get_weights())
    torch.testing.assert_close(twice(x), 2 * y)
    torch.testing.assert_close(ones(x), plain(x, initial_state=[torch.ones(2, 3)]))
    last, _, states = plain.inner_loop(x, None, None)
    torch.testing.assert_close((last, states[0]), (y, y))


def test_states_listed_the_other_way_round():
    cells = [layers.GRUCell(2), layers.LSTMCell(3)]
    stack = layers.StackedRNNCells(cells, reverse_state_order=True)
    assert stack.state_size == [[3, 3], 2]
    assert layers.StackedRNNCells.from_config(stack.get_config()).reverse_state_order
    x = torch.randn(2, 5, 4)
    usual = layers.RNN(layers.StackedRNNCells(cells), return_state=True)
    y, first, second = usual(x)
    other = layers.RNN(stack, return_state=True)
    z, last, before = other(x)
    torch.testing.assert_close((z, last, before), (y, second, first))


def test_what_cells_may_not_do_is_said():
    class Forgetful(Older):
        def call(self, inputs, states):
            return inputs, [states[0]]

    x = torch.zeros(2, 5, 4)
    with pytest.raises(ValueError, match="new states is 1; expected 2 tensors"):
        layers.RNN(Forgetful(4))(x)
    with pytest.raises(ValueError, match="does not support constants"):
        layers.LSTM(3)(x, constants=x)
    with pytest.raises(ValueError, match=r"initial_state is \[\(2, 4\)\]; expected .*'batch', 3"):
        layers.GRU(3)(x, initial_state=torch.zeros(2, 4))
    with pytest.raises(ValueError, match="None beside states in a list"):
        layers.GRU(3)([x, torch.zeros(2, 3)], initial_state=torch.zeros(2, 3))
    with pytest.raises(TypeError, match="state_size isn't written"):
        layers.RNN(layers.AbstractRNNCell())
    with pytest.raises(RuntimeError, match="Layer must be stateful"):
        layers.GRU(3).reset_states([np.zeros((2, 3))])
    with pytest.raises(ValueError, match="batch_size is None"):
        layers.GRUCell(3).get_initial_state()
