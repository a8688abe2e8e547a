"""MobileNetV3: residual blocks found by search, some of which weigh their channels."""

import functools
from collections.abc import Callable, Sequence
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
)
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.core.checks import argument_error
from torchkeras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Multiply,
    ReLU,
    Rescaling,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = ["decode_predictions", "preprocess_input"]

Activate = Callable[[KerasTensor], KerasTensor]
# Factor of the width within, filters, kernel (None: 5, minimalistic 3), strides, whether channels
# are weighed, whether the activation is hard swish (minimalistic: ReLU); of each block.
Block = tuple[float, int, int | None, int, bool, bool]

SMALL: list[Block] = [
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, None, 2, True, True),
    (6, 40, None, 1, True, True),
    (6, 40, None, 1, True, True),
    (3, 48, None, 1, True, True),
    (3, 48, None, 1, True, True),
    (6, 96, None, 2, True, True),
    (6, 96, None, 1, True, True),
    (6, 96, None, 1, True, True),
]
LARGE: list[Block] = [
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, None, 2, True, False),
    (3, 40, None, 1, True, False),
    (3, 40, None, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, None, 2, True, True),
    (6, 160, None, 1, True, True),
    (6, 160, None, 1, True, True),
]
# Hashes of the weights with and without classifier.
HASHES = {
    "small_224_0.75_float": (
        "cb65d4e5be93758266aa0a7f2c6708b7",
        "ebdb5cc8e0b497cd13a7c275d475c819",
    ),
    "small_224_1.0_float": (
        "8768d4c2e7dee89b9d02b2d03d65d862",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    "small_minimalistic_224_1.0_float": (
        "99cd97fb2fcdad2bf028eb838de69e37",
        "cde8136e733e811080d9fcd8a252f7e4",
    ),
    "large_224_0.75_float": (
        "765b44a33ad4005b3ac83185abf1d0eb",
        "40af19a13ebea4e2ee0c676887f69a2e",
    ),
    "large_224_1.0_float": (
        "59e551e166be033d707958cf9e29a6a7",
        "07fb09a5933dd0c8eaafa16978110389",
    ),
    "large_minimalistic_224_1.0_float": (
        "675e7b876c45c57e9e63e6d90a36599c",
        "ec5221f64a2f6d1ef965a614bdae7973",
    ),
}


def _mobilenet(
    function: str, kind: str, blocks: Sequence[Block], last_width: int
) -> Callable[..., Functional]:
    """The public function of the network of ``blocks``."""

    def make(
        input_shape: SIZES | None = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        classes: int = 1000,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str = function,
    ) -> Functional:
        variant = f"{kind}_minimalistic" if minimalistic else kind
        variant = f"{variant}_224_{float(alpha)}_float"
        if weights == "imagenet" and variant not in HASHES:
            expected = "1.0" if minimalistic else "0.75 or 1.0"
            raise argument_error(name, "alpha", alpha, f"{expected} with these weights")
        check_tensor(name, input_tensor, input_shape)
        if input_shape is None and input_tensor is not None:
            input_shape = tuple(input_tensor.shape[1:])
        input_shape = input_shape_of(name, input_shape, 224, 32, include_top, weights, False)
        height_of_weights(name, input_shape, (224,), weights)
        activate = _relu if minimalistic else _hard_swish
        hashes = HASHES.get(variant, (None, None))
        stem = f"weights_mobilenet_v3_{variant}"
        recipe = Recipe(
            lambda x: _body(x, blocks, alpha, 3 if minimalistic else 5, activate, minimalistic),
            f"{KERAS_FOLDER}mobilenet_v3/",
            {True: (f"{stem}.h5", hashes[0]), False: (f"{stem}_no_top_v2.h5", hashes[1])},
            prepare=lambda x, _: Rescaling(1 / 127.5, offset=-1.0)(x),
            top=functools.partial(
                _top, divisible(last_width * max(alpha, 1.0)), activate, dropout_rate
            ),
            flattens=False,
            pool_names={"avg": "avg_pool", "max": "max_pool"},
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
            name,
            include_preprocessing,
        )

    make.__name__ = make.__qualname__ = function
    make.__doc__ = DOCUMENTATION.format(function=function, kind=kind)
    return make


DOCUMENTATION = """MobileNetV3, {kind}. It scales images itself, from values in [0, 255].

    Args:
        input_shape: Of one image, at least 32 x 32; None is any size. The weights were trained on
            224 x 224.
        alpha: Multiplies the number of filters; with ImageNet's weights 0.75 or 1.
        minimalistic: Whether kernels are 3 x 3, activations ReLU, and channels aren't weighed; with
            ImageNet's weights for ``alpha`` 1 only.
        include_top: Whether the classifier is there.
        weights: ``"imagenet"``, None for random ones, or the path of a file.
        input_tensor: Symbol to build on; None makes an input.
        classes: How many classes the classifier tells apart.
        pooling: Without the classifier: ``"avg"``, ``"max"``, or None for the features.
        dropout_rate: Fraction in [0, 1) of the features dropped before the classifier.
        classifier_activation: What the classifier ends in; None gives logits.
        include_preprocessing: Whether the network scales the images itself; without, it takes
            values in [-1, 1].
        name: Of the model.

    Raises:
        ValueError: the arguments don't fit each other.

    Source: Howard and others 2019, "Searching for MobileNetV3"; Keras 3 ``{function}``.
    """


def _relu(x: KerasTensor) -> KerasTensor:
    return ReLU()(x)


def _hard_swish(x: KerasTensor) -> KerasTensor:
    return Activation("hard_swish")(x)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(axis=channel_axis(), epsilon=1e-3, momentum=0.999, name=name)(x)


def _body(
    x: KerasTensor,
    blocks: Sequence[Block],
    alpha: float,
    kernel: int,
    activate: Activate,
    minimalistic: bool,
) -> KerasTensor:
    x = Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
    x = activate(_normalized(x, "conv_bn"))
    for number, (factor, filters, size, strides, weighs, is_swish) in enumerate(blocks):
        x = _residual(
            x,
            factor,
            divisible(filters * alpha),
            size or kernel,
            strides,
            weighs and not minimalistic,
            activate if is_swish else _relu,
            f"expanded_conv_{number}_" if number else "expanded_conv_",
        )
    channels = x.shape[channel_axis()]
    x = Conv2D(divisible(6 * channels), 1, padding="same", use_bias=False, name="conv_1")(x)
    return activate(_normalized(x, "conv_1_bn"))


def _residual(
    x: KerasTensor,
    factor: float,
    filters: int,
    kernel: int,
    strides: int,
    weighs: bool,
    activate: Activate,
    name: str,
) -> KerasTensor:
    shortcut, channels = x, x.shape[channel_axis()]
    width = divisible(channels * factor)
    if name != "expanded_conv_":  # the first block has no wider part
        x = Conv2D(width, 1, padding="same", use_bias=False, name=f"{name}expand")(x)
        x = activate(_normalized(x, f"{name}expand_bn"))
    if strides == 2:
        x = ZeroPadding2D(pad_for_stride(x, kernel), name=f"{name}depthwise_pad")(x)
    padding = "same" if strides == 1 else "valid"
    x = DepthwiseConv2D(
        kernel, strides=strides, padding=padding, use_bias=False, name=f"{name}depthwise"
    )(x)
    x = activate(_normalized(x, f"{name}depthwise_bn"))
    if weighs:
        x = _weighed(x, width, f"{name}squeeze_excite_")
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_bn")
    if strides == 1 and channels == filters:
        return Add(name=f"{name}add")([shortcut, x])
    return x


def _weighed(x: KerasTensor, width: int, name: str) -> KerasTensor:
    """Each channel times a weight in [0, 1] that all channels' means decide."""
    weight = GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    weight = Conv2D(divisible(width / 4), 1, padding="same", name=f"{name}conv")(weight)
    weight = ReLU(name=f"{name}relu")(weight)
    weight = Conv2D(width, 1, padding="same", name=f"{name}conv_1")(weight)
    weight = ReLU(6.0)(weight + 3.0) * (1 / 6)
    return Multiply(name=f"{name}mul")([x, weight])


def _top(
    width: int,
    activate: Activate,
    dropout_rate: float,
    x: KerasTensor,
    classes: int,
    activation: Any,
) -> KerasTensor:
    x = GlobalAveragePooling2D(keepdims=True)(x)
    x = activate(Conv2D(width, 1, padding="same", name="conv_2")(x))
    if dropout_rate > 0:
        x = Dropout(dropout_rate)(x)
    x = Flatten()(Conv2D(classes, 1, padding="same", name="logits")(x))
    return Activation(activation, name="predictions")(x)


MobileNetV3Small = _mobilenet("MobileNetV3Small", "small", SMALL, 1024)
MobileNetV3Large = _mobilenet("MobileNetV3Large", "large", LARGE, 1280)

preprocess_input = preprocessing(None)
