"""What functions and modules give for stand-in tensors, where running them takes long or fails."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torchkeras.nn import conv_lstm, norm, recurrent

# Torch runs stand-in tensors through these step by step, a hundred times and more.
_RECURRENT = {torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu}
# Modules whose results are like their inputs: running them on stand-ins takes far longer.
_ALIKE = (norm.BatchNorm, norm.LayerNorm, norm.GroupNorm, nn.Dropout)
# Modules that may go over sequences step by step, the first argument being ``x``.
_LOOPS = (conv_lstm.ConvLSTM, recurrent.Recurrent)


def result_of_function(function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    """What a function of torch gives, or something of the same form."""
    if function in _RECURRENT and type(args[3]) is bool:
        return _like_recurrent(*args)
    if function is Tensor.to_sparse and len(args) == 1 and not kwargs:
        return _like_sparse(args[0])
    return function(*args, **kwargs)


def result_of_module(call: Callable, module: nn.Module, args: tuple, kwargs: dict) -> Any:
    """What a module gives when ``call`` calls it, or something of the same form."""
    if isinstance(module, _ALIKE) and args and not args[0].is_sparse:
        return torch.empty_like(args[0])
    if isinstance(module, _LOOPS) and not getattr(module, "is_fused", False):
        return _like_loop(call, module, args, kwargs)
    return call(module, *args, **kwargs)


def _like_loop(call: Callable, module: nn.Module, args: tuple, kwargs: dict) -> tuple[Any, ...]:
    """What a loop over steps gives: its first step alone is run."""
    given = inspect.signature(module.forward).bind(*args, **kwargs).arguments
    whole = given["x"]
    cut = {name: given[name][:, :1] for name in ("x", "mask") if given.get(name) is not None}
    y, *finals = call(module, **{**given, **cut})
    if y is not None:
        y = y.new_zeros((y.shape[0], whole.shape[1], *y.shape[2:]))
    return y, *finals


def _like_recurrent(x: Tensor, state: Any, weights: Any, *settings: Any) -> tuple[Tensor, ...]:
    """Tensors like those that torch's recurrent functions give."""
    is_both_ways = settings[4]
    outputs = x.new_zeros((*x.shape[:2], weights[1].shape[1] * (1 + is_both_ways)))
    states = state if isinstance(state, (tuple, list)) else (state,)
    return outputs, *map(torch.zeros_like, states)


def _like_sparse(x: Tensor) -> Tensor:
    """A sparse tensor of the shape of ``x``; how many values it has depends on those of ``x``."""
    places = torch.zeros(x.dim(), 1, dtype=torch.int64, device=x.device)
    return torch.sparse_coo_tensor(places, x.new_zeros(1), x.shape, check_invariants=False)
