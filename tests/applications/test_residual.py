import torchkeras as keras


def test_blocks_of_version_two_normalize_first():
    for network, first in [("ResNet50", "conv1_bn"), ("ResNet50V2", "conv2_block1_preact_bn")]:
        model = getattr(keras.applications, network)(weights=None, include_top=False)
        norms = [
            layer.name
            for layer in model.layers
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        assert norms[0] == first
