"""What is special about densely connected layers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers


def test_the_kernel_is_held_transposed():
    layer = layers.Dense(3)
    layer.build((None, 4))
    assert layer.kernel.shape == (4, 3)
    assert layer.linear.weight.shape == (3, 4)
    assert [w.path for w in layer.weights] == [f"{layer.name}/kernel", f"{layer.name}/bias"]


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r'Dense "head": units is -3; expected an integer, 1 or'):
        layers.Dense(-3, name="head")
    with pytest.raises(ValueError, match="units is '3'"):
        layers.Dense("3")
    with pytest.raises(ValueError, match="The last dimension of the inputs should be defined"):
        layers.Dense(3)(Input((None,)))
    with pytest.raises(ValueError, match="expected min_ndim=2, found ndim=1"):
        layers.Dense(3)(torch.zeros(4))
    layer = layers.Dense(3)
    layer(torch.zeros(1, 4))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 4"):
        layer(torch.zeros(1, 5))


def test_rules_reach_the_weights():
    layer = layers.Dense(
        3,
        kernel_initializer="ones",
        bias_initializer="ones",
        kernel_regularizer="l2",
        bias_constraint="non_neg",
    )
    y = layer(torch.ones(1, 4))
    assert y.tolist() == [[5.0, 5.0, 5.0]]
    assert layer.kernel.regularizer is layer.kernel_regularizer
    assert layer.bias.constraint is layer.bias_constraint
    torch.testing.assert_close(layer.losses[0], torch.tensor(0.12))


def test_initial_weights_may_be_given():
    kernel, bias = np.ones((4, 3), "float32"), np.zeros(3, "float32")
    layer = layers.Dense(3, weights=[kernel, bias], input_shape=(4,))
    assert layer(torch.ones(1, 4)).tolist() == [[4.0, 4.0, 4.0]]


@pytest.mark.parametrize(
    ("equation", "output_shape", "bias_axes", "shape"),
    [
        ("abc,cd->abd", (None, 3), None, (2, 5, 4)),
        ("abc,cde->abde", (None, 2, 3), "e", (2, 5, 4)),
        ("abc,cde->abde", (None, 2, 3), "de", (2, 5, 4)),
        ("abcd,cde->abe", (None, 3), "e", (2, 5, 4, 3)),
        ("...x,xy->...y", 3, "y", (2, 5, 4)),
        ("ab...,bc->ac...", 3, None, (2, 4, 5)),
        ("abc,bd->adc", (3, None), "d", (2, 5, 4)),
    ],
)
def test_einsum_computes_what_keras_computes(equation, output_shape, bias_axes, shape):
    arguments = {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes}
    compare("EinsumDense", arguments, numbers(shape), training=True)


def test_an_affine_equation_is_a_linear_module():
    layer = layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de")
    layer.build((None, 5, 4))
    assert isinstance(layer.linear, torch.nn.Linear)
    assert layer.linear.weight.shape == (6, 4)
    assert layer.kernel.shape == (4, 2, 3)
    assert layer.bias.shape == (2, 3)
    other = layers.EinsumDense("abc,dc->abd", (None, 3))
    other.build((None, 5, 4))
    assert not isinstance(other.linear, torch.nn.Linear)


def test_einsum_needs_shapes_that_agree():
    with pytest.raises(ValueError, match="Invalid einsum equation"):
        layers.EinsumDense("ab->a", 3)
    with pytest.raises(ValueError, match="do not match at shared dimension"):
        layers.EinsumDense("abc,cd->abd", (6, 3))(torch.zeros(2, 5, 4))
    with pytest.raises(ValueError, match="a known length of axis 'b'"):
        layers.EinsumDense("abc,bd->adc", (3, None))(Input((None, 4)))


@given(
    units=st.integers(1, 6),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    use_bias=st.booleans(),
    activation=st.sampled_from([None, "relu", "tanh", "softmax", "gelu"]),
    training=st.sampled_from([None, True, False]),
)
def test_any_dense_layer_computes_what_keras_computes(
    units, lengths, use_bias, activation, training
):
    arguments = {"units": units, "use_bias": use_bias, "activation": activation}
    compare("Dense", arguments, numbers((2, *lengths)), training=training)


SUMS = [
    ("ab,bc->ac", (4,), 2, "c"),
    ("abc,cd->abd", (None, 4), 3, "d"),
    ("abc,bcd->ad", (4,), 3, None),
    ("abc,cde->abde", (None, 2, 3), 3, "de"),
    ("abcd,cde->abe", (None, 4), 4, "e"),
    ("abc,bd->adc", (4, None), 3, "d"),
    ("...b,bc->...c", (4,), 3, "c"),
    ("ab...,bc->ac...", (4,), 4, "c"),
]


@given(
    which=st.sampled_from(SUMS),
    size=st.integers(1, 4),
    with_bias=st.booleans(),
    activation=st.sampled_from([None, "relu", "sigmoid"]),
)
def test_any_einstein_sum_computes_what_keras_computes(which, size, with_bias, activation):
    equation, output_shape, rank, bias_axes = which
    arguments = {
        "equation": equation,
        "output_shape": output_shape,
        "bias_axes": bias_axes if with_bias else None,
        "activation": activation,
    }
    compare("EinsumDense", arguments, numbers((2, *[size + n for n in range(rank - 1)])))
