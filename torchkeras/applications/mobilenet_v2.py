"""MobileNetV2: residual blocks that are narrow at their ends and wide within."""

from typing import Any

from torchkeras.applications.building import (
    KERAS_FOLDER,
    SIZES,
    Recipe,
    assemble,
    channel_axis,
    check_tensor,
    divisible,
    height_of_weights,
    input_shape_of,
    pad_for_stride,
    trained_size,
)
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.core.checks import argument_error
from torchkeras.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    ReLU,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

# Heights and ``alpha`` that weights were trained on.
HEIGHTS = (96, 128, 160, 192, 224)
WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
# Filters, blocks and strides of each stage after the first.
STAGES = [(24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)]


def MobileNetV2(
    input_shape: SIZES | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Functional:
    """MobileNetV2. Images go through ``mobilenet_v2.preprocess_input``.

    Args:
        input_shape: Of one image, at least 32 x 32; None is 224 x 224 with the classifier, any size
            without. There are weights for squares of 96, 128, 160, 192 and 224 pixels.
        alpha: Multiplies the number of filters; with ImageNet's weights 0.35, 0.5, 0.75, 1, 1.3
            or 1.4.
        include_top: Whether the classifier is there.
        weights: ``"imagenet"``, None for random ones, or the path of a file.
        input_tensor: Symbol to build on; None makes an input.
        pooling: Without the classifier: ``"avg"``, ``"max"``, or None for the features.
        classes: How many classes the classifier tells apart.
        classifier_activation: What the classifier ends in; None gives logits.
        name: Of the model; None is made of ``alpha`` and the height.

    Raises:
        ValueError: the arguments don't fit each other.

    Source: Sandler and others 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks";
    Keras 3 ``MobileNetV2``.
    """
    owner = name or "MobileNetV2"
    if weights == "imagenet" and alpha not in WIDTHS:
        raise argument_error(owner, "alpha", alpha, f"one of {WIDTHS} with these weights")
    check_tensor(owner, input_tensor, input_shape)
    shape = input_shape
    if shape is None and input_tensor is not None:
        shape = tuple(input_tensor.shape[1:])
    size = trained_size(shape, HEIGHTS)
    input_shape = input_shape_of(owner, input_shape, size, 32, include_top, weights)
    height = height_of_weights(owner, input_shape, HEIGHTS, weights)
    stem = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{height}"
    recipe = Recipe(
        lambda x: _body(x, alpha),
        f"{KERAS_FOLDER}mobilenet_v2/",
        {True: (f"{stem}.h5", None), False: (f"{stem}_no_top.h5", None)},
        top=_top,
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
        name or f"mobilenetv2_{alpha:0.2f}_{height}",
    )


def _body(x: KerasTensor, alpha: float) -> KerasTensor:
    filters = divisible(32 * alpha)
    x = Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name="Conv1")(x)
    x = ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    x = _narrowed(x, divisible(int(16 * alpha)), 1, "expanded_conv_")
    number = 0
    for filters, blocks, strides in STAGES:
        for index in range(blocks):
            number += 1
            width = divisible(int(filters * alpha))
            x = _residual(x, width, strides if index == 0 else 1, f"block_{number}_")
    x = Conv2D(divisible(1280 * max(alpha, 1.0)), 1, use_bias=False, name="Conv_1")(x)
    return ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(axis=channel_axis(), epsilon=1e-3, momentum=0.999, name=name)(x)


def _residual(x: KerasTensor, filters: int, strides: int, name: str) -> KerasTensor:
    """Six times as many channels, then ``filters``; added to ``x`` where the shapes are equal."""
    channels = x.shape[channel_axis()]
    wide = Conv2D(6 * channels, 1, padding="same", use_bias=False, name=f"{name}expand")(x)
    wide = ReLU(6.0, name=f"{name}expand_relu")(_normalized(wide, f"{name}expand_BN"))
    narrow = _narrowed(wide, filters, strides, name)
    if strides == 1 and channels == filters:
        return Add(name=f"{name}add")([x, narrow])
    return narrow


def _narrowed(x: KerasTensor, filters: int, strides: int, name: str) -> KerasTensor:
    if strides == 2:
        x = ZeroPadding2D(pad_for_stride(x, 3), name=f"{name}pad")(x)
    padding = "same" if strides == 1 else "valid"
    x = DepthwiseConv2D(
        3, strides=strides, padding=padding, use_bias=False, name=f"{name}depthwise"
    )(x)
    x = ReLU(6.0, name=f"{name}depthwise_relu")(_normalized(x, f"{name}depthwise_BN"))
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    return _normalized(x, f"{name}project_BN")


def _top(x: KerasTensor, classes: int, activation: Any) -> KerasTensor:
    x = GlobalAveragePooling2D()(x)
    return Dense(classes, activation=activation, name="predictions")(x)


preprocess_input = preprocessing("tf")
