import json
from pathlib import Path

import keras2_networks
import numpy as np
import oracle
import pytest
import torch

import torchkeras as keras
from torchkeras.applications import building

RECORDED = json.loads(Path(keras2_networks.__file__).with_suffix(".json").read_text())
NAMES = keras2_networks.counted()


@pytest.mark.parametrize("name", keras2_networks.SHOWN)
def test_networks_are_those_of_tf_keras(name):
    model = getattr(keras.applications, name)(weights=None, **keras2_networks.SHOWN[name])
    expected = RECORDED["shown"][name]
    found = keras2_networks.layers_of(model)
    assert [layer[1:] for layer in found] == [layer[1:] for layer in expected["layers"]]
    for one, other in zip(found, expected["layers"], strict=True):
        assert one[0] == other[0] or not one[2], (one, other)  # weights' layers have their names
    output = keras2_networks.output_of(model)
    # Rounding: in float64 ours lies between the two.
    scale = max(expected["output"])
    np.testing.assert_allclose(output, expected["output"], atol=1e-3 * scale, rtol=0)


@pytest.mark.parametrize("name", keras2_networks.PREPARED)
def test_other_sizes_and_images_end_as_in_tf_keras(name):
    model = getattr(keras.applications, name)(weights=None, **keras2_networks.PREPARED[name])
    found, expected = keras2_networks.layers_of(model)[-1], RECORDED["prepared"][name]
    assert found[1:] == expected[1:]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_as_many_as_in_tf_keras(name):
    with torch.device("meta"):
        found = keras2_networks.counts(keras.applications, [name])
    assert found[name] == RECORDED["counts"][name]


def test_the_classifier_ends_in_what_was_asked_for():
    options = {"weights": None, "input_shape": (32, 32, 3), "classes": 4}
    x = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    model = keras.applications.RegNetX002("mine", **options)
    assert model.name == "mine"
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(-1), 1, rtol=1e-5)
    logits = keras.applications.RegNetX002(classifier_activation=None, **options)
    assert logits.layers[-1].activation is keras.activations.linear


def test_weights_are_those_of_the_variant(monkeypatch):
    asked = []
    monkeypatch.setattr(building, "get_file", lambda name, *args, **options: asked.append(name))
    keras.applications.RegNetX002(include_top=False)
    keras.applications.RegNetY002()
    assert asked == ["regnetx002_notop.h5", "regnety002.h5"]


def test_the_network_stands_on_the_tensor_it_is_given():
    inputs = keras.Input((32, 32, 3))
    model = keras.applications.RegNetX002(
        weights=None, include_top=False, input_tensor=inputs * 0.0, pooling="avg"
    )
    x = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    first, second = model.predict(x, verbose=0)
    np.testing.assert_array_equal(first, second)


@pytest.mark.tensorflow
def test_tf_keras_still_has_what_was_recorded():
    found = json.loads(oracle.output_of(keras2_networks.__file__))
    assert found["prepared"] == RECORDED["prepared"]
    for name, recorded in RECORDED["shown"].items():
        assert found["shown"][name]["layers"] == recorded["layers"]
        scale = max(recorded["output"])
        output = found["shown"][name]["output"]
        np.testing.assert_allclose(output, recorded["output"], atol=1e-3 * scale, rtol=0)
