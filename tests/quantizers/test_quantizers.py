"""Quantizers as objects, found by name."""

import json

import keras
import pytest
import torch

from torchkeras import quantizers
from torchkeras.quantizers import AbsMaxQuantizer, Quantizer


@pytest.mark.parametrize("made, called", [(None, None), (0, None), ((0, 1), None), (0, 1)])
def test_the_axis_is_that_of_the_call_or_of_the_object(made, called):
    x = torch.randn(3, 4)
    ours, theirs = (q.AbsMaxQuantizer(axis=made) for q in (quantizers, keras.quantizers))
    for our, their in zip(ours(x, axis=called), theirs(x, axis=called), strict=True):
        assert torch.equal(our, their)


def test_range_epsilon_and_type_are_taken():
    x = torch.randn(3, 4)
    options = {"value_range": (-300, 300), "epsilon": 0.1, "output_dtype": "int16"}
    ours, theirs = (q.AbsMaxQuantizer(**options) for q in (quantizers, keras.quantizers))
    for our, their in zip(ours(x, to_numpy=True), theirs(x, to_numpy=True), strict=True):
        assert our.dtype == their.dtype
        assert torch.equal(our, their)


@pytest.mark.parametrize("axis", [None, 1])
def test_configurations_are_keras_own(axis):
    ours = quantizers.serialize(AbsMaxQuantizer(axis=axis))
    theirs = keras.quantizers.serialize(keras.quantizers.AbsMaxQuantizer(axis=axis))
    assert json.loads(json.dumps(ours)) == json.loads(json.dumps(theirs))
    back = quantizers.deserialize(ours)
    assert isinstance(back, AbsMaxQuantizer)
    assert back.get_config() == ours["config"]
    assert quantizers.get(ours).axis == back.axis


def test_quantizers_are_found_by_name_class_and_object():
    quantizer = AbsMaxQuantizer()
    assert quantizers.get(None) is None
    assert quantizers.get(quantizer) is quantizer
    assert quantizers.get("abs_max_quantizer", axis=2).axis == (2,)
    assert quantizers.get(AbsMaxQuantizer, epsilon=1.0).epsilon == 1.0
    assert isinstance(quantizers.get("AbsMaxQuantizer"), AbsMaxQuantizer)
    with pytest.raises(ValueError, match="quantizer identifier: 'abs_min'"):
        quantizers.get("abs_min")


def test_levels_must_fit_into_int8():
    with pytest.raises(ValueError, match=r"value_range is \(-300, 300\)"):
        AbsMaxQuantizer(value_range=(-300, 300))


def test_a_users_quantizer_has_its_options_as_configuration():
    class Sign(Quantizer):
        def __call__(self, x):
            return x.sign()

    assert Sign("int16").get_config() == {"output_dtype": "int16"}
    assert Quantizer().output_dtype == "int8"
    assert Quantizer()(3) == 3
