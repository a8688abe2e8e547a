"""Rounding to a few levels: scales, zero points, two int4 in a byte, float8."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras.core.checks import argument_error, kind_error, telling
from torchkeras.core.dtypes import NAMES, torch_dtype
from torchkeras.core.promotion import result_type
from torchkeras.nn import float8
from torchkeras.nn.quantized import abs_max_levels, unpack_halves
from torchkeras.ops.operands import canonical_axis, tensor
from torchkeras.tracer import traceable

_SMALLEST_SCALE = 1e-8  # what stands for a scale of 0 or less
_PACKED = ("int8", "uint8")


@telling
def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: tuple[int, int] = (-127, 127),
    dtype: Any = "int8",
    epsilon: float = 1e-07,
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor]:
    """``round(inputs * scale)`` with ``scale = value_range[1] / (max(|inputs|) + epsilon)``.

    Args:
        inputs: Tensor to quantize.
        axis: Axis or axes along which values share a scale.
        value_range: Lowest and highest level; what lies beyond is clipped.
        dtype: Type of the levels.
        epsilon: Added to the maximum, so that zeros have a scale; in units of the inputs.
        to_numpy: Whether to compute on the host, which saves memory on the accelerator.

    Shape:
        output: Levels, as the inputs; scale, as the inputs with length 1 along ``axis``.

    Source: Keras 3 ``quantizers.abs_max_quantize``.

    Example:
        >>> levels, scale = keras.quantizers.abs_max_quantize(torch.tensor([[0.25, -1.0]]), axis=1)
        >>> levels
        tensor([[  32, -127]], dtype=torch.int8)
    """
    inputs = tensor(inputs)
    x = inputs.cpu() if to_numpy else inputs
    axes = () if axis is None else axis
    levels, scale = abs_max_levels(x, axes, value_range, torch_dtype(dtype), epsilon)
    return levels.to(inputs.device), scale.to(inputs.device)


def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: Any = "int8",
    epsilon: float = 1e-07,
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """``round(inputs / scale) + zero_point``, with one scale and zero point per block of rows.

    The scale spreads the block's range over the levels; the zero point is the level of 0.

    Args:
        inputs: Matrix to quantize.
        block_size: Rows of a block, 1 or more; the last block may be shorter.
        value_range: Lowest and highest level.
        dtype: Type of the levels.
        epsilon: Added to the block's range, in units of the inputs.
        to_numpy: Whether to compute on the host, as Keras does there: a short last block counts
            zeros as its missing rows, and a constant block has no range of 2 put in its place.

    Shape:
        inputs: ``(rows, columns)``.
        output: Levels ``(rows, columns)``; scale and zero point (int8) ``(blocks, columns)``.

    Raises:
        ValueError: the inputs are no matrix, or ``block_size`` is below 1.

    Source: Keras 3 ``quantizers.abs_max_quantize_grouped_with_zero_point``.
    """
    owner = "abs_max_quantize_grouped_with_zero_point"
    inputs = tensor(inputs)
    if inputs.ndim != 2:
        raise argument_error(
            owner, "inputs", f"of shape {tuple(inputs.shape)}", "rank 2, as of a matrix"
        )
    if not isinstance(block_size, int) or block_size < 1:
        raise argument_error(owner, "block_size", block_size, "an integer, 1 or more")
    lowest, highest = value_range
    rows, columns = inputs.shape
    count = math.ceil(rows / block_size)
    x = inputs.cpu() if to_numpy else inputs
    missing = count * block_size - rows
    blocks = F.pad(x, (0, 0, 0, missing)).reshape(count, block_size, columns)
    ranged = blocks if to_numpy or count > 1 else x[None]
    scale, zero = _affine_parameters(ranged, value_range, epsilon, widen=not to_numpy)
    levels = ((blocks / scale).round() + zero).clamp(lowest, highest).to(torch_dtype(dtype))
    levels = levels.reshape(-1, columns)[:rows]
    device = inputs.device
    return levels.to(device), scale[:, 0].to(device), zero[:, 0].to(torch.int8).to(device)


def _affine_parameters(
    blocks: Tensor, value_range: tuple[int, int], epsilon: float, widen: bool
) -> tuple[Tensor, Tensor]:
    """Scale and zero point along axis 1; ``widen`` gives a constant block a range of 2."""
    lowest, highest = value_range
    least, most = blocks.amin(1, keepdim=True), blocks.amax(1, keepdim=True)
    if widen:
        bits = int(math.log2(highest - lowest + 1))
        lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        constant = least == most
        least, most = torch.where(constant, least - 1, least), torch.where(constant, most + 1, most)
    scale = (most - least + epsilon) / (highest - lowest)
    if widen:
        scale = torch.where(scale <= 0, _SMALLEST_SCALE, scale)
    zero = ((-least / scale).round() + lowest).clamp(lowest, highest)
    return scale, zero


@traceable
def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """``inputs`` rounded to the levels between ``min_vals`` and ``max_vals``, still as floats.

    The bounds are moved a little, so that 0 is a level. Gradients pass where the inputs lie within
    the bounds; those below flow to ``min_vals``, those above to ``max_vals``.

    Args:
        inputs: Tensor to quantize.
        min_vals, max_vals: Bounds: one number each, or one per index along ``axis``.
        num_bits: Levels are ``2**num_bits``, 2 to 16 bits.
        narrow_range: Whether the lowest level is left out.
        axis: Axis along which the bounds change; None if they are one number.

    Raises:
        ValueError: ``num_bits`` is out of range.

    Source: Keras 3 ``quantizers.fake_quant_with_min_max_vars``.

    Example:
        >>> x = torch.tensor([0.1, 0.34, 2.0])
        >>> keras.quantizers.fake_quant_with_min_max_vars(x, 0.0, 1.0, num_bits=2)
        tensor([0.0000, 0.3333, 1.0000])
    """
    bits = int(num_bits)
    if not 2 <= bits <= 16:
        raise argument_error(
            "fake_quant_with_min_max_vars", "num_bits", num_bits, "an integer, 2 to 16"
        )
    x = tensor(inputs)
    least, most = (
        _along(tensor(bound, x.device), axis, x.ndim).to(x.device) for bound in (min_vals, max_vals)
    )
    lower, upper, scale, inverse = _nudged_bounds(
        least.detach(), most.detach(), 2**bits - 1, 1 if narrow_range else 0
    )
    fixed = x.detach()
    zero = (-lower * inverse + 0.5).floor()
    clipped = torch.minimum(torch.maximum(fixed.to(lower.dtype), lower), upper)
    rounded = (((clipped - lower) * inverse - zero + 0.5).floor() * scale).to(x.dtype)
    rounded = rounded + _gradient_only(x, (fixed >= lower) & (fixed <= upper))
    rounded = rounded + _gradient_only(least, fixed <= lower).to(x.dtype)
    return rounded + _gradient_only(most, fixed >= upper).to(x.dtype)


def _along(bound: Tensor, axis: int | None, rank: int) -> Tensor:
    """A vector of bounds laid along ``axis``; anything else as it is."""
    if axis is None or bound.ndim != 1:
        return bound
    shape = [1] * rank
    shape[canonical_axis(axis, rank)] = -1
    return bound.reshape(shape)


def _nudged_bounds(
    least: Tensor, most: Tensor, highest: int, lowest: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Bounds between which 0 is a level, the distance of levels and its inverse."""
    dtype = torch_dtype(result_type(NAMES[least.dtype], "float32"))
    least, most = least.to(dtype), most.to(dtype)
    scale = (most - least) / (highest - lowest)
    inverse = (highest - lowest) / (most - least)
    zero = (lowest - least / scale).clamp(lowest, highest).round()
    return (lowest - zero) * scale, (highest - zero) * scale, scale, inverse


