"""ResNet: residual networks."""

from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.applications.residual import resnet

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

SOURCE = 'He and others 2015, "Deep Residual Learning for Image Recognition"'

ResNet50 = resnet(
    "ResNet50",
    (3, 4, 6, 3),
    False,
    "ResNet of 50 layers. Images go through ``resnet.preprocess_input``.",
    SOURCE,
    ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
)

ResNet101 = resnet(
    "ResNet101",
    (3, 4, 23, 3),
    False,
    "ResNet of 101 layers. Images go through ``resnet.preprocess_input``.",
    SOURCE,
    ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
)

ResNet152 = resnet(
    "ResNet152",
    (3, 8, 36, 3),
    False,
    "ResNet of 152 layers. Images go through ``resnet.preprocess_input``.",
    SOURCE,
    ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
)

preprocess_input = preprocessing("caffe")
