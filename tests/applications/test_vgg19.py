from networks import same_network


def test_the_network_is_that_of_keras():
    same_network("vgg19", "VGG19", size=32, include_top=False)
