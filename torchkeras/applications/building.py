"""What all networks share: arguments, input, pooling and weights from the net."""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torchkeras import activations
from torchkeras.core.checks import argument_error
from torchkeras.core.settings import image_data_format
from torchkeras.layers import (
    Dense,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
)
from torchkeras.models import Functional, Model
from torchkeras.tracer import KerasTensor
from torchkeras.utils import get_file, get_source_inputs

SIZES = tuple[int | None, ...]
KERAS_FOLDER = "https://storage.googleapis.com/tensorflow/keras-applications/"


def average_and_classify(x: KerasTensor, classes: int, activation: Any) -> KerasTensor:
    """The classifier of most networks: the mean over the image, and a dense layer."""
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    return Dense(classes, activation=activation, name="predictions")(x)


@dataclass(frozen=True)
class Recipe:
    """How a network is made, and where its weights are.

    Attributes:
        body: From images to features.
        folder: Address of the folder of the weights, with a slash at the end.
        files: Name and hash of the file with (True) and without (False) classifier; the hash is
            None where Keras gives none.
        top: From features, the number of classes and an activation to the classifier's output.
        size: Height and width that the weights were trained on.
        least: Least height and width.
        flattens: Whether the classifier needs a fixed size.
        pool_names: Name of the pooling layer for each kind of ``pooling``; else automatic.
    """

    body: Callable[[KerasTensor], KerasTensor]
    folder: str
    files: Mapping[bool, tuple[str, str | None]]
    top: Callable[[KerasTensor, int, Any], KerasTensor] = average_and_classify
    size: int = 224
    least: int = 32
    flattens: bool = True
    pool_names: Mapping[str, str] = field(default_factory=dict)


def assemble(
    recipe: Recipe,
    include_top: bool,
    weights: Any,
    input_tensor: Any,
    input_shape: SIZES | None,
    pooling: str | None,
    classes: int,
    classifier_activation: Any,
    name: str,
) -> Functional:
    """The network of ``recipe``; the other arguments are those of every network."""
    check_arguments(name, weights, include_top, classes, classifier_activation)
    input_shape = input_shape_of(
        name, input_shape, recipe.size, recipe.least, include_top, weights, recipe.flattens
    )
    inputs = image_input(input_tensor, input_shape)
    x = recipe.body(inputs)
    if include_top:
        x = recipe.top(x, classes, classifier_activation)
    else:
        x = pooled(x, pooling, recipe.pool_names.get(pooling))
    if input_tensor is not None:
        inputs = get_source_inputs(input_tensor)
    model = Functional(inputs, x, name=name)
    return with_weights(model, weights, include_top, recipe.folder, recipe.files)


ARGUMENTS = """
    Args:
        include_top: Whether the classifier is there.
        weights: ``"imagenet"``, None for random ones, or the path of a file.
        input_tensor: Symbol to build on; None makes an input.
        input_shape: Of one image, at least {least} x {least}; None is {size} x {size} with the
            classifier, any size without.
        pooling: Without the classifier: ``"avg"``, ``"max"``, or None for the features.
        classes: How many classes the classifier tells apart.
        classifier_activation: What the classifier ends in; None gives logits.
        name: Of the model.

    Raises:
        ValueError: the arguments don't fit each other.

    Source: {source}; Keras 3 ``{function}``.
    """


def network(
    function: str, recipe: Recipe, name: str, what: str, source: str
) -> Callable[..., Functional]:
    """The public function that makes a network.

    Args:
        function: Its name.
        recipe: How the network is made.
        name: The model's name, unless another is asked for.
        what: First line of its documentation.
        source: Where the network was published.
    """

    def make(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: SIZES | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = name,
    ) -> Functional:
        return assemble(
            recipe,
            include_top,
            weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            name,
        )

    make.__name__ = make.__qualname__ = function
    make.__module__ = recipe.body.__module__
    make.__doc__ = f"{what}\n" + ARGUMENTS.format(
        least=recipe.least, size=recipe.size, source=source, function=function
    )
    return make


def check_arguments(
    owner: str,
    weights: Any,
    include_top: bool,
    classes: int,
    classifier_activation: Any = "softmax",
) -> None:
    """Raise a ValueError unless the arguments fit each other.

    Args:
        owner: The network, for messages.
        weights: ``"imagenet"``, None, or the path of a file.
        include_top: Whether there is a classifier.
        classes: How many classes it tells apart.
        classifier_activation: What it ends in.
    """
    if weights not in ("imagenet", None) and not os.path.exists(weights):
        raise argument_error(
            owner, "weights", weights, 'None, "imagenet", or the path of a weights file'
        )
    if not include_top:
        return
    if weights == "imagenet" and classes != 1000:
        raise argument_error(
            owner, "classes", classes, '1000 with weights="imagenet" and include_top=True'
        )
    allowed = (activations.softmax, activations.linear)
    if weights is not None and activations.get(classifier_activation) not in allowed:
        raise argument_error(
            owner,
            "classifier_activation",
            classifier_activation,
            '"softmax" or None with pretrained weights and include_top=True',
        )


