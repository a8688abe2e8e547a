"""DenseNet: every layer sees the features of all before it in its block."""

from collections.abc import Callable, Sequence

from torchkeras.applications.building import KERAS_FOLDER, Recipe, channel_axis, network
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

GROWTH = 32


def _densenet(
    function: str, depths: Sequence[int], hashes: tuple[str, str]
) -> Callable[..., Functional]:
    def body(x: KerasTensor) -> KerasTensor:
        x = ZeroPadding2D(3)(x)
        x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
        x = _normalized_relu(x, "conv1_")
        x = ZeroPadding2D(1)(x)
        x = MaxPooling2D(3, strides=2, name="pool1")(x)
        for number, depth in enumerate(depths, 2):
            for index in range(1, depth + 1):
                x = _grown(x, f"conv{number}_block{index}")
            if number < 5:
                x = _halved(x, f"pool{number}")
        return _normalized_relu(x, "")

    name = function.lower()
    stem = f"{name}_weights_tf_dim_ordering_tf_kernels"
    files = {True: (f"{stem}.h5", hashes[0]), False: (f"{stem}_notop.h5", hashes[1])}
    pool_names = {"avg": "avg_pool", "max": "max_pool"}
    recipe = Recipe(body, f"{KERAS_FOLDER}densenet/", files, pool_names=pool_names)
    what = f"DenseNet of {function[8:]} layers. Images go through ``densenet.preprocess_input``."
    source = 'Huang and others 2016, "Densely Connected Convolutional Networks"'
    return network(function, recipe, name, what, source)


def _normalized_relu(x: KerasTensor, prefix: str) -> KerasTensor:
    x = BatchNormalization(axis=channel_axis(), epsilon=1.001e-5, name=f"{prefix}bn")(x)
    return Activation("relu", name=f"{prefix}relu")(x)


def _grown(x: KerasTensor, name: str) -> KerasTensor:
    new = _normalized_relu(x, f"{name}_0_")
    new = Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = _normalized_relu(new, f"{name}_1_")
    new = Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return Concatenate(axis=channel_axis(), name=f"{name}_concat")([x, new])


def _halved(x: KerasTensor, name: str) -> KerasTensor:
    x = _normalized_relu(x, f"{name}_")
    channels = x.shape[channel_axis()]
    x = Conv2D(channels // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


DenseNet121 = _densenet(
    "DenseNet121",
    (6, 12, 24, 16),
    ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
)

DenseNet169 = _densenet(
    "DenseNet169",
    (6, 12, 32, 32),
    ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
)

DenseNet201 = _densenet(
    "DenseNet201",
    (6, 12, 48, 32),
    ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
)

preprocess_input = preprocessing("torch")
