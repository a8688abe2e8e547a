"""Activation functions, element by element or along an axis."""

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.typing import TensorLike
from torchkeras.ops import outlines
from torchkeras.ops.operands import cast, floating, tensor
from torchkeras.tracer import traceable


@traceable(shape=outlines.like)
def relu(x: TensorLike) -> Tensor:
    """``max(x, 0)``."""
    return torch.relu(tensor(x))


@traceable(shape=outlines.like)
def relu6(x: TensorLike) -> Tensor:
    """``min(max(x, 0), 6)``."""
    return functional.relu6(tensor(x))


@traceable(shape=outlines.floating_like)
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """``x`` if positive, else ``negative_slope * x``."""
    return functional.leaky_relu(floating(x), negative_slope)


@traceable(shape=outlines.floating_like)
def sigmoid(x: TensorLike) -> Tensor:
    """``1 / (1 + exp(-x))``."""
    return torch.sigmoid(floating(x))


@traceable(shape=outlines.floating_like)
def sparse_sigmoid(x: TensorLike) -> Tensor:
    """0 below -1, 1 above 1, ``(x + 1) / 2`` between."""
    return torch.clamp(0.5 * (floating(x) + 1.0), 0.0, 1.0)


@traceable(shape=outlines.floating_like)
def hard_sigmoid(x: TensorLike) -> Tensor:
    """0 below -3, 1 above 3, ``x / 6 + 0.5`` between."""
    return functional.hardsigmoid(floating(x))


@traceable(shape=outlines.floating_like)
def log_sigmoid(x: TensorLike) -> Tensor:
    """Logarithm of ``sigmoid``."""
    return functional.logsigmoid(floating(x))


@traceable(shape=outlines.floating_like)
def silu(x: TensorLike) -> Tensor:
    """``x * sigmoid(x)``, also known as swish."""
    return functional.silu(floating(x))


@traceable(shape=outlines.floating_like)
def swish(x: TensorLike) -> Tensor:
    """``silu``."""
    return silu(x)


@traceable(shape=outlines.floating_like)
def hard_silu(x: TensorLike) -> Tensor:
    """``x * hard_sigmoid(x)``, also known as hard swish."""
    return functional.hardswish(floating(x))


@traceable(shape=outlines.floating_like)
def hard_swish(x: TensorLike) -> Tensor:
    """``hard_silu``."""
    return hard_silu(x)


@traceable(shape=outlines.floating_like)
def hard_tanh(x: TensorLike) -> Tensor:
    """``x`` cut to [-1, 1]."""
    return functional.hardtanh(floating(x))


@traceable(shape=outlines.floating_like)
def tanh_shrink(x: TensorLike) -> Tensor:
    """``x - tanh(x)``."""
    return functional.tanhshrink(floating(x))


@traceable(shape=outlines.floating_like)
def softplus(x: TensorLike) -> Tensor:
    """``log(exp(x) + 1)``."""
    return functional.softplus(floating(x))


@traceable(shape=outlines.floating_like)
def softsign(x: TensorLike) -> Tensor:
    """``x / (|x| + 1)``."""
    return functional.softsign(floating(x))


@traceable(shape=outlines.floating_like)
def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """``x`` moved towards 0 by ``threshold``; 0 within it."""
    return functional.softshrink(floating(x), threshold)


@traceable(shape=outlines.floating_like)
def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """``x``, but 0 within ``threshold`` of 0."""
    return functional.hardshrink(floating(x), threshold)


@traceable
def threshold(x: TensorLike, threshold: float, default_value: float) -> Tensor:
    """``x`` above ``threshold``, else ``default_value``."""
    return functional.threshold(tensor(x), threshold, default_value)


@traceable(shape=outlines.floating_like)
def sparse_plus(x: TensorLike) -> Tensor:
    """0 below -1, ``x`` above 1, ``(x + 1)**2 / 4`` between."""
    x = floating(x)
    curve = 0.25 * (x + 1.0) ** 2
    return torch.where(x <= -1.0, torch.zeros_like(x), torch.where(x < 1.0, curve, x))


@traceable(shape=outlines.floating_like)
def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """``(x + sqrt(x**2 + b)) / 2``."""
    x = floating(x)
    return (x + torch.sqrt(x * x + b)) / 2


@traceable(shape=outlines.floating_like)
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """``x`` if positive, else ``alpha * (exp(x) - 1)``."""
    return functional.elu(floating(x), alpha)


@traceable(shape=outlines.floating_like)
def selu(x: TensorLike) -> Tensor:
    """Scaled ``elu`` that keeps mean 0 and variance 1 from layer to layer."""
    return torch.selu(floating(x))


@traceable(shape=outlines.floating_like)
def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """``x`` if positive, else ``alpha * (exp(x / alpha) - 1)``."""
    return torch.celu(floating(x), alpha)


@traceable(shape=outlines.floating_like)
def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """``x * P(X <= x)`` for a normal X; ``approximate`` computes P by tanh."""
    return functional.gelu(floating(x), approximate="tanh" if approximate else "none")


@traceable
def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """The first half of ``x`` along ``axis`` by the sigmoid of the second."""
    return functional.glu(floating(x), axis)


@traceable(shape=outlines.floating_along)
def softmax(x: TensorLike, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``axis``, which may be several; None takes all axes."""
    return _along(torch.softmax, floating(x), axis)


@traceable(shape=outlines.floating_along)
def log_softmax(x: TensorLike, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Logarithm of ``softmax``."""
    return _along(torch.log_softmax, floating(x), axis)


def _along(function: object, x: Tensor, axis: int | tuple[int, ...] | None) -> Tensor:
    """``function`` along one axis, several taken as one, or all."""
    if isinstance(axis, int):
        return function(x, axis)
    if axis is None:
        return function(x.reshape(-1), -1).reshape(x.shape)
    last = tuple(range(-len(axis), 0))
    moved = torch.moveaxis(x, tuple(axis), last)
    flat = moved.reshape(*moved.shape[: -len(axis)], -1)
    return torch.moveaxis(function(flat, -1).reshape(moved.shape), last, tuple(axis))


@traceable(shape=outlines.floating_along)
def sparsemax(x: TensorLike, axis: int = -1) -> Tensor:
    """The point of the probability simplex nearest to ``x`` along ``axis``."""
    x = floating(x)
    ranked = torch.sort(x, axis, descending=True)[0]
    sums = torch.cumsum(ranked, axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    ranks = torch.arange(1, x.shape[axis] + 1, dtype=x.dtype, device=x.device).reshape(shape)
    is_kept = ranked * ranks > sums - 1.0
    number = is_kept.sum(axis, keepdim=True)
    threshold = (torch.where(is_kept, ranked, 0.0).sum(axis, keepdim=True) - 1.0) / number
    return torch.clamp(x - threshold, min=0.0)


@traceable
def polar(abs_: TensorLike, angle: TensorLike) -> Tensor:
    """Complex numbers of modulus ``abs_`` and ``angle`` in radians."""
    abs_ = floating(abs_)
    return torch.polar(abs_, cast(angle, abs_.dtype))
