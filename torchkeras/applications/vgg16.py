"""VGG16."""

from typing import Any

from torchkeras.applications import imagenet_utils
from torchkeras.applications.building import SIZES
from torchkeras.applications.vgg import build
from torchkeras.models import Functional

FILES = {
    True: ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "64373286793e3c8b2b4e3219cbf3544b"),
    False: (
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "6d6bbae143d832006294945121d1f1fc",
    ),
}


def VGG16(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: SIZES | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "vgg16",
) -> Functional:
    """VGG16: thirteen convolutions in five blocks. Images go through ``vgg16.preprocess_input``.

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
    Recognition"; Keras 3 ``VGG16``.
    """
    return build(
        (2, 2, 3, 3, 3),
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
        "vgg16/",
        FILES,
    )


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Images in BGR without ImageNet's mean; see ``imagenet_utils.preprocess_input``."""
    return imagenet_utils.preprocess_input(x, data_format=data_format, mode="caffe")


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Names of the likeliest classes; see ``imagenet_utils.decode_predictions``."""
    return imagenet_utils.decode_predictions(preds, top=top)
