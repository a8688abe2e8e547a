"""Transposed convolutions."""

from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.checks import argument_error
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
from torchkeras.layers.windows import Sizes, count, sizes
from torchkeras.nn.conv import convolve_transposed, transposed_convolution
from torchkeras.nn.geometry import CHANNELS_LAST, transposed_lengths
from torchkeras.ops.operands import tensor


class ConvTranspose(Convolutional):
    """Transposed convolution: what a convolution's gradient does to its inputs, with a bias.

    Each input element adds the kernel, scaled by it, to a window of the output.

    Args:
        filters: Channels of the output, 1 or more.
        kernel_size: Elements of the window along each axis, 1 or more.
        strides: Distance between windows along each axis, 1 or more.
        padding: "valid" (all that the windows reach) or "same" (output length is ``n * stride``).
        output_padding: Surplus of the output's lengths along each axis, below its stride; None
            takes what ``padding`` asks for.
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: Distance between the window's elements; above 1 only without strides.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        kernel_*, bias_*: Initializer, regularizer and constraint of each weight (see ``Layer``).

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: the same with ``filters`` channels and other lengths: for "same", ``n * stride``;
            for "valid", ``n * stride + max(extent - stride, 0)``; with ``output_padding`` p,
            ``(n - 1) * stride + p`` and ``extent % 2`` or, for "valid", ``extent`` more.

    Weights:
        kernel: ``(*kernel_size, filters, channels)``, held as ``conv.weight``
            ``(channels, filters, *kernel_size)``.
        bias: ``(filters,)``, held as ``conv.bias``.

    Raises:
        ValueError: an argument is out of range, nothing would be left of the output, or the number
            of channels is unknown or has changed.

    Source: Keras 3 ``Conv2DTranspose``; ``torch.nn.ConvTranspose2d``.

    Example:
        >>> keras.layers.Conv2DTranspose(8, 3, 2, padding="same")(torch.zeros(2, 7, 7, 3)).shape
        torch.Size([2, 14, 14, 8])
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        if isinstance(output_padding, str) or isinstance(data_format, int | tuple | list):
            output_padding, data_format = data_format, output_padding  # another rank's order
        self.filters = count(self, "filters", filters)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.output_padding = self._checked_output_padding(output_padding)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)

    def _checked_output_padding(self, value: Sizes | None) -> tuple[int, ...] | None:
        if value is None:
            return None
        extra = sizes(self, "output_padding", value, self.rank, least=0)
        if any(e >= stride for e, stride in zip(extra, self.strides, strict=True)):
            raise argument_error(
                self,
                "output_padding",
                value,
                f"numbers below strides, {self.strides}",
                "`output_padding` must be strictly less than `strides`.",
            )
        return extra

    @property
    def _extra(self) -> tuple[int | None, ...]:
        return self.output_padding or (None,) * self.rank

    def build(self, input_shape: Shape) -> None:
        channels = self.fixed_channels(input_shape)
        self.conv = transposed_convolution(
            self.window, self._extra, channels, self.filters, self.use_bias, **self.factory
        )
        self.adopt_kernel("conv.weight")
        self.adopt_bias("conv.bias")

    def call(self, inputs: Tensor) -> Tensor:
        return self.convolved(self.conv, inputs)

    def convolution_op(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        x, weight = self.in_channels_first(tensor(inputs)), tensor(kernel)
        weight = weight.permute(self.rank + 1, self.rank, *range(self.rank))
        return self.in_layout(convolve_transposed(x, weight, self.window, self._extra))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        last = self.data_format == CHANNELS_LAST
        lengths = tuple(input_shape[1:-1] if last else input_shape[2:])
        result = transposed_lengths(self.window, lengths, self._extra)
        if any(n is not None and n < 1 for n in result):
            raise argument_error(
                self,
                "input shape",
                tuple(input_shape),
                f"lengths that leave something of the output, not {result}",
                "Computed output size would be negative: use a larger output_padding.",
            )
        ends = (*result, self.filters) if last else (self.filters, *result)
        return (input_shape[0], *ends)


class Conv1DTranspose(ConvTranspose):
    """``ConvTranspose`` along time, ``(batch, steps, channels)``."""

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """``ConvTranspose`` over images, ``(batch, height, width, channels)``."""

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """``ConvTranspose`` over volumes, ``(batch, depth, height, width, channels)``.

    Here ``data_format`` stands before ``output_padding``, as in Keras 3; the order of tf.keras is
    taken, too.
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Sizes | None = None,
        dilation_rate: Sizes = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            output_padding=output_padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **options,
        )
