"""States of callbacks and metrics: what their attributes hold that a snapshot can keep."""

import inspect
from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras.core.configurable import is_builtin
from torchkeras.saving.snapshot import CannotKeepError, Tensors, encode
from torchkeras.training.delayed import put_back
from torchkeras.training.foreign import ForeignMetric

_OF_CALLBACKS = {"params", "_model", "model"}
_OF_MODULES = vars(nn.Module()).keys() - {"_buffers"}


def has_state_dict(value: Any) -> bool:
    """Whether it has methods like an optimizer's, and isn't a module."""
    return (
        not isinstance(value, (type, nn.Module))
        and callable(getattr(value, "state_dict", None))
        and callable(getattr(value, "load_state_dict", None))
    )


def get_attributes(owner: Any, left_out: Collection[str] = ()) -> tuple[dict[str, Any], list[str]]:
    """What the attributes of ``owner`` hold, and the names of those that can't be kept.

    Kept is what is made of numbers, text, tensors, arrays and containers of them, and the state of
    objects with a ``state_dict`` of that.
    """
    state, unkept = {}, []
    for name, value in vars(owner).items():
        if name in left_out:
            continue
        if has_state_dict(value) or (isinstance(value, nn.Module) and value is not owner):
            state[name] = {"state_dict": dict(value.state_dict())}
            continue
        try:
            encode(value, Tensors())
        except CannotKeepError:
            if not callable(value):
                unkept.append(name)
        else:
            state[name] = {"value": value}
    return state, unkept


def set_attributes(owner: Any, state: dict[str, Any]) -> None:
    """Take over what ``get_attributes`` gave, in place where others may hold the same object."""
    for name, kept in state.items():
        held = getattr(owner, name, None)
        if "state_dict" in kept:
            held.load_state_dict(kept["state_dict"])
            continue
        value = kept["value"]
        if isinstance(held, dict) and isinstance(value, dict):
            held.clear()
            held.update(value)
        elif isinstance(held, list) and isinstance(value, list):
            held[:] = value
        elif isinstance(held, Tensor) and held.shape == getattr(value, "shape", None):
            with torch.no_grad():
                held.copy_(value)
        else:
            setattr(owner, name, np.copy(value) if isinstance(value, np.ndarray) else value)


# Callbacks


def arguments(callback: Any) -> dict[str, Any]:
    """Plain arguments of the constructor that are kept under their names."""
    names = inspect.signature(type(callback).__init__).parameters
    return {
        name: value
        for name, value in vars(callback).items()
        if name in names and type(value) in (bool, int, float, str, type(None))
    }


def get_callback_state(callback: Any, given: dict[str, Any]) -> tuple[Any, list[str]]:
    """What a callback has to keep, and the names of attributes that can't be.

    A method ``get_state`` says it; otherwise its attributes do. Arguments that are as ``given`` may
    be others when the run is started again.
    """
    if hasattr(callback, "get_state"):
        return callback.get_state(), []
    held = vars(callback)
    unchanged = {name for name, value in given.items() if name in held and held[name] == value}
    state, unkept = get_attributes(callback, _OF_CALLBACKS | unchanged)
    if is_builtin(type(callback)):
        return state, []
    return state, [f"{type(callback).__name__}.{name}" for name in unkept]


def set_callback_state(callback: Any, state: Any) -> None:
    """Take over what ``get_callback_state`` gave."""
    if hasattr(callback, "set_state"):
        callback.set_state(state)
    else:
        set_attributes(callback, state)


# Metrics


def get_metric_state(metric: Any) -> dict[str, Any]:
    """A metric's variables, and the attributes of one that isn't ours."""
    return {
        "variables": [variable.parameter for variable in metric.variables],
        "attributes": [get_attributes(one, _OF_MODULES)[0] for one in _holders(metric)],
    }


def set_metric_state(metric: Any, state: dict[str, Any]) -> None:
    """Take over what ``get_metric_state`` gave."""
    put_back(metric.variables, state["variables"])
    for one, attributes in zip(_holders(metric), state["attributes"], strict=True):
        set_attributes(one, attributes)


def _holders(metric: Any) -> list[Any]:
    """Objects of the user's that hold the state of ``metric`` in attributes."""
    if isinstance(metric, ForeignMetric):
        held = metric.metric
        return list(held.modules()) if isinstance(held, nn.Module) else [held]
    return [] if is_builtin(type(metric)) else [metric]
