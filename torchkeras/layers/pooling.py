"""Pools: the largest or the mean of windows, or of whole axes."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.windows import (
    Sizes,
    check_fits,
    padding_word,
    show_sizes,
    sizes,
)
from torchkeras.layers.windows import (
    data_format as layout_of,
)
from torchkeras.nn import pooling
from torchkeras.nn.geometry import CHANNELS_LAST, Window, to_channels_first, to_channels_last


class Pooling(Layer):
    """The largest or the mean element of each window, channel by channel.

    Args:
        pool_size: Elements of the window along each axis, 1 or more.
        strides: Steps of the window along each axis; None means ``pool_size``.
        padding: "valid" (none) or "same" (output length is ``ceil(n / stride)``; elements beyond
            the border take no part).
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: the same with other lengths.

    Raises:
        ValueError: an argument is out of range, or the window doesn't fit.

    Source: Keras 3 ``MaxPooling2D``, ``AveragePooling2D``; ``torch.nn.MaxPool2d``.

    Example:
        >>> keras.layers.MaxPooling2D(2)(torch.zeros(2, 5, 5, 3)).shape
        torch.Size([2, 2, 2, 3])
    """

    rank = 2
    reduction = "max"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        show_sizes(cls, "pool_size")

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(name=name, **options)
        self.pool_size = sizes(self, "pool_size", pool_size, self.rank)
        steps = self.pool_size if strides is None else strides
        self.strides = sizes(self, "strides", steps, self.rank)
        self.padding = padding_word(self, padding, ("valid", "same"))
        self.data_format = layout_of(self, data_format)
        ones = (1,) * self.rank
        self.window = Window(self.pool_size, self.strides, ones, self.padding, self.data_format)
        self.pool = pooling.pool(self.window, self.reduction)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:
        if self.data_format == CHANNELS_LAST:
            return to_channels_last(self.pool(to_channels_first(inputs)))
        return self.pool(inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_fits(self, self.window, input_shape)
        return self.window.output_shape(tuple(input_shape), input_shape[self.window.channel_axis])


class MaxPooling1D(Pooling):
    """Largest element of windows along time, ``(batch, steps, channels)``."""

    rank = 1


class MaxPooling2D(Pooling):
    """Largest element of windows of images, ``(batch, height, width, channels)``."""

    rank = 2


class MaxPooling3D(Pooling):
    """Largest element of windows of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3


class AveragePooling1D(Pooling):
    """Mean of windows along time, ``(batch, steps, channels)``."""

    rank = 1
    reduction = "average"


class AveragePooling2D(Pooling):
    """Mean of windows of images, ``(batch, height, width, channels)``."""

    rank = 2
    reduction = "average"


class AveragePooling3D(Pooling):
    """Mean of windows of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3
    reduction = "average"


class AdaptivePooling(Layer):
    """The largest or the mean element of as many windows as the output is to have.

    Window i of m along an axis of n elements reaches from ``floor(i * n / m)`` to
    ``ceil((i + 1) * n / m)``, the last excluded.

    Args:
        output_size: Windows along each axis, 1 or more.
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: the same with ``output_size`` for the lengths.

    Raises:
        ValueError: an argument is out of range.

    Source: Keras 3 ``AdaptiveAveragePooling2D``; ``torch.nn.AdaptiveAvgPool2d``.

    Example:
        >>> keras.layers.AdaptiveAveragePooling2D((2, 3))(torch.zeros(2, 5, 5, 4)).shape
        torch.Size([2, 2, 3, 4])
    """

    rank = 2
    reduction = "max"

    def __init__(
        self, output_size: Sizes, data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.output_size = sizes(self, "output_size", output_size, self.rank)
        self.data_format = layout_of(self, data_format)
        self.pool = pooling.ADAPTIVE[self.reduction][self.rank](self.output_size)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:
        if self.data_format == CHANNELS_LAST:
            return to_channels_last(self.pool(to_channels_first(inputs)))
        return self.pool(inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.data_format == CHANNELS_LAST:
            return (input_shape[0], *self.output_size, input_shape[-1])
        return (*input_shape[:2], *self.output_size)


class AdaptiveMaxPooling1D(AdaptivePooling):
    """Largest elements along time, ``(batch, steps, channels)``."""

    rank = 1


class AdaptiveMaxPooling2D(AdaptivePooling):
    """Largest elements of images, ``(batch, height, width, channels)``."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptivePooling):
    """Largest elements of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3


class AdaptiveAveragePooling1D(AdaptivePooling):
    """Means along time, ``(batch, steps, channels)``."""

    rank = 1
    reduction = "average"


class AdaptiveAveragePooling2D(AdaptivePooling):
    """Means of images, ``(batch, height, width, channels)``."""

    rank = 2
    reduction = "average"


class AdaptiveAveragePooling3D(AdaptivePooling):
    """Means of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3
    reduction = "average"


class GlobalPooling(Layer):
    """The largest or the mean element of each channel.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
        keepdims: Whether the reduced axes stay, with length 1.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        output: ``(batch, channels)``, or with axes of length 1 if ``keepdims``.

    Source: Keras 3 ``GlobalMaxPooling2D``, ``GlobalAveragePooling2D``.

    Example:
        >>> keras.layers.GlobalAveragePooling2D()(torch.zeros(2, 5, 5, 3)).shape
        torch.Size([2, 3])
    """

    rank = 2

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.data_format = layout_of(self, data_format)
        self.keepdims = keepdims
        first = 1 if self.data_format == CHANNELS_LAST else 2
        self.axes = tuple(range(first, first + self.rank))
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.keepdims:
            return tuple(1 if i in self.axes else n for i, n in enumerate(input_shape))
        return tuple(n for i, n in enumerate(input_shape) if i not in self.axes)


class GlobalMaxPooling(GlobalPooling):
    """The largest element of each channel; see ``GlobalPooling``."""

    def call(self, inputs: Tensor) -> Tensor:
        return torch.amax(inputs, self.axes, keepdim=self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel; see ``GlobalPooling``."""

    def call(self, inputs: Tensor) -> Tensor:
        return inputs.mean(self.axes, keepdim=self.keepdims)


class GlobalMaxPooling1D(GlobalMaxPooling):
    """Largest element along time, ``(batch, steps, channels)``."""

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """Largest element of images, ``(batch, height, width, channels)``."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """Largest element of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3


class GlobalAveragePooling1D(GlobalAveragePooling):
    """Mean along time, ``(batch, steps, channels)``; masked steps take no part."""

    rank = 1
    supports_masking = True
    _passes_mask_only = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return super().call(inputs)
        (axis,) = self.axes
        channels = 2 if axis == 1 else 1
        return pooling.masked_mean(inputs, mask.unsqueeze(channels), axis, self.keepdims)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> None:
        return None


class GlobalAveragePooling2D(GlobalAveragePooling):
    """Mean of images, ``(batch, height, width, channels)``."""

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """Mean of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3
