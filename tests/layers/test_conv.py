"""Convolutions beside Keras over their arguments, and what is special about them."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers


@st.composite
def convolutions(draw, rank):
    strides = draw(st.tuples(*[st.integers(1, 3)] * rank))
    dilation = (1,) * rank if max(strides) > 1 else draw(st.tuples(*[st.integers(1, 2)] * rank))
    groups = draw(st.sampled_from([1, 2]))
    words = ["valid", "same", "causal"] if rank == 1 else ["valid", "same"]
    return {
        "filters": 2 * draw(st.integers(1, 2)),
        "kernel_size": draw(st.tuples(*[st.integers(1, 3)] * rank)),
        "strides": strides,
        "dilation_rate": dilation,
        "padding": draw(st.sampled_from(words)),
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
        "groups": groups,
        "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from([None, "relu", "tanh"])),
    }


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
def test_convolutions_compute_what_keras_computes(rank, data):
    arguments = data.draw(convolutions(rank))
    lengths = data.draw(st.tuples(*[st.integers(5, 7)] * rank))
    first = arguments["data_format"] == "channels_first"
    # Keras pads causally along the wrong axis of channels_first inputs of one step less.
    assume(not (first and arguments["padding"] == "causal"))
    shape = (2, 4, *lengths) if first else (2, *lengths, 4)
    compare(f"Conv{rank}D", arguments, numbers(shape), training=True)


def test_causal_convolution_takes_channels_first():
    last = layers.Conv1D(3, 2, padding="causal")
    first = layers.Conv1D(3, 2, padding="causal", data_format="channels_first")
    x = torch.randn(2, 5, 4)
    last(x)
    first(x.mT)
    first.set_weights(last.get_weights())
    torch.testing.assert_close(first(x.mT).mT, last(x))


def test_images_stay_channels_last_between_layers():
    x = torch.randn(2, 8, 8, 3)
    model = [layers.Conv2D(4, 3, padding="same"), layers.MaxPooling2D(), layers.Conv2D(4, 3, 2)]
    for layer in model:
        x = layer(x)
        assert x.is_contiguous()
    assert model[0].conv.weight.shape == (4, 3, 3, 3)
    assert model[0].kernel.shape == (3, 3, 3, 4)


def test_the_module_is_torchs_own_where_it_can_be():
    layer = layers.Conv2D(4, 3, padding="same")
    layer(torch.zeros(1, 8, 8, 3))
    assert type(layer.conv) is torch.nn.Conv2d


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0, "kernel_size": 3}, "filters is 0; expected an integer, 1 or more"),
        (
            {"filters": 3, "kernel_size": 3, "groups": 2},
            "filters is 3; expected .* multiple of groups",
        ),
        ({"filters": 4, "kernel_size": 3, "groups": 0}, "groups is 0"),
        ({"filters": 4, "kernel_size": (3, 3, 3)}, "kernel_size is .* expected 2 integers"),
        ({"filters": 4, "kernel_size": 0}, "kernel_size is 0"),
        ({"filters": 4, "kernel_size": 3, "strides": (2, 0)}, "strides is"),
        ({"filters": 4, "kernel_size": 3, "padding": "causal"}, "padding is 'causal'"),
        ({"filters": 4, "kernel_size": 3, "padding": "sane"}, 'Did you mean "same"'),
        ({"filters": 4, "kernel_size": 3, "data_format": "last"}, "data_format is 'last'"),
        (
            {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.Conv2D(**arguments)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Computed output size would be negative"):
        layers.Conv2D(4, 5)(torch.zeros(1, 4, 8, 3))
    with pytest.raises(ValueError, match="multiple of groups"):
        layers.Conv2D(4, 3, groups=2)(torch.zeros(1, 8, 8, 3))
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        layers.Conv2D(4, 3)(torch.zeros(8, 8, 3))
    with pytest.raises(ValueError, match="a known length of axis -1"):
        layers.Conv2D(4, 3)(Input((8, 8, None)))
    layer = layers.Conv2D(4, 3)
    layer(torch.zeros(1, 8, 8, 3))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer(torch.zeros(1, 8, 8, 5))


def test_unknown_lengths_stay_unknown():
    assert layers.Conv2D(4, 3, padding="same")(Input((None, 8, 3))).shape == (None, None, 8, 4)


def test_kernel_round_trips_through_numpy():
    layer = layers.Conv2D(4, (2, 3))
    layer.build((None, 8, 8, 3))
    kernel = np.arange(72, dtype="float32").reshape(2, 3, 3, 4)
    layer.kernel.assign(kernel)
    assert np.array_equal(layer.get_weights()[0], kernel)
    assert layer.conv.weight[1, 2, 0, 1] == kernel[0, 1, 2, 1]
