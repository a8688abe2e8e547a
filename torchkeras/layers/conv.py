"""Convolutions."""

from typing import Any

from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.checks import argument_error, known_size
from torchkeras.core.configurable import generic
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.fresh import activated
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.lora import LowRank
from torchkeras.layers.windows import (
    Sizes,
    check_fits,
    padding_word,
    sizes,
)
from torchkeras.layers.windows import (
    data_format as layout_of,
)
from torchkeras.nn.conv import convolution
from torchkeras.nn.geometry import (
    CHANNELS_FIRST,
    Window,
    to_channels_first,
    to_channels_last,
)


class ConvOptions(LayerOptions, total=False):
    """Options of every layer, and those of ``LowRank``.

    Keys:
        lora_rank, lora_alpha: See ``LowRank``.
    """

    lora_rank: int | None
    lora_alpha: float | None


class Conv(LowRank, Layer):
    """Convolution: ``activation(kernel * x + bias)``, the kernel sliding over ``rank`` axes.

    With "channels_last" the batch is seen as a channels_last torch tensor, without a copy.

    Args:
        filters: Channels of the output, 1 or more, a multiple of ``groups``.
        kernel_size: Elements of the window along each axis, 1 or more.
        strides: Steps of the window along each axis, 1 or more.
        padding: "valid" (none) or "same" (output length is ``ceil(n / stride)``); in one dimension
            also "causal" (the output never looks ahead).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: Distance between the window's elements; above 1 only without strides.
        groups: Number of blocks of channels that don't see each other.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        kernel_*, bias_*: Initializer, regularizer and constraint of each weight (see ``Layer``).
        **options: See ``ConvOptions``.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: the same with ``filters`` channels.

    Weights:
        kernel: ``(*kernel_size, channels / groups, filters)``, held as ``conv.weight``
            ``(filters, channels / groups, *kernel_size)``.
        bias: ``(filters,)``, held as ``conv.bias``.

    Raises:
        ValueError: an argument is out of range, the window doesn't fit, or the number of channels
            is unknown, no multiple of ``groups``, or has changed.

    Source: Keras 3 ``Conv1D``, ``Conv2D``, ``Conv3D``; ``torch.nn.Conv2d``.

    Example:
        >>> keras.layers.Conv2D(8, 3, strides=2, padding="same")(torch.zeros(2, 7, 7, 3)).shape
        torch.Size([2, 4, 4, 8])
    """

    adapted_module = "conv"
    rank = 2
    paddings: tuple[str, ...] = ("valid", "same")

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **options: Unpack[ConvOptions],
    ) -> None:
        rank, alpha = options.pop("lora_rank", None), options.pop("lora_alpha", None)
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.keep_lora(rank, alpha, None)
        if not isinstance(groups, int) or groups < 1:
            raise argument_error(self, "groups", groups, "an integer, 1 or more")
        if not isinstance(filters, int) or filters < 1 or filters % groups:
            multiple = f"a multiple of groups ({groups})" if groups > 1 else "1 or more"
            raise argument_error(self, "filters", filters, f"an integer, {multiple}")
        self.filters = filters
        self.groups = groups
        self.kernel_size = sizes(self, "kernel_size", kernel_size, self.rank)
        self.strides = sizes(self, "strides", strides, self.rank)
        self.dilation_rate = sizes(self, "dilation_rate", dilation_rate, self.rank)
        self.padding = padding_word(self, padding, self.paddings)
        self.data_format = layout_of(self, data_format)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise argument_error(
                self,
                "dilation_rate",
                self.dilation_rate,
                f"1, since strides are {self.strides}",
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`.",
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.window = Window(
            self.kernel_size, self.strides, self.dilation_rate, self.padding, self.data_format
        )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def build(self, input_shape: Shape) -> None:
        axis = self.window.channel_axis
        channels = known_size(self, input_shape, axis)
        if channels % self.groups:
            raise argument_error(
                self,
                "input shape",
                tuple(input_shape),
                f"channels (axis {axis}) that are a multiple of groups ({self.groups})",
            )
        check_fits(self, self.window, input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        self.conv = convolution(
            self.window, channels, self.filters, self.groups, self.use_bias, **self.factory
        )
        # (filters, channels, *size) -> (*size, channels, filters)
        self.adopt_weight("kernel", "conv.weight", axes=(*range(2, self.rank + 2), 1, 0))
        self.bias = None
        if self.use_bias:
            self.adopt_weight("bias", "conv.bias")
        self.build_lora()

    def call(self, inputs: Tensor) -> Tensor:
        convolve = self.adapt if self.lora_enabled else self.conv
        if self.data_format == CHANNELS_FIRST:
            return activated(self.activation, convolve(inputs), convolve)
        y = convolve(to_channels_first(inputs))
        if self.activation is activations.relu:  # before the view, so that it may overwrite
            return to_channels_last(activated(self.activation, y, convolve))
        return self.activation(to_channels_last(y))

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.lora_rank is not None:
            config.update(lora_rank=self.lora_rank, lora_alpha=self.lora_alpha)
        return config

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_fits(self, self.window, input_shape)
        return self.window.output_shape(tuple(input_shape), self.filters)


class Conv1D(Conv):
    """``Conv`` along time, ``(batch, steps, channels)``; also pads "causal"."""

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """``Conv`` over images, ``(batch, height, width, channels)``."""

    rank = 2


class Conv3D(Conv):
    """``Conv`` over volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3
