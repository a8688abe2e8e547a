"""MobileNet: convolutions of each channel by itself, then across channels."""

from typing import Any

from torchkeras.applications.building import (
    KERAS_FOLDER,
    SIZES,
    Recipe,
    assemble,
    channel_axis,
    height_of_weights,
    input_shape_of,
    trained_size,
)
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.core.checks import argument_error
from torchkeras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# Heights that weights were trained on, and what their files call each ``alpha``.
HEIGHTS = (128, 160, 192, 224)
WIDTHS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
# Filters and strides of each block.
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
BLOCKS += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]


def MobileNet(
    input_shape: SIZES | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 0.001,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Functional:
    """MobileNet. Images go through ``mobilenet.preprocess_input``.

    Args:
        input_shape: Of one image, at least 32 x 32; None is 224 x 224 with the classifier, any size
            without. There are weights for squares of 128, 160, 192 and 224 pixels.
        alpha: Multiplies the number of filters; with ImageNet's weights 0.25, 0.5, 0.75 or 1.
        depth_multiplier: Channels that each channel becomes; with ImageNet's weights 1.
        dropout: Fraction in [0, 1) of the features dropped before the classifier.
        include_top: Whether the classifier is there.
        weights: ``"imagenet"``, None for random ones, or the path of a file.
        input_tensor: Symbol to build on; None makes an input.
        pooling: Without the classifier: ``"avg"``, ``"max"``, or None for the features.
        classes: How many classes the classifier tells apart.
        classifier_activation: What the classifier ends in; None gives logits.
        name: Of the model; None is made of ``alpha`` and the height.

    Raises:
        ValueError: the arguments don't fit each other.

    Source: Howard and others 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile
    Vision Applications"; Keras 3 ``MobileNet``.
    """
    owner = name or "MobileNet"
    if weights == "imagenet" and depth_multiplier != 1:
        raise argument_error(owner, "depth_multiplier", depth_multiplier, "1 with these weights")
    if weights == "imagenet" and alpha not in WIDTHS:
        raise argument_error(owner, "alpha", alpha, f"one of {[*WIDTHS]} with these weights")
    size = trained_size(input_shape, HEIGHTS)
    input_shape = input_shape_of(owner, input_shape, size, 32, include_top, weights)
    height = height_of_weights(owner, input_shape, HEIGHTS, weights)
    stem = f"mobilenet_{WIDTHS.get(alpha)}_{height}_tf"
    recipe = Recipe(
        lambda x: _body(x, alpha, depth_multiplier),
        f"{KERAS_FOLDER}mobilenet/",
        {True: (f"{stem}.h5", None), False: (f"{stem}_no_top.h5", None)},
        top=lambda x, classes, activation: _top(x, dropout, classes, activation),
        size=size,
    )
    return assemble(
        recipe,
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name or f"mobilenet_{alpha:0.2f}_{height}",
    )


def _body(x: KerasTensor, alpha: float, depth_multiplier: int) -> KerasTensor:
    x = Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
    x = _normalized_relu(x, "conv1")
    for number, (filters, strides) in enumerate(BLOCKS, 1):
        if strides == 2:
            x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
        x = DepthwiseConv2D(
            3,
            strides=strides,
            padding="same" if strides == 1 else "valid",
            depth_multiplier=depth_multiplier,
            use_bias=False,
            name=f"conv_dw_{number}",
        )(x)
        x = _normalized_relu(x, f"conv_dw_{number}")
        name = f"conv_pw_{number}"
        x = Conv2D(int(filters * alpha), 1, padding="same", use_bias=False, name=name)(x)
        x = _normalized_relu(x, name)
    return x


def _normalized_relu(x: KerasTensor, name: str) -> KerasTensor:
    x = BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)
    return ReLU(6.0, name=f"{name}_relu")(x)


def _top(x: KerasTensor, dropout: float, classes: int, activation: Any) -> KerasTensor:
    x = GlobalAveragePooling2D(keepdims=True)(x)
    x = Dropout(dropout, name="dropout")(x)
    x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
    x = Reshape((classes,), name="reshape_2")(x)
    return Activation(activation, name="predictions")(x)


preprocess_input = preprocessing("tf")
