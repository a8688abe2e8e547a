"""ResNet-RS: deeper ResNets that weigh their channels; from tf.keras 2."""

from collections.abc import Callable, Sequence
from typing import Any

from torchkeras.applications.building import (
    KERAS_FOLDER,
    SIZES,
    Recipe,
    assemble,
    channel_axis,
)
from torchkeras.applications.efficientnet import DEVIATIONS, kernel_start
from torchkeras.applications.imagenet_utils import decode_predictions, preprocessing
from torchkeras.core.checks import argument_error
from torchkeras.core.settings import image_data_format
from torchkeras.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)
from torchkeras.models import Functional
from torchkeras.tracer import KerasTensor

__all__ = [f"ResNetRS{depth}" for depth in (50, 101, 152, 200, 270, 350, 420)]
__all__ += ["decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512)
# Hashes of the weights with and without classifier, by the size they were trained on.
Hashes = dict[int, tuple[str, str]]


def _resnet_rs(
    depth: int, blocks: Sequence[int], dropped: float, dropout: float, hashes: Hashes
) -> Callable[..., Functional]:
    """The public function of a network.

    Args:
        depth: Its number of layers.
        blocks: Blocks in each of its four groups.
        dropped: Fraction of the images whose block is left out, at the end of the network.
        dropout: Fraction of the features dropped before the classifier.
        hashes: Of its weights.
    """
    function, name = f"ResNetRS{depth}", f"resnet-rs-{depth}"
    trained = {f"imagenet-i{size}": size for size in hashes}

    def make(
        include_top: bool = True,
        weights: Any = "imagenet",
        classes: int = 1000,
        input_shape: SIZES | None = None,
        input_tensor: Any = None,
        pooling: str | None = None,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
    ) -> Functional:
        if isinstance(weights, str) and weights.startswith("imagenet-") and weights not in trained:
            raise argument_error(name, "weights", weights, f"one of {', '.join(trained)}")
        size = trained.get(weights, max(hashes))
        stem = f"{name}-i{size}"
        recipe = Recipe(
            lambda x: _body(x, blocks, dropped),
            f"{KERAS_FOLDER}resnet_rs/",
            {True: (f"{stem}.h5", hashes[size][0]), False: (f"{stem}_notop.h5", hashes[size][1])},
            prepare=_standardized,
            top=lambda x, classes, activation: _top(x, dropout, classes, activation),
            pool_names={"avg": "avg_pool", "max": "max_pool"},
        )
        return assemble(
            recipe,
            include_top,
            "imagenet" if weights in trained else weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            name,
            include_preprocessing,
        )

    make.__name__ = make.__qualname__ = function
    make.__doc__ = DOCUMENTATION.format(depth=depth, function=function, trained=", ".join(trained))
    return make


DOCUMENTATION = """ResNet-RS of {depth} layers. It scales images itself, from values in [0, 255].

    Args:
        include_top: Whether the classifier is there.
        weights: ``"imagenet"``, one of {trained}, None for random ones, or the path of a file.
        classes: How many classes the classifier tells apart.
        input_shape: Of one image, at least 32 x 32; None is 224 x 224 with the classifier, any size
            without.
        input_tensor: Symbol to build on; None makes an input.
        pooling: Without the classifier: ``"avg"``, ``"max"``, or None for the features.
        classifier_activation: What the classifier ends in; None gives logits.
        include_preprocessing: Whether the network scales the images itself.

    Raises:
        ValueError: the arguments don't fit each other.

    Source: Bello and others 2021, "Revisiting ResNets"; tf.keras 2 ``{function}``.
    """


def _standardized(x: KerasTensor, is_pretrained: bool) -> KerasTensor:
    channels = x.shape[channel_axis()]
    x = Rescaling(1 / 255)(x)
    if channels != 3:
        return x
    axis = 1 if image_data_format() == "channels_first" else 3
    variances = [deviation**2 for deviation in DEVIATIONS]
    return Normalization(mean=[0.485, 0.456, 0.406], variance=variances, axis=axis)(x)


def _convolved(
    x: KerasTensor, filters: int, kernel: int, name: str, strides: int = 1
) -> KerasTensor:
    """A convolution; with strides it is padded alike on all sides."""
    if strides > 1:
        x = ZeroPadding2D(kernel // 2)(x)
    return Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        kernel_initializer=kernel_start(),
        name=name,
    )(x)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    # Keras has momentum 0 here: the moving statistics are those of the last batch.
    return BatchNormalization(axis=channel_axis(), momentum=0.0, epsilon=1e-5, name=name)(x)


def _body(x: KerasTensor, blocks: Sequence[int], dropped: float) -> KerasTensor:
    for number, (filters, strides) in enumerate(((32, 2), (32, 1), (64, 1), (64, 2)), 1):
        x = _convolved(x, filters, 3, f"stem_1_stem_conv_{number}", strides)
        x = _normalized(x, f"stem_1_stem_batch_norm_{number}")
        x = Activation("relu", name=f"stem_1_stem_act_{number}")(x)
    for group, (filters, depth) in enumerate(zip(FILTERS, blocks, strict=True), 2):
        for index in range(depth):
            strides = 2 if index == 0 and group > 2 else 1
            name = f"BlockGroup{group}__block_{index}_"
            x = _block(x, filters, strides, index == 0, dropped * group / 5, name)
    return x


def _block(
    x: KerasTensor, filters: int, strides: int, is_first: bool, dropped: float, name: str
) -> KerasTensor:
    shortcut = x
    if is_first:
        if strides == 2:
            pool = AveragePooling2D(2, padding="same", name=f"{name}_projection_pooling")
            shortcut = pool(shortcut)
        shortcut = _convolved(shortcut, 4 * filters, 1, f"{name}_projection_conv")
        shortcut = _normalized(shortcut, f"{name}_projection_batch_norm")
    x = _convolved(x, filters, 1, f"{name}_conv_1")
    x = Activation("relu", name=f"{name}_act_1")(_normalized(x, f"{name}batch_norm_1"))
    x = _convolved(x, filters, 3, f"{name}_conv_2", strides)
    x = Activation("relu", name=f"{name}_act_2")(_normalized(x, f"{name}_batch_norm_2"))
    x = _convolved(x, 4 * filters, 1, f"{name}_conv_3")
    x = _weighed(_normalized(x, f"{name}_batch_norm_3"), filters, f"{name}_se")
    if dropped > 0:
        x = Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}_drop")(x)
    return Activation("relu", name=f"{name}_output_act")(Add()([x, shortcut]))


