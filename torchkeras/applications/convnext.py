"""ConvNeXt: a convolutional network after the manner of vision transformers."""

from collections.abc import Callable, Sequence
from typing import Any

from torchkeras.applications.building import KERAS_FOLDER, Recipe, channel_axis, network
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.applications.scaling import LayerScale
from torchkeras.layers import (
    Activation,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    LayerNormalization,
    Normalization,
)
from torchkeras.models import Functional, Sequential
from torchkeras.tracer import KerasTensor

__all__ = [f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")]
__all__ += ["decode_predictions", "preprocess_input"]

EPSILON = 1e-6
MEANS = [0.485 * 255, 0.456 * 255, 0.406 * 255]
VARIANCES = [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2]


def _convnext(
    size: str, depths: Sequence[int], widths: Sequence[int], hashes: tuple[str, str]
) -> Callable[..., Functional]:
    """The public function of the network with ``depths`` blocks of ``widths`` in its stages."""
    stem = f"convnext_{size.lower()}"

    def recipe(name: str) -> Recipe:
        return Recipe(
            lambda x: _body(x, depths, widths, name),
            f"{KERAS_FOLDER}convnext/",
            {True: (f"{stem}.h5", hashes[0]), False: (f"{stem}_notop.h5", hashes[1])},
            prepare=lambda x, _: _standardized(x, name),
            top=lambda x, classes, activation: _top(x, classes, activation, name),
            after_pooling=lambda x: LayerNormalization(epsilon=EPSILON)(x),
            takes_channels_first=False,
        )

    what = f"ConvNeXt {size}. It scales images itself, from values in [0, 255]."
    source = 'Liu and others 2022, "A ConvNet for the 2020s"'
    order = (
        "include_top",
        "include_preprocessing",
        "weights",
        "input_tensor",
        "input_shape",
        "pooling",
        "classes",
        "classifier_activation",
        "name",
        "model_name",
    )
    return network(f"ConvNeXt{size}", recipe, stem, what, source, order)


def _standardized(x: KerasTensor, name: str) -> KerasTensor:
    if x.shape[channel_axis()] != 3:
        return x
    return Normalization(mean=MEANS, variance=VARIANCES, name=f"{name}_prestem_normalization")(x)


def _body(x: KerasTensor, depths: Sequence[int], widths: Sequence[int], name: str) -> KerasTensor:
    stem = [
        Conv2D(widths[0], 4, strides=4, name=f"{name}_stem_conv"),
        LayerNormalization(epsilon=EPSILON, name=f"{name}_stem_layernorm"),
    ]
    shrink = [Sequential(stem, name=f"{name}_stem")]
    for index, width in enumerate(widths[1:]):
        halved = [
            LayerNormalization(epsilon=EPSILON, name=f"{name}_downsampling_layernorm_{index}"),
            Conv2D(width, 2, strides=2, name=f"{name}_downsampling_conv_{index}"),
        ]
        shrink.append(Sequential(halved, name=f"{name}_downsampling_block_{index}"))
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        x = shrink[stage](x)
        for index in range(depth):
            x = _block(x, width, f"{name}_stage_{stage}_block_{index}")
    return x


def _block(x: KerasTensor, width: int, name: str) -> KerasTensor:
    shortcut = x
    x = Conv2D(width, 7, padding="same", groups=width, name=f"{name}_depthwise_conv")(x)
    x = LayerNormalization(epsilon=EPSILON, name=f"{name}_layernorm")(x)
    x = Dense(4 * width, name=f"{name}_pointwise_conv_1")(x)
    x = Activation("gelu", name=f"{name}_gelu")(x)
    x = Dense(width, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(1e-6, width, name=f"{name}_layer_scale")(x)
    return shortcut + Activation("linear", name=f"{name}_identity")(x)


def _top(x: KerasTensor, classes: int, activation: Any, name: str) -> KerasTensor:
    x = GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
    x = LayerNormalization(epsilon=EPSILON, name=f"{name}_head_layernorm")(x)
    return Dense(classes, activation=activation, name=f"{name}_head_dense")(x)


ConvNeXtTiny = _convnext(
    "Tiny",
    (3, 3, 9, 3),
    (96, 192, 384, 768),
    (
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
)

ConvNeXtSmall = _convnext(
    "Small",
    (3, 3, 27, 3),
    (96, 192, 384, 768),
    (
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
)

ConvNeXtBase = _convnext(
    "Base",
    (3, 3, 27, 3),
    (128, 256, 512, 1024),
    (
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
)

ConvNeXtLarge = _convnext(
    "Large",
    (3, 3, 27, 3),
    (192, 384, 768, 1536),
    (
        "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
        "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
)

ConvNeXtXLarge = _convnext(
    "XLarge",
    (3, 3, 27, 3),
    (256, 512, 1024, 2048),
    (
        "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
        "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
)

preprocess_input = preprocessing(None)
