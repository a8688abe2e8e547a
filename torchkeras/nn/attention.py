"""Scaled dot-product attention over any axes, on torch's fused kernel where it can be."""

import contextlib
import math

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

MASKED, MASKED_HALF = -1e9, -3e4


def masked_softmax(scores: Tensor, mask: Tensor | None, axes: tuple[int, ...] = (-1,)) -> Tensor:
    """Softmax over ``axes`` of the elements where ``mask`` holds; 0 elsewhere.

    A slice that is masked entirely gives zeros.
    """
    if mask is not None:
        low = MASKED_HALF if scores.dtype is torch.float16 else MASKED
        scores = torch.where(mask, scores, low)
    if len(axes) == 1:
        weights = torch.softmax(scores, axes[0])
    else:
        weights = torch.exp(scores - torch.logsumexp(scores, axes, keepdim=True))
    return weights if mask is None else torch.where(mask, weights, 0.0)


def kernels(flash: bool | None) -> contextlib.AbstractContextManager:
    """Which of torch's attention kernels may run inside.

    Args:
        flash: True allows none but the flash kernel, so that what it can't do raises RuntimeError;
            False leaves it (and cuDNN's, which is of its kind) out; None lets torch choose.
    """
    if flash is None:
        return contextlib.nullcontext()
    if flash:
        return sdpa_kernel([SDPBackend.FLASH_ATTENTION])
    return sdpa_kernel([SDPBackend.MATH, SDPBackend.EFFICIENT_ATTENTION])


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    axes: tuple[int, ...] = (1,),
    mask: Tensor | None = None,
    causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
    flash: bool | None = None,
) -> Tensor:
    """Weighted means of values: ``softmax(query @ key * scale) @ value`` for each head.

    Args:
        query: ``(b, ..., heads, k)``; the axes between are attended over or belong to the batch.
        key: ``(b, ..., heads, k)``; with fewer heads than ``query``, over one axis, each of them
            serves as many of its heads, one after the other.
        value: ``(b, ..., heads, v)``, the lengths of ``key``.
        axes: The axes attended over.
        mask: Broadcasts to ``(b, *others, heads, *query lengths, *key lengths)``; False leaves an
            element out. A float mask is added to the scores.
        causal: Whether a position sees none after it.
        scale: Factor of the scores; ``k ** -0.5`` by default.
        dropout: Fraction of the weights that is dropped, in [0, 1).
        flash: Which kernel runs, see ``kernels``.

    Shape:
        output: ``(b, ..., heads, v)`` with the query's lengths.
    """
    q, k, v = (_heads_first(x, axes) for x in (query, key, value))
    lengths = [x.shape[-1 - len(axes) : -1] for x in (q, k)]
    if mask is not None and len(axes) > 1:
        full = (*q.shape[: -1 - len(axes)], *lengths[0], *lengths[1])
        mask = mask.expand(full).flatten(-len(axes)).flatten(-1 - len(axes), -2)
    if len(axes) > 1:
        q, k, v = (x.flatten(-1 - len(axes), -2) for x in (q, k, v))
    grouped = len(axes) == 1 and q.shape[-3] != k.shape[-3]
    with kernels(flash):
        y = F.scaled_dot_product_attention(
            q, k, v, mask, dropout, causal, scale=scale, enable_gqa=grouped
        )
    if len(axes) > 1:
        y = y.unflatten(-2, lengths[0])
    return _heads_last(y, axes)


def attend_once(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, causal: bool, dropout: float
) -> Tensor:
    """``softmax(query @ key + bias) @ value`` without heads or scale.

    Args:
        query, key, value: ``(..., length, dim)``.
        bias: Broadcasts to ``(..., queries, keys)``.
        causal: Whether a position sees none after it; not beside a bias.
        dropout: Fraction of the weights that is dropped, in [0, 1].
    """
    q, k, v = (x.unsqueeze(-3) for x in (query, key, value))  # kernels want an axis of heads
    bias = None if bias is None else bias.unsqueeze(-3)
    return F.scaled_dot_product_attention(q, k, v, bias, dropout, causal, scale=1.0).squeeze(-3)


def attention_weights(
    query: Tensor,
    key: Tensor,
    axes: tuple[int, ...] = (1,),
    mask: Tensor | None = None,
    scale: float | None = None,
) -> Tensor:
    """The weights of ``attend``, ``(b, *others, heads, *query lengths, *key lengths)``."""
    q, k = _heads_first(query, axes), _heads_first(shared(key, query), axes)
    lengths = [x.shape[-1 - len(axes) : -1] for x in (q, k)]
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    flat_q, flat_k = (x.flatten(-1 - len(axes), -2) for x in (q * scale, k))
    scores = torch.matmul(flat_q, flat_k.mT)
    if len(axes) > 1:
        scores = scores.unflatten(-1, lengths[1]).unflatten(-1 - len(axes), lengths[0])
    return masked_softmax(scores, mask, tuple(range(-len(axes), 0)))


def weighted_values(weights: Tensor, value: Tensor, axes: tuple[int, ...] = (1,)) -> Tensor:
    """``attend``'s output from its weights."""
    repeats = weights.shape[-1 - 2 * len(axes)] // value.shape[-2]
    value = value if repeats == 1 else value.repeat_interleave(repeats, -2)
    v = _heads_first(value, axes).flatten(-1 - len(axes), -2)
    lengths = weights.shape[-2 * len(axes) : -len(axes)]
    flat = weights.flatten(-len(axes)).flatten(-1 - len(axes), -2)
    y = torch.matmul(flat.to(v.dtype), v).unflatten(-2, lengths)
    return _heads_last(y, axes)


def shared(key: Tensor, query: Tensor) -> Tensor:
    """``(b, ..., heads, k)`` with as many heads as ``query``, each repeated."""
    repeats = query.shape[-2] // key.shape[-2]
    return key if repeats == 1 else key.repeat_interleave(repeats, -2)


def _heads_first(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """``(b, ..., heads, k)`` -> ``(b, *others, heads, *lengths, k)``."""
    if axes == (1,) and x.ndim == 4:
        return x.transpose(1, 2)
    others = [axis for axis in range(1, x.ndim - 2) if axis not in axes]
    return x.permute(0, *others, x.ndim - 2, *axes, x.ndim - 1)


def _heads_last(y: Tensor, axes: tuple[int, ...]) -> Tensor:
    if axes == (1,) and y.ndim == 4:
        return y.transpose(1, 2)
    others = [axis for axis in range(1, y.ndim - 2) if axis not in axes]
    order = [0, *others, y.ndim - 2, *axes, y.ndim - 1]
    return y.permute([order.index(axis) for axis in range(y.ndim)])


def low(dtype: torch.dtype) -> float:
    """What is added to a score to take it out: finite, so that a row of such scores is even."""
    return -0.7 * torch.finfo(dtype).max


def causal_mask(queries: int, keys: int, device: torch.device | None = None) -> Tensor:
    """``(queries, keys)``, True where the key isn't after the query."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril()


def band_mask(queries: int, keys: int, width: int, device: torch.device | None = None) -> Tensor:
    """``(queries, keys)``, True where they are less than ``width`` steps apart."""
    ones = torch.ones(queries, keys, dtype=torch.bool, device=device)
    return ones.tril(width - 1) & ones.triu(1 - width)
