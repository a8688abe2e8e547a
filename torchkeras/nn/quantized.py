"""Products and lookups with weights of few bits.

The modules hold the weight's levels, scales and zero points, and stand where a float module stood.
A product has the form ``Affine`` or ``Summed`` of ``torchkeras.nn.products``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torchkeras.nn.products import Affine

# From inputs and axes to levels and scale: levels are about inputs * scale.
InputQuantizer = Callable[..., tuple[Tensor, Tensor]]


def abs_max_levels(
    x: Tensor, axes: Any, value_range: tuple[int, int], dtype: torch.dtype, epsilon: float
) -> tuple[Tensor, Tensor]:
    """``round(x * scale)`` with ``scale = value_range[1] / (max(|x|) + epsilon)``.

    ``dtype`` is that of the levels, which are clipped to ``value_range``; values along ``axes``
    share a scale, of which ``axes`` have length 1; ``epsilon`` gives zeros one.
    """
    scale = torch.div(value_range[1], x.abs().amax(axes, keepdim=True) + epsilon).to(x.dtype)
    return (x * scale).round().clamp(*value_range).to(dtype), scale


@dataclass(frozen=True)
class AbsMaxLevels:
    """``abs_max_levels`` with its options kept; ``axis`` of a call goes before ``axes``."""

    axes: tuple[int, ...] = (-1,)
    value_range: tuple[int, int] = (-127, 127)
    dtype: torch.dtype = torch.int8
    epsilon: float = 1e-7

    def __call__(self, x: Tensor, axis: Any = None) -> tuple[Tensor, Tensor]:
        axes = self.axes if axis is None else axis
        return abs_max_levels(x, axes, self.value_range, self.dtype, self.epsilon)


def unpack_halves(packed: Tensor, length: int, axis: int, signed: bool) -> Tensor:
    """The 4-bit values in bytes along ``axis``: the low half of each comes first.

    Args:
        packed: int8 or uint8.
        length: Number of values along ``axis``.
        axis: Axis of the pairs.
        signed: Whether values are in [-8, 7] (int8) or in [0, 15] (uint8).
    """
    axis = axis % packed.ndim
    if signed:  # shifts of int8 keep the sign
        packed = packed.to(torch.int8)
        halves = [(packed << 4) >> 4, packed >> 4]
    else:
        packed = packed.to(torch.uint8)
        halves = [packed & 15, packed >> 4]
    return torch.stack(halves, dim=axis + 1).flatten(axis, axis + 1).narrow(axis, 0, length)


def from_groups(levels: Tensor, scale: Tensor, zero: Tensor, groups: Tensor, axis: int) -> Tensor:
    """``(levels - zero) * scale``, with one scale and zero point per group of indices.

    Args:
        levels: Whole numbers.
        scale, zero: As ``levels``, but with groups along ``axis``.
        groups: For each index along ``axis``, the number of its group.
        axis: The axis that is cut into groups.
    """
    groups = groups.long()
    scale, zero = scale.index_select(axis, groups), zero.index_select(axis, groups)
    return (levels.to(scale.dtype) - zero.to(scale.dtype)) * scale


def from_blocks(levels: Tensor, scale: Tensor, zero: Tensor, axis: int) -> Tensor:
    """``from_groups`` for groups that are blocks of one length, in order, without gathering."""
    axis = axis % levels.ndim
    parts = levels.to(scale.dtype).unflatten(axis, (scale.shape[axis], -1))
    scale, zero = scale.unsqueeze(axis + 1), zero.to(scale.dtype).unsqueeze(axis + 1)
    return ((parts - zero) * scale).flatten(axis, axis + 1)


def are_blocks(groups: Tensor | None, count: int) -> bool:
    """Whether group numbers are those of ``count`` blocks of one length, in order."""
    if groups is None or len(groups) % count:
        return False
    numbers = torch.arange(count, device=groups.device)
    return bool((groups.long() == numbers.repeat_interleave(len(groups) // count)).all())


class _Int8(torch.autograd.Function):
    """``x * weight / scale`` in int8; the gradient is that of the floats they stand for."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, scale: Tensor, form: Any, quantizer: Any
    ) -> Tensor:
        ctx.save_for_backward(weight, scale)
        ctx.form = form
        return _int8(x, weight, scale, form, quantizer)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple:
        weight, scale = ctx.saved_tensors
        weight = weight.to(gradient.dtype) / ctx.form.beside_weight(scale).to(gradient.dtype)
        return ctx.form.back(gradient, weight), None, None, None, None


