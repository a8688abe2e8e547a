"""NASNet: a cell found by search, repeated, and one that halves the image."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torchkeras.applications.building import KERAS_FOLDER, ORDER, Recipe, network, pad_for_stride
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


@dataclass(frozen=True)
class Features:
    """What a cell gives, and how often the image has been halved before it."""

    x: KerasTensor
    halvings: int


def _nasnet(
    function: str,
    size: int,
    width: int,
    cells: int,
    stem_width: int,
    skips_halving: bool,
    hashes: tuple[str, str],
) -> Callable[..., Functional]:
    """The public function of a network.

    Args:
        function: Its name.
        size: Height and width that the weights were trained on.
        width: Filters of the first stage.
        cells: Cells in each of its three stages.
        stem_width: Filters of the first convolution.
        skips_halving: Whether the cell after a halving one sees what that one was given second.
        hashes: Of the weights with and without classifier.
    """

    def body(x: KerasTensor) -> KerasTensor:
        start = "he_normal"
        x = Conv2D(
            stem_width, 3, strides=2, use_bias=False, kernel_initializer=start, name="stem_conv1"
        )(x)
        last, before = Features(_normalized(x, "stem_bn1"), 1), None
        last, before = _halving_cell(last, before, width // 4, "stem_1"), last
        last, before = _halving_cell(last, before, width // 2, "stem_2"), last
        for stage in range(3):
            filters = width * 2**stage
            if stage > 0:
                name = f"reduce_{stage * cells}"
                halved = _halving_cell(last, before, filters, name)
                last, before = halved, before if skips_halving else last
            for index in range(cells):
                name = str(stage * cells + index + (1 if stage > 0 else 0))
                last, before = _keeping_cell(last, before, filters, name), last
        return Activation("relu")(last.x)

    stem = f"NASNet-{function[6:].lower()}"
    recipe = Recipe(
        body,
        f"{KERAS_FOLDER}nasnet/",
        {True: (f"{stem}.h5", hashes[0]), False: (f"{stem}-no-top.h5", hashes[1])},
        top=_top,
        size=size,
        kept_as=lambda name: name.lower().replace("-", "_"),
        fixes_size=True,
        takes_channels_first=False,
    )
    what = f"NASNet-A, {function[6:].lower()}. Images go through ``nasnet.preprocess_input``."
    source = (
        'Zoph and others 2017, "Learning Transferable Architectures for Scalable Image Recognition"'
    )
    order = ("input_shape", *(key for key in ORDER if key != "input_shape"))
    return network(function, recipe, stem.lower().replace("-", "_"), what, source, order)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(momentum=0.9997, epsilon=1e-3, name=name)(x)


def _pointwise(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    return Conv2D(
        filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)


def _separable(
    x: KerasTensor, filters: int, kernel: int, name: str, strides: int = 1
) -> KerasTensor:
    """Two separable convolutions; the first with ``strides``."""
    x = Activation("relu")(x)
    if strides == 2:
        x = ZeroPadding2D(pad_for_stride(x, kernel), name=f"separable_conv_1_pad_{name}")(x)
    for number in (1, 2):
        if number == 2:
            x = Activation("relu")(x)
        x = SeparableConv2D(
            filters,
            kernel,
            strides=strides if number == 1 else 1,
            padding="valid" if number == 1 and strides == 2 else "same",
            use_bias=False,
            name=f"separable_conv_{number}_{name}",
        )(x)
        x = _normalized(x, f"separable_conv_{number}_bn_{name}")
    return x


def _fitted(before: Features | None, last: Features, filters: int, name: str) -> KerasTensor:
    """Features from before in the size of the last ones, with ``filters`` channels."""
    if before is None:
        return last.x
    x = before.x
    if before.halvings != last.halvings:
        x = Activation("relu", name=f"adjust_relu_1_{name}")(x)
        # Every second pixel, and its neighbours one to the right and below.
        shifted = ZeroPadding2D(((0, 1), (0, 1)))(x)
        shifted = Cropping2D(((1, 0), (1, 0)))(shifted)
        parts = []
        for number, part in ((1, x), (2, shifted)):
            part = AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{number}_{name}")(part)
            parts.append(_pointwise(part, filters // 2, f"adjust_conv_{number}_{name}"))
        return _normalized(Concatenate()(parts), f"adjust_bn_{name}")
    if x.shape[-1] != filters:
        x = _pointwise(Activation("relu")(x), filters, f"adjust_conv_projection_{name}")
        return _normalized(x, f"adjust_bn_{name}")
    return x


def _pooled(x: KerasTensor, name: str) -> KerasTensor:
    return AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def _keeping_cell(last: Features, before: Features | None, filters: int, name: str) -> Features:
    """A cell that keeps the size."""
    p = _fitted(before, last, filters, name)
    h = _pointwise(Activation("relu")(last.x), filters, f"normal_conv_1_{name}")
    h = _normalized(h, f"normal_bn_1_{name}")
    left = _separable(h, filters, 5, f"normal_left1_{name}")
    right = _separable(p, filters, 3, f"normal_right1_{name}")
    sums = [p, Add(name=f"normal_add_1_{name}")([left, right])]
    left = _separable(p, filters, 5, f"normal_left2_{name}")
    right = _separable(p, filters, 3, f"normal_right2_{name}")
    sums.append(Add(name=f"normal_add_2_{name}")([left, right]))
    left = _pooled(h, f"normal_left3_{name}")
    sums.append(Add(name=f"normal_add_3_{name}")([left, p]))
    left = _pooled(p, f"normal_left4_{name}")
    right = _pooled(p, f"normal_right4_{name}")
    sums.append(Add(name=f"normal_add_4_{name}")([left, right]))
    left = _separable(h, filters, 3, f"normal_left5_{name}")
    sums.append(Add(name=f"normal_add_5_{name}")([left, h]))
    return Features(Concatenate(name=f"normal_concat_{name}")(sums), last.halvings)


def _halving_cell(last: Features, before: Features | None, filters: int, name: str) -> Features:
    """A cell that halves the size."""
    p = _fitted(before, last, filters, name)
    h = _pointwise(Activation("relu")(last.x), filters, f"reduction_conv_1_{name}")
    h = _normalized(h, f"reduction_bn_1_{name}")
    padded = ZeroPadding2D(pad_for_stride(h, 3), name=f"reduction_pad_1_{name}")(h)
    left = _separable(h, filters, 5, f"reduction_left1_{name}", strides=2)
    right = _separable(p, filters, 7, f"reduction_right1_{name}", strides=2)
    first = Add(name=f"reduction_add_1_{name}")([left, right])
    left = MaxPooling2D(3, strides=2, name=f"reduction_left2_{name}")(padded)
    right = _separable(p, filters, 7, f"reduction_right2_{name}", strides=2)
    second = Add(name=f"reduction_add_2_{name}")([left, right])
    left = AveragePooling2D(3, strides=2, name=f"reduction_left3_{name}")(padded)
    right = _separable(p, filters, 5, f"reduction_right3_{name}", strides=2)
    third = Add(name=f"reduction_add3_{name}")([left, right])
    fourth = Add()([second, _pooled(first, f"reduction_left4_{name}")])
    left = _separable(first, filters, 3, f"reduction_left4_{name}")
    right = MaxPooling2D(3, strides=2, name=f"reduction_right5_{name}")(padded)
    fifth = Add(name=f"reduction_add4_{name}")([left, right])
    x = Concatenate(name=f"reduction_concat_{name}")([second, third, fourth, fifth])
    return Features(x, last.halvings + 1)


def _top(x: KerasTensor, classes: int, activation: Any) -> KerasTensor:
    x = GlobalAveragePooling2D()(x)
    return Dense(classes, activation=activation, name="predictions")(x)


NASNetMobile = _nasnet(
    "NASNetMobile",
    224,
    44,
    4,
    32,
    False,
    ("020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"),
)

NASNetLarge = _nasnet(
    "NASNetLarge",
    331,
    168,
    6,
    96,
    True,
    ("11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"),
)

preprocess_input = preprocessing("tf")