def _gradient_only(x: Tensor, where: Tensor) -> Tensor:
    """Zeros through which gradients reach ``x`` at the marked places."""
    return torch.where(where, x - x.detach(), 0.0)


def compute_float8_scale(amax: Any, scale: Any, dtype_max: float, margin: int = 0) -> Tensor:
    """``amax / dtype_max * 2**margin``, or ``scale`` where ``amax`` is 0 or not finite.

    Args:
        amax: Largest absolute value seen.
        scale: The scale so far.
        dtype_max: Largest number of the float8 type.
        margin: Powers of 2 left free above ``amax``.

    Source: Keras 3 ``quantizers.compute_float8_scale``.
    """
    return float8.next_scale(tensor(amax), tensor(scale), dtype_max, margin)


def compute_float8_amax_history(x: Any, amax_history: Any) -> Tensor:
    """The history moved on by one step, with ``max(|x|)`` as its first entry.

    Args:
        x: Tensor whose largest absolute value is noted.
        amax_history: Largest values of earlier steps, a vector.

    Source: Keras 3 ``quantizers.compute_float8_amax_history``.
    """
    return float8.next_history(tensor(x), tensor(amax_history))


def quantize_and_dequantize(
    inputs: Any, scale: Any, quantized_dtype: Any, compute_dtype: Any
) -> Tensor:
    """``inputs`` as they come back from a float8 type, with values of ``inputs / scale`` in it.

    Args:
        inputs: Tensor of type ``compute_dtype``.
        scale: Divisor before and factor after the rounding.
        quantized_dtype: ``"float8_e4m3fn"`` or ``"float8_e5m2"``; values beyond are clipped.
        compute_dtype: Type of the arithmetic and of the result.

    Source: Keras 3 ``quantizers.quantize_and_dequantize``.
    """
    small, dtype = torch_dtype(quantized_dtype), torch_dtype(compute_dtype)
    inputs = tensor(inputs).to(dtype)
    return float8.rounded(inputs, tensor(scale, inputs.device), small)


