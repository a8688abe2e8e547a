"""VGG19."""

from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.applications.vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = vgg(
    "VGG19",
    (2, 2, 4, 4, 4),
    "VGG19: sixteen convolutions in five blocks. Images go through ``vgg19.preprocess_input``.",
    "cbe5617147190e668d6c5d5026f83318",
    "253f8cb515780f3b799900260a226db6",
)

preprocess_input = preprocessing("caffe")
