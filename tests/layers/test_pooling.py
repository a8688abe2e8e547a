"""Pools beside Keras over their arguments, and what is special about them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers
from torchkeras.nn.geometry import Window

words = st.sampled_from(["valid", "same"])


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
@given(data=st.data())
def test_pools_compute_what_keras_computes(kind, rank, data):
    sizes = st.tuples(*[st.integers(1, 3)] * rank)
    size, strides = data.draw(sizes), data.draw(st.none() | sizes)
    padding, first = data.draw(words), data.draw(st.booleans())
    lengths = data.draw(st.tuples(*[st.integers(4, 7)] * rank))
    window = Window(size, strides or size, (1,) * rank, padding)
    uneven = any(before != after for before, after in window.pads(lengths))
    if kind == "Average" and uneven:
        padding = "valid"  # there Keras on torch counts its padding; TensorFlow and we don't
    arguments = {
        "pool_size": size,
        "strides": strides,
        "padding": padding,
        "data_format": "channels_first" if first else "channels_last",
    }
    shape = (2, 3, *lengths) if first else (2, *lengths, 3)
    compare(f"{kind}Pooling{rank}D", arguments, numbers(shape))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["GlobalMax", "GlobalAverage"])
@given(first=st.booleans(), keepdims=st.booleans())
def test_global_pools_compute_what_keras_computes(kind, rank, first, keepdims):
    arguments = {
        "data_format": "channels_first" if first else "channels_last",
        "keepdims": keepdims,
    }
    compare(f"{kind}Pooling{rank}D", arguments, numbers((2, 3, 4, 5, 6)[: rank + 2]))


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32", "float64"])
def test_masked_steps_have_no_part_in_a_global_mean(dtype):
    mask = np.array([[2.0, 0.5 if dtype[0] == "f" else -1, 0.0], [1.0, 0.0, 0.0]]).astype(dtype)
    compare("GlobalAveragePooling1D", {}, numbers((2, 3, 4)), masks=mask)


def test_numbers_that_are_none_spread_from_no_masked_step():
    x = numbers((1, 3, 4))
    x[0, 2] = np.nan
    compare("GlobalAveragePooling1D", {}, x, masks=np.array([[True, True, False]]))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
@given(data=st.data())
@settings(max_examples=8)
def test_adaptive_pools_compute_what_keras_computes(kind, rank, data):
    layout = data.draw(st.sampled_from(["channels_last", "channels_first"]))
    size = data.draw(st.tuples(*[st.integers(1, 4)] * rank))
    lengths = data.draw(st.tuples(*[st.integers(3, 7)] * rank))
    shape = (2, 3, *lengths) if layout == "channels_first" else (2, *lengths, 3)
    arguments = {"output_size": size, "data_format": layout}
    compare(f"Adaptive{kind}Pooling{rank}D", arguments, numbers(shape))


def test_adaptive_pools_take_one_number_and_unknown_lengths():
    layer = layers.AdaptiveAveragePooling2D(3)
    assert layer.output_size == (3, 3)
    assert layer(Input((None, None, 4))).shape == (None, 3, 3, 4)
    assert layer(torch.zeros(2, 7, 5, 4)).is_contiguous()
    with pytest.raises(ValueError, match="output_size is 0"):
        layers.AdaptiveMaxPooling1D(0)
    with pytest.raises(ValueError, match="expected 2 integers"):
        layers.AdaptiveMaxPooling2D((2, 2, 2))
    with pytest.raises(ValueError, match="expected ndim=4"):
        layer(torch.zeros(2, 7, 5))


def test_pool_size_defaults_to_two():
    assert layers.AveragePooling2D()(torch.zeros(1, 4, 4, 1)).shape == (1, 2, 2, 1)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="pool_size is 0"):
        layers.MaxPooling2D(0)
    with pytest.raises(ValueError, match="padding is 'causal'"):
        layers.MaxPooling1D(2, padding="causal")
    with pytest.raises(ValueError, match="lengths of at least"):
        layers.MaxPooling2D(5)(Input((4, 4, 1)))
    with pytest.raises(ValueError, match="expected ndim=4"):
        layers.GlobalAveragePooling2D()(torch.zeros(2, 3, 4))


def test_second_names_are_the_same_classes():
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.AvgPool3D is layers.AveragePooling3D
    assert layers.GlobalAvgPool1D is layers.GlobalAveragePooling1D
    assert layers.GlobalMaxPool2D is layers.GlobalMaxPooling2D
