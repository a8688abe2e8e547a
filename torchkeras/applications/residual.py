"""The networks that ResNets of both versions are sizes of."""

from collections.abc import Callable, Sequence

from torchkeras.applications.building import (
    KERAS_FOLDER,
    Recipe,
    channel_axis,
    network,
)
from torchkeras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

FILTERS = (64, 128, 256, 512)


def resnet(
    function: str,
    depths: Sequence[int],
    is_preactivated: bool,
    what: str,
    source: str,
    hashes: tuple[str, str],
) -> Callable[..., Functional]:
    """The public function of the network with ``depths`` blocks in its four stacks.

    Args:
        function: Its name.
        depths: Blocks in each stack.
        is_preactivated: Whether normalization and ReLU come before the convolutions (version 2).
        what: First line of its documentation.
        source: Where it was published.
        hashes: Of the weights with and without classifier.
    """
    stack = _stack_v2 if is_preactivated else _stack_v1

    def body(x: KerasTensor) -> KerasTensor:
        x = ZeroPadding2D(3, name="conv1_pad")(x)
        x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
        if not is_preactivated:
            x = _normalized_relu(x, "conv1")
        x = ZeroPadding2D(1, name="pool1_pad")(x)
        x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
        for number, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), 2):
            x = stack(x, filters, depth, number)
        return _normalized_relu(x, "post") if is_preactivated else x

    name = function.lower()
    stem = f"{name}_weights_tf_dim_ordering_tf_kernels"
    files = {True: (f"{stem}.h5", hashes[0]), False: (f"{stem}_notop.h5", hashes[1])}
    pool_names = {"avg": "avg_pool", "max": "max_pool"}
    recipe = Recipe(body, f"{KERAS_FOLDER}resnet/", files, pool_names=pool_names)
    return network(function, recipe, name, what, source)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return BatchNormalization(axis=channel_axis(), epsilon=1.001e-5, name=f"{name}_bn")(x)


def _normalized_relu(x: KerasTensor, name: str) -> KerasTensor:
    return Activation("relu", name=f"{name}_relu")(_normalized(x, name))


def _stack_v1(x: KerasTensor, filters: int, depth: int, number: int) -> KerasTensor:
    for index in range(1, depth + 1):
        name = f"conv{number}_block{index}"
        stride = 2 if index == 1 and number > 2 else 1
        shortcut = x
        if index == 1:
            shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
            shortcut = _normalized(shortcut, f"{name}_0")
        x = Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
        x = _normalized_relu(x, f"{name}_1")
        x = Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
        x = _normalized_relu(x, f"{name}_2")
        x = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
        x = _normalized(x, f"{name}_3")
        x = Add(name=f"{name}_add")([shortcut, x])
        x = Activation("relu", name=f"{name}_out")(x)
    return x


def _stack_v2(x: KerasTensor, filters: int, depth: int, number: int) -> KerasTensor:
    for index in range(1, depth + 1):
        name = f"conv{number}_block{index}"
        stride = 2 if index == depth and number < 5 else 1
        active = _normalized_relu(x, f"{name}_preact")
        shortcut = x
        if index == 1:
            shortcut = Conv2D(4 * filters, 1, name=f"{name}_0_conv")(active)
        elif stride > 1:
            shortcut = MaxPooling2D(1, strides=stride)(x)
        x = Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
        x = _normalized_relu(x, f"{name}_1")
        x = ZeroPadding2D(1, name=f"{name}_2_pad")(x)
        x = Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
        x = _normalized_relu(x, f"{name}_2")
        x = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
        x = Add(name=f"{name}_out")([shortcut, x])
    return x
