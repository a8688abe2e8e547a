"""The network that VGG16 and VGG19 are sizes of."""

from collections.abc import Mapping, Sequence
from typing import Any

from torchkeras.applications.building import (
    SIZES,
    check_arguments,
    classified,
    finished,
    image_input,
    input_shape_of,
    pooled,
    with_weights,
)
from torchkeras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from torchkeras.models import Functional

FOLDER = "https://storage.googleapis.com/tensorflow/keras-applications/"
FILTERS = (64, 128, 256, 512, 512)


def build(
    depths: Sequence[int],
    include_top: bool,
    weights: Any,
    input_tensor: Any,
    input_shape: SIZES | None,
    pooling: str | None,
    classes: int,
    classifier_activation: Any,
    name: str,
    folder: str,
    files: Mapping[bool, tuple[str, str]],
) -> Functional:
    """The network with ``depths`` convolutions in its five blocks; the rest as in ``VGG16``."""
    check_arguments(name, weights, include_top, classes, classifier_activation)
    input_shape = input_shape_of(name, input_shape, 224, 32, include_top, weights)
    inputs = x = image_input(input_tensor, input_shape)
    for block, (depth, filters) in enumerate(zip(depths, FILTERS, strict=True), 1):
        for index in range(1, depth + 1):
            x = Conv2D(
                filters, 3, activation="relu", padding="same", name=f"block{block}_conv{index}"
            )(x)
        x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if include_top:
        x = Flatten(name="flatten")(x)
        x = Dense(4096, activation="relu", name="fc1")(x)
        x = Dense(4096, activation="relu", name="fc2")(x)
        x = classified(x, classes, classifier_activation)
    else:
        x = pooled(x, pooling)
    model = finished(inputs, x, input_tensor, name)
    return with_weights(model, weights, include_top, FOLDER + folder, files)