def _int8(x: Tensor, weight: Tensor, scale: Tensor, form: Any, quantizer: Any) -> Tensor:
    scale = scale.to(x.dtype)
    if quantizer is None:
        return form.multiply(x, weight.to(x.dtype)) / scale
    levels, input_scale = quantizer(x, axis=form.input_axes)
    if levels.dtype is torch.int8:
        y = form.multiply_levels(levels, weight).to(x.dtype)
    else:
        y = form.multiply(levels.to(x.dtype), weight.to(x.dtype))
    return y / (form.beside_output(input_scale).to(x.dtype) * scale)


class Int8Product(nn.Module):
    """A product with a weight in int8, whose inputs are rounded to int8 as well.

    Args:
        form: ``Affine`` or ``Summed``.
        weight: Levels, as the form stores a weight.
        scale: Levels per unit, along the output's axes.
        bias: Added to the result, or None.
        quantizer: From inputs and axes to int8 levels and scale; None leaves the inputs.
    """

    def __init__(
        self,
        form: Any,
        weight: Tensor,
        scale: Tensor,
        bias: nn.Parameter | None = None,
        quantizer: InputQuantizer | None = None,
    ) -> None:
        super().__init__()
        self.form, self.quantizer = form, quantizer
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)
        self.bias = bias

    def forward(self, x: Tensor) -> Tensor:
        x = self.form.enter(x)
        arguments = (x, self.weight, self.scale, self.form, self.quantizer)
        wants_gradient = x.requires_grad and torch.is_grad_enabled()
        y = _Int8.apply(*arguments) if wants_gradient else _int8(*arguments)
        return self.form.leave(y if self.bias is None else y + self.bias.to(y.dtype))

    def float_weight(self) -> Tensor:
        """The weight as floats, as the form stores it."""
        return self.weight.to(self.scale.dtype) / self.form.beside_weight(self.scale)


class _Straight(torch.autograd.Function):
    """Rounds ``x`` and gives it back; the gradient passes as if it weren't rounded."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, axes: Any, quantizer: InputQuantizer) -> Tensor:
        levels, scale = quantizer(x, axis=axes)
        return levels.to(x.dtype) / scale

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple:
        return gradient, None, None


class RestoredProduct(nn.Module):
    """A product whose weight is made into floats again at each call; subclasses say how.

    Args:
        form: ``Affine`` or ``Summed``.
        shape: Shape of the kernel in Keras's layout.
        bias: Added to the result, or None.
        quantizer: From inputs and axes to levels and scale; None leaves the inputs.
    """

    def __init__(
        self,
        form: Any,
        shape: tuple[int, ...],
        bias: nn.Parameter | None = None,
        quantizer: InputQuantizer | None = None,
    ) -> None:
        super().__init__()
        self.form, self.shape, self.quantizer = form, tuple(shape), quantizer
        self.bias = bias

    def kernel(self) -> Tensor:
        """The kernel as floats, in any shape of its size with Keras's order of elements."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        x = self.form.enter(x)
        if self.quantizer is not None:
            x = _Straight.apply(x, self.form.input_axes, self.quantizer)
        y = self.form.multiply(x, self.float_weight().to(x.dtype))
        return self.form.leave(y if self.bias is None else y + self.bias.to(y.dtype))

    def float_weight(self) -> Tensor:
        """The weight as floats, as the form stores it."""
        return self.form.stored(self.kernel().reshape(self.shape))


