"""Moments, normalization and attention."""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core import settings
from torchkeras.core.typing import AxisLike, TensorLike
from torchkeras.nn.attention import kernels, low
from torchkeras.ops.operands import axes_of, canonical_axis, cast, floating, join, tensor
from torchkeras.tracer import traceable


@traceable
def moments(
    x: TensorLike, axes: int | Sequence[int], keepdims: bool = False, synchronized: bool = False
) -> tuple[Tensor, Tensor]:
    """Mean and variance along ``axes``.

    Args:
        synchronized: Whether the moments are those over all processes. On one process there is no
            difference; on several, use ``layers.BatchNormalization(synchronized=True)``.

    Raises:
        ValueError: ``synchronized`` is set while several processes run.
    """
    if synchronized and _processes() > 1:
        raise ValueError(
            "moments: synchronized is True; expected False on several processes. Use "
            "BatchNormalization(synchronized=True)."
        )
    x = tensor(x)
    wide = x.float() if x.dtype is torch.float16 else floating(x)
    axes = axes_of(axes)
    variance, mean = torch.var_mean(wide, axes, correction=0, keepdim=keepdims)
    if wide.dtype is x.dtype:
        return mean, variance
    if not x.is_floating_point():
        return mean, variance
    limits = torch.finfo(x.dtype)
    return tuple([torch.clamp(m, limits.min, limits.max).to(x.dtype) for m in (mean, variance)])


def _processes() -> int:
    distributed = torch.distributed
    ready = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if ready else 1


@traceable
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``, one of each along ``axis``."""
    x = floating(x)
    shape = [1] * x.ndim
    shape[axis] = -1
    mean, variance = cast(mean, x.dtype).reshape(shape), cast(variance, x.dtype).reshape(shape)
    factor = torch.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * cast(scale, x.dtype).reshape(shape)
    y = (x - mean) * factor
    return y if offset is None else y + cast(offset, x.dtype).reshape(shape)


def _trailing(axis: AxisLike, rank: int) -> tuple[list[int], bool]:
    """The axes from the front in order, and whether they are the last ones."""
    if axis == -1 and rank:
        return [rank - 1], True
    axes = sorted([canonical_axis(a, rank) for a in ((axis,) if isinstance(axis, int) else axis)])
    return axes, axes == list(range(rank - len(axes), rank))


def _wide(x: TensorLike) -> tuple[Tensor, torch.dtype]:
    """``x`` in at least float32, and the type it came in."""
    x = floating(x)
    return (x.float() if x.dtype in (torch.float16, torch.bfloat16) else x), x.dtype


def _shaped(weight: TensorLike | None, x: Tensor, shape: torch.Size) -> Tensor | None:
    """``weight`` in the type of ``x`` and of that shape."""
    if weight is None:
        return None
    weight = cast(weight, x.dtype)
    return weight if weight.shape == shape else weight.reshape(shape)


def _spread(weight: TensorLike | None, x: Tensor, axes: list[int]) -> Tensor | None:
    """``weight`` shaped to broadcast along ``axes`` of ``x``."""
    if weight is None:
        return None
    weight = cast(weight, x.dtype)
    if weight.ndim == x.ndim:
        return weight
    return weight.reshape([x.shape[a] if a in axes else 1 for a in range(x.ndim)])


@traceable
def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    **options: Any,
) -> Tensor:
    """``x`` with mean 0 and variance 1 along ``axis``, then scaled and moved.

    Args:
        gamma, beta: Factor and summand along ``axis``; None leaves them out.
        epsilon: Added to the variance; None is ``config.epsilon()``.
        options: ``rms_scaling``, deprecated: scales by the standard deviation without moving.
    """
    rms_scaling = options.pop("rms_scaling", False)
    if options:
        raise TypeError(f"layer_normalization: options are {sorted(options)}; expected none.")
    wide, dtype = _wide(x)
    axes, is_last = _trailing(axis, wide.ndim)
    epsilon = settings.epsilon() if epsilon is None else epsilon
    if rms_scaling:
        warnings.warn(
            "layer_normalization: rms_scaling=True is deprecated, since it scales by the variance, "
            "not the root mean square. Use rms_normalization.",
            stacklevel=3,
        )
        y = wide * torch.rsqrt(torch.var(wide, axes, correction=0, keepdim=True) + epsilon)
        return (y if gamma is None else y * _spread(gamma, wide, axes)).to(dtype)
    if is_last:
        shape = wide.shape[axes[0] :]
        gamma, beta = _shaped(gamma, wide, shape), _shaped(beta, wide, shape)
        y = functional.layer_norm(wide, shape, gamma, beta, epsilon)
        return y if dtype is wide.dtype else y.to(dtype)
    variance, mean = torch.var_mean(wide, axes, correction=0, keepdim=True)
    y = (wide - mean) * torch.rsqrt(variance + epsilon)
    if gamma is not None:
        y = y * _spread(gamma, wide, axes)
    return (y if beta is None else y + _spread(beta, wide, axes)).to(dtype)


@traceable
def rms_normalization(
    x: TensorLike,
    scale: TensorLike | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
) -> Tensor:
    """``x`` over the root of its mean square along ``axis``, then scaled.

    Args:
        scale: Factor along ``axis``; None leaves it out.
        epsilon: Added to the mean square; None is ``config.epsilon()``.
    """
    wide, dtype = _wide(x)
    wide = wide.reshape(1) if wide.ndim == 0 else wide
    axes, is_last = _trailing(axis, wide.ndim)
    epsilon = settings.epsilon() if epsilon is None else epsilon
    if is_last:
        shape = wide.shape[axes[0] :]
        return functional.rms_norm(wide, shape, _shaped(scale, wide, shape), epsilon).to(dtype)
    y = wide * torch.rsqrt(torch.mean(wide.square(), axes, keepdim=True) + epsilon)
    return (y if scale is None else y * _spread(scale, wide, axes)).to(dtype)


@traceable
def normalize(
    x: TensorLike, axis: int | Sequence[int] = -1, order: int = 2, epsilon: float | None = None
) -> Tensor:
    """``x`` over its norm of ``order`` along ``axis``, which is taken to be at least ``epsilon``.

    Raises:
        ValueError: ``order`` is no integer, 1 or more.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(
            f"normalize: order is {order!r}; expected: Argument `order` must be an int >= 1."
        )
    x = floating(x)
    x = x.reshape(1) if x.ndim == 0 else x
    epsilon = settings.epsilon() if epsilon is None else epsilon
    axes = axes_of(axis)
    if order == 2:
        inverse = torch.rsqrt(torch.sum(x * x, axes, keepdim=True))
        return x * torch.clamp(inverse, max=1.0 / epsilon)
    norm = torch.linalg.vector_norm(x, order, axes, keepdim=True)
    return x / torch.clamp(norm, min=epsilon)


