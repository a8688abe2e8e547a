"""Xception: Inception taken to its end, with separable convolutions."""

from torchkeras.applications.building import KERAS_FOLDER, Recipe, channel_axis, network
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    SeparableConv2D,
)
from torchkeras.tracer import KerasTensor

__all__ = ["Xception", "decode_predictions", "preprocess_input"]


def _normalized(x: KerasTensor, name: str | None = None) -> KerasTensor:
    return BatchNormalization(axis=channel_axis(), name=name)(x)


def _convolved(x: KerasTensor, filters: int, name: str, strides: int = 1) -> KerasTensor:
    x = Conv2D(filters, 3, strides=strides, use_bias=False, name=name)(x)
    x = _normalized(x, f"{name}_bn")
    return Activation("relu", name=f"{name}_act")(x)


def _separable(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _active_separable(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    return _separable(Activation("relu", name=f"{name}_act")(x), filters, name)


def _halved(x: KerasTensor, widths: tuple[int, int], number: int) -> KerasTensor:
    """Two separable convolutions and a pooling, beside a convolution that halves the image."""
    shortcut = Conv2D(widths[1], 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = _normalized(shortcut)
    name = f"block{number}_sepconv"
    first = _separable if number == 2 else _active_separable  # the stem has ended in a ReLU
    x = first(x, widths[0], f"{name}1")
    x = _active_separable(x, widths[1], f"{name}2")
    x = MaxPooling2D(3, strides=2, padding="same", name=f"block{number}_pool")(x)
    return Add()([x, shortcut])


def _body(x: KerasTensor) -> KerasTensor:
    x = _convolved(x, 32, "block1_conv1", strides=2)
    x = _convolved(x, 64, "block1_conv2")
    for number, filters in enumerate((128, 256, 728), 2):
        x = _halved(x, (filters, filters), number)
    for number in range(5, 13):
        shortcut = x
        for index in (1, 2, 3):
            x = _active_separable(x, 728, f"block{number}_sepconv{index}")
        x = Add()([x, shortcut])
    x = _halved(x, (728, 1024), 13)
    for index, filters in ((1, 1536), (2, 2048)):
        name = f"block14_sepconv{index}"
        x = Activation("relu", name=f"{name}_act")(_separable(x, filters, name))
    return x


_STEM = "xception_weights_tf_dim_ordering_tf_kernels"
_RECIPE = Recipe(
    _body,
    f"{KERAS_FOLDER}xception/",
    {
        True: (f"{_STEM}.h5", "0a58e3b7378bc2990ea3b43d5981f1f6"),
        False: (f"{_STEM}_notop.h5", "b0042744bf5b25fce3cb969f33bebb97"),
    },
    size=299,
    least=71,
)

Xception = network(
    "Xception",
    _RECIPE,
    "xception",
    "Xception. Images go through ``xception.preprocess_input``.",
    'Chollet 2016, "Xception: Deep Learning with Depthwise Separable Convolutions"',
)

preprocess_input = preprocessing("tf")
