"""Gradients cut down to the limits that an optimizer was given."""

from typing import Any

import torch
from torch import Tensor


def clip(optimizer: Any, gradients: list[Tensor], owned: bool) -> list[Tensor]:
    """Gradients clipped by ``clipnorm``, ``global_clipnorm`` or ``clipvalue`` of ``optimizer``.

    Args:
        optimizer: Anything with these three attributes, of which one at most is a positive number.
        gradients: Gradients in any layout.
        owned: Whether they may be changed in place.
    """
    if optimizer.clipnorm and optimizer.clipnorm > 0:
        return _scaled(gradients, _factors(gradients, optimizer.clipnorm), owned)
    if optimizer.global_clipnorm and optimizer.global_clipnorm > 0:
        norm = torch.nn.utils.get_total_norm(gradients)
        if hasattr(norm, "full_tensor"):  # the norm of sharded gradients
            norm = norm.full_tensor()
        factor = optimizer.global_clipnorm / torch.clamp(norm, min=optimizer.global_clipnorm)
        factor = factor + (norm - norm)  # NaN unless the norm is finite, as in Keras
        return _scaled(gradients, factor, owned)
    if optimizer.clipvalue and optimizer.clipvalue > 0:
        clamped = torch._foreach_clamp_max(gradients, optimizer.clipvalue)
        torch._foreach_clamp_min_(clamped, -optimizer.clipvalue)
        return clamped
    return gradients


def _factors(gradients: list[Tensor], limit: float) -> list[Tensor]:
    """What each gradient is multiplied by so that its norm is at most ``limit``."""
    norms = torch._foreach_clamp_min(torch._foreach_norm(gradients), limit)
    return list(torch._foreach_mul(torch._foreach_reciprocal(norms), limit))


def _scaled(gradients: list[Tensor], factor: Any, owned: bool) -> list[Tensor]:
    if isinstance(factor, Tensor) and len({gradient.device for gradient in gradients}) > 1:
        factor = [factor.to(gradient.device) for gradient in gradients]
    if owned:
        torch._foreach_mul_(gradients, factor)
        return list(gradients)
    return list(torch._foreach_mul(gradients, factor))
