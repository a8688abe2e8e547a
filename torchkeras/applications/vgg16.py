"""VGG16."""

from typing import Any

from torchkeras.applications import imagenet_utils
from torchkeras.applications.vgg import vgg

VGG16 = vgg(
    "VGG16",
    (2, 2, 3, 3, 3),
    "VGG16: thirteen convolutions in five blocks. Images go through ``vgg16.preprocess_input``.",
    "64373286793e3c8b2b4e3219cbf3544b",
    "6d6bbae143d832006294945121d1f1fc",
)


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Images in BGR without ImageNet's mean; see ``imagenet_utils.preprocess_input``."""
    return imagenet_utils.preprocess_input(x, data_format=data_format, mode="caffe")


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Names of the likeliest classes; see ``imagenet_utils.decode_predictions``."""
    return imagenet_utils.decode_predictions(preds, top=top)
