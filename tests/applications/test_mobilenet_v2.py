import pytest
from networks import refused_by_both, same_layers, same_network

import torchkeras as keras
from torchkeras.applications import building
from torchkeras.applications.mobilenet_v2 import MobileNetV2


def test_the_network_is_that_of_keras():
    same_network("mobilenet_v2", "MobileNetV2", alpha=0.35, input_shape=(64, 64, 3), classes=6)


@pytest.mark.parametrize(
    "options",
    [
        {"include_top": False, "pooling": "max", "alpha": 1.4},
        {"include_top": False, "input_shape": (45, 70, 1), "name": "other"},
    ],
)
def test_variants_are_those_of_keras(options):
    same_layers("mobilenet_v2", "MobileNetV2", **options)


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"alpha": 0.3}, "alpha"), ({"input_shape": (20, 20, 3), "weights": None}, "input_shape")],
)
def test_arguments_that_do_not_fit_are_named(options, argument):
    refused_by_both("mobilenet_v2", "MobileNetV2", argument, **options)


def test_a_tensor_must_have_the_shape_asked_for():
    x = keras.Input((96, 96, 3))
    with pytest.raises(ValueError, match="input_tensor"):
        MobileNetV2((128, 128, 3), weights=None, input_tensor=x)
    model = MobileNetV2(weights=None, input_tensor=x, alpha=0.35)
    assert model.name == "mobilenetv2_0.35_96"


def test_weights_are_chosen_by_width_and_height(monkeypatch):
    asked = []
    monkeypatch.setattr(building, "get_file", lambda name, *args, **options: asked.append(name))
    MobileNetV2((96, 96, 3), alpha=0.5, include_top=False)
    stem = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels"
    assert asked == [f"{stem}_0.5_96_no_top.h5"]
