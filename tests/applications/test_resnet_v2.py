import pytest
from networks import same_layers, same_network


def test_the_network_is_that_of_keras():
    same_network("resnet_v2", "ResNet50V2", input_shape=(64, 64, 3), classes=6)


def test_it_ends_in_features_without_a_classifier():
    same_layers("resnet_v2", "ResNet50V2", include_top=False, pooling="max")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ResNet101V2", "ResNet152V2"])
def test_greater_networks_are_those_of_keras(name):
    same_layers("resnet_v2", name)
