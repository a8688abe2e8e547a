"""Layers that join several inputs."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import Unpack

from torchkeras.core import scopes
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.shapes import broadcast
from torchkeras.tracer import KerasTensor

Masks = Sequence[Tensor | None] | None
_OLDER = "masks_of_keras_2"


class Merge(Layer):
    """Element-wise combination of a list of inputs that broadcast together.

    An input of lower rank gains axes after the batch. The output is masked where all inputs are.
    Layers from files of tf.keras 2 do as theirs did: masks have no part in what is computed, and
    the output is masked where any input is.

    Raises:
        ValueError: the input is no list, or the shapes don't fit.
    """

    supports_masking = True
    finds_masks_of_inputs = True  # in Keras 3, which doesn't hand them to the call

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.masks_of_keras_2 = scopes.local.of_keras_2

    def build(self, input_shape: list[Shape]) -> None:
        self.compute_output_shape(input_shape)

    def call(self, inputs: Sequence[Tensor], mask: Masks = None) -> Tensor:
        self.check_list(inputs)
        rank = max(x.ndim for x in inputs)
        if any(x.ndim != rank for x in inputs):
            inputs = [
                x.reshape(*x.shape[:1], *(1,) * (rank - x.ndim), *x.shape[1:]) for x in inputs
            ]
        is_masked = mask is not None and any(m is not None for m in mask)
        masks = list(mask) if is_masked and not self.masks_of_keras_2 else None
        return self.merge(list(inputs), masks)

    def merge(self, inputs: list[Tensor], masks: list[Tensor | None] | None) -> Tensor:
        """The combination of inputs of one rank."""
        raise TypeError(f"{type(self).__name__} is a base class; use Add, Multiply, ...")

    def check_list(self, inputs: Any) -> None:
        """Raise a ValueError unless ``inputs`` is a list (of tensors or shapes)."""
        if not isinstance(inputs, (list, tuple)) or not inputs:
            raise argument_error(
                self,
                "inputs",
                type(inputs).__name__,
                "a list of at least 1 input",
                "A merge layer should be called on a list of inputs.",
            )

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        if not input_shape or not all(isinstance(shape, (list, tuple)) for shape in input_shape):
            raise argument_error(
                self,
                "input shape",
                input_shape,
                "a list of shapes",
                "A merge layer should be called on a list of inputs.",
            )
        self.check_batches(input_shape)
        return broadcast(self, [tuple(shape) for shape in input_shape])

    def check_batches(self, shapes: list[Shape]) -> None:
        """Raise a ValueError if two batches have different known lengths."""
        batches = {shape[0] for shape in shapes if shape} - {None}
        if len(batches) > 1:
            raise argument_error(
                self,
                "input shapes",
                [tuple(shape) for shape in shapes],
                "batches of one length",
                "Cannot merge tensors with different batch sizes.",
            )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        masks = [part for part in mask or () if part is not None]
        if self.masks_of_keras_2:
            return folded(torch.logical_and, masks) if masks else None
        return folded(torch.logical_or, masks) if masks and len(masks) == len(mask) else None

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes; and that masks are merged as in tf.keras 2, which Keras 3 passes over."""
        config = super().get_build_config()
        return {**config, _OLDER: True} if config and self.masks_of_keras_2 else config

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build as ``get_build_config`` remembers."""
        self.masks_of_keras_2 = self.masks_of_keras_2 or config.get(_OLDER) is True
        super().build_from_config(config)

    def compute_output_spec(self, inputs: Any, mask: Masks = None) -> KerasTensor:
        """Symbolic output for symbolic inputs, without recording the call."""
        self.check_list(inputs)
        shape = self.compute_output_shape([tuple(x.shape) for x in inputs])
        return KerasTensor(shape, self.compute_dtype)

    _passes_mask_only = True


def _pairs(layer: Layer, count: int) -> None:
    if count != 2:
        raise argument_error(
            layer,
            "number of inputs",
            count,
            "2",
            f"A `{type(layer).__name__}` layer should be called on exactly 2 inputs.",
        )


def folded(function: Callable[[Tensor, Tensor], Tensor], inputs: list[Tensor]) -> Tensor:
    """``function`` applied from left to right."""
    result = inputs[0]
    for x in inputs[1:]:
        result = function(result, x)
    return result


class Add(Merge):
    """Sum of the inputs."""

    def merge(self, inputs: list[Tensor], masks: list[Tensor | None] | None) -> Tensor:
        return folded(torch.add, inputs)


class Subtract(Merge):
    """The first input minus the second."""

    def merge(self, inputs: list[Tensor], masks: list[Tensor | None] | None) -> Tensor:
        return inputs[0] - inputs[1]

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        shape = super().compute_output_shape(input_shape)
        _pairs(self, len(input_shape))
        return shape


class Average(Merge):
    """Mean of the inputs."""

    def merge(self, inputs: list[Tensor], masks: list[Tensor | None] | None) -> Tensor:
        return folded(torch.add, inputs) / len(inputs)


class Multiply(Merge):
    """Product of the inputs. A masked element counts as 1, and as 0 if it is masked in all."""

    def merge(self, inputs: list[Tensor], masks: list[Tensor | None] | None) -> Tensor:
        if masks is None:
            return folded(torch.mul, inputs)
        ones = [
            x if mask is None else torch.where(mask.unsqueeze(-1), x, 1.0)
            for x, mask in zip(inputs, masks, strict=True)
        ]
        product = folded(torch.mul, ones)
        if any(mask is None for mask in masks):
            return product
        return torch.where(folded(torch.logical_or, masks).unsqueeze(-1), product, 0.0)


class Extreme(Merge):
    """Element-wise extreme of the inputs; a masked element has no part in it."""

    function: Callable[[Tensor, Tensor], Tensor] = staticmethod(torch.maximum)

    def merge(self, inputs: list[Tensor], masks: list[Tensor | None] | None) -> Tensor:
        if masks is None:
            return folded(self.function, inputs)
        result, seen = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:], strict=True):
            if mask is not None:
                x = torch.where(mask.unsqueeze(-1), x, result)
            if seen is not None:
                result = torch.where(seen.unsqueeze(-1), result, x)
            seen = None if mask is None or seen is None else seen | mask
            result = self.function(result, x)
        return result


class Maximum(Extreme):
    """Largest of the inputs, element by element."""


class Minimum(Extreme):
    """Smallest of the inputs, element by element."""

    function = staticmethod(torch.minimum)


class Concatenate(Merge):
    """The inputs one after another along an axis.

    Args:
        axis: The axis; the others have the same lengths in all inputs.

    Source: Keras 3 ``Concatenate``.

    Example:
        >>> keras.layers.Concatenate()([torch.zeros(1, 2), torch.zeros(1, 3)]).shape
        torch.Size([1, 5])
    """

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        self.check_list(inputs)
        return torch.cat(list(inputs), self.axis)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        shapes = (
            [tuple(shape) for shape in input_shape]
            if isinstance(input_shape[0], (list, tuple))
            else []
        )
        ranks = {len(shape) for shape in shapes}
        if len(ranks) != 1 or not -min(ranks) <= self.axis < min(ranks):
            raise self._mismatch(input_shape)
        axis = self.axis % ranks.pop()
        result = []
        for position, lengths in enumerate(zip(*shapes, strict=True)):
            known = {length for length in lengths if length is not None}
            if position == axis:
                result.append(sum(lengths) if None not in lengths else None)
            elif len(known) > 1:
                raise self._mismatch(input_shape)
            else:
                result.append(known.pop() if known else None)
        return tuple(result)

    def _mismatch(self, shapes: Any) -> ValueError:
        return argument_error(
            self,
            "input shapes",
            shapes,
            f"a list of shapes that differ along axis {self.axis} only",
            "A `Concatenate` layer requires inputs with matching shapes except for the "
            "concatenation axis.",
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None or all(part is None for part in mask):
            return None
        masks = []
        for x, part in zip(inputs, mask, strict=True):
            if part is None:
                part = torch.ones_like(x, dtype=torch.bool)
            elif len(part.shape) < len(x.shape):
                part = torch.logical_or(part.unsqueeze(-1), torch.zeros_like(x, dtype=torch.bool))
            masks.append(part)
        reduce = torch.all if self.masks_of_keras_2 else torch.any
        return reduce(torch.cat(masks, self.axis), -1)


class Dot(Merge):
    """Dot product of two inputs along one axis of each, sample by sample.

    Args:
        axes: The axis, or one for each input; never the batch.
        normalize: Whether the inputs are divided by their L2 norm first, which gives the cosine.

    Shape:
        output: the first input's axes without its summed one, then the second's without the batch
            and its summed one; ``(batch, 1)`` if none are left.

    Raises:
        TypeError: ``axes`` is neither an integer nor a list.
        ValueError: ``axes`` isn't one or two, names the batch, or the lengths differ.

    Source: Keras 3 ``Dot``.
    """

    def __init__(
        self,
        axes: int | Sequence[int],
        normalize: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not isinstance(axes, (int, list, tuple)):
            raise kind_error(self, "axes", axes, "an integer or two")
        pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
        if len(pair) != 2 or any(not isinstance(axis, int) or axis == 0 for axis in pair):
            raise argument_error(self, "axes", axes, "an integer or two, not 0 (the batch)")
        self.axes = axes
        self.normalize = normalize

    def _axes(self, shapes: Sequence[Shape]) -> tuple[int, int]:
        first, second = (self.axes,) * 2 if isinstance(self.axes, int) else self.axes
        return first % len(shapes[0]), second % len(shapes[1])

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        self.check_list(inputs)
        _pairs(self, len(inputs))
        x, y = inputs
        first, second = self._axes([x.shape, y.shape])
        if self.normalize:
            x, y = F.normalize(x, dim=first, eps=1e-6), F.normalize(y, dim=second, eps=1e-6)
        left, right = x.movedim(first, -1), y.movedim(second, 1)
        rows, columns = left.shape[1:-1], right.shape[2:]
        result = torch.bmm(
            left.flatten(1, -2) if left.ndim > 2 else left.unsqueeze(1),
            right.flatten(2) if right.ndim > 2 else right.unsqueeze(2),
        )
        shape = (*rows, *columns) or (1,)
        return result.reshape(x.shape[0], *shape)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        if not isinstance(input_shape[0], (list, tuple)):
            raise argument_error(
                self, "input shape", input_shape, "two shapes",
                "A `Dot` layer should be called on a list of 2 inputs.",
            )  # fmt: skip
        _pairs(self, len(input_shape))
        self.check_batches(input_shape)
        first, second = self._axes(input_shape)
        x, y = list(input_shape[0]), list(input_shape[1])
        if x[first] != y[second] and None not in (x[first], y[second]):
            raise argument_error(
                self,
                "input shapes",
                [tuple(x), tuple(y)],
                f"equal lengths of axes {first} and {second}",
                f"Incompatible input shapes: axis values {x[first]} != {y[second]}.",
            )
        left, right = x[:first] + x[first + 1 :], y[1:second] + y[second + 1 :]
        shape = tuple(left + right)
        return shape if len(shape) > 1 else (*shape, 1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None


def add(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """``Add`` called on ``inputs``."""
    return Add(**options)(inputs)


def subtract(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """``Subtract`` called on ``inputs``."""
    return Subtract(**options)(inputs)


def multiply(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """``Multiply`` called on ``inputs``."""
    return Multiply(**options)(inputs)


def average(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """``Average`` called on ``inputs``."""
    return Average(**options)(inputs)


def maximum(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """``Maximum`` called on ``inputs``."""
    return Maximum(**options)(inputs)


def minimum(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """``Minimum`` called on ``inputs``."""
    return Minimum(**options)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **options: Unpack[LayerOptions]) -> Any:
    """``Concatenate`` called on ``inputs``."""
    return Concatenate(axis=axis, **options)(inputs)


def dot(
    inputs: Sequence[Any],
    axes: int | Sequence[int] = -1,
    normalize: bool = False,
    **options: Unpack[LayerOptions],
) -> Any:
    """``Dot`` called on ``inputs``."""
    return Dot(axes=axes, normalize=normalize, **options)(inputs)