@traceable
def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Means of ``value`` weighted by ``softmax(query @ key * scale)``, head by head.

    Args:
        bias: Added to the scores; broadcasts to ``(batch, heads, queries, keys)``.
        mask: Truth values of that shape; False leaves a key out. Only one of both may be given.
        scale: Factor of the scores; None is ``1 / sqrt(dim)``.
        is_causal: Whether keys after the query are left out.
        flash_attention: True demands torch's flash kernel, False does without. None lets torch
            choose, unless ``config.disable_flash_attention`` was called.
        attn_logits_soft_cap: Scores are bent to stay within this; None leaves them.

    Shape:
        query: ``(batch, queries, heads, dim)``.
        key, value: ``(batch, keys, heads or a divisor of it, dim)``.
        output: that of ``query``.

    Raises:
        ValueError: other ranks, or both ``bias`` and ``mask``.
        RuntimeError: the flash kernel is demanded and can't do this.
    """
    query, key, value = join(query, key, value)
    if not query.ndim == key.ndim == value.ndim == 4:
        raise ValueError(
            f"dot_product_attention: shapes are {tuple(query.shape)}, {tuple(key.shape)} and "
            f"{tuple(value.shape)}; expected four axes each. `dot_product_attention` only supports "
            "4D inputs."
        )
    if bias is not None and mask is not None:
        raise ValueError(
            "dot_product_attention: Only one of `bias` and `mask` can be provided; both are given."
        )
    # (b, t, n, d) -> (b, n, t, d)
    query, key, value = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
    added = None if bias is None else cast(bias, query.dtype)
    if mask is not None:
        added = cast(mask, torch.bool)
    if is_causal and (added is not None or attn_logits_soft_cap is not None):
        added, is_causal = _with_causal(added, query, key), False
    if added is not None and added.dtype is torch.bool:
        # Finite, as in Keras: a query without any key gets the mean of the values.
        added = torch.where(added, 0.0, low(query.dtype)).to(query.dtype)
    if attn_logits_soft_cap is not None:
        output = _capped_attention(query, key, value, added, scale, attn_logits_soft_cap)
    else:
        output = _attend(query, key, value, added, scale, is_causal, flash_attention)
    return output.transpose(1, 2)


def _with_causal(added: Tensor | None, query: Tensor, key: Tensor) -> Tensor:
    """``added`` (a mask or a bias) with all keys after the query left out."""
    shape = (query.shape[2], key.shape[2])
    causal = torch.ones(shape, dtype=torch.bool, device=query.device).tril()
    if added is None or added.dtype is torch.bool:
        return causal if added is None else added & causal
    return torch.where(causal, added, float("-inf"))


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    added: Tensor | None,
    scale: float | None,
    is_causal: bool,
    flash_attention: bool | None,
) -> Tensor:
    flash = settings.uses_flash_attention(flash_attention)
    has_groups = query.shape[1] != key.shape[1]
    attend = functional.scaled_dot_product_attention
    if flash is None:
        return attend(query, key, value, added, 0.0, is_causal, scale=scale, enable_gqa=has_groups)
    with kernels(flash):
        return attend(query, key, value, added, 0.0, is_causal, scale=scale, enable_gqa=has_groups)


def _capped_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    added: Tensor | None,
    scale: float | None,
    cap: float,
) -> Tensor:
    groups = query.shape[1] // key.shape[1]
    key, value = [x.repeat_interleave(groups, 1) for x in (key, value)]
    scores = torch.matmul(query, key.mT) * (query.shape[-1] ** -0.5 if scale is None else scale)
    scores = cap * torch.tanh(scores / cap)
    if added is not None:
        scores = scores + added
    return torch.matmul(torch.softmax(scores, -1), value)
