"""Normalizations beside Keras over their arguments, and what is special about them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers

flag = st.booleans()


@given(
    axis=st.sampled_from([-1, 1, 2]),
    center=flag,
    scale=flag,
    momentum=st.sampled_from([0.5, 0.99]),
    training=flag,
    shape=st.sampled_from([(4, 5, 3), (3, 4, 5, 2), (3, 1, 1, 2, 4)]),
)
def test_batch_normalization_computes_what_keras_computes(
    axis, center, scale, momentum, training, shape
):
    arguments = {"axis": axis, "center": center, "scale": scale, "momentum": momentum}
    # Batch statistics cancel digits: the gradient of the input is a small difference of sums.
    compare(
        "BatchNormalization", arguments, numbers(shape) * 2 + 1, training=training, absolute=1e-5
    )


@given(mask=st.lists(st.lists(flag, min_size=5, max_size=5), min_size=4, max_size=4))
def test_masked_elements_have_no_part_in_the_moments(mask):
    # One element alone has variance 0, and then the scale is 1 / sqrt(epsilon).
    compare(
        "BatchNormalization",
        {},
        numbers((4, 5, 3)),
        masks=np.array(mask),
        training=True,
        relative=1e-4,
        absolute=3e-5,
    )


@pytest.mark.parametrize(
    "clipping", [None, {"rmax": 1.2}, {"rmin": 0.8, "rmax": 1.3, "dmax": 0.1}, {"dmax": 2.0}]
)
@pytest.mark.parametrize("training", [True, False])
def test_renorm_computes_what_keras_computes(clipping, training):
    arguments = {"renorm": True, "renorm_clipping": clipping or {}, "renorm_momentum": 0.7}
    compare("BatchNormalization", arguments, numbers((6, 4, 3)), training=training, absolute=1e-5)


def test_frozen_batch_normalization_infers():
    layer = layers.BatchNormalization()
    x = torch.randn(6, 3) * 3
    layer(x)
    layer.trainable = False
    torch.testing.assert_close(layer(x, training=True), layer(x, training=False))
    assert layer.moving_mean.numpy().max() == 0
    assert len(layer.non_trainable_weights) == 4
    layer.trainable = True
    layer(x, training=True)
    assert layer.moving_mean.numpy().max() > 0
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_the_second_argument_may_be_training():
    layer = layers.BatchNormalization()
    x = torch.randn(6, 3)
    torch.testing.assert_close(layer(x, True), layers.BatchNormalization()(x, training=True))


def test_a_tf_keras_axis_in_a_list_is_taken():
    assert layers.BatchNormalization(axis=[3]).axis == 3
    with pytest.raises(ValueError, match="one axis"):
        layers.BatchNormalization(axis=[1, 2])


def test_batch_normalization_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="Axis 4 is out of bounds"):
        layers.BatchNormalization(axis=4)(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="a known length of axis -1"):
        layers.BatchNormalization()(Input((None,)))
    with pytest.raises(ValueError, match="renorm_clipping is"):
        layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 1, "rmin": 2})
    with pytest.raises(ValueError, match="renorm_clipping is"):
        layers.BatchNormalization(renorm=True, renorm_clipping={"max": 1})
    with pytest.raises(ValueError, match="one dimension less"):
        layers.BatchNormalization()(torch.zeros(2, 3, 4), mask=torch.ones(2, dtype=torch.bool))


@given(
    axis=st.sampled_from([-1, 3, [-1], [2, 3], [1, 2, 3]]),
    center=flag,
    scale=flag,
    epsilon=st.sampled_from([1e-3, 1e-6]),
)
def test_layer_normalization_computes_what_keras_computes(axis, center, scale, epsilon):
    arguments = {"axis": axis, "center": center, "scale": scale, "epsilon": epsilon}
    compare("LayerNormalization", arguments, numbers((2, 3, 4, 5)), absolute=1e-5)


def test_middle_axes_are_normalized_too():
    x = torch.randn(2, 3, 4, 5)
    layer = layers.LayerNormalization(axis=[1, 2])
    y = layer(x)
    torch.testing.assert_close(y.mean((1, 2)), torch.zeros(2, 5), rtol=0, atol=1e-6)
    assert layer.gamma.shape == (3, 4)


def test_rms_scaling_divides_by_the_standard_deviation_only():
    x = torch.randn(3, 5)
    layer = layers.LayerNormalization(rms_scaling=True)
    wanted = x / (x.var(-1, correction=0, keepdim=True) + 1e-3).sqrt()
    torch.testing.assert_close(layer(x), wanted)
    assert [w.name for w in layer.weights] == ["gamma"]
    assert layers.LayerNormalization.from_config(layer.get_config()).rms_scaling


@given(
    groups=st.sampled_from([1, 2, 4, -1]), axis=st.sampled_from([-1, 1]), center=flag, scale=flag
)
def test_group_normalization_computes_what_keras_computes(groups, axis, center, scale):
    arguments = {"groups": groups, "axis": axis, "center": center, "scale": scale}
    shape = (2, 3, 3, 4) if axis == -1 else (2, 4, 3, 3)
    compare("GroupNormalization", arguments, numbers(shape), absolute=1e-5)


def test_groups_divide_the_channels():
    with pytest.raises(ValueError, match="groups is 3; expected a divisor"):
        layers.GroupNormalization(3)(torch.zeros(2, 4, 4, 4))


@given(axis=st.sampled_from([-1, 2, [2, 3]]))
def test_rms_normalization_computes_what_keras_computes(axis):
    compare("RMSNormalization", {"axis": -1}, numbers((2, 3, 4, 5)), absolute=1e-5)
    x = torch.randn(2, 3, 4, 5)
    axes = axis if isinstance(axis, int) else tuple(axis)
    wanted = x / (x.square().mean(axes, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(layers.RMSNormalization(axis)(x), wanted)


@given(axis=st.sampled_from([-1, 1, [1, 2], [1, 3]]))
def test_unit_normalization_gives_length_one(axis):
    x = torch.tensor(numbers((2, 3, 4, 5)))
    axes = axis if isinstance(axis, int) else tuple(axis)
    wanted = x / x.square().sum(axes, keepdim=True).sqrt()
    torch.testing.assert_close(layers.UnitNormalization(axis)(x), wanted)
    assert layers.UnitNormalization(axis)(torch.zeros(2, 3, 4, 5)).abs().max() == 0


def test_kinds_of_axes_are_checked():
    for kind in (layers.LayerNormalization, layers.UnitNormalization):
        with pytest.raises(TypeError, match="axis is 'last'; expected an integer or a list"):
            kind(axis="last")


@pytest.mark.filterwarnings("ignore:.*rms_scaling=True:UserWarning")
@pytest.mark.parametrize("axis", [-1, [1, 2]])
def test_division_by_the_standard_deviation_is_that_of_keras(axis):
    arguments = {"axis": axis, "rms_scaling": True}
    compare("LayerNormalization", arguments, numbers((3, 4, 5)), training=True)
