"""Networks for images, with the weights that Keras gives away. Each lies in a module of its own,
which is imported when it is used.
"""

import importlib
from typing import Any

# Files name these layers, so they are known from the start.
from torchkeras.applications import scaling as _scaling  # noqa: F401

_COSTS = ["002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320"]
# module -> networks in it that are also found here
MODULES = {
    "convnext": tuple(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
    "densenet": ("DenseNet121", "DenseNet169", "DenseNet201"),
    "efficientnet": tuple(f"EfficientNetB{number}" for number in range(8)),
    "efficientnet_v2": tuple(
        f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")
    ),
    "imagenet_utils": (),
    "inception_resnet_v2": ("InceptionResNetV2",),
    "inception_v3": ("InceptionV3",),
    "mobilenet": ("MobileNet",),
    "mobilenet_v2": ("MobileNetV2",),
    "mobilenet_v3": ("MobileNetV3Large", "MobileNetV3Small"),
    "nasnet": ("NASNetLarge", "NASNetMobile"),
    "regnet": tuple(f"RegNet{kind}{cost}" for kind in "XY" for cost in _COSTS),
    "resnet": ("ResNet101", "ResNet152", "ResNet50"),
    "resnet50": (),
    "resnet_rs": tuple(f"ResNetRS{depth}" for depth in (50, 101, 152, 200, 270, 350, 420)),
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
