import pytest
from networks import same_layers, same_network

import torchkeras as keras
from torchkeras.applications import building


def test_the_network_is_that_of_keras():
    same_network("efficientnet", "EfficientNetB0", input_shape=(64, 64, 3), classes=6)


def test_it_ends_in_features_without_a_classifier():
    same_layers("efficientnet", "EfficientNetB1", include_top=False, pooling="avg")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2, 8))
def test_greater_networks_are_those_of_keras(number):
    same_layers("efficientnet", f"EfficientNetB{number}")


def test_pretrained_weights_bring_the_scale_they_were_trained_with(monkeypatch):
    asked = []
    monkeypatch.setattr(building, "get_file", lambda name, *args, **options: asked.append(name))
    model = keras.applications.EfficientNetB0(include_top=False, name="mine")
    assert model.name == "mine"
    assert asked == ["efficientnetb0_notop.h5"]
    kinds = [type(layer).__name__ for layer in model.layers[:4]]
    assert kinds == ["InputLayer", "Rescaling", "Normalization", "Rescaling"]