class Int4Product(RestoredProduct):
    """A product with a weight ``(rows, columns)`` in int4, two values in a byte.

    Args:
        packed: The levels, in pairs along ``axis``; rows are summed over.
        scale: Levels per unit, ``(columns,)``; or size of a level, ``(groups, columns)``.
        zero: Level of 0, ``(groups, columns)``; None without groups.
        groups: Number of each row's group, ``(rows,)``; None without groups.
        length: Number of rows or columns, whichever ``axis`` counts.
        axis: Axis of the pairs.
        **options: See ``RestoredProduct``.
    """

    def __init__(
        self,
        packed: Tensor,
        scale: Tensor,
        zero: Tensor | None,
        groups: Tensor | None,
        length: int,
        axis: int = -1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.length, self.axis = length, axis
        for name, value in (("packed", packed), ("scale", scale), ("zero", zero)):
            self.register_buffer(name, value)
        self.register_buffer("groups", groups)
        self.has_blocks = are_blocks(groups, len(scale))

    def levels(self) -> Tensor:
        """Levels ``(rows, columns)``, int8."""
        return unpack_halves(self.packed, self.length, self.axis, signed=True)

    def kernel(self) -> Tensor:
        if self.groups is None:
            return self.levels().to(self.scale.dtype) / self.scale
        if self.has_blocks:
            return from_blocks(self.levels(), self.scale, self.zero, 0)
        return from_groups(self.levels(), self.scale, self.zero, self.groups, 0)


class CalibratedProduct(RestoredProduct):
    """A product with a weight of few bits in groups, found by looking at data (GPTQ, AWQ).

    Until ``levels`` are there, it multiplies with ``weight``.

    Args:
        packed: Levels ``(columns, rows)``, with 4 bits ``(ceil(columns / 2), rows)``.
        scale: Size of a level, ``(columns, groups)``.
        zero: Level of 0, ``(columns, groups)``.
        groups: Number of each row's group, ``(rows,)``.
        row_scale: Factor that each row has been multiplied with, ``(rows,)``; None has none.
        columns: Their number.
        bits: Bits of a level.
        weight: The float weight before calibration, as the form stores it; or None.
        **options: See ``RestoredProduct``.
    """

    def __init__(
        self,
        packed: Tensor,
        scale: Tensor,
        zero: Tensor,
        groups: Tensor,
        row_scale: Tensor | None,
        columns: int,
        bits: int,
        weight: nn.Parameter | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.columns, self.bits = columns, bits
        self.weight = weight
        for name, value in (("packed", packed), ("scale", scale), ("zero", zero)):
            self.register_buffer(name, value)
        self.register_buffer("groups", groups)
        self.register_buffer("row_scale", row_scale)

    def levels(self) -> Tensor:
        """Levels ``(columns, rows)``, uint8."""
        if self.bits != 4:
            return self.packed
        return unpack_halves(self.packed, self.columns, 0, signed=False)

    def kernel(self) -> Tensor:
        kernel = from_groups(self.levels(), self.scale, self.zero, self.groups, 1).t()
        return kernel if self.row_scale is None else kernel / self.row_scale.unsqueeze(-1)

    def float_weight(self) -> Tensor:
        return super().float_weight() if self.weight is None else self.weight


class Int8Table(nn.Module):
    """Vectors in int8, each with a scale: looked up, or multiplied with.

    Args:
        weight: Levels ``(count, length)``.
        scale: Levels per unit, ``(count,)``.
        quantizer: Of the inputs of ``project``; None leaves them.
    """

    def __init__(
        self, weight: Tensor, scale: Tensor, quantizer: InputQuantizer | None = None
    ) -> None:
        super().__init__()
        self.quantizer = quantizer
        self.form = Affine((weight.shape[1],), (weight.shape[0],))
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        ids = ids.long()  # ONNX takes no others as indices
        rows = F.embedding(ids, self.weight)
        return rows.to(self.scale.dtype) / self.scale[ids].unsqueeze(-1)

    def project(self, x: Tensor) -> Tensor:
        """``x`` times the transposed table."""
        return Int8Product.forward(self, x)

    bias = None

    def float_weight(self) -> Tensor:
        """The table as floats."""
        return self.weight.to(self.scale.dtype) / self.scale.unsqueeze(-1)


class Int4Table(nn.Module):
    """Vectors in int4, two values in a byte, with scales: looked up, or multiplied with.

    Args:
        packed: ``(count, ceil(length / 2))``.
        scale: Levels per unit, ``(count,)``; or size of a level, ``(count, groups)``.
        zero: Level of 0, ``(count, groups)``; None without groups.
        groups: Number of each element's group, ``(length,)``; None without groups.
        length: Length of a vector.
        quantizer: Of the inputs of ``project``; None leaves them.
    """

    def __init__(
        self,
        packed: Tensor,
        scale: Tensor,
        zero: Tensor | None,
        groups: Tensor | None,
        length: int,
        quantizer: InputQuantizer | None = None,
    ) -> None:
        super().__init__()
        self.length, self.quantizer = length, quantizer
        for name, value in (("packed", packed), ("scale", scale), ("zero", zero)):
            self.register_buffer(name, value)
        self.register_buffer("groups", groups)
        self.has_blocks = are_blocks(groups, scale.shape[-1])

    def forward(self, ids: Tensor) -> Tensor:
        ids = ids.long()  # ONNX takes no others as indices
        zero = None if self.zero is None else self.zero[ids]
        return self._restored(F.embedding(ids, self.packed), self.scale[ids], zero)

    def _restored(self, packed: Tensor, scale: Tensor, zero: Tensor | None) -> Tensor:
        levels = unpack_halves(packed, self.length, -1, signed=True)
        if zero is None:
            return levels.to(scale.dtype) / scale.unsqueeze(-1)
        if self.has_blocks:
            return from_blocks(levels, scale, zero, -1)
        return from_groups(levels, scale, zero, self.groups, scale.ndim - 1)

    def project(self, x: Tensor) -> Tensor:
        """``x`` times the transposed table."""
        if self.quantizer is not None:
            x = _Straight.apply(x, (-1,), self.quantizer)
        return F.linear(x, self.float_weight().to(x.dtype))

    def levels(self) -> Tensor:
        """Levels ``(count, length)``, int8."""
        return unpack_halves(self.packed, self.length, -1, signed=True)

    def float_weight(self) -> Tensor:
        """The table as floats."""
        return self._restored(self.packed, self.scale, self.zero)
