"""Convolutions with another kernel at each place."""

import numpy as np
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.checks import argument_error, known_size
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.windows import Sizes, check_fits, count, keep_window, show_sizes
from torchkeras.nn import locally_connected

_KEPT = {1: locally_connected.PLACES, 2: locally_connected.DENSE, 3: locally_connected.USED}


class LocallyConnected(Layer):
    """A window that slides over the inputs with another kernel, and another bias, at each place.

    The three implementations compute the same with weights of other shapes.

    Args:
        filters: Channels of the output, 1 or more.
        kernel_size: Elements of the window along each axis, 1 or more.
        strides: Steps of the window along each axis, 1 or more.
        padding: "valid" (none) or, but for implementation 1, "same": output length is ``ceil(n /
            stride)``, and window i has its middle (element ``kernel_size // 2``) at ``i * stride``.
        data_format: "channels_last", "channels_first", or None for the default.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        kernel_*, bias_*: Initializer, regularizer and constraint of each weight (see ``Layer``).
        implementation: How the kernel is kept: 1, a matrix for each place; 2, a value for each
            pair of an input and an output element, connected or not; 3, a vector of those that are.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``; the lengths
            are fixed by the first call.
        output: the same with ``filters`` channels and other lengths.

    Weights:
        kernel: 1, ``(places, product of kernel_size * channels, filters)``; 2, ``(*lengths,
            channels, *output lengths, filters)``, with "channels_first" each channel before its
            lengths; 3, ``(connections,)``, in the order of output, then input elements.
        bias: ``(*output lengths, filters)``; with "channels_first", too, but there its elements
            are in the order of the output's, filters first, as in tf.keras.

    Raises:
        ValueError: an argument is out of range, the window doesn't fit, or lengths or channels are
            unknown.

    Source: tf.keras 2 ``LocallyConnected2D``.

    Example:
        >>> keras.layers.LocallyConnected2D(8, 3, strides=2)(torch.zeros(2, 7, 7, 3)).shape
        torch.Size([2, 3, 3, 8])
    """

    rank = 2

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        show_sizes(cls, "strides")

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        implementation: int = 1,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        if implementation not in _KEPT:
            raise argument_error(self, "implementation", implementation, "1, 2 or 3")
        self.filters = count(self, "filters", filters)
        self.implementation = implementation
        keep_window(self, self.rank, kernel_size, strides, padding, data_format, 1)
        if implementation == 1 and self.padding != "valid":
            raise argument_error(
                self,
                "padding",
                padding,
                "'valid', since implementation is 1",
                "Try implementation=2 or 3.",
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def build(self, input_shape: Shape) -> None:
        last = self.window.channel_axis == -1
        shape = tuple(
            known_size(self, input_shape, axis - self.rank - 2) for axis in range(1, self.rank + 2)
        )
        lengths, channels = (shape[:-1], shape[-1]) if last else (shape[1:], shape[0])
        check_fits(self, self.window, input_shape)
        self.conv = locally_connected.LocallyConnected(
            self.window,
            lengths,
            channels,
            self.filters,
            self.use_bias,
            _KEPT[self.implementation],
            **self.factory,
        )
        self.adopt_weight("kernel", "conv.weight")
        self.bias = None
        if self.use_bias:
            self.adopt_weight("bias", "conv.bias")
        self.input_spec = InputSpec(
            ndim=self.rank + 2, axes={axis + 1: size for axis, size in enumerate(shape)}
        )

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """Shape of the kernel; for implementation 3, of the matrix that it fills."""
        if self.implementation != 3:
            return self.kernel.shape
        conv = self.conv
        inputs = int(np.prod(conv.lengths)) * conv.channels
        return (conv.places * conv.filters, inputs)

    @property
    def kernel_idxs(self) -> list[tuple[int, int]]:
        """The output and the input element of each connection, in the order of the kernel."""
        target, source, inside = self.conv.connections()
        return sorted(zip(target[inside].tolist(), source[inside].tolist(), strict=True))

    def call(self, inputs: Tensor) -> Tensor:
        return self.activation(self.conv(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_fits(self, self.window, input_shape)
        return self.window.output_shape(tuple(input_shape), self.filters)


class LocallyConnected1D(LocallyConnected):
    """``LocallyConnected`` along time, ``(batch, steps, channels)``."""

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """``LocallyConnected`` over images, ``(batch, height, width, channels)``."""

    rank = 2
