"""Means, variances and losses that follow from them."""

from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.sizes import as_sizes

from tensorflow import math
from tensorflow.tensors import convert_to_tensor


def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance along the axes, each element counted as often as its weight says."""
    x, places = convert_to_tensor(x), as_sizes(axes)
    weights = convert_to_tensor(frequency_weights).to(x.dtype).expand_as(x)
    total = weights.sum(places, keepdim=True)
    mean = (weights * x).sum(places, keepdim=True) / total
    variance = (weights * (x - mean) ** 2).sum(places, keepdim=True) / total
    if keepdims:
        return mean, variance
    return mean.squeeze(places), variance.squeeze(places)


def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """Number of elements, their sum and that of their squares, less ``shift``, and the shift."""
    x, places = convert_to_tensor(x), as_sizes(axes)
    count = torch.tensor(1.0, dtype=x.dtype)
    for place in places:
        count = count * x.shape[place]
    moved = x if shift is None else x - shift
    total = math.reduce_sum(moved, places, keepdims)
    return count, total, math.reduce_sum(moved**2, places, keepdims), shift


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance from what ``sufficient_statistics`` gives."""
    mean, square = convert_to_tensor(mean_ss) / counts, convert_to_tensor(variance_ss) / counts
    return mean if shift is None else mean + shift, square - mean**2


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """Minus the logarithm of Poisson's probability of ``targets`` at the rate ``exp(log_input)``.

    ``compute_full_loss`` adds what depends on the targets alone, by Stirling's formula.
    """
    counts, log_rate = convert_to_tensor(targets), convert_to_tensor(log_input)
    loss = torch.exp(log_rate) - log_rate * counts
    if not compute_full_loss:
        return loss
    stirling = counts * torch.log(counts) - counts + 0.5 * torch.log(2 * torch.pi * counts)
    return loss + torch.where((counts >= 0) & (counts <= 1), torch.zeros_like(loss), stirling)
