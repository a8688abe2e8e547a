from networks import same_layers, same_network


def test_the_network_is_that_of_keras():
    same_network("xception", "Xception", size=80, input_shape=(80, 80, 3), classes=6)


def test_it_ends_in_features_without_a_classifier():
    same_layers("xception", "Xception", include_top=False, pooling="avg")
