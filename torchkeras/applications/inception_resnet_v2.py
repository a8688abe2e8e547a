"""InceptionResNetV2: Inception whose branches are added to what went in."""

from torchkeras.applications.building import KERAS_FOLDER, Recipe, channel_axis, network
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.applications.scaling import CustomScaleLayer
from torchkeras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
)
from torchkeras.tracer import KerasTensor

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

Size = int | tuple[int, int]
# Filters and kernel of each convolution of a branch, one after another.
Branch = list[tuple[int, Size]]

BLOCKS: dict[str, list[Branch]] = {
    "block35": [[(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]],
    "block17": [[(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))]],
    "block8": [[(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]],
}


def _convolved(
    x: KerasTensor,
    filters: int,
    size: Size,
    strides: int = 1,
    padding: str = "same",
    name: str | None = None,
) -> KerasTensor:
    x = Conv2D(filters, size, strides=strides, padding=padding, use_bias=False, name=name)(x)
    named = [None, None] if name is None else [f"{name}_bn", f"{name}_ac"]
    x = BatchNormalization(axis=channel_axis(), scale=False, name=named[0])(x)
    return Activation("relu", name=named[1])(x)


def _branch(x: KerasTensor, convolutions: Branch, halves: bool = False) -> KerasTensor:
    """One convolution after another; the last with strides of 2 where the image is halved."""
    for index, (filters, size) in enumerate(convolutions, 1):
        if halves and index == len(convolutions):
            x = _convolved(x, filters, size, strides=2, padding="valid")
        else:
            x = _convolved(x, filters, size)
    return x


def _joined(parts: list[KerasTensor], name: str) -> KerasTensor:
    return Concatenate(axis=channel_axis(), name=name)(parts)


def _halved(x: KerasTensor, branches: list[Branch], name: str) -> KerasTensor:
    """Branches that halve the image, and its greatest values."""
    parts = [_branch(x, branch, halves=True) for branch in branches]
    return _joined([*parts, MaxPooling2D(3, strides=2)(x)], name)


def _residual(
    x: KerasTensor, kind: str, number: int, scale: float, is_last: bool = False
) -> KerasTensor:
    """``x`` and ``scale`` times what branches make of it."""
    name = f"{kind}_{number}"
    mixed = _joined([_branch(x, branch) for branch in BLOCKS[kind]], f"{name}_mixed")
    change = Conv2D(x.shape[channel_axis()], 1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(scale)([x, change])
    return x if is_last else Activation("relu", name=f"{name}_ac")(x)


def _body(x: KerasTensor) -> KerasTensor:
    x = _convolved(x, 32, 3, strides=2, padding="valid")
    x = _convolved(x, 32, 3, padding="valid")
    x = _convolved(x, 64, 3)
    x = MaxPooling2D(3, strides=2)(x)
    x = _convolved(x, 80, 1, padding="valid")
    x = _convolved(x, 192, 3, padding="valid")
    x = MaxPooling2D(3, strides=2)(x)
    branches: list[Branch] = [[(96, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)]]
    parts = [_branch(x, branch) for branch in branches]
    averaged = AveragePooling2D(3, strides=1, padding="same")(x)
    x = _joined([*parts, _convolved(averaged, 64, 1)], "mixed_5b")
    for number in range(1, 11):
        x = _residual(x, "block35", number, 0.17)
    x = _halved(x, [[(384, 3)], [(256, 1), (256, 3), (384, 3)]], "mixed_6a")
    for number in range(1, 21):
        x = _residual(x, "block17", number, 0.1)
    branches = [[(256, 1), (384, 3)], [(256, 1), (288, 3)], [(256, 1), (288, 3), (320, 3)]]
    x = _halved(x, branches, "mixed_7a")
    for number in range(1, 10):
        x = _residual(x, "block8", number, 0.2)
    x = _residual(x, "block8", 10, 1.0, is_last=True)
    return _convolved(x, 1536, 1, name="conv_7b")


_STEM = "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels"
_RECIPE = Recipe(
    _body,
    f"{KERAS_FOLDER}inception_resnet_v2/",
    {
        True: (f"{_STEM}.h5", "e693bd0210a403b3192acc6073ad2e96"),
        False: (f"{_STEM}_notop.h5", "d19885ff4a710c122648d3b5c3b684e4"),
    },
    size=299,
    least=75,
)

InceptionResNetV2 = network(
    "InceptionResNetV2",
    _RECIPE,
    "inception_resnet_v2",
    "InceptionResNetV2. Images go through ``inception_resnet_v2.preprocess_input``.",
    'Szegedy and others 2016, "Inception-v4, Inception-ResNet and the Impact of Residual '
    'Connections on Learning"',
)

preprocess_input = preprocessing("tf")
