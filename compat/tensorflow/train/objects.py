"""What lies below an object, and the values that it has itself: what checkpoints walk along."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tensorflow.module import Tracked
from torchkeras.core.variable import Variable
from torchkeras.optimizers.base import Optimizer
from torchkeras.saving import weights
from torchkeras.saving.object_parts import Parts, parts_of
from torchkeras.saving.tensorflow_checkpoint import is_unbuilt, when_built

# What TensorFlow calls a variable's value among an object's attributes.
VALUE = "VARIABLE_VALUE"
# And the state of an object of Python's.
STATE = "py_state"
# States that TensorFlow has in other forms are JSON in an object below, which it passes over.
JSON_STATE = "torchkeras_state"


@dataclass(frozen=True)
class Text:
    """An object that is a text in a checkpoint.

    Attributes:
        data: The text.
    """

    data: bytes


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
        found = thing.kept_parts().items()
    else:
        found = ()
    return {str(name): part for name, part in found if is_kept(part)}


def describe(thing: Any) -> Parts:
    """What a checkpoint keeps of ``thing``."""
    if isinstance(thing, Variable):
        return parts_of(thing)
    if weights.is_saveable(thing):
        parts = parts_of(thing, (Tracked,))
        parts.below |= {k: v for k, v in vars(thing).items() if isinstance(v, Tracked)}
        return parts
    if isinstance(thing, Text):
        return Parts(values={STATE: thing.data})
    state = state_of(thing)
    texts = {JSON_STATE: Text(state.pop(JSON_STATE))} if JSON_STATE in state else {}
    return Parts(below(thing) | texts, state)


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


def state_of(thing: Any) -> dict[str, bytes]:
    """The state of ``thing`` that isn't made of tensors, by the name that it has in files.

    Raises:
        TypeError: JSON has no form for it.
    """
    if isinstance(thing, (Variable, list, tuple, dict)) or weights.is_saveable(thing):
        return {}
    if hasattr(thing, "get_state"):
        return {JSON_STATE: json.dumps(thing.get_state()).encode()}
    if not hasattr(thing, "serialize"):
        return {}
    state = thing.serialize()
    if isinstance(state, (str, bytes)):
        return {STATE: state.encode() if isinstance(state, str) else state}
    return {JSON_STATE: json.dumps(state).encode()}


def give_state(thing: Any, name: str, data: bytes) -> None:
    """Let ``thing`` take over what ``state_of`` gave; texts come as bytes, as in TensorFlow."""
    state = json.loads(data) if name == JSON_STATE else data
    (thing.set_state if hasattr(thing, "set_state") else thing.deserialize)(state)


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
