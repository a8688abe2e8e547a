"""Computing again in the backward pass what would take memory to keep."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import local

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematScope:
    """Let the layers made inside keep no intermediate results for the backward pass.

    They are computed a second time when gradients are. Inner scopes win over outer ones.

    Args:
        mode: ``"full"``: all layers; ``"activations"``: the activation functions of layers;
            ``"larger_than"``: layers with more outputs than ``output_size_threshold``;
            ``"list_of_layers"``: those in ``layer_names``; None: no layer.
        output_size_threshold: Elements of the output, all axes that are known.
        layer_names: Names of layers.

    Raises:
        ValueError: an unknown mode.

    Source: Keras 3 ``RematScope``; ``torch.utils.checkpoint``.

    Example:
        >>> with keras.RematScope("full"):
        ...     layer = keras.layers.Dense(3)
        >>> layer(torch.ones(2, 4)).sum().backward()
    """

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Any = None,
    ) -> None:
        if mode not in _MODES:
            raise argument_error("RematScope", "mode", mode, f"one of {_MODES}")
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []

    def __enter__(self) -> "RematScope":
        self._outside, local.remat = local.remat, self
        return self

    def __exit__(self, *exc: object) -> None:
        local.remat = self._outside

    def wrapped(self, operation: Any, call: Callable, args: tuple, kwargs: dict) -> Callable:
        """``call`` of an operation, computed again in the backward pass if the mode says so."""
        if self.mode == "activations":
            return _with_rematerialized_activation(operation, call)
        return remat(call) if self._concerns(operation, args, kwargs) else call

    def _concerns(self, operation: Any, args: tuple, kwargs: dict) -> bool:
        if self.mode == "list_of_layers":
            return operation.name in self.layer_names
        if self.mode == "larger_than":
            spec = operation.compute_output_spec(*args, **kwargs)
            return _size(spec) > self.output_size_threshold
        return self.mode == "full"


def _size(spec: Any) -> int:
    leaves = nested.flatten(spec)
    return sum(math.prod(n or 1 for n in leaf.shape) for leaf in leaves if hasattr(leaf, "shape"))


def _with_rematerialized_activation(layer: Any, call: Callable) -> Callable:
    """``call`` during which the layer's activation function keeps nothing."""
    activation = getattr(layer, "activation", None)
    if activation is None:
        return call

    def called(*args: Any, **kwargs: Any) -> Any:
        own = dict(layer.__dict__)
        layer.__dict__["activation"] = remat(activation)
        try:
            return call(*args, **kwargs)
        finally:
            if "activation" in own:
                layer.__dict__["activation"] = own["activation"]
            else:  # a module, which torch keeps elsewhere
                del layer.__dict__["activation"]

    return called


def current_remat_scope() -> RematScope | None:
    """The innermost open scope, or None if it asks for nothing."""
    scope = local.remat
    return None if scope is None or scope.mode is None else scope


def remat(f: Callable) -> Callable:
    """``f`` without intermediate results: they are computed again in the backward pass.

    What ``f`` changes on the way (moving averages, seeds) changes once: the second run starts from
    the same state and leaves the present one as it is.

    Args:
        f: Function of tensors, or a layer.

    Source: Keras 3 ``remat``; ``torch.utils.checkpoint``.

    Example:
        >>> x = torch.ones(2, requires_grad=True)
        >>> keras.remat(lambda x: (x * 3).sin())(x).sum().backward()
    """
    owner = f if isinstance(f, nn.Module) else getattr(f, "__self__", None)

    def rematerialized(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return f(*args, **kwargs)
        run = _Run(f, _changing(owner))
        return checkpoint(run, *args, use_reentrant=False, **kwargs)

    return rematerialized


def _changing(owner: Any) -> list[Callable[[], torch.Tensor]]:
    """Ways to the tensors that a call of ``owner`` may change: buffers and states of seeds."""
    if not isinstance(owner, nn.Module):
        return []
    found = [
        lambda module=module, key=key: module._buffers[key]
        for module in owner.modules()
        for key, buffer in module._buffers.items()
        if buffer is not None
    ]
    for layer in owner.modules():
        own_seeds = getattr(layer, "_own_seeds", None)
        for generator in own_seeds() if own_seeds is not None else ():
            found.append(lambda state=generator.state: state.parameter)
    return found


class _Run:
    """One call and its repetition, under the scopes and from the state of the first time."""

    def __init__(self, function: Callable, changing: list[Callable[[], torch.Tensor]]) -> None:
        self.function = function
        self.changing = changing
        self.before: list[torch.Tensor] | None = None
        self.scopes = (local.training, local.compute_dtype, local.inside)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.before is None:
            self.before = [get().detach().clone() for get in self.changing]
            return self.function(*args, **kwargs)
        present = [get().detach().clone() for get in self.changing]
        outside = (local.training, local.compute_dtype, local.inside)
        local.training, local.compute_dtype, local.inside = self.scopes
        self._put(self.before)
        try:
            return self.function(*args, **kwargs)
        finally:
            local.training, local.compute_dtype, local.inside = outside
            self._put(present)

    def _put(self, values: list[torch.Tensor]) -> None:
        for get, value in zip(self.changing, values, strict=True):
            get().data.copy_(value)  # unseen by autograd, whose saved tensors aren't read again
