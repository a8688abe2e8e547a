from torchkeras.applications import resnet, resnet50


def test_it_is_the_network_of_resnet():
    assert resnet50.ResNet50 is resnet.ResNet50
    assert resnet50.preprocess_input is resnet.preprocess_input
