"""EfficientNet: depth, width and size grown together; and the parts both versions share."""

import math
from collections.abc import Callable
from typing import Any

from torchkeras.applications.building import (
    Recipe,
    channel_axis,
    divisible,
    network,
    pad_for_stride,
)
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.core.settings import image_data_format
from torchkeras.initializers import VarianceScaling
from torchkeras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = [*(f"EfficientNetB{number}" for number in range(8)), "decode_predictions"]
__all__ += ["preprocess_input"]

# Factor of the width within, filters, blocks, strides and kernel of each stage.
STAGES = [
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
]
DROPPED = 0.2  # fraction of the last block's images whose block is left out
DEVIATIONS = (0.229, 0.224, 0.225)


def kernel_start() -> VarianceScaling:
    """Initializer of the convolutions."""
    return VarianceScaling(2.0, "fan_out", "truncated_normal")


def convolved(
    x: KerasTensor, filters: int, name: str, kernel: int = 1, strides: int = 1
) -> KerasTensor:
    """A convolution with neither bias nor activation, that keeps the size for strides of 1."""
    return Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=kernel_start(),
        name=name,
    )(x)


def weighed(x: KerasTensor, width: int, name: str) -> KerasTensor:
    """Each channel times a weight in (0, 1) that the means of all decide through ``width``."""
    channels = x.shape[channel_axis()]
    is_first = image_data_format() == "channels_first"
    weight = GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (channels, 1, 1) if is_first else (1, 1, channels)
    weight = Reshape(shape, name=f"{name}se_reshape")(weight)
    for filters, activation, step in (
        (width, "swish", "reduce"),
        (channels, "sigmoid", "expand"),
    ):
        weight = Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=kernel_start(),
            name=f"{name}se_{step}",
        )(weight)
    return Multiply(name=f"{name}se_excite")([x, weight])


def added(shortcut: KerasTensor, x: KerasTensor, dropped: float, name: str) -> KerasTensor:
    """Their sum, without ``x`` for a fraction ``dropped`` of the images in training."""
    if dropped > 0:
        x = Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return Add(name=f"{name}add")([x, shortcut])


def classifier(dropout: float) -> Callable[[KerasTensor, int, Any], KerasTensor]:
    """The top: means, of which a fraction ``dropout`` is dropped, and a dense layer."""

    def top(x: KerasTensor, classes: int, activation: Any) -> KerasTensor:
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        x = Dropout(dropout, name="top_dropout")(x)
        start = VarianceScaling(1 / 3, "fan_out", "uniform")
        return Dense(classes, activation=activation, kernel_initializer=start, name="predictions")(
            x
        )

    return top


def _efficientnet(
    function: str,
    width: float,
    depth: float,
    size: int,
    dropout: float,
    hashes: tuple[str, str],
) -> Callable[..., Functional]:
    """The public function of the network ``width`` times as wide and ``depth`` as deep as B0."""

    def body(x: KerasTensor) -> KerasTensor:
        x = ZeroPadding2D(pad_for_stride(x, 3), name="stem_conv_pad")(x)
        start = kernel_start()
        x = Conv2D(
            divisible(32 * width),
            3,
            strides=2,
            use_bias=False,
            kernel_initializer=start,
            name="stem_conv",
        )(x)
        x = _normalized_swish(x, "stem_")
        plan = [(stage, math.ceil(depth * stage[2])) for stage in STAGES]
        total = sum(blocks for _, blocks in plan)
        done = 0
        for number, ((factor, filters, _, strides, kernel), blocks) in enumerate(plan, 1):
            for index in range(blocks):
                name = f"block{number}{chr(97 + index)}_"
                steps = strides if index == 0 else 1
                dropped = DROPPED * done / total
                x = _block(x, factor, divisible(filters * width), kernel, steps, dropped, name)
                done += 1
        return _normalized_swish(convolved(x, divisible(1280 * width), "top_conv"), "top_")

    name = function.lower()
    recipe = Recipe(
        body,
        "https://storage.googleapis.com/keras-applications/",
        {True: (f"{name}.h5", hashes[0]), False: (f"{name}_notop.h5", hashes[1])},
        prepare=_scaled,
        top=classifier(dropout),
        size=size,
        pool_names={"avg": "avg_pool", "max": "max_pool"},
    )
    what = f"EfficientNet B{function[-1]}. It scales images itself, from values in [0, 255]."
    source = (
        'Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural '
        'Networks"'
    )
    return network(function, recipe, name, what, source)


def _scaled(x: KerasTensor, is_pretrained: bool) -> KerasTensor:
    x = Rescaling(1 / 255)(x)
    x = Normalization(axis=1 if image_data_format() == "channels_first" else 3)(x)
    if is_pretrained:  # the weights were trained with variances where deviations belong
        x = Rescaling([1 / math.sqrt(deviation) for deviation in DEVIATIONS])(x)
    return x


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(axis=channel_axis(), name=f"{name}bn")(x)


def _normalized_swish(x: KerasTensor, name: str) -> KerasTensor:
    return Activation("swish", name=f"{name}activation")(_normalized(x, name))


def _block(
    x: KerasTensor,
    factor: int,
    filters: int,
    kernel: int,
    strides: int,
    dropped: float,
    name: str,
) -> KerasTensor:
    shortcut, channels = x, x.shape[channel_axis()]
    if factor != 1:
        x = _normalized_swish(
            convolved(x, factor * channels, f"{name}expand_conv"), f"{name}expand_"
        )
    if strides == 2:
        x = ZeroPadding2D(pad_for_stride(x, kernel), name=f"{name}dwconv_pad")(x)
    x = DepthwiseConv2D(
        kernel,
        strides=strides,
        padding="valid" if strides == 2 else "same",
        use_bias=False,
        depthwise_initializer=kernel_start(),
        name=f"{name}dwconv",
    )(x)
    x = _normalized_swish(x, name)
    x = weighed(x, max(1, channels // 4), name)
    x = _normalized(convolved(x, filters, f"{name}project_conv"), f"{name}project_")
    if strides == 1 and channels == filters:
        return added(shortcut, x, dropped, name)
    return x


EfficientNetB0 = _efficientnet(
    "EfficientNetB0",
    1.0,
    1.0,
    224,
    0.2,
    ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
)

EfficientNetB1 = _efficientnet(
    "EfficientNetB1",
    1.0,
    1.1,
    240,
    0.2,
    ("1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"),
)

EfficientNetB2 = _efficientnet(
    "EfficientNetB2",
    1.1,
    1.2,
    260,
    0.3,
    ("b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"),
)

EfficientNetB3 = _efficientnet(
    "EfficientNetB3",
    1.2,
    1.4,
    300,
    0.3,
    ("ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"),
)

EfficientNetB4 = _efficientnet(
    "EfficientNetB4",
    1.4,
    1.8,
    380,
    0.4,
    ("18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"),
)

EfficientNetB5 = _efficientnet(
    "EfficientNetB5",
    1.6,
    2.2,
    456,
    0.4,
    ("ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"),
)

EfficientNetB6 = _efficientnet(
    "EfficientNetB6",
    1.8,
    2.6,
    528,
    0.5,
    ("165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"),
)

EfficientNetB7 = _efficientnet(
    "EfficientNetB7",
    2.0,
    3.1,
    600,
    0.5,
    ("8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"),
)

preprocess_input = preprocessing(None)
