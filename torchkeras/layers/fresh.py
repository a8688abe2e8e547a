"""Activations of results that nobody else holds yet."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from torchkeras import activations
from torchkeras.nn.conv import PADDED, PLAIN, TRANSPOSED

# Modules whose result is a tensor of their own, which their derivative doesn't look at. Padded
# convolutions along one axis may give a view, where overwriting costs copies in the derivative.
_MAKERS = frozenset(
    {nn.Linear, *PLAIN.values(), *TRANSPOSED.values(), *(PADDED[rank] for rank in (2, 3))}
)


def activated(activation: Callable[..., Any], y: Tensor, maker: Any) -> Tensor:
    """``activation(y)``, where ``y`` has just come from the module ``maker``.

    ReLU overwrites ``y``, which saves the memory of a second result and the time to fill it. Values
    and gradients are the same. A hook on ``maker`` may hold ``y``, so then it is left alone; and so
    is the view that ``nn.Linear`` gives on three axes, whose derivative would take copies.
    """
    if (
        activation is activations.relu
        and type(y) is Tensor
        and (y.dim() == 2 or type(maker) is not nn.Linear or not y.requires_grad)
        and _makes_fresh(maker)
        and not torch_module._global_forward_hooks
        and not torch_module._global_backward_hooks
    ):
        return torch.relu_(y)
    return activation(y)


def _makes_fresh(maker: Any) -> bool:
    """Whether nobody but the caller holds what ``maker`` gives."""
    if type(maker) is nn.Sequential:
        return not _sees_results(maker) and _makes_fresh(maker[-1])
    return type(maker) in _MAKERS and not _sees_results(maker)


def _sees_results(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._backward_hooks or module._backward_pre_hooks)


def has_hooks(module: nn.Module) -> bool:
    """Whether somebody waits for calls of ``module``, or of all modules."""
    return bool(
        module._forward_pre_hooks
        or _sees_results(module)
        or torch_module._global_forward_pre_hooks
        or torch_module._global_forward_hooks
        or torch_module._global_backward_hooks
        or torch_module._global_backward_pre_hooks
    )
