"""The network that VGG16 and VGG19 are sizes of."""

from collections.abc import Callable, Sequence
from typing import Any

from torchkeras.applications.building import KERAS_FOLDER, Recipe, network
from torchkeras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

FILTERS = (64, 128, 256, 512, 512)
SOURCE = (
    'Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image '
    'Recognition"'
)


def vgg(
    function: str, depths: Sequence[int], what: str, hash_with_top: str, hash_without: str
) -> Callable[..., Functional]:
    """The public function of the network with ``depths`` convolutions in its five blocks."""

    def body(x: KerasTensor) -> KerasTensor:
        for block, (depth, filters) in enumerate(zip(depths, FILTERS, strict=True), 1):
            for index in range(1, depth + 1):
                conv = f"block{block}_conv{index}"
                x = Conv2D(filters, 3, activation="relu", padding="same", name=conv)(x)
            x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
        return x

    name = function.lower()
    stem = f"{name}_weights_tf_dim_ordering_tf_kernels"
    files = {True: (f"{stem}.h5", hash_with_top), False: (f"{stem}_notop.h5", hash_without)}
    recipe = Recipe(body, f"{KERAS_FOLDER}{name}/", files, top=_top)
    return network(function, recipe, name, what, SOURCE)


def _top(x: KerasTensor, classes: int, activation: Any) -> KerasTensor:
    x = Flatten(name="flatten")(x)
    x = Dense(4096, activation="relu", name="fc1")(x)
    x = Dense(4096, activation="relu", name="fc2")(x)
    return Dense(classes, activation=activation, name="predictions")(x)
