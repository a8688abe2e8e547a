"""VGG19."""

from typing import Any

from torchkeras.applications import imagenet_utils
from torchkeras.applications.vgg import vgg

VGG19 = vgg(
    "VGG19",
    (2, 2, 4, 4, 4),
    "VGG19: sixteen convolutions in five blocks. Images go through ``vgg19.preprocess_input``.",
    "cbe5617147190e668d6c5d5026f83318",
    "253f8cb515780f3b799900260a226db6",
)


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Images in BGR without ImageNet's mean; see ``imagenet_utils.preprocess_input``."""
    return imagenet_utils.preprocess_input(x, data_format=data_format, mode="caffe")


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Names of the likeliest classes; see ``imagenet_utils.decode_predictions``."""
    return imagenet_utils.decode_predictions(preds, top=top)
