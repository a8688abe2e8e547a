import torchkeras as keras


def test_the_two_networks_differ_in_depth():
    depths = [
        sum(isinstance(layer, keras.layers.Conv2D) for layer in network(None, None).layers)
        for network in (keras.applications.VGG16, keras.applications.VGG19)
    ]
    assert depths == [13, 16]
