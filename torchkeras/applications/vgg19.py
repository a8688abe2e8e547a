"""VGG19."""

from typing import Any

from torchkeras.applications import imagenet_utils
from torchkeras.applications.building import SIZES
from torchkeras.applications.vgg import build
from torchkeras.models import Functional

FILES = {
    True: ("vgg19_weights_tf_dim_ordering_tf_kernels.h5", "cbe5617147190e668d6c5d5026f83318"),
    False: (
        "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "253f8cb515780f3b799900260a226db6",
    ),
}


def VGG19(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: SIZES | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "vgg19",
) -> Functional:
    """VGG19: sixteen convolutions in five blocks. Images go through ``vgg19.preprocess_input``.

    Args:
        include_top: Whether the classifier is there.
        weights: ``"imagenet"``, None for random ones, or the path of a file.
        input_tensor: Symbol to build on; None makes an input.
        input_shape: Of one image, at least 32 x 32; None is 224 x 224 with the classifier.
        pooling: Without the classifier: ``"avg"``, ``"max"``, or None for the last block's output.
        classes: How many classes the classifier tells apart.
        classifier_activation: What the classifier ends in; None gives logits.
        name: Of the model.

    Raises:
        ValueError: the arguments don't fit each other.

    Source: Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition"; Keras 3 ``VGG19``.
    """
    return build(
        (2, 2, 4, 4, 4),
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
        "vgg19/",
        FILES,
    )


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Images in BGR without ImageNet's mean; see ``imagenet_utils.preprocess_input``."""
    return imagenet_utils.preprocess_input(x, data_format=data_format, mode="caffe")


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Names of the likeliest classes; see ``imagenet_utils.decode_predictions``."""
    return imagenet_utils.decode_predictions(preds, top=top)
