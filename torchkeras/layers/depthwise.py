"""Convolutions of each channel by itself, and those followed by one that mixes the channels."""

from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.layout import Reshaped
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    Shape,
    TensorLike,
)
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.conv import Convolutional
from torchkeras.layers.windows import Sizes, check_fits, count
from torchkeras.nn.conv import convolution, separable
from torchkeras.ops.operands import tensor


class Depthwise(Convolutional):
    """A window that slides over each channel by itself."""

    strides_exclude_dilation = False

    def adopt_depthwise(self, path: str, name: str, channels: int) -> None:
        """Show ``(channels * multiplier, 1, *size)`` as ``(*size, channels, multiplier)``."""
        size = self.kernel_size
        stored = (channels * self.depth_multiplier, 1, *size)
        shown = (*size, channels, self.depth_multiplier)
        layout = Reshaped(shown, stored, axes=(*range(2, self.rank + 2), 0, 1))
        self.adopt_weight(name, path, layout=layout, rule="depthwise")


class DepthwiseConv(Depthwise):
    """Convolution of each channel by itself: ``activation(kernel * x + bias)``.

    Args:
        kernel_size: Elements of the window along each axis, 1 or more.
        strides: Steps of the window along each axis, 1 or more.
        padding: "valid" (none) or "same" (output length is ``ceil(n / stride)``).
        depth_multiplier: Filters for each channel, 1 or more.
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: Distance between the window's elements.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        depthwise_*, bias_*: Initializer, regularizer and constraint of each weight (see
            ``Layer``).

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: the same with ``channels * depth_multiplier`` channels, those of one input channel
            side by side.

    Weights:
        kernel: ``(*kernel_size, channels, depth_multiplier)``, held as ``conv.weight``
            ``(channels * depth_multiplier, 1, *kernel_size)``; also ``depthwise_kernel``.
        bias: ``(channels * depth_multiplier,)``, held as ``conv.bias``.

    Raises:
        ValueError: an argument is out of range, the window doesn't fit, or the number of channels
            is unknown or has changed.

    Source: Keras 3 ``DepthwiseConv2D``; ``torch.nn.Conv2d`` with groups.

    Example:
        >>> keras.layers.DepthwiseConv2D(3, depth_multiplier=2)(torch.zeros(2, 7, 7, 3)).shape
        torch.Size([2, 5, 5, 6])
    """

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        depthwise_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        depthwise_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.depth_multiplier = count(self, "depth_multiplier", depth_multiplier)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)

    @property
    def depthwise_kernel(self) -> object:
        """The kernel under tf.keras's name."""
        return self.kernel

    def build(self, input_shape: Shape) -> None:
        channels = self.fixed_channels(input_shape)
        filters = channels * self.depth_multiplier
        self.conv = convolution(
            self.window, channels, filters, channels, self.use_bias, **self.factory
        )
        self.adopt_depthwise("conv.weight", "kernel", channels)
        self.adopt_bias("conv.bias")

    def call(self, inputs: Tensor) -> Tensor:
        return self.convolved(self.conv, inputs)

    def convolution_op(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        weight = tensor(kernel)  # (*size, channels, multiplier)
        return super().convolution_op(inputs, weight.flatten(-2).unsqueeze(-2))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_fits(self, self.window, input_shape)
        channels = input_shape[self.window.channel_axis]
        filters = None if channels is None else channels * self.depth_multiplier
        return self.window.output_shape(tuple(input_shape), filters)


class DepthwiseConv1D(DepthwiseConv):
    """``DepthwiseConv`` along time, ``(batch, steps, channels)``."""

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """``DepthwiseConv`` over images, ``(batch, height, width, channels)``."""

    rank = 2


class SeparableConv(Depthwise):
    """A convolution of each channel by itself, then one of window 1 that mixes the channels.

    ``activation(pointwise_kernel * (depthwise_kernel * x) + bias)``

    Args:
        filters: Channels of the output, 1 or more.
        kernel_size: Elements of the first window along each axis, 1 or more.
        strides: Steps of the first window along each axis, 1 or more.
        padding: "valid" (none) or "same" (output length is ``ceil(n / stride)``); in one dimension
            also "causal" (the output never looks ahead).
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: Distance between the first window's elements.
        depth_multiplier: Filters for each channel in the first step, 1 or more.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        depthwise_*, pointwise_*, bias_*: Initializer, regularizer and constraint of each weight
            (see ``Layer``).

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: the same with ``filters`` channels.

    Weights:
        depthwise_kernel: ``(*kernel_size, channels, depth_multiplier)``, held as
            ``conv.depthwise.weight`` ``(channels * depth_multiplier, 1, *kernel_size)``.
        pointwise_kernel: ``(1, ..., channels * depth_multiplier, filters)``, held as
            ``conv.pointwise.weight`` ``(filters, channels * depth_multiplier, 1, ...)``.
        bias: ``(filters,)``, held as ``conv.pointwise.bias``.

    Raises:
        ValueError: an argument is out of range, the window doesn't fit, or the number of channels
            is unknown or has changed.

    Source: Keras 3 ``SeparableConv2D``; two ``torch.nn.Conv2d``.

    Example:
        >>> keras.layers.SeparableConv2D(8, 3, padding="same")(torch.zeros(2, 7, 7, 3)).shape
        torch.Size([2, 7, 7, 8])
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        depthwise_initializer: InitializerLike = "glorot_uniform",
        pointwise_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        depthwise_regularizer: RegularizerLike = None,
        pointwise_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        pointwise_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.filters = count(self, "filters", filters)
        self.depth_multiplier = count(self, "depth_multiplier", depth_multiplier)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self.weight_rules(
            "pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint
        )
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: Shape) -> None:
        channels = self.fixed_channels(input_shape)
        self.conv = separable(
            self.window,
            channels,
            self.depth_multiplier,
            self.filters,
            self.use_bias,
            **self.factory,
        )
        self.adopt_depthwise("conv.depthwise.weight", "depthwise_kernel", channels)
        self.adopt_kernel("conv.pointwise.weight", "pointwise_kernel", rule="pointwise")
        self.adopt_bias("conv.pointwise.bias")

    def call(self, inputs: Tensor) -> Tensor:
        return self.convolved(self.conv, inputs)


class SeparableConv1D(SeparableConv):
    """``SeparableConv`` along time, ``(batch, steps, channels)``; also pads "causal"."""

    rank = 1
    paddings = ("valid", "same", "causal")


class SeparableConv2D(SeparableConv):
    """``SeparableConv`` over images, ``(batch, height, width, channels)``."""

    rank = 2
