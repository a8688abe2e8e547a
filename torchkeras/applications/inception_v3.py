"""InceptionV3."""

from torchkeras.applications.building import KERAS_FOLDER, Recipe, channel_axis, network
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
)
from torchkeras.tracer import KerasTensor

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

Size = tuple[int, int]
# Filters and kernel of each convolution of a branch, one after another.
Branch = list[tuple[int, Size]]


def _convolved(
    x: KerasTensor, filters: int, size: Size, strides: int = 1, padding: str = "same"
) -> KerasTensor:
    x = Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
    x = BatchNormalization(axis=channel_axis(), scale=False)(x)
    return Activation("relu")(x)


def _branch(x: KerasTensor, convolutions: Branch, halves: bool = False) -> KerasTensor:
    """One convolution after another; the last with strides of 2 where the image is halved."""
    for index, (filters, size) in enumerate(convolutions, 1):
        if halves and index == len(convolutions):
            x = _convolved(x, filters, size, strides=2, padding="valid")
        else:
            x = _convolved(x, filters, size)
    return x


def _averaged(x: KerasTensor, filters: int) -> KerasTensor:
    return _convolved(AveragePooling2D(3, strides=1, padding="same")(x), filters, (1, 1))


def _joined(branches: list[KerasTensor], name: str | None = None) -> KerasTensor:
    return Concatenate(axis=channel_axis(), name=name)(branches)


def _mixed(x: KerasTensor, branches: list[Branch], pooled: int, name: str) -> KerasTensor:
    """Branches beside each other, and averages of ``pooled`` filters."""
    parts = [_branch(x, branch) for branch in branches]
    return _joined([*parts, _averaged(x, pooled)], name)


def _halved(x: KerasTensor, branches: list[Branch], name: str) -> KerasTensor:
    """Branches that halve the image, and its greatest values."""
    parts = [_branch(x, branch, halves=True) for branch in branches]
    return _joined([*parts, MaxPooling2D(3, strides=2)(x)], name)


def _sevens(width: int) -> list[Branch]:
    """Branches of 7 x 7 convolutions, each split in two."""
    row, column, point = (1, 7), (7, 1), (1, 1)
    return [
        [(192, point)],
        [(width, point), (width, row), (192, column)],
        [(width, point), (width, column), (width, row), (width, column), (192, row)],
    ]


def _widened(x: KerasTensor, index: int) -> KerasTensor:
    """Branches that fork into a row and a column at their end."""
    parts = [_branch(x, [(320, (1, 1))])]
    for stem, name in [
        ([(384, (1, 1))], f"mixed9_{index}"),
        ([(448, (1, 1)), (384, (3, 3))], None),
    ]:
        forked = _branch(x, stem)
        ends = [_convolved(forked, 384, size) for size in ((1, 3), (3, 1))]
        parts.append(_joined(ends, name))
    return _joined([*parts, _averaged(x, 192)], f"mixed{9 + index}")


def _body(x: KerasTensor) -> KerasTensor:
    x = _convolved(x, 32, (3, 3), strides=2, padding="valid")
    x = _convolved(x, 32, (3, 3), padding="valid")
    x = _convolved(x, 64, (3, 3))
    x = MaxPooling2D(3, strides=2)(x)
    x = _convolved(x, 80, (1, 1), padding="valid")
    x = _convolved(x, 192, (3, 3), padding="valid")
    x = MaxPooling2D(3, strides=2)(x)
    threes = [(64, (1, 1)), (96, (3, 3)), (96, (3, 3))]
    for index, pooled in enumerate((32, 64, 64)):
        branches = [[(64, (1, 1))], [(48, (1, 1)), (64, (5, 5))], threes]
        x = _mixed(x, branches, pooled, f"mixed{index}")
    x = _halved(x, [[(384, (3, 3))], threes], "mixed3")
    for index, width in enumerate((128, 160, 160, 192), 4):
        x = _mixed(x, _sevens(width), 192, f"mixed{index}")
    sevens = [(192, (1, 1)), (192, (1, 7)), (192, (7, 1)), (192, (3, 3))]
    x = _halved(x, [[(192, (1, 1)), (320, (3, 3))], sevens], "mixed8")
    return _widened(_widened(x, 0), 1)


_STEM = "inception_v3_weights_tf_dim_ordering_tf_kernels"
_RECIPE = Recipe(
    _body,
    f"{KERAS_FOLDER}inception_v3/",
    {
        True: (f"{_STEM}.h5", "9a0d58056eeedaa3f26cb7ebd46da564"),
        False: (f"{_STEM}_notop.h5", "bcbd6486424b2319ff4ef7d526e38f63"),
    },
    size=299,
    least=75,
)

InceptionV3 = network(
    "InceptionV3",
    _RECIPE,
    "inception_v3",
    "InceptionV3. Images go through ``inception_v3.preprocess_input``.",
    'Szegedy and others 2015, "Rethinking the Inception Architecture for Computer Vision"',
)

preprocess_input = preprocessing("tf")
