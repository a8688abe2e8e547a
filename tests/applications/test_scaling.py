import keras as real
import numpy as np
import pytest
import torch
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

import torchkeras as keras
from torchkeras.applications import scaling


@pytest.mark.parametrize(
    ("cls", "arguments"),
    [
        (LayerScale, {"init_values": 0.5, "projection_dim": 3}),
        (StochasticDepth, {"drop_path_rate": 0.25}),
        (CustomScaleLayer, {"scale": 0.2}),
    ],
)
def test_layers_are_written_as_keras_does_and_read_in_both(cls, arguments):
    ours = getattr(scaling, cls.__name__)(**arguments, name="x")
    written = keras.saving.serialize_keras_object(ours)
    expected = real.saving.serialize_keras_object(cls(**arguments, name="x"))
    assert written == expected
    again = keras.saving.deserialize_keras_object(expected)
    assert type(again) is type(ours)
    assert again.get_config() == ours.get_config()


def test_layers_compute_what_those_of_keras_do():
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    found = scaling.LayerScale(0.5, 3)(x)
    np.testing.assert_allclose(found.detach(), LayerScale(0.5, 3)(x).detach())
    found = scaling.CustomScaleLayer(0.2)([torch.tensor(x), torch.tensor(2 * x)])
    np.testing.assert_allclose(found, 1.4 * x, rtol=1e-6)


def test_whole_examples_are_left_out_in_training_alone():
    layer = scaling.StochasticDepth(0.25)
    x = torch.ones(1000, 2, 3)
    assert layer(x, training=False) is x
    y = layer(x, training=True)
    assert sorted(y.unique().tolist()) == [0, pytest.approx(4 / 3)]
    assert (y.amin((1, 2)) == y.amax((1, 2))).all()
    assert y.mean() == pytest.approx(1, abs=0.1)


def test_a_rate_that_is_no_fraction_is_named():
    with pytest.raises(ValueError, match="drop_path_rate"):
        scaling.StochasticDepth(1.0)
