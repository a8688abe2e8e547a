"""What lies below an object, and the values that it has itself: what checkpoints walk along."""

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tensorflow.module import Tracked
from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving import weights
from torchkeras.saving.tensorflow_checkpoint import is_unbuilt, when_built

# What TensorFlow calls a variable's value among an object's attributes.
VALUE = "VARIABLE_VALUE"


def is_kept(thing: Any) -> bool:
    """Whether a checkpoint can keep ``thing``."""
    kinds = (Variable, Tracked, list, tuple, dict)
    return isinstance(thing, kinds) or weights.is_saveable(thing) or has_state(thing)


def has_state(thing: Any) -> bool:
    """Whether ``thing`` has methods that give its state and take it back."""
    return not isinstance(thing, type) and (
        (hasattr(thing, "get_state") and hasattr(thing, "set_state"))
        or (hasattr(thing, "serialize") and hasattr(thing, "deserialize"))
    )


def below(thing: Any) -> dict[str, Any]:
    """The parts of ``thing`` that a checkpoint keeps, by name."""
    if isinstance(thing, Variable):
        return {}
    if isinstance(thing, (list, tuple)):
        found: Any = enumerate(thing)
    elif isinstance(thing, dict):
        found = thing.items()
    elif weights.is_saveable(thing):
        modules = [(k, v) for k, v in vars(thing).items() if isinstance(v, Tracked)]
        found = [*weights.children(thing), *modules]
    elif isinstance(thing, Tracked):
        found = sorted(vars(thing).items())
    else:
        found = ()
    return {str(name): part for name, part in found if is_kept(part)}


def values_of(thing: Any) -> dict[str, Tensor]:
    """The tensors that ``thing`` has itself, by name."""
    if isinstance(thing, Variable):
        return {VALUE: _tensor(weights.plain_value(thing))}
    if weights.is_saveable(thing):
        return {f"vars/{k}": _tensor(value) for k, value in weights.own_values(thing).items()}
    return {}


def _tensor(value: Any) -> Tensor:
    tensor = value if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
    return tensor.detach().clone().contiguous()


def state_of(thing: Any) -> Any:
    """The state of ``thing`` that isn't made of tensors, as JSON has it; None if there is none.

    Raises:
        TypeError: JSON has no form for it.
    """
    if isinstance(thing, (Variable, list, tuple, dict)) or weights.is_saveable(thing):
        return None
    if hasattr(thing, "get_state"):
        state = thing.get_state()
    elif hasattr(thing, "serialize"):
        state = thing.serialize()
        state = {"bytes": state.decode("latin-1")} if isinstance(state, bytes) else state
    else:
        return None
    return json.loads(json.dumps(state))


def give_values(thing: Any, values: dict[str, Tensor]) -> None:
    """Let ``thing`` take over what ``values_of`` gave.

    Raises:
        ValueError: shapes or numbers of values differ.
    """
    if isinstance(thing, Variable):
        if VALUE in values:
            thing.assign(values[VALUE])
        return
    store = {name.removeprefix("vars/"): _plain(value) for name, value in values.items()}
    if isinstance(thing, Optimizer) and not thing.built:  # its step count and rate are there
        for variable, value in zip(thing.variables, store.values(), strict=False):
            variable.assign(value)
    elif store:
        thing.load_own_variables(store)


def _plain(value: Tensor) -> Any:
    return value if value.dtype == torch.bfloat16 else value.numpy()


def give_state(thing: Any, state: Any) -> None:
    """Let ``thing`` take over what ``state_of`` gave."""
    if hasattr(thing, "set_state"):
        thing.set_state(state)
    else:
        is_bytes = isinstance(state, dict) and set(state) == {"bytes"}
        thing.deserialize(state["bytes"].encode("latin-1") if is_bytes else state)
