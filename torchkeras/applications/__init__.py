"""Networks for images, with the weights that Keras gives away. Each lies in a module of its own,
which is imported when it is used.
"""

import importlib
from typing import Any

# module -> networks in it that are also found here
MODULES = {
    "densenet": ("DenseNet121", "DenseNet169", "DenseNet201"),
    "imagenet_utils": (),
    "inception_v3": ("InceptionV3",),
    "mobilenet": ("MobileNet",),
    "mobilenet_v2": ("MobileNetV2",),
    "mobilenet_v3": ("MobileNetV3Large", "MobileNetV3Small"),
    "resnet": ("ResNet101", "ResNet152", "ResNet50"),
    "resnet50": (),
    "resnet_v2": ("ResNet101V2", "ResNet152V2", "ResNet50V2"),
    "vgg16": ("VGG16",),
    "vgg19": ("VGG19",),
    "xception": ("Xception",),
}
_HOMES = {network: module for module, networks in MODULES.items() for network in networks}

__all__ = sorted([*MODULES, *_HOMES])


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return importlib.import_module(f"torchkeras.applications.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"torchkeras.applications.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'torchkeras.applications' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
