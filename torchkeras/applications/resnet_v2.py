"""ResNetV2: residual networks with normalization and ReLU before the convolutions."""

from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.applications.residual import resnet

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

SOURCE = 'He and others 2016, "Identity Mappings in Deep Residual Networks"'

ResNet50V2 = resnet(
    "ResNet50V2",
    (3, 4, 6, 3),
    True,
    "ResNet of 50 layers, version 2. Images go through ``resnet_v2.preprocess_input``.",
    SOURCE,
    ("3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"),
)

ResNet101V2 = resnet(
    "ResNet101V2",
    (3, 4, 23, 3),
    True,
    "ResNet of 101 layers, version 2. Images go through ``resnet_v2.preprocess_input``.",
    SOURCE,
    ("6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"),
)

ResNet152V2 = resnet(
    "ResNet152V2",
    (3, 8, 36, 3),
    True,
    "ResNet of 152 layers, version 2. Images go through ``resnet_v2.preprocess_input``.",
    SOURCE,
    ("a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"),
)

preprocess_input = preprocessing("tf")
