import pytest
from networks import refused_by_both, same_layers, same_network

import torchkeras as keras
from torchkeras.applications import building


def test_the_network_is_that_of_keras():
    same_network("", "MobileNetV3Small", input_shape=(64, 64, 3), classes=6, alpha=0.75)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("MobileNetV3Large", {"pooling": "avg", "include_top": False}),
        ("MobileNetV3Small", {"minimalistic": True, "dropout_rate": 0, "alpha": 1.25}),
        ("MobileNetV3Small", {"include_preprocessing": False, "pooling": "max", "name": "other"}),
    ],
)
def test_variants_are_those_of_keras(network, options):
    same_layers("", network, **options)


def test_arguments_that_do_not_fit_are_named():
    refused_by_both("", "MobileNetV3Small", "alpha", minimalistic=True, alpha=0.75)
    refused_by_both("", "MobileNetV3Large", "input_shape", weights=None, input_shape=(20, 20, 3))


def test_weights_are_chosen_by_width_and_kind(monkeypatch):
    asked = []

    def fetch(name, address, **options):
        asked.append((name, options["file_hash"][:4]))

    monkeypatch.setattr(building, "get_file", fetch)
    keras.applications.MobileNetV3Small((224, 224, 3), minimalistic=True)
    keras.applications.MobileNetV3Large((224, 224, 3), alpha=0.75, include_top=False)
    assert asked == [
        ("weights_mobilenet_v3_small_minimalistic_224_1.0_float.h5", "99cd"),
        ("weights_mobilenet_v3_large_224_0.75_float_no_top_v2.h5", "40af"),
    ]


def test_images_go_in_as_they_are():
    x = keras.Input((4, 4, 3))
    assert keras.applications.mobilenet_v3.preprocess_input(x) is x