def input_shape_of(
    owner: str,
    input_shape: SIZES | None,
    default_size: int,
    min_size: int,
    include_top: bool,
    weights: Any,
    flattens: bool = True,
) -> SIZES:
    """Shape of one image, checked or made up.

    Args:
        owner: The network, for messages.
        input_shape: As the user gave it.
        default_size: Height and width that the weights were trained on.
        min_size: Least height and width.
        include_top: Whether there is a classifier.
        weights: ``"imagenet"``, None, or the path of a file.
        flattens: Whether the classifier needs a fixed size.

    Raises:
        ValueError: it isn't three sizes, or too small, or not what the weights need.
    """
    is_first = image_data_format() == "channels_first"
    needs_size = include_top and flattens
    channels = 3
    if input_shape is not None and len(input_shape) == 3 and weights != "imagenet":
        channels = input_shape[0 if is_first else -1]
        if channels not in (1, 3):
            warnings.warn(
                "This model usually expects 1 or 3 input channels. However, it was passed an "
                f"input_shape with {channels} input channels.",
                stacklevel=3,
            )
    size = (default_size, default_size)
    default = (channels, *size) if is_first else (*size, channels)
    if weights == "imagenet" and needs_size and input_shape not in (None, default):
        raise argument_error(
            owner,
            "input_shape",
            input_shape,
            f"{default} with include_top=True and weights='imagenet'",
            "When setting `include_top=True` and loading `imagenet` weights, `input_shape` "
            f"should be {default}.",
        )
    if input_shape is None:
        if needs_size:
            return default
        return (channels, None, None) if is_first else (None, None, channels)
    if len(input_shape) != 3:
        raise argument_error(
            owner,
            "input_shape",
            input_shape,
            "three sizes",
            "`input_shape` must be a tuple of three integers.",
        )
    if weights == "imagenet" and input_shape[0 if is_first else -1] != 3:
        raise argument_error(owner, "input_shape", input_shape, "3 channels for these weights")
    spatial = input_shape[1:] if is_first else input_shape[:2]
    if any(length is not None and length < min_size for length in spatial):
        raise argument_error(
            owner,
            "input_shape",
            input_shape,
            f"at least {min_size}x{min_size} pixels",
            f"Input size must be at least {min_size}x{min_size}.",
        )
    if needs_size and None in input_shape:
        raise argument_error(
            owner,
            "input_shape",
            input_shape,
            "known sizes with include_top=True",
            "If `include_top` is True, you should specify a static `input_shape`.",
        )
    return tuple(input_shape)


def image_input(input_tensor: Any, input_shape: SIZES) -> KerasTensor:
    """The symbol to build on: ``input_tensor`` if that is one, else a new input."""
    if isinstance(input_tensor, KerasTensor):
        return input_tensor
    if input_tensor is None:
        return Input(shape=input_shape)
    return Input(tensor=input_tensor, shape=input_shape)


def channel_axis() -> int:
    """Axis of the channels, with the batch."""
    return 1 if image_data_format() == "channels_first" else -1


def pad_for_stride(x: KerasTensor, kernel_size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Padding by which a convolution of stride 2 with ``"valid"`` gives half the size, rounded up.

    TensorFlow pads such an odd kernel more at the end, for images of even size.
    """
    height, width = x.shape[2:] if image_data_format() == "channels_first" else x.shape[1:3]
    if height is None:
        short = (1, 1)
    else:
        short = (1 - height % 2, 1 - width % 2)
    half = kernel_size // 2
    return (half - short[0], half), (half - short[1], half)


def pooled(x: KerasTensor, pooling: str | None, name: str | None = None) -> KerasTensor:
    """Means (``"avg"``) or greatest values (``"max"``) over the image; else ``x`` as it is."""
    if pooling == "avg":
        return GlobalAveragePooling2D(name=name)(x)
    if pooling == "max":
        return GlobalMaxPooling2D(name=name)(x)
    return x


def with_weights(
    model: Model,
    weights: Any,
    include_top: bool,
    folder: str,
    files: Mapping[bool, tuple[str, str]],
) -> Model:
    """``model`` with the weights asked for.

    Args:
        model: The network.
        weights: ``"imagenet"``, None, or the path of a file.
        include_top: Whether the classifier is there.
        folder: Address of the folder of the weights, with a slash at the end.
        files: Name and hash of the file with (True) and without (False) classifier; the hash is
            None where Keras gives none.
    """
    if weights == "imagenet":
        name, file_hash = files[include_top]
        weights = get_file(name, folder + name, cache_subdir="models", file_hash=file_hash)
    if weights is not None:
        model.load_weights(weights)
    return model
