from networks import same_layers, same_network


def test_the_network_is_that_of_keras():
    same_network("inception_v3", "InceptionV3", size=96, input_shape=(96, 96, 3), classes=6)


def test_it_ends_in_features_without_a_classifier():
    same_layers("inception_v3", "InceptionV3", include_top=False, pooling="avg")
