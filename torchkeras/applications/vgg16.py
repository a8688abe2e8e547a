"""VGG16."""

from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.applications.vgg import vgg

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

VGG16 = vgg(
    "VGG16",
    (2, 2, 3, 3, 3),
    "VGG16: thirteen convolutions in five blocks. Images go through ``vgg16.preprocess_input``.",
    "64373286793e3c8b2b4e3219cbf3544b",
    "6d6bbae143d832006294945121d1f1fc",
)

preprocess_input = preprocessing("caffe")
