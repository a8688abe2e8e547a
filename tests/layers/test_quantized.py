"""Layers with weights of few bits, beside Keras."""

import keras
import numpy as np
import pytest
import torch
from parity import numbers

import torchkeras
from torchkeras import layers

DENSE = ("Dense", {"units": 5, "activation": "tanh"}, (3, 8))
CASES = [
    DENSE,
    ("Dense", {"units": 3, "use_bias": False}, (2, 4, 7)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"}, (2, 3, 8)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de"}, (2, 4, 8)),
    ("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": (None, 8), "bias_axes": "e"}, (2, 4, 2, 3)),
    ("EinsumDense", {"equation": "abc,cd->adb", "output_shape": (3, None), "bias_axes": "d"}, (2, 5, 4)),
    ("EinsumDense", {"equation": "ab,cb->ac", "output_shape": 3}, (2, 5)),
    ("Embedding", {"input_dim": 9, "output_dim": 6}, (2, 5)),
    ("Embedding", {"input_dim": 9, "output_dim": 5}, (2, 5)),
]  # fmt: skip
MODES = ["int8", "int4", "int4 whole", "int4 blocks", "float8"]


def configuration(package, mode):
    """Arguments of ``quantize``."""
    quantizers = package.quantizers
    if mode == "int4 whole":
        return {"config": quantizers.Int4QuantizationConfig(block_size=None)}
    if mode == "int4 blocks":
        return {"config": quantizers.Int4QuantizationConfig(block_size=3)}
    return {"mode": mode}


def inputs_of(name, shape):
    if "Embedding" in name:
        return np.random.default_rng(0).integers(0, 9, shape).astype("int32")
    return numbers(shape)


def pair(name, arguments, shape, mode, **more):
    """Ours and Keras's, of the same weights, quantized; and an input."""
    x = inputs_of(name, shape)
    made = [getattr(p.layers, name)(**arguments, **more) for p in (torchkeras, keras)]
    ours, theirs = made
    for layer in made:
        layer(torch.tensor(x))
    values = [numbers(tuple(w.shape), n) for n, w in enumerate(theirs.weights)]
    for layer, package in ((ours, torchkeras), (theirs, keras)):
        layer.set_weights(values)
        layer.quantize(**configuration(package, mode))
    return ours, theirs, x


def assert_same_weights(ours, theirs):
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    for mine, true in zip(ours.weights, theirs.weights, strict=True):
        assert mine.dtype == true.dtype
        assert mine.trainable == true.trainable
        np.testing.assert_allclose(mine.numpy(), true.numpy(), rtol=1e-6, err_msg=mine.path)


def gradients(layer, x):
    x = torch.tensor(x)
    wanted = []
    if x.is_floating_point():
        wanted.append(x.requires_grad_())
    parameters = {w.name: w for w in layer.trainable_weights}
    wanted += [
        getattr(w, "parameter", None) if isinstance(w, torchkeras.Variable) else w.value
        for w in parameters.values()
    ]
    y = layer(x, training=True) if "training" in layer.call.__code__.co_varnames else layer(x)
    if not wanted:
        return y.detach(), []
    weights = torch.cos(torch.arange(y.numel()) * 0.7).reshape(y.shape)
    found = torch.autograd.grad((y * weights).sum(), wanted, allow_unused=True)
    first = len(found) - len(parameters)
    shown = list(found[:first])
    for variable, gradient in zip(parameters.values(), found[first:], strict=True):
        ours = isinstance(variable, torchkeras.Variable)
        shown.append(
            variable.layout.to_keras(gradient) if ours and gradient is not None else gradient
        )
    return y.detach(), shown


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "arguments", "shape"), CASES)
def test_numbers_are_those_of_keras(name, arguments, shape, mode):
    if name == "Embedding" and mode == "float8":
        with pytest.raises(NotImplementedError, match="Invalid quantization mode"):
            pair(name, arguments, shape, mode)
        return
    ours, theirs, x = pair(name, arguments, shape, mode)
    assert ours.dtype_policy.name == theirs.dtype_policy.name
    assert_same_weights(ours, theirs)
    torch.testing.assert_close(ours(torch.tensor(x)), theirs(torch.tensor(x)), rtol=1e-5, atol=1e-5)
    for mine, true in zip(*map(gradients, (ours, theirs), (x, x)), strict=True):
        if isinstance(mine, list):
            for one, other in zip(mine, true, strict=True):
                assert (one is None) == (other is None)
                if one is not None:
                    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        else:
            torch.testing.assert_close(mine, true, rtol=1e-5, atol=1e-5)