def _weighed(x: KerasTensor, width: int, name: str) -> KerasTensor:
    """Each channel times a weight in (0, 1) that the means of all decide through ``width``."""
    channels = x.shape[channel_axis()]
    is_first = image_data_format() == "channels_first"
    weight = GlobalAveragePooling2D(name=f"{name}_se_squeeze")(x)
    shape = (channels, 1, 1) if is_first else (1, 1, channels)
    weight = Reshape(shape, name=f"{name}_se_reshape")(weight)
    for filters, activation, step in ((width, "relu", "reduce"), (channels, "sigmoid", "expand")):
        weight = Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=kernel_start(),
            name=f"{name}_se_{step}",
        )(weight)
    return Multiply(name=f"{name}_se_excite")([x, weight])


def _top(x: KerasTensor, dropout: float, classes: int, activation: Any) -> KerasTensor:
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    x = Dropout(dropout, name="top_dropout")(x)
    return Dense(classes, activation=activation, name="predictions")(x)


ResNetRS50 = _resnet_rs(
    50,
    (3, 4, 6, 3),
    0.0,
    0.25,
    {
        160: ("69d9d925319f00a8bdd4af23c04e4102", "90daa68cd26c95aa6c5d25451e095529"),
    },
)

ResNetRS101 = _resnet_rs(
    101,
    (3, 4, 23, 3),
    0.0,
    0.25,
    {
        160: ("544b3434d00efc199d66e9058c7f3379", "82d5b90c5ce9d710da639d6216d0f979"),
        192: ("eb285be29ab42cf4835ff20a5e3b5d23", "f9a0f6b85faa9c3db2b6e233c4eebb5b"),
    },
)

ResNetRS152 = _resnet_rs(
    152,
    (3, 8, 36, 3),
    0.0,
    0.25,
    {
        192: ("8d72a301ed8a6f11a47c4ced4396e338", "5fbf7ac2155cb4d5a6180ee9e3aa8704"),
        224: ("31a46a92ab21b84193d0d71dd8c3d03b", "dc8b2cba2005552eafa3167f00dc2133"),
        256: ("ba6271b99bdeb4e7a9b15c05964ef4ad", "fa79794252dbe47c89130f65349d654a"),
    },
)

ResNetRS200 = _resnet_rs(
    200,
    (3, 24, 36, 3),
    0.1,
    0.25,
    {
        256: ("a76930b741884e09ce90fa7450747d5f", "bbdb3994718dfc0d1cd45d7eff3f3d9c"),
    },
)

ResNetRS270 = _resnet_rs(
    270,
    (4, 29, 53, 4),
    0.1,
    0.25,
    {
        256: ("20d575825ba26176b03cb51012a367a8", "2c42ecb22e35f3e23d2f70babce0a2aa"),
    },
)

ResNetRS350 = _resnet_rs(
    350,
    (4, 36, 72, 4),
    0.1,
    0.4,
    {
        256: ("f4a039dc3c421321b7fc240494574a68", "6e44b55025bbdff8f51692a023143d66"),
        320: ("7ccb858cc738305e8ceb3c0140bee393", "ab0c1f9079d2f85a9facbd2c88aa6079"),
    },
)

ResNetRS420 = _resnet_rs(
    420,
    (4, 44, 87, 4),
    0.1,
    0.4,
    {
        320: ("ae0eb9bed39e64fc8d7e0db4018dc7e8", "fe6217c32be8305b1889657172b98884"),
    },
)

preprocess_input = preprocessing(None)
