"""Both directions beside Keras, at once and one by one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers, recipe

from torchkeras import layers


def inner(kind, **options):
    """A recipe for the layer inside."""
    return recipe(lambda package: getattr(package.layers, kind)(3, **options))


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@given(data=st.data())
def test_directions_merge_as_in_keras(kind, data):
    flag = st.booleans()
    options = {name: data.draw(flag) for name in ("return_sequences", "return_state", "use_bias")}
    mask = data.draw(
        st.none()
        | st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=2)
    )
    mode = data.draw(st.sampled_from(["concat", "sum", "ave", "mul", None]))
    compare(
        "Bidirectional",
        {"layer": inner(kind, **options), "merge_mode": mode},
        numbers((2, 5, 4)),
        masks=None if mask is None else np.array(mask),
        training=True,
    )


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@given(data=st.data())
def test_states_and_masks_together_are_keras_ones(kind, data):
    flag = st.booleans()
    options = {name: data.draw(flag) for name in ("return_sequences", "return_state")}
    options["activation"] = data.draw(st.sampled_from(["tanh", "relu"]))
    states = [numbers((2, 3), seed) for seed in range(4 if kind == "LSTM" else 2)]
    call = {"initial_state": states}
    mask = data.draw(
        st.none()
        | st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=2)
    )
    if mask is not None:
        call["mask"] = np.array(mask)
    compare("Bidirectional", {"layer": inner(kind, **options)}, numbers((2, 5, 4)), options=call)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_going_backwards_first_is_keras_ones(kind):
    arguments = {"layer": inner(kind, go_backwards=True, return_sequences=True)}
    arguments["backward_layer"] = inner(kind, return_sequences=True)
    compare("Bidirectional", arguments, numbers((2, 5, 4)))


def test_another_layer_may_go_backwards():
    arguments = {
        "layer": inner("GRU", return_sequences=True),
        "backward_layer": inner("LSTM", return_sequences=True, go_backwards=True),
    }
    compare("Bidirectional", arguments, numbers((2, 5, 4)))


def test_initial_states_are_split_between_the_directions():
    states = [numbers((2, 3), seed) for seed in range(4)]
    compare(
        "Bidirectional", {"layer": inner("LSTM")}, numbers((2, 5, 4)),
        options={"initial_state": states},
    )  # fmt: skip


def test_one_kernel_runs_both_directions_if_they_are_alike():
    layer = layers.Bidirectional(layers.GRU(3, return_sequences=True))
    x = torch.randn(2, 5, 4)
    layer(x)
    assert layer.runs_at_once(training=True)
    at_once = layer(x)
    layer.backward_layer.use_cudnn = False
    assert not layer.runs_at_once(training=True)
    torch.testing.assert_close(layer(x), at_once)
    dropping = layers.Bidirectional(layers.GRU(3, dropout=0.5))
    dropping(x)
    assert dropping.runs_at_once(training=False)
    assert not dropping.runs_at_once(training=True)


def test_names_and_configuration_are_keras_ones():
    layer = layers.Bidirectional(layers.LSTM(3, name="it"), weights=None)
    assert (layer.forward_layer.name, layer.backward_layer.name) == ("forward_it", "backward_it")
    assert layer.backward_layer.go_backwards
    config = layer.get_config()
    assert config["backward_layer"]["config"]["go_backwards"] is True
    assert layers.Bidirectional.from_config(config).get_config() == config


def test_weights_may_be_given():
    donor = layers.Bidirectional(layers.GRU(3))
    donor(torch.zeros(1, 5, 4))
    heir = layers.Bidirectional(layers.GRU(3), weights=donor.get_weights())
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(heir(x), donor(x))


def test_states_are_reset_in_both_directions():
    layer = layers.Bidirectional(layers.GRU(3, stateful=True))
    x = torch.randn(2, 5, 4)
    first = layer(x)
    assert not torch.allclose(layer(x), first)
    layer.reset_states()
    torch.testing.assert_close(layer(x), first)
    layer.reset_states([np.zeros((2, 3), "float32")] * 2)
    torch.testing.assert_close(layer(x), first)
    assert len(layer.states) == 2


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="merge_mode is 'add'"):
        layers.Bidirectional(layers.GRU(3), merge_mode="add")
    with pytest.raises(ValueError, match="layer is 3"):
        layers.Bidirectional(3)
    with pytest.raises(ValueError, match="different `go_backwards`"):
        layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3))
    with pytest.raises(ValueError, match="return_state"):
        layers.Bidirectional(
            layers.GRU(3), backward_layer=layers.GRU(3, go_backwards=True, return_state=True)
        )


@pytest.mark.parametrize("argument", ["layer", "backward_layer"])
def test_only_recurrent_layers_are_run_both_ways(argument):
    arguments = {"layer": layers.LSTM(2), argument: layers.Dense(2)}
    with pytest.raises(ValueError, match=f"{argument} is .*; expected a recurrent"):
        layers.Bidirectional(**arguments)


def test_users_cells_are_copied_without_being_registered():
    class Adding(layers.Layer):
        state_size = 4

        def call(self, inputs, states):
            return inputs + states[0], [inputs + states[0]]

    def halved(x):
        return x / 2

    x = torch.randn(2, 5, 4)
    layer = layers.Bidirectional(layers.RNN(Adding()), merge_mode="sum")
    torch.testing.assert_close(layer(x), 2 * x.sum(1))
    assert layer.forward_layer.cell is not layer.backward_layer.cell
    assert layers.Bidirectional(layers.GRU(3, activation=halved))(x).shape == (2, 6)


def test_lists_and_names_of_tf_keras_are_taken():
    layer = layers.Bidirectional(layers.GRU(3, kernel_constraint="non_neg"))
    x = torch.randn(2, 5, 4)
    states = [torch.randn(2, 3), torch.randn(2, 3)]
    mask = torch.tensor([[True] * 4 + [False]] * 2)
    y = layer(x, initial_state=states, mask=mask)
    torch.testing.assert_close(layer([x, *states], mask=mask), y)
    torch.testing.assert_close(layer(inputs=x, initial_state=states, mask=mask), y)
    torch.testing.assert_close(layer(x, mask), layer(x, mask=mask))
    assert layer.compute_output_shape(input_shape=(2, 5, 4)) == (2, 6)
    assert layer.compute_mask(x, previous_mask=mask) is None
    assert [path.rsplit("/", 1)[1] for path in layer.constraints] == ["kernel", "kernel"]
    assert isinstance(layer, layers.Wrapper)
    with pytest.raises(ValueError, match="initial_state is 1; expected an even number"):
        layer(x, initial_state=states[:1])
    with pytest.raises(ValueError, match="None beside states in a list"):
        layer([x, *states], initial_state=states)
