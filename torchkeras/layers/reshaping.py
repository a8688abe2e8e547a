"""Layers that rearrange, repeat, pad or crop, and compute nothing."""

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error, kind_error, nearest
from torchkeras.core.dtypes import is_floating
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.windows import Sizes, border_pairs, sizes
from torchkeras.layers.windows import data_format as layout_of
from torchkeras.nn.geometry import (
    CHANNELS_FIRST,
    CHANNELS_LAST,
    pad,
    product,
    to_channels_first,
    to_channels_last,
)
from torchkeras.nn.resize import enlarge
from torchkeras.tracer import KerasTensor


class Rearranging(Layer):
    """Layers that give integers for integers, and floats in the compute dtype."""

    def _dtype_of_outputs(self, args: tuple) -> str:
        dtype = args[0].dtype
        return self.compute_dtype if is_floating(dtype) else dtype

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """Symbolic output for a symbolic input, without recording the call."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        return KerasTensor(shape, self._dtype_of_outputs((inputs,)))


class Flatten(Rearranging):
    """All axes but the batch in one.

    Args:
        data_format: "channels_first" moves the channels to the end before; None for the default.

    Shape:
        inputs: ``(batch, ...)``
        output: ``(batch, product of the others)``; ``(batch, 1)`` for ``(batch,)``.

    Source: Keras 3 ``Flatten``.

    Example:
        >>> keras.layers.Flatten()(torch.zeros(2, 3, 4)).shape
        torch.Size([2, 12])
    """

    def __init__(self, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.data_format = layout_of(self, data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        if inputs.ndim == 1:
            return inputs.unsqueeze(1)
        if self.data_format == CHANNELS_FIRST and inputs.ndim > 2:
            inputs = to_channels_last(inputs)
        return inputs.flatten(1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], product(tuple(input_shape[1:])))


class Reshape(Rearranging):
    """The same elements under another shape.

    Args:
        target_shape: Shape without the batch; one length may be -1, which is worked out.

    Raises:
        ValueError: the input has another number of elements, or two lengths are -1.

    Source: Keras 3 ``Reshape``.

    Example:
        >>> keras.layers.Reshape((2, -1))(torch.zeros(5, 8)).shape
        torch.Size([5, 2, 4])
    """

    def __init__(self, target_shape: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        shape = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        if sum(n == -1 for n in shape) > 1 or any(n < -1 for n in shape):
            raise argument_error(
                self, "target_shape", target_shape, "lengths, at most one of them -1"
            )
        self.target_shape = shape

    def call(self, inputs: Tensor) -> Tensor:
        return inputs.reshape(inputs.shape[0], *self.resolved(inputs.shape[1:]))

    def resolved(self, lengths: Sequence[int | None]) -> tuple[int | None, ...]:
        """The target with -1 worked out; None where that needs unknown lengths.

        Raises:
            ValueError: the number of elements differs.
        """
        total = product(tuple(lengths))
        known = math.prod([n for n in self.target_shape if n != -1])
        if total is None:
            return tuple(None if n == -1 else n for n in self.target_shape)
        if (-1 in self.target_shape and (known == 0 or total % known)) or (
            -1 not in self.target_shape and total != known
        ):
            raise argument_error(
                self,
                "target_shape",
                self.target_shape,
                f"a shape with the {total} elements of the input {(None, *lengths)}",
                "The total size of the tensor must be unchanged.",
            )
        return tuple(total // known if n == -1 else n for n in self.target_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self.resolved(tuple(input_shape[1:])))


class Permute(Rearranging):
    """Axes in another order.

    Args:
        dims: The axes, counted from 1, without the batch; ``(2, 1)`` swaps the two after it.

    Raises:
        ValueError: ``dims`` isn't a permutation of 1, 2, ...

    Source: Keras 3 ``Permute``.
    """

    def __init__(self, dims: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise argument_error(
                self,
                "dims",
                dims,
                "a permutation of 1, 2, ...",
                "The set of indices in `dims` must be consecutive and start from 1.",
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        return inputs.permute(0, *self.dims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))


class RepeatVector(Rearranging):
    """``(batch, features)`` repeated to ``(batch, n, features)``.

    Args:
        n: How many times, 1 or more.

    Raises:
        TypeError: ``n`` isn't an integer.

    Source: Keras 3 ``RepeatVector``.
    """

    def __init__(self, n: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        if not isinstance(n, int):
            raise kind_error(self, "n", n, "an integer value")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        return inputs.unsqueeze(1).repeat(1, self.n, 1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.n, input_shape[1])


class Bordered(Rearranging):
    """What padding and cropping share: amounts before and after each axis, and the layout.

    Args:
        data_format: "channels_last", "channels_first", or None for the default.
    """

    rank = 2

    def __init__(self, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.data_format = layout_of(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def first(self) -> int:
        """The first axis that is changed."""
        return 1 if self.data_format == CHANNELS_LAST else 2

    def changed(self, input_shape: Shape, change: Sequence[int]) -> Shape:
        """``input_shape`` with these amounts added to the lengths.

        Raises:
            ValueError: nothing would be left of an axis.
        """
        shape = list(input_shape)
        for axis, amount in enumerate(change, start=self.first):
            if shape[axis] is not None:
                shape[axis] += amount
                if shape[axis] <= 0:
                    raise argument_error(
                        self,
                        "cropping",
                        self.cropping,
                        f"less than the input has, {tuple(input_shape)}",
                        "`cropping` parameter of a layer must be smaller than the input.",
                    )
        return tuple(shape)


class ZeroPadding(Bordered):
    """Zeros around each channel.

    Args:
        padding: An integer for all sides, one for each axis, or (before, after) for each axis.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: ``padding`` is of another form.

    Source: Keras 3 ``ZeroPadding2D``.

    Example:
        >>> keras.layers.ZeroPadding2D((0, 1))(torch.zeros(1, 2, 2, 1)).shape
        torch.Size([1, 2, 4, 1])
    """

    def __init__(
        self,
        padding: int | Sequence = 1,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format, **options)
        self.pairs = border_pairs(self, "padding", padding, self.rank)
        self.padding = self.pairs if self.rank > 1 else self.pairs[0]

    def call(self, inputs: Tensor) -> Tensor:
        last = ((0, 0),) if self.data_format == CHANNELS_LAST else ()
        return pad(inputs, (*self.pairs, *last))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.changed(input_shape, [before + after for before, after in self.pairs])


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps of ``(batch, steps, channels)``."""

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around images, ``(batch, height, width, channels)``."""

    rank = 2

    def __init__(
        self,
        padding: int | Sequence = (1, 1),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(padding, data_format, **options)


class ZeroPadding3D(ZeroPadding):
    """Zeros around volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3

    def __init__(
        self,
        padding: int | Sequence = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(padding, data_format, **options)


class Cropping(Bordered):
    """Each channel without its borders.

    Args:
        cropping: An integer for all sides, one for each axis, or (before, after) for each axis.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: ``cropping`` is of another form, or leaves nothing.

    Source: Keras 3 ``Cropping2D``.
    """

    def __init__(
        self,
        cropping: int | Sequence = 0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format, **options)
        self.pairs = border_pairs(self, "cropping", cropping, self.rank)
        self.cropping = self.pairs if self.rank > 1 else self.pairs[0]

    def call(self, inputs: Tensor) -> Tensor:
        self.compute_output_shape(inputs.shape)
        for axis, (before, after) in enumerate(self.pairs, start=self.first):
            inputs = inputs.narrow(axis, before, inputs.shape[axis] - before - after)
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.changed(input_shape, [-before - after for before, after in self.pairs])


class Cropping1D(Cropping):
    """The steps of ``(batch, steps, channels)`` without the first and last ones.

    Args:
        cropping: An integer for both sides, or (before, after).
    """

    rank = 1

    def __init__(
        self, cropping: int | Sequence[int] = (1, 1), **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(cropping, CHANNELS_LAST, **options)


class Cropping2D(Cropping):
    """Images without their borders, ``(batch, height, width, channels)``."""

    rank = 2

    def __init__(
        self,
        cropping: int | Sequence = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(cropping, data_format, **options)


class Cropping3D(Cropping):
    """Volumes without their borders, ``(batch, depth, height, width, channels)``."""

    rank = 3

    def __init__(
        self,
        cropping: int | Sequence = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(cropping, data_format, **options)


class UpSampling(Bordered):
    """Each element repeated along each axis.

    Args:
        size: How many times along each axis, 1 or more.
        data_format: "channels_last", "channels_first", or None for the default.

    Source: Keras 3 ``UpSampling2D``.
    """

    def __init__(
        self, size: Sizes = 2, data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(data_format, **options)
        self.size = sizes(self, "size", size, self.rank)

    def call(self, inputs: Tensor) -> Tensor:
        if self.rank > 1 and inputs.is_floating_point():
            return self._interpolated(inputs, "nearest")
        for axis, times in enumerate(self.factors, start=self.first):
            if times > 1:
                inputs = inputs.repeat_interleave(times, axis)
        return inputs

    def _interpolated(self, x: Tensor, mode: str) -> Tensor:
        if self.data_format != CHANNELS_LAST:
            return enlarge(x, self.factors, mode)
        return to_channels_last(enlarge(to_channels_first(x), self.factors, mode))

    @property
    def factors(self) -> tuple[int, ...]:
        """How many times each axis is repeated."""
        return (self.size,) if isinstance(self.size, int) else self.size

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape = list(input_shape)
        for axis, times in enumerate(self.factors, start=self.first):
            shape[axis] = None if shape[axis] is None else shape[axis] * times
        return tuple(shape)


class UpSampling1D(UpSampling):
    """Each step of ``(batch, steps, channels)`` repeated.

    Args:
        size: How many times, 1 or more.
    """

    rank = 1

    def __init__(self, size: int = 2, **options: Unpack[LayerOptions]) -> None:
        super().__init__(size, CHANNELS_LAST, **options)
        self.size = self.size[0]


class UpSampling2D(UpSampling):
    """Images enlarged, ``(batch, height, width, channels)``.

    Args:
        size: Factor along each axis, 1 or more.
        data_format: "channels_last", "channels_first", or None for the default.
        interpolation: "nearest" repeats; "bilinear", "bicubic", "lanczos3" and "lanczos5" blend.

    Raises:
        ValueError: an argument is out of range.
    """

    rank = 2
    interpolations = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")

    def __init__(
        self,
        size: Sizes = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(size, data_format, **options)
        word = interpolation.lower() if isinstance(interpolation, str) else interpolation
        if word not in self.interpolations:
            raise argument_error(
                self,
                "interpolation",
                interpolation,
                f"one of {', '.join(self.interpolations)}",
                nearest(word, self.interpolations),
            )
        self.interpolation = word

    def call(self, inputs: Tensor) -> Tensor:
        if self.interpolation == "nearest":
            return super().call(inputs)
        return self._interpolated(inputs, self.interpolation)


class UpSampling3D(UpSampling):
    """Volumes enlarged, ``(batch, depth, height, width, channels)``."""

    rank = 3

    def __init__(
        self,
        size: Sizes = (2, 2, 2),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(size, data_format, **options)
