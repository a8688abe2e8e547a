import numpy as np
import pytest
from networks import same_layers, same_network

import torchkeras as keras
from torchkeras.applications.vgg16 import VGG16


@pytest.mark.parametrize(
    "options",
    [
        {"include_top": False},
        {"include_top": False, "pooling": "avg", "input_shape": (40, 48, 1)},
        {"include_top": False, "pooling": "max", "name": "other"},
    ],
)
def test_the_network_is_that_of_keras(options):
    shape = options.get("input_shape")
    if shape is None:
        same_network("vgg16", "VGG16", **options)
    else:
        same_layers("vgg16", "VGG16", **options)


def test_the_classifier_is_that_of_keras():
    same_network(
        "vgg16", "VGG16", size=32, input_shape=(32, 32, 3), classes=7, classifier_activation=None
    )


def test_it_is_built_on_another_tensor():
    inputs = keras.Input((32, 32, 3))
    model = VGG16(weights=None, include_top=False, input_tensor=inputs * 2.0)
    assert model.inputs[0] is inputs
    assert model.predict(np.ones((1, 32, 32, 3)), verbose=0).shape == (1, 1, 1, 512)