@telling
def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple[Tensor, tuple[int, ...], int]:
    """Two int4 values in a byte: of each pair along ``axis`` the first lies in the low half.

    Args:
        arr: int8 values in [-8, 7], or uint8 values in [0, 15].
        axis: Axis of the pairs; an odd length is filled up with a 0.
        dtype: Type of ``arr`` and of the bytes, ``"int8"`` or ``"uint8"``.

    Returns:
        The bytes, their shape, and the length of ``axis`` before.

    Raises:
        ValueError: another ``dtype``.
        TypeError: ``arr`` isn't of that type.

    Source: Keras 3 ``quantizers.pack_int4``.

    Example:
        >>> packed, shape, length = keras.quantizers.pack_int4(
        ...     torch.tensor([1, -2, 3], dtype=torch.int8)
        ... )
        >>> packed, shape, length
        (tensor([-31,   3], dtype=torch.int8), (2,), 3)
        >>> keras.quantizers.unpack_int4(packed, length)
        tensor([ 1, -2,  3], dtype=torch.int8)
    """
    _check_packed_dtype("pack_int4", dtype)
    values = tensor(arr)
    if values.dtype != torch_dtype(dtype):
        raise kind_error("pack_int4", "arr", f"of type {NAMES[values.dtype]}", f"a {dtype} tensor")
    values = values.movedim(axis, 0)
    length = values.shape[0]
    if length % 2:
        values = torch.cat([values, torch.zeros_like(values[:1])])
    packed = (values[::2] & 15) | ((values[1::2] & 15) << 4)
    packed = packed.movedim(0, axis).contiguous()
    return packed, tuple(packed.shape), length


@telling
def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Tensor:
    """The values that ``pack_int4`` was given.

    Args:
        packed: Bytes, int8 or uint8.
        orig_len: Length of ``axis`` before packing.
        axis: Axis of the pairs.
        dtype: ``"int8"`` for values in [-8, 7], ``"uint8"`` for values in [0, 15].

    Raises:
        ValueError: another ``dtype``.
        TypeError: ``packed`` is no tensor of bytes.

    Source: Keras 3 ``quantizers.unpack_int4``.
    """
    _check_packed_dtype("unpack_int4", dtype)
    packed = tensor(packed)
    if NAMES[packed.dtype] not in _PACKED:
        raise kind_error(
            "unpack_int4", "packed", f"of type {NAMES[packed.dtype]}", "an int8 or uint8 tensor"
        )
    return unpack_halves(packed, orig_len, axis, signed=dtype == "int8")


def _check_packed_dtype(owner: str, dtype: str) -> None:
    if dtype not in _PACKED:
        raise argument_error(owner, "dtype", dtype, "'int8' or 'uint8'")
