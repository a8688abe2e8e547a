import pytest
from networks import same_layers, same_network


def test_the_network_is_that_of_keras():
    same_network("densenet", "DenseNet121", size=64, input_shape=(64, 64, 3), classes=6)


def test_it_ends_in_features_without_a_classifier():
    same_layers("densenet", "DenseNet121", include_top=False, pooling="avg")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DenseNet169", "DenseNet201"])
def test_greater_networks_are_those_of_keras(name):
    same_layers("densenet", name)
