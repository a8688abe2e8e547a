"""Convolutions with another kernel at each place: tf.keras 2's numbers, and a plain loop."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import numbers, projected

from torchkeras import Input, layers

HERE = Path(__file__).parent
# Outputs and gradients of tf_keras 2.21 on TensorFlow 2.21.
RECORDED = json.loads((HERE / "recorded_locally_connected.json").read_text(encoding="utf-8"))
VALUES = dict(np.load(HERE / "recorded_locally_connected.npz"))


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_outputs_and_gradients_are_those_of_keras_2(number):
    case = RECORDED[number]
    found = {k.split("/")[1]: v for k, v in VALUES.items() if k.startswith(f"{number}/")}
    layer = getattr(layers, case["name"])(**case["args"])
    x = torch.tensor(found["x"]).requires_grad_()
    layer.build(x.shape)
    layer.set_weights([found["w0"], found["w1"]])
    y = layer(x)
    np.testing.assert_allclose(y.detach().numpy(), found["y"], rtol=1e-5, atol=2e-6)
    weights = [weight.parameter for weight in layer.weights]
    for index, gradient in enumerate(torch.autograd.grad(projected(y), [x, *weights])):
        np.testing.assert_allclose(gradient, found[f"g{index}"], rtol=1e-5, atol=5e-6)


def looped(x, kernel, bias, size, strides):
    """The formula at each place, for channels_last and no padding."""
    outputs = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], size, strides, strict=True)]
    y = np.zeros((x.shape[0], *outputs, kernel.shape[-1]), "float32")
    for place, at in enumerate(itertools.product(*map(range, outputs))):
        window = tuple(slice(i * s, i * s + k) for i, s, k in zip(at, strides, size, strict=True))
        piece = x[(slice(None), *window)].reshape(x.shape[0], -1)
        y[(slice(None), *at)] = piece @ kernel[place] + bias[at]
    return y


@pytest.mark.parametrize("rank", [1, 2])
@given(data=st.data())
def test_a_loop_over_the_places_gives_the_same(rank, data):
    size = data.draw(st.tuples(*[st.integers(1, 3)] * rank))
    strides = data.draw(st.tuples(*[st.integers(1, 3)] * rank))
    lengths = data.draw(st.tuples(*[st.integers(3, 6)] * rank))
    layer = getattr(layers, f"LocallyConnected{rank}D")(2, size, strides)
    x = numbers((2, *lengths, 3))
    layer.build(x.shape)
    weights = [numbers(w.shape, seed) for seed, w in enumerate(layer.weights)]
    layer.set_weights(weights)
    wanted = looped(x, *weights, size, strides)
    np.testing.assert_allclose(layer(torch.tensor(x)).detach(), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("implementation", [1, 2, 3])
def test_equal_kernels_at_all_places_are_a_convolution(implementation):
    x = torch.randn(2, 5, 6, 3)
    conv = layers.Conv2D(4, (2, 3), 2, use_bias=False)
    wanted = conv(x)
    layer = layers.LocallyConnected2D(
        4, (2, 3), 2, use_bias=False, implementation=implementation, data_format="channels_last"
    )
    layer.build(x.shape)
    same = conv.kernel.tensor.reshape(-1, 4).expand(layer.conv.places, -1, -1)
    if layer.conv.index is None:
        layer.kernel.assign(same)
    else:
        flat = torch.zeros(layer.kernel.shape).flatten()
        flat[layer.conv.index.flatten()] = same.flatten().detach()
        layer.kernel.assign(flat.view(layer.kernel.shape))
    torch.testing.assert_close(layer(x), wanted)


def test_the_vector_of_implementation_3_fills_a_sparse_matrix():
    layer = layers.LocallyConnected1D(1, 2, implementation=3, use_bias=False)
    x = torch.randn(1, 4, 1)
    layer.build(x.shape)
    assert layer.kernel_shape == (3, 4)
    assert layer.kernel_idxs == [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3)]
    layer.kernel.assign([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    matrix = torch.zeros(3, 4)
    for (out, into), value in zip(layer.kernel_idxs, range(1, 7), strict=True):
        matrix[out, into] = value
    torch.testing.assert_close(layer(x)[0], matrix @ x[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "filters is 0"),
        ({"padding": "same"}, "'valid', since implementation is 1"),
        ({"implementation": 4}, "implementation is 4; expected 1, 2 or 3"),
        ({"kernel_size": (1, 2, 3)}, "expected 2 integers"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.LocallyConnected2D(**{"filters": 2, "kernel_size": 2, **arguments})


def test_lengths_have_to_be_known_and_to_stay():
    with pytest.raises(ValueError, match="a known length of axis -3"):
        layers.LocallyConnected2D(2, 2)(Input((None, 4, 3)))
    with pytest.raises(ValueError, match="Computed output size would be negative"):
        layers.LocallyConnected2D(2, 5)(torch.zeros(1, 4, 8, 3))
    layer = layers.LocallyConnected2D(2, 2)
    layer(torch.zeros(1, 4, 4, 3))
    with pytest.raises(ValueError, match="expected axis 1 of input shape to have value 4"):
        layer(torch.zeros(1, 5, 4, 3))
