"""EfficientNetV2: EfficientNet with plain convolutions in its first stages."""

import math
from collections.abc import Callable, Sequence

from torchkeras.applications.building import (
    KERAS_FOLDER,
    ORDER,
    Recipe,
    channel_axis,
    network,
)
from torchkeras.applications.efficientnet import (
    DEVIATIONS,
    DROPPED,
    added,
    classifier,
    convolved,
    kernel_start,
    weighed,
)
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.core.settings import image_data_format
from torchkeras.layers import (
    Activation,
    BatchNormalization,
    DepthwiseConv2D,
    Normalization,
    Rescaling,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = [*(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L"))]
__all__ += ["decode_predictions", "preprocess_input"]

# Factor of the width within, filters, blocks, strides, and whether its convolutions are plain.
Stage = tuple[int, int, int, int, bool]

BASE: list[Stage] = [
    (1, 16, 1, 1, True),
    (4, 32, 2, 2, True),
    (4, 48, 2, 2, True),
    (4, 96, 3, 2, False),
    (6, 112, 5, 1, False),
    (6, 192, 8, 2, False),
]
SMALL: list[Stage] = [
    (1, 24, 2, 1, True),
    (4, 48, 4, 2, True),
    (4, 64, 4, 2, True),
    (4, 128, 6, 2, False),
    (6, 160, 9, 1, False),
    (6, 256, 15, 2, False),
]
MEDIUM: list[Stage] = [
    (1, 24, 3, 1, True),
    (4, 48, 5, 2, True),
    (4, 80, 5, 2, True),
    (4, 160, 7, 2, False),
    (6, 176, 14, 1, False),
    (6, 304, 18, 2, False),
    (6, 512, 5, 1, False),
]
LARGE: list[Stage] = [
    (1, 32, 4, 1, True),
    (4, 64, 7, 2, True),
    (4, 96, 7, 2, True),
    (4, 192, 10, 2, False),
    (6, 224, 19, 1, False),
    (6, 384, 25, 2, False),
    (6, 640, 7, 1, False),
]


def _efficientnet(
    variant: str,
    stages: Sequence[Stage],
    stem: int,
    size: int,
    hashes: tuple[str, str],
    width: float = 1.0,
    depth: float = 1.0,
) -> Callable[..., Functional]:
    """The public function of a network ``width`` times as wide and ``depth`` as deep."""

    def body(x: KerasTensor) -> KerasTensor:
        x = convolved(x, _rounded(stem * width), "stem_conv", 3, 2)
        x = _normalized_swish(x, "stem_")
        # Keras counts the blocks of the first network, so that more are left out in deeper ones.
        total = sum(stage[2] for stage in stages)
        done = 0
        for number, (factor, filters, blocks, strides, is_plain) in enumerate(stages, 1):
            block = _plain_block if is_plain else _split_block
            for index in range(math.ceil(depth * blocks)):
                name = f"block{number}{chr(97 + index)}_"
                shortcut, steps = x, strides if index == 0 else 1
                x = block(x, factor, _rounded(filters * width), steps, name)
                if steps == 1 and shortcut.shape[channel_axis()] == x.shape[channel_axis()]:
                    x = added(shortcut, x, DROPPED * done / total, name)
                done += 1
        return _normalized_swish(convolved(x, _rounded(1280 * width), "top_conv"), "top_")

    name = f"efficientnetv2-{variant.lower()}"
    recipe = Recipe(
        body,
        f"{KERAS_FOLDER}efficientnet_v2/",
        {True: (f"{name}.h5", hashes[0]), False: (f"{name}_notop.h5", hashes[1])},
        prepare=_standardized if stages is BASE else _centred,
        top=classifier(0.2),
        size=size,
        pool_names={"avg": "avg_pool", "max": "max_pool"},
    )
    what = f"EfficientNetV2 {variant}. It scales images itself, from values in [0, 255]."
    source = 'Tan and Le 2021, "EfficientNetV2: Smaller Models and Faster Training"'
    order = (*ORDER[:-1], "include_preprocessing", "name")
    return network(f"EfficientNetV2{variant}", recipe, name, what, source, order)


def _rounded(width: float) -> int:
    """The multiple of 8 next to ``width``."""
    return max(8, int(width + 4) // 8 * 8)


def _centred(x: KerasTensor, is_pretrained: bool) -> KerasTensor:
    return Rescaling(1 / 128, offset=-1)(x)


def _standardized(x: KerasTensor, is_pretrained: bool) -> KerasTensor:
    if x.shape[channel_axis()] != 3:
        return _centred(x, is_pretrained)
    axis = 1 if image_data_format() == "channels_first" else 3
    variances = [deviation**2 for deviation in DEVIATIONS]
    x = Rescaling(1 / 255)(x)
    return Normalization(mean=[0.485, 0.456, 0.406], variance=variances, axis=axis)(x)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(axis=channel_axis(), momentum=0.9, name=f"{name}bn")(x)


def _normalized_swish(x: KerasTensor, name: str) -> KerasTensor:
    return Activation("swish", name=f"{name}activation")(_normalized(x, name))


def _split_block(x: KerasTensor, factor: int, filters: int, strides: int, name: str) -> KerasTensor:
    """Wide within, where each channel is convolved by itself and then weighed."""
    channels = x.shape[channel_axis()]
    x = _normalized_swish(convolved(x, factor * channels, f"{name}expand_conv"), f"{name}expand_")
    x = DepthwiseConv2D(
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=kernel_start(),
        name=f"{name}dwconv2",
    )(x)
    x = weighed(_normalized_swish(x, name), max(1, channels // 4), name)
    return _normalized(convolved(x, filters, f"{name}project_conv"), f"{name}project_")


def _plain_block(x: KerasTensor, factor: int, filters: int, strides: int, name: str) -> KerasTensor:
    """Wide within by plain convolutions; a single one where the factor is 1."""
    if factor == 1:
        x = convolved(x, filters, f"{name}project_conv", 3, strides)
        return _normalized_swish(x, f"{name}project_")
    width = factor * x.shape[channel_axis()]
    x = convolved(x, width, f"{name}expand_conv", 3, strides)
    x = _normalized_swish(x, f"{name}expand_")
    return _normalized(convolved(x, filters, f"{name}project_conv"), f"{name}project_")


EfficientNetV2B0 = _efficientnet(
    "B0",
    BASE,
    32,
    224,
    ("21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff"),
)

EfficientNetV2B1 = _efficientnet(
    "B1",
    BASE,
    32,
    240,
    ("069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37"),
    depth=1.1,
)

EfficientNetV2B2 = _efficientnet(
    "B2",
    BASE,
    32,
    260,
    ("424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb"),
    width=1.1,
    depth=1.2,
)

EfficientNetV2B3 = _efficientnet(
    "B3",
    BASE,
    32,
    300,
    ("1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856"),
    width=1.2,
    depth=1.4,
)

EfficientNetV2S = _efficientnet(
    "S",
    SMALL,
    24,
    384,
    ("e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070"),
)

EfficientNetV2M = _efficientnet(
    "M",
    MEDIUM,
    24,
    480,
    ("a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342"),
)

EfficientNetV2L = _efficientnet(
    "L",
    LARGE,
    32,
    480,
    ("27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615"),
)

preprocess_input = preprocessing(None)
