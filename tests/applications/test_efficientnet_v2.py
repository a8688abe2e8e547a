import pytest
from networks import same_layers, same_network


def test_the_network_is_that_of_keras():
    same_network("efficientnet_v2", "EfficientNetV2B0", input_shape=(64, 64, 3), classes=6)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("EfficientNetV2B1", {"include_top": False, "input_shape": (64, 64, 1)}),
        ("EfficientNetV2S", {"include_preprocessing": False, "pooling": "max"}),
    ],
)
def test_variants_are_those_of_keras(network, options):
    same_layers("efficientnet_v2", network, **options)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["B2", "B3", "M", "L"])
def test_greater_networks_are_those_of_keras(size):
    same_layers("efficientnet_v2", f"EfficientNetV2{size}")
