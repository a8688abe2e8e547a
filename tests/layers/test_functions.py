"""Functions as layers."""

import pytest
import torch

import torchkeras
from torchkeras import Input, layers


def test_a_function_is_called_on_tensors_and_symbols():
    layer = layers.Lambda(lambda x: torch.cat([x, x], -1))
    assert layer(torch.ones(2, 3)).shape == (2, 6)
    assert layer(Input((3,))).shape == (None, 6)
    model = torchkeras.Sequential([Input((3,)), layers.Lambda(lambda x: x * 2)])
    assert model(torch.ones(1, 3)).tolist() == [[2.0, 2.0, 2.0]]


def test_mask_training_and_arguments_are_handed_over():
    def function(x, training=None, mask=None, factor=1):
        return x * (factor if training else 0) + (0 if mask is None else 1)

    layer = layers.Lambda(function, arguments={"factor": 3})
    x = torch.ones(1, 2)
    assert layer(x, training=True).tolist() == [[3.0, 3.0]]
    assert layer(x, training=False, mask=torch.ones(1)).tolist() == [[1.0, 1.0]]


def test_the_output_shape_may_be_told():
    layer = layers.Lambda(lambda x: x.sum(1), output_shape=())
    assert layer(Input((3,))).shape == (None,)
    layer = layers.Lambda(lambda x: x, output_shape=lambda shape: shape)
    assert layer(Input((3,))).shape == (None, 3)
    assert layer.compute_output_shape((None, 4)) == (None, 4)
    assert layers.Lambda(lambda x: x.sum(-1)).compute_output_shape((2, 4)) == (2,)


def test_masks_may_be_made_and_end_otherwise():
    x = torch.ones(2, 3, 4)
    x._keras_mask = torch.ones(2, 3, dtype=torch.bool)
    assert not hasattr(layers.Lambda(lambda x: x * 1)(x), "_keras_mask")
    kept = layers.Lambda(lambda x: x * 1, mask=lambda inputs, mask: mask)(x)
    assert kept._keras_mask is x._keras_mask
    fixed = torch.zeros(2, 3, dtype=torch.bool)
    assert layers.Lambda(lambda x: x * 1, mask=fixed)(x)._keras_mask is fixed


def test_registered_functions_are_saved_by_name():
    @torchkeras.saving.register_keras_serializable(package="test")
    def double(x):
        return x * 2

    layer = layers.Lambda(double)
    twin = torchkeras.saving.deserialize_keras_object(
        torchkeras.saving.serialize_keras_object(layer)
    )
    assert twin.function is double


@pytest.mark.usefixtures("written_elsewhere")
def test_bytecode_is_not_run_unless_asked_for():
    with pytest.warns(UserWarning, match="bytecode"):
        serialized = torchkeras.saving.serialize_keras_object(layers.Lambda(lambda x: x * 2))
    with pytest.raises((ValueError, TypeError), match="safe_mode"):
        torchkeras.saving.deserialize_keras_object(serialized)


def test_only_functions_are_taken():
    with pytest.raises(TypeError, match="function is 3; expected a function"):
        layers.Lambda(3)
