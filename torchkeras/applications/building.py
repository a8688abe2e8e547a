"""What all networks share: arguments, input, pooling and weights from the net."""

import inspect
import os
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
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
        prepare: What the network itself does to images first; the second argument says whether
            ImageNet's weights are asked for.
        top: From features, the number of classes and an activation to the classifier's output.
        after_pooling: What comes last without classifier.
        size: Height and width that the weights were trained on.
        least: Least height and width.
        flattens: Whether the classifier needs a fixed size.
        fixes_size: Whether ``size`` is also the default without classifier.
        pool_names: Name of the pooling layer for each kind of ``pooling``; else automatic.
        kept_as: From a file's name to its name on this machine.
        takes_channels_first: Whether the network can be built for channels before height and width.
    """

    body: Callable[[KerasTensor], KerasTensor]
    folder: str
    files: Mapping[bool, tuple[str, str | None]]
    prepare: Callable[[KerasTensor, bool], KerasTensor] | None = None
    top: Callable[[KerasTensor, int, Any], KerasTensor] = average_and_classify
    after_pooling: Callable[[KerasTensor], KerasTensor] | None = None
    size: int = 224
    least: int = 32
    flattens: bool = True
    fixes_size: bool = False
    pool_names: Mapping[str, str] = field(default_factory=dict)
    kept_as: Callable[[str], str] = str
    takes_channels_first: bool = True


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
    include_preprocessing: bool = True,
) -> Functional:
    """The network of ``recipe``; the other arguments are those of every network."""
    check_arguments(name, weights, include_top, classes, classifier_activation)
    if not recipe.takes_channels_first and image_data_format() == "channels_first":
        raise argument_error(name, "image_data_format", "channels_first", '"channels_last"')
    if recipe.fixes_size and input_shape is None and input_tensor is None:
        input_shape = default_shape(recipe.size, 3)
    input_shape = input_shape_of(
        name, input_shape, recipe.size, recipe.least, include_top, weights, recipe.flattens
    )
    inputs = image_input(input_tensor, input_shape)
    x = inputs
    if include_preprocessing and recipe.prepare is not None:
        x = recipe.prepare(x, weights == "imagenet")
    x = recipe.body(x)
    if include_top:
        x = recipe.top(x, classes, classifier_activation)
    else:
        x = pooled(x, pooling, recipe.pool_names.get(pooling))
        x = x if recipe.after_pooling is None else recipe.after_pooling(x)
    if input_tensor is not None:
        inputs = get_source_inputs(input_tensor)
    model = Functional(inputs, x, name=name)
    return with_weights(model, weights, include_top, recipe)


# Every argument of networks: its default and what it means.
ARGUMENTS: dict[str, tuple[Any, str]] = {
    "include_top": (True, "Whether the classifier is there."),
    "include_preprocessing": (True, "Whether the network scales the images itself."),
    "weights": ("imagenet", '``"imagenet"``, None for random ones, or the path of a file.'),
    "input_tensor": (None, "Symbol to build on; None makes an input."),
    "input_shape": (
        None,
        "Of one image, at least {least} x {least}; None is {size} x {size} with the\n"
        "            classifier, any size without.",
    ),
    "pooling": (
        None,
        'Without the classifier: ``"avg"``, ``"max"``, or None for the features.',
    ),
    "classes": (1000, "How many classes the classifier tells apart."),
    "classifier_activation": (
        "softmax",
        "What the classifier ends in; None gives logits.",
    ),
    "name": (None, "Of the model."),
    "model_name": (None, "Of the model, as tf.keras 2 calls it."),
}
NAMES = ("name", "model_name")
# The order in which most networks take them.
ORDER = (
    "include_top",
    "weights",
    "input_tensor",
    "input_shape",
    "pooling",
    "classes",
    "classifier_activation",
    "name",
)


def network(
    function: str,
    recipe: Recipe | Callable[[str], Recipe],
    name: str,
    what: str,
    source: str,
    order: Sequence[str] = ORDER,
) -> Callable[..., Functional]:
    """The public function that makes a network.

    Args:
        function: Its name.
        recipe: How the network is made; or a function from the model's name to that.
        name: The model's name, unless another is asked for.
        what: First line of its documentation.
        source: Where the network was published.
        order: Names of its arguments, from ``ARGUMENTS``.
    """
    named = [key for key in order if key in NAMES]
    # What else the name is called comes by keyword.
    parameters = [
        inspect.Parameter(
            key,
            inspect.Parameter.KEYWORD_ONLY
            if key in named[1:]
            else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=name if key in NAMES else ARGUMENTS[key][0],
        )
        for key in order
    ]
    signature = inspect.Signature(parameters)

    def make(*positional: Any, **keywords: Any) -> Functional:
        try:
            bound = signature.bind(*positional, **keywords)
        except TypeError as error:
            raise TypeError(f"{function}() {error}") from None
        given = [bound.arguments[key] for key in named if key in bound.arguments]
        bound.apply_defaults()
        chosen = {key: value for key, value in bound.arguments.items() if key not in NAMES}
        model_name = given[0] if given else name
        made = recipe if isinstance(recipe, Recipe) else recipe(model_name)
        return assemble(made, name=model_name, **chosen)

    example = recipe if isinstance(recipe, Recipe) else recipe(name)
    make.__name__ = make.__qualname__ = function
    make.__module__ = example.body.__module__
    make.__signature__ = signature
    make.__doc__ = _documentation(function, example, what, source, order)
    return make


def _documentation(
    function: str, recipe: Recipe, what: str, source: str, order: Sequence[str]
) -> str:
    lines = "\n".join(f"        {key}: {ARGUMENTS[key][1]}" for key in order)
    return (
        f"{what}\n\n    Args:\n{lines.format(least=recipe.least, size=recipe.size)}\n\n"
        "    Raises:\n        ValueError: the arguments don't fit each other.\n\n"
        f"    Source: {source}; Keras ``{function}``.\n    "
    )


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
    default = default_shape(default_size, channels)
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


def trained_size(shape: SIZES | None, sizes: Collection[int], default: int = 224) -> int:
    """Height of ``shape`` if weights were trained on such squares (``sizes``), else ``default``."""
    if shape is None or len(shape) != 3:
        return default
    height, width = height_and_width(shape)
    return height if height == width and height in sizes else default


def height_of_weights(
    owner: str, input_shape: SIZES, sizes: Collection[int], weights: Any
) -> int | None:
    """Height that files of weights and models are called after.

    ImageNet's weights that were trained on 224 x 224 stand in, with a warning, where there are none
    for the height and width of ``input_shape``.
    """
    height, width = height_and_width(input_shape)
    if weights != "imagenet" or (height == width and height in sizes):
        return height
    warnings.warn(
        f"{owner}: input_shape is {input_shape}, and there are weights for squares of "
        f"{', '.join(map(str, sizes))} pixels; those for 224 are loaded.",
        stacklevel=3,
    )
    return 224


def check_tensor(owner: str, input_tensor: Any, input_shape: SIZES | None) -> None:
    """Raise a ValueError if ``input_tensor`` has another height and width than ``input_shape``."""
    if input_tensor is None or input_shape is None:
        return
    if height_and_width(input_tensor.shape[1:]) != height_and_width(input_shape):
        raise argument_error(
            owner,
            "input_shape",
            input_shape,
            f"that of input_tensor, {tuple(input_tensor.shape[1:])}, or None",
        )


def height_and_width(shape: SIZES) -> tuple[int | None, int | None]:
    """Of the shape of one image."""
    return tuple(shape[1:3] if image_data_format() == "channels_first" else shape[:2])


def divisible(width: float, divisor: int = 8) -> int:
    """The multiple of ``divisor`` next to ``width``, and at least nine tenths of it."""
    rounded = max(divisor, int(width + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * width else rounded


def default_shape(size: int, channels: int) -> SIZES:
    """Shape of one square image in the default layout."""
    is_first = image_data_format() == "channels_first"
    return (channels, size, size) if is_first else (size, size, channels)


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


def with_weights(model: Model, weights: Any, include_top: bool, recipe: Recipe) -> Model:
    """``model`` with the weights asked for.

    Args:
        model: The network.
        weights: ``"imagenet"``, None, or the path of a file.
        include_top: Whether the classifier is there.
        recipe: Where ImageNet's weights are.
    """
    if weights == "imagenet":
        name, file_hash = recipe.files[include_top]
        weights = get_file(
            recipe.kept_as(name), recipe.folder + name, cache_subdir="models", file_hash=file_hash
        )
    if weights is not None:
        model.load_weights(weights)
    return model
