import pytest
from networks import same_layers, same_network


def test_the_network_is_that_of_keras():
    same_layers("inception_resnet_v2", "InceptionResNetV2", include_top=False, pooling="avg")


@pytest.mark.slow
def test_its_outputs_are_those_of_keras():
    # Logits: a softmax of such deep random sums would make much of their rounding.
    options = {"input_shape": (80, 80, 3), "classes": 6, "classifier_activation": None}
    same_network("inception_resnet_v2", "InceptionResNetV2", size=80, tolerance=1e-3, **options)
