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
    TensorLike,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.fresh import activated
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.lora import LowRank, adapted_weight
from torchkeras.layers.windows import Sizes, check_fits, count, keep_window, show_sizes
from torchkeras.nn.conv import convolution, convolve
from torchkeras.nn.geometry import CHANNELS_FIRST, to_channels_first, to_channels_last
from torchkeras.ops.operands import tensor


class Convolutional(Layer):
    """What convolutions of all kinds share: a window, a bias, an activation.

    With "channels_last" the batch is seen as a channels_last torch tensor, without a copy.
    """

    rank = 2
    paddings: tuple[str, ...] = ("valid", "same")
    strides_exclude_dilation = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        show_sizes(cls, "strides", "dilation_rate")

    def keep_window(
        self, kernel_size: Sizes, strides: Sizes, padding: str, data_format: str | None,
        dilation_rate: Sizes,
    ) -> None:  # fmt: skip
        """Check and keep the arguments that describe the window.

        Raises:
            ValueError: one is out of range.
        """
        keep_window(
            self,
            self.rank,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            self.paddings,
            self.strides_exclude_dilation,
        )
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def fixed_channels(self, input_shape: Shape) -> int:
        """Number of channels of the inputs, which is kept for later calls.

        Raises:
            ValueError: it is unknown, or the window doesn't fit.
        """
        axis = self.window.channel_axis
        channels = known_size(self, input_shape, axis)
        self.compute_output_shape(tuple(input_shape))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def adopt_kernel(self, path: str, name: str = "kernel", **options: Any) -> None:
        """Show a weight ``(filters, channels, *size)`` as ``(*size, channels, filters)``."""
        self.adopt_weight(name, path, axes=(*range(2, self.rank + 2), 1, 0), **options)

    def adopt_bias(self, path: str) -> None:
        """Show the bias, if there is one."""
        self.bias = None
        if self.use_bias:
            self.adopt_weight("bias", path)

    def convolved(self, convolve: Any, inputs: Tensor) -> Tensor:
        """``activation(convolve(inputs))``, where ``convolve`` has its channels on axis 1."""
        if self.data_format == CHANNELS_FIRST:
            return activated(self.activation, convolve(inputs), convolve)
        y = convolve(to_channels_first(inputs))
        if self.activation is activations.relu:  # before the view, so that it may overwrite
            return to_channels_last(activated(self.activation, y, convolve))
        return self.activation(to_channels_last(y))

    def in_channels_first(self, x: Tensor) -> Tensor:
        """``x`` with its channels on axis 1."""
        return x if self.data_format == CHANNELS_FIRST else to_channels_first(x)

    def in_layout(self, y: Tensor) -> Tensor:
        """``y``, with its channels on axis 1, in the layer's layout."""
        return y if self.data_format == CHANNELS_FIRST else to_channels_last(y)

    def convolution_op(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        """The convolution with another kernel, without bias and activation.

        Args:
            inputs: As in ``call``.
            kernel: In Keras's layout.
        """
        x, weight = self.in_channels_first(tensor(inputs)), tensor(kernel)
        weight = weight.permute(self.rank + 1, self.rank, *range(self.rank))
        return self.in_layout(convolve(x, weight, None, self.window, x.shape[1] // weight.shape[1]))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_fits(self, self.window, input_shape)
        return self.window.output_shape(tuple(input_shape), self.filters)


class ConvOptions(LayerOptions, total=False):
    """Options of every layer, and those of ``LowRank``.

    Keys:
        lora_rank, lora_alpha: See ``LowRank``.
    """

    lora_rank: int | None
    lora_alpha: float | None


class Conv(LowRank, Convolutional):
    """Convolution: ``activation(kernel * x + bias)``, the kernel sliding over ``rank`` axes.

    A subclass may override ``convolution_op(inputs, kernel)``, say to normalize the kernel.

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
    kernel = adapted_weight("kernel")
    _replaces_op = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._replaces_op = cls.convolution_op is not Convolutional.convolution_op

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
        self.keep_lora(rank, alpha)
        self.groups = count(self, "groups", groups)
        self.filters = count(self, "filters", filters)
        if self.filters % self.groups:
            expected = f"an integer, a multiple of groups ({groups})"
            raise argument_error(self, "filters", filters, expected)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: Shape) -> None:
        channels = self.fixed_channels(input_shape)
        if channels % self.groups:
            raise argument_error(
                self,
                "input shape",
                tuple(input_shape),
                f"channels (axis {self.window.channel_axis}) that are a multiple of groups "
                f"({self.groups})",
            )
        self.conv = convolution(
            self.window, channels, self.filters, self.groups, self.use_bias, **self.factory
        )
        self.adopt_kernel("conv.weight")
        self.adopt_bias("conv.bias")
        self.build_lora()

    def call(self, inputs: Tensor) -> Tensor:
        if self._replaces_op:
            return self._call_by_op(inputs)
        return self.convolved(self.adapt if self.lora_enabled else self.conv, inputs)

    def _call_by_op(self, inputs: Tensor) -> Tensor:
        y = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            bias = self.conv.bias.to(y.dtype)
            first = self.data_format == CHANNELS_FIRST
            y = y + (bias.view(-1, *(1,) * self.rank) if first else bias)
        return self.activation(y)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.lora_rank is not None:
            config.update(lora_rank=self.lora_rank, lora_alpha=self.lora_alpha)
        return config


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
